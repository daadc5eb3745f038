"""The whole site, built once, from runs in which every answer and hidden check prints its own source: whatever could leak, would."""

import base64
import io
import json
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4
from PIL import Image

from course_tools.build.generate import write
from course_tools.build.release import REGIONS
from course_tools.site import build as site
from course_tools.site.languages import address, versions

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
WIDE = site.WIDE + 100


def wide() -> str:
    """A picture that a phone has to scroll."""
    kept = io.BytesIO()
    Image.new("RGB", (WIDE, 60), "white").save(kept, "PNG")
    return base64.b64encode(kept.getvalue()).decode()


RECORD = {
    "failures": [],
    "profile": "quick",
    "date": "2026-01-02T03:04:05+00:00",
    "seconds": 90.0,
    "device": {"name": "some CPU", "cores": 2},
}


def talkative(task: str, language: str = "en") -> NotebookNode:
    """The solution of `task`, executed: each code cell has printed its id and, if it holds anything secret, its source."""
    nb = site.read(site.answers(language), task)
    for number, cell in enumerate(nb.cells):
        if cell.cell_type == "code":
            secret = any(mark in cell.source for mark in REGIONS) or "stub" in cell.metadata.get("course", {})
            said = f"output of {cell.id}\n" + cell.source * secret
            drawn = v4.new_output("execute_result", {"image/png": DOT if number % 3 else wide(), "text/plain": said})
            cell.outputs = [v4.new_output("stream", name="stdout", text=said), drawn]
    return nb


def save_run(folder: Path, nb: NotebookNode, task: str, profile: str = "quick", **record) -> None:
    write(nb, folder / profile / f"{task}.ipynb")
    (folder / profile / f"{task}.json").write_text(json.dumps(RECORD | {"profile": profile} | record))


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """build/site, in a temporary folder; the kill matrix, three quarters of Sphinx's work, is left out."""
    folder = tmp_path_factory.mktemp("site")
    for task, language in versions():
        save_run(folder / "runs", talkative(task, language), address(task, language))
    site.stage(folder / "source", folder / "runs")
    (folder / "source" / "kill_matrix.md").write_text("# Kill matrix\n")
    site.sphinx(folder / "source", folder / "site")
    return folder / "site"
