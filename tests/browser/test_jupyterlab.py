"""The course as people see it: JupyterLab in a real browser, on one server and one small notebook.

- Run All shows the cards of the checks, goes on behind a cell that waits for an answer, and a slider redraws its picture.
- Validate praises a right answer, names the check of a wrong one, and notices a check that was changed.
- The formgrader lists the tasks and nothing else.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from playwright import sync_api

from course_tools.paths import SOLUTIONS
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.tasks import tasks
from tests.servers import running

from .access import chromium, needs_browser

pytestmark = [pytest.mark.slow(30), needs_browser]

PATIENCE = 120_000  # ms; on shared cores a kernel takes its time
TOKEN = "for-this-test-only"

IMPORTS = """\
from course_utils.session import start

lab = start("simclr", profile="smoke")
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.checks import check"""
SLIDER = """\
from course_utils.figures import new_axes
from course_utils.interactive import explore

def draw(width):
    return new_axes(1, 1, width, 2)[0]

explore(draw, {"width": [2, 3, 4]}, lambda: draw(3))"""
WAITS = "def train_step():\n    raise NotImplementedError\ntrain_step()"
RIGHT = "def cosine_similarity(a, b):\n    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T"
WRONG = "def cosine_similarity(a, b):\n    return a @ b.T"


def notebook(check: str | None = None) -> nbformat.NotebookNode:
    """One exercise of the released SimCLR notebook, answered wrongly, perhaps with another check; and a slider."""
    nb = nbformat.read(NOTEBOOKS / "simclr/simclr.ipynb", 4)
    exercise = [cell for cell in nb.cells if cell.id in ("cosine_similarity", "cosine_similarity_check")]
    exercise[0].source = WRONG
    exercise[1].source = check or exercise[1].source
    code = nbformat.v4.new_code_cell
    nb.cells = [code(IMPORTS, id="imports"), *exercise, code(WAITS, id="waits"), code(SLIDER, id="slider")]
    return nb


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder: the sources as the instructor has them, and the notebook that a student works on."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(SOLUTIONS, folder / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    nbformat.write(notebook(), folder / "mine.ipynb")
    nbformat.write(notebook(check="1.0"), folder / "tampered.ipynb")
    return folder


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    """The address of a JupyterLab on the course, with settings of its own."""
    home = tmp_path_factory.mktemp("home")
    places = {"HOME": "", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "run"}
    environment = os.environ | {name: str(home / place) for name, place in places.items()}
    environment |= {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={TOKEN}"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with running(command, home / "log", cwd=course, env=environment) as process:
        yield f"http://127.0.0.1:{port(process, home / 'run')}"


def port(process: subprocess.Popen, runtime: Path) -> int:
    """Of a server that chose its own, read from what it writes when it listens."""
    record = runtime / f"jpserver-{process.pid}.json"
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and process.poll() is None:
        try:
            return json.loads(record.read_text())["port"]
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.1)
    pytest.fail("JupyterLab did not start:\n" + (runtime.parent / "log").read_text()[-2000:])


@pytest.fixture(scope="module")
def page(server):
    """A browser page with the notebook open in JupyterLab."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.route(lambda url: not url.startswith(server), lambda route: route.abort())  # the formgrader's MathJax
        open_notebook(page, f"{server}/lab/tree/mine.ipynb?token={TOKEN}")
        yield page


def open_notebook(page, address: str) -> None:
    page.goto(address)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def menu(page, *path: str) -> None:
    for name in path:
        page.locator(".lm-MenuBar-item, .lm-Menu-item").get_by_text(name, exact=True).first.click()


def test_run_all_shows_what_the_checks_say_and_sliders_move(page):
    menu(page, "Run", "Run All Cells")
    output = page.locator(".jp-Cell").nth(2).locator(".jp-OutputArea").first
    sync_api.expect(output.get_by_role("group", name="Check of simclr/cosine_similarity: 0 of 1 points")).to_be_visible(
        timeout=PATIENCE
    )
    said = output.inner_text()
    assert "0 / 1 · not right yet" in said
    assert "4 vectors against 6" in said
    assert "this is the dot product. The cosine divides by both lengths." in said
    assert "1 more point is decided by hidden tests" in said

    assert "0 of 26 points of the checks" in said
    assert "next: Exercise 2.1: cosine similarity, all pairs at once (in work" in said
    waits = page.locator(".jp-Cell").nth(3).locator(".jp-OutputArea").first
    assert waits.inner_text().strip() == "not run: this cell needs train_step (Exercise 6.1), which is not answered yet"

    picture = page.locator(".jp-Cell").nth(4).locator("img")
    before = picture.get_attribute("src")
    readout = page.locator(".widget-readout")
    assert readout.inner_text() == "3"
    page.locator(".widget-slider [role=slider]").press("ArrowRight")
    sync_api.expect(readout).to_have_text("4")
    sync_api.expect(picture).not_to_have_attribute("src", before, timeout=PATIENCE)
    assert picture.bounding_box()["width"] > 0


def validated(page) -> str:
    """What Validate says."""
    page.locator(".validate-button").click()
    dialog = page.locator(".jp-Dialog")
    sync_api.expect(dialog).to_contain_text("Validation Results", timeout=PATIENCE)
    said = dialog.inner_text()
    dialog.get_by_role("button", name="Ok").click()
    return said


def test_validate_names_the_check_of_a_wrong_answer_and_praises_a_right_one(page):
    said = validated(page)
    assert "The following cell failed:" in said
    assert 'check("simclr/cosine_similarity", cosine_similarity)' in said

    page.locator(".jp-Cell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(RIGHT)
    assert "Success! Your notebook passes all the tests." in validated(page)


def test_validate_notices_a_changed_check(page, server):
    open_notebook(page, f"{server}/lab/tree/tampered.ipynb?reset")
    said = validated(page)
    assert "The source of the following cell has changed, but it should not have!" in said
    assert "Success" not in said


def test_the_formgrader_lists_the_tasks_and_nothing_else(page, server):
    page.goto(f"{server}/formgrader")
    names = page.locator("td.name")
    sync_api.expect(names).to_have_text(sorted(tasks()), timeout=PATIENCE)
