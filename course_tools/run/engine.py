"""Execute one notebook: papermill on a kernel of this very interpreter, with the sections shown as they run.

However it ends, the notebook as far as it got is at `output`, and the kernel is gone.
"""

import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import zmq
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill import execute_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from course_tools.cells import first_line, sections
from course_utils.paths import ROOT
from course_utils.progress import Progress, duration

CELL_SECONDS = {"smoke": 300, "quick": 1800, "gpu": 7200}


class NotebookFailure(Exception):
    """A notebook did not run to its end; the message says in one line where and why."""


class Interrupted(NotebookFailure):
    """Ctrl-C."""


class ThisInterpreter(AsyncKernelManager):
    """A manager whose kernel is `sys.executable`, whatever kernels are installed or none."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class Watch:
    """Shows which section runs: a line that rewrites itself on a terminal, a line per section in a log."""

    def __init__(self, name: str) -> None:
        self.name, self.current, self._shown = name, 0, ""
        self.cells: list[NotebookNode] = []
        self.sections: list[str] = []
        self.bar = Progress(name, total=0, unit="cells", even=False) if sys.stderr.isatty() else None

    def start(self, nb: NotebookNode) -> None:
        """`nb` is about to run, its parameters filled in."""
        self.cells, self.sections, self.total = list(nb.cells), sections(nb), len(nb.cells)  # papermill inserts banners
        self._start = time.monotonic()
        if self.bar:
            self.bar.total = self.total

    def cell(self, index: int) -> None:
        """Cell `index` starts."""
        advance, self.current = index - self.current, index
        section = self.sections[index]
        if self.bar:
            self.bar.update(note=section, n=advance)
        elif section != self._shown:
            spent = duration(time.monotonic() - self._start)
            print(f"{self.name}: cell {index + 1} of {self.total}, {spent}: {section}", file=sys.stderr, flush=True)
            self._shown = section

    def inside(self, line: str) -> None:
        """The running cell displays `line`, such as the progress of a training."""
        if self.bar:
            self.bar.update(note=f"{self.sections[self.current]}: {line}", n=0)

    def where(self) -> str:
        """Names the current cell for a person."""
        if not self.cells:
            return "the preparation"
        cell, section = self.cells[self.current], self.sections[self.current]
        prompt = f"In [{cell.execution_count}], " if cell.get("execution_count") else ""
        return f"the cell `{first_line(cell)}` ({prompt}id {cell.get('id', 'none')}, section {section!r})"

    def end(self) -> None:
        if self.bar:
            self.bar.update(n=self.total - self.bar.done)
            self.bar.__exit__(*sys.exc_info())


class Client(PapermillNotebookClient):
    """papermill's client, telling `watch` what happens."""

    def __init__(self, manager: NotebookExecutionManager, watch: Watch, **settings: Any) -> None:
        super().__init__(manager, **settings)
        self.watch = watch

    def execute_cell(self, cell: NotebookNode, cell_index: int, *args: Any, **kwargs: Any) -> NotebookNode:
        self.watch.cell(cell_index)
        return super().execute_cell(cell, cell_index, *args, **kwargs)

    def process_message(self, msg: dict[str, Any], *args: Any, **kwargs: Any) -> NotebookNode | None:
        if msg["msg_type"] == "update_display_data":
            self.watch.inside(str(msg["content"]["data"].get("text/plain", "")).partition("\n")[0])
        return super().process_message(msg, *args, **kwargs)


class CourseEngine(Engine):
    """The engine papermill runs our notebooks with."""

    @classmethod
    def execute_managed_notebook(
        cls,
        manager: NotebookExecutionManager,
        kernel_name: str,
        *,
        watch: Watch,
        timeout: float,
        environment: dict[str, str],
        kernel_log: Path,
        **_: Any,
    ) -> None:
        watch.start(manager.nb)
        kernel = ThisInterpreter(kernel_name=kernel_name)
        if kernel.has_trait("transport_encryption") and zmq.has("curve"):
            kernel.transport_encryption = "auto"  # else others on this machine could listen, as newer kernels warn
        client = Client(
            manager, watch, km=kernel, kernel_name=kernel_name, timeout=timeout, startup_timeout=180, iopub_timeout=60
        )
        client.owns_km = True
        with tempfile.TemporaryDirectory(prefix="course_run_") as folder, kernel_log.open("wb") as log:
            client.execute(env=environment, cwd=folder, stdout=log, stderr=log)


papermill_engines.register("course", CourseEngine)


def execute(
    nb: NotebookNode, name: str, output: Path, parameters: dict[str, Any], timeout: float, metrics: Path
) -> NotebookNode:
    """Execute `nb` with `parameters` and return it; `timeout` is in seconds a cell, `metrics` where lab.record appends.

    Raises NotebookFailure when a cell raises or takes too long, or the kernel dies.
    """
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it logs as errors, it also raises
    watch = Watch(name)
    kernel_log = metrics.with_name("kernel.log")
    try:
        return execute_notebook(
            nb,
            output,
            parameters=parameters,
            engine_name="course",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            watch=watch,
            timeout=timeout,
            environment=kernel_environment(metrics),
            kernel_log=kernel_log,
        )
    except PapermillExecutionError as error:
        reason = f"raised {error.ename}: {error.evalue}".partition("\n")[0]
    except CellTimeoutError:
        reason = f"ran longer than the {duration(timeout)} a cell may take in this profile"
    except DeadKernelError:
        last = kernel_log.read_text(errors="replace").strip().rpartition("\n")[2]
        reason = f"killed the kernel: {last or 'out of memory, or a crash in compiled code'}"
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted in {watch.where()}") from None
    except RuntimeError as error:  # nbclient, before the first cell
        raise NotebookFailure(f"the kernel did not start ({error}); `course doctor` checks the installation") from None
    finally:
        watch.end()
    raise NotebookFailure(f"{watch.where()} {reason}")


def kernel_environment(metrics: Path) -> dict[str, str]:
    """This process's environment, made the same for every run."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ours = {
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "COURSE_METRICS": str(metrics),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | ours
