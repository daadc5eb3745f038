"""The student's side of running a notebook: IPython's semantics, and every output kept as a notebook keeps it, up to a cap."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from course_utils.checks.guard import Hung, bounded

OUTPUT_LIMIT = 2**20  # bytes of one cell


class Outputs:
    """What one cell shows, in order. Past `limit` bytes nothing more is kept, and a last line says so."""

    def __init__(self, limit: int = OUTPUT_LIMIT) -> None:
        self.kept: list[dict[str, Any]] = []
        self.limit, self.size, self.dropped = limit, 0, 0

    def write(self, name: str, text: str) -> None:
        room = max(0, self.limit - self.size)
        self.size += len(text)
        self.dropped += max(0, len(text) - room)
        text = text[:room]
        if text and self.kept and self.kept[-1].get("name") == name:
            self.kept[-1]["parts"].append(text)
        elif text:
            self.kept.append({"output_type": "stream", "name": name, "parts": [text]})

    def show(self, output: dict[str, Any], size: int) -> None:
        self.size += size
        if self.size <= self.limit:
            self.kept.append(output)
        else:
            self.dropped += size

    def plain(self) -> list[dict[str, Any]]:
        """As nbformat writes them."""
        plain = [
            {"output_type": "stream", "name": output["name"], "text": "".join(output["parts"])}
            if "parts" in output
            else output
            for output in self.kept
        ]
        if self.dropped:
            note = f"\n[{self.dropped} more bytes of output are not kept]\n"
            plain.append({"output_type": "stream", "name": "stdout", "text": note})
        return plain


class Stream(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr; a program cannot close it."""

    encoding = "utf-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self.outputs, self.name = outputs, name

    def write(self, text: str) -> int:
        self.outputs.write(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _mime(data: Any) -> tuple[dict[str, Any], int]:
    kept = {str(kind): value for kind, value in dict(data or {}).items() if isinstance(value, str | dict | list)}
    return kept, sum(len(str(value)) for value in kept.values())


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, metadata: Any = None, *_: Any, update: bool = False, **__: Any) -> None:
        kept, size = _mime(data)
        if not update:
            output = {"output_type": "display_data", "data": kept, "metadata": {}}
            self.shell.outputs.show(output, size)

    def clear_output(self, wait: bool = False) -> None:
        pass


class _Hook(DisplayHook):
    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        kept, size = _mime(format_dict)
        output = {"output_type": "execute_result", "data": kept, "metadata": {}, "execution_count": self.prompt_count}
        self.shell.outputs.show(output, size)  # type: ignore[union-attr]

    def finish_displayhook(self) -> None:
        pass


class StudentShell(InteractiveShell):
    """IPython without a terminal, a history file or a kernel. `outputs` takes what the running cell shows."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def __init__(self, **settings: Any) -> None:
        self.outputs = Outputs()
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        super().__init__(config=config, **settings)

    def init_io(self) -> None:
        pass

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def system(self, cmd: str) -> Any:
        return self.system_piped(cmd)

    def ask_exit(self) -> None:
        pass

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        lines = [str(line) for line in stb]
        error = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue)[:1000], "traceback": lines}
        self.outputs.show(error, sum(map(len, lines)))

    def run(self, source: str, seconds: float) -> dict[str, Any]:
        """Run one cell; its outputs, and the name of the error that ended it, if one did."""
        self.outputs = Outputs()
        error = ""
        with self._captured():
            try:
                with bounded(seconds):
                    result = self.run_cell(source, store_history=True)
                failure = result.error_before_exec or result.error_in_exec
                error = type(failure).__name__ if failure else ""
            except Hung:
                error = "Timeout"
                self.outputs.write("stderr", f"stopped after {seconds:g} s\n")
        return {"outputs": self.outputs.plain(), "count": self.execution_count - 1, "error": error}

    @contextlib.contextmanager
    def _captured(self) -> Iterator[None]:
        out, err = Stream(self.outputs, "stdout"), Stream(self.outputs, "stderr")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
