"""`course site`: build/site from docs/, the released notebooks, and the outputs of the last run.

A notebook's page is the file that students get, word for word. An output is shown only where the run executed the very source that
is released, so neither an answer nor a hidden check, nor what they print, can get in; cells that name a predicted number, and checks,
which judge answers that are not there, show none.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from course_tools.build.generate import write
from course_tools.cells import descriptions, gives_points
from course_tools.paths import LOCALE, SOLUTIONS
from course_tools.site.languages import address, links, marked, notes, versions
from course_tools.site.live import PAGES, stage_live
from course_tools.site.notes import LIVE, NO_RUN, RUN
from course_tools.site.reference import write_reference
from course_utils.errors import CourseError
from course_utils.language import ENGLISH
from course_utils.paths import DATA, NOTEBOOKS, ROOT, RUNS

SCROLLS = re.compile(
    r'<pre(?=>)|<div class="math"|<div class="table-wrapper[^"]*"'
    r'|<div class="cell_output[^"]*"(?=>(?:(?!<div class="cell ).)*?<img[^>]*class="[^"]*\bwide\b)',
    re.DOTALL,
)
PROFILES = ("quick", "smoke")  # whose outputs are shown, the first that there is
WIDE = 700  # pixels; on a phone such a picture is scrolled rather than shrunk


def site_command() -> int:
    """Build the site and hold it against `site_check.problems`. Raises CourseError with everything that is wrong."""
    from course_tools.site.check import problems

    source, output = ROOT / "build" / "site-source", ROOT / "build" / "site"
    stage(source)
    sphinx(source, output)
    solutions = {address(task, language): read(answers(language), task) for task, language in versions()}
    if found := problems(output, solutions):
        raise CourseError("the site is built but wrong:\n" + "\n".join(found))
    print(f"site: {output / 'index.html'}")
    return 0


def stage(folder: Path, runs: Path = RUNS) -> None:
    """Collect all pages in `folder`: docs/, what its live pages read, the notebooks with the outputs in `runs`, the datasheets of
    data/, CONTRIBUTING, the reference."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    shutil.copy(ROOT / "CONTRIBUTING.md", folder / "guides" / "contributing.md")
    (folder / "datasheets").mkdir()
    for sheet in sorted(DATA.glob("*/README.md")):
        shutil.copy(sheet, folder / "datasheets" / f"{sheet.parent.name}.md")
    write_reference(folder / "reference")
    stage_live(folder / "_static" / "live")
    for task, language in versions():
        name, run = address(task, language), last_run(task, runs, language)
        made = page(task, read(answers(language), task), read(released(language), task), run, language)
        write(made, folder / "notebooks" / f"{name}.ipynb")
        print(
            f"{name}:",
            f"with the pictures of {run[0]['profile']}" if run else "without pictures: no run of this version",
        )


def sphinx(source: Path, output: Path) -> None:
    """Render the pages of `source`. Raises CourseError on any warning."""
    if not find_spec("sphinx"):
        raise CourseError("Sphinx is not installed; `make setup` installs it")
    shutil.rmtree(output, ignore_errors=True)
    doctrees = output.with_name(f"{output.name}-doctrees")
    strictly = ["-q", "-W", "--keep-going", "-E"]
    command = [sys.executable, "-m", "sphinx", *strictly, "-b", "html", "-d", str(doctrees), str(source), str(output)]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise CourseError("Sphinx is not content with the pages (its warnings are above)")
    for path in output.rglob("*.html"):
        path.write_text(marked(accessible(path.read_text(encoding="utf-8"))), encoding="utf-8")


def accessible(page: str) -> str:
    """What the theme leaves out: the level of its headings, and that what scrolls can be scrolled by keyboard."""
    page = page.replace('class="caption" role="heading">', 'class="caption" role="heading" aria-level="2">')
    return SCROLLS.sub(r'\g<0> tabindex="0"', page)


def answers(language: str) -> Path:
    """The folder of the notebooks with answers."""
    return SOLUTIONS if language == ENGLISH else LOCALE / language


def released(language: str) -> Path:
    """The folder of the notebooks that students get."""
    return NOTEBOOKS if language == ENGLISH else NOTEBOOKS / language


def read(folder: Path, task: str) -> NotebookNode:
    return nbformat.read(folder / task / f"{task}.ipynb", as_version=4)


def last_run(task: str, runs: Path, language: str = ENGLISH) -> tuple[dict[str, Any], NotebookNode] | None:
    """What the last run of this version of `task` recorded, and its executed notebook; None when none passed."""
    wanted = code(read(answers(language), task))
    for path in (runs / profile / f"{address(task, language)}.ipynb" for profile in PROFILES):
        if not path.exists() or not path.with_suffix(".json").exists():
            continue
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        executed = nbformat.read(path, as_version=4)
        if not record["failures"] and code(executed) == wanted:
            return record, executed
    return None


def code(nb: NotebookNode) -> list[str]:
    """The code of a notebook, without the cell that papermill adds."""
    return [
        cell.source
        for cell in nb.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


def page(
    task: str,
    solution: NotebookNode,
    released: NotebookNode,
    run: tuple[dict[str, Any], NotebookNode] | None,
    language: str = ENGLISH,
) -> NotebookNode:
    """The released notebook with a line on where its outputs come from, and with them; with links to its live page and other languages."""
    record, executed = run or ({}, nbformat.v4.new_notebook())
    ran = {cell.id: cell for cell in executed.cells}
    predicted = [cell.id for cell in solution.cells if "stub" in cell.metadata.get("course", {})]
    for cell, alt in zip(released.cells, descriptions(released), strict=True):
        if cell.cell_type == "code":
            same = cell.id in ran and ran[cell.id].source == cell.source
            tells = gives_points(cell) or any(re.search(rf"\b{name}\b", cell.source) for name in predicted)
            cell.outputs = ran[cell.id].outputs if same and not tells else []
            cell.metadata["mystnb"] = {
                "image": {
                    "alt": said(cell.outputs, "alt") or alt,
                    "classes": f"{'wide' if width(cell.outputs) > WIDE else 'narrow'} {'drawn' * bool(said(cell.outputs, 'drawn'))}",
                }
            }
    said_here = notes(task, language)
    lines = [said_here.get(note, note).format(**facts) for note, facts in remarks(task, language, record)]
    lines += [links(task, language)]
    box = "```{note}\n" + "\n\n".join(filter(None, lines)) + "\n```"
    released.cells.insert(1, new_markdown_cell(box, id="outputs"))
    released.metadata["orphan"] = language != ENGLISH  # reached from the English page, not from the table of contents
    return released


def width(outputs: list[NotebookNode]) -> int:
    """Pixels of the widest picture, as its PNG header says; 0 without one."""
    pictures = [output.get("data", {}).get("image/png") for output in outputs]
    return max((int.from_bytes(base64.b64decode(png[:32])[16:20], "big") for png in pictures if png), default=0)


def said(outputs: list[NotebookNode], what: str) -> Any:
    """What the plot of a cell says of its picture (`course_utils.figures.Picture`); "" if it says nothing."""
    found = (output.get("metadata", {}).get("image/png", {}).get(what) for output in outputs)
    return next(filter(None, found), "")


def remarks(task: str, language: str, record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said of a page: the notes, and what is put into them. record: of the run whose outputs are shown, {} of none."""
    if record:
        facts = {"profile": record["profile"], "date": record["date"][:10], "minutes": f"{record['seconds'] / 60:.1f}"}
        yield RUN, facts | {"device": record["device"]["name"], "cores": record["device"]["cores"]}
    else:
        path = (answers(language) / task / f"{task}.ipynb").relative_to(ROOT).as_posix()
        yield NO_RUN, {"run": task if language == ENGLISH else f"{path} -o runs/quick/{language}"}
    if task in PAGES:
        yield LIVE, {"page": f"{'../' * address(task, language).count('/')}../live/{PAGES[task]}"}
