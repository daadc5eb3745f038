"""The students' zip: the same bytes each time, free of every answer, and enough to work with in a new folder."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import nbformat
import pytest
from nbclient import NotebookClient
from packaging.requirements import Requirement
from traitlets.config import PyFileConfigLoader

from course_tools.build import handout
from course_tools.paths import BANK, SOLUTIONS
from course_utils import cli, tasks
from course_utils.errors import CourseError
from course_utils.paths import NOTEBOOKS, ROOT

SOLVED = ("cosine_similarity", "collapsed_loss")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "new" / "course.zip"
    assert cli.main(["student-zip", "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def unpacked(packed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("a student's folder")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    return folder / handout.FOLDER


def test_the_bytes_do_not_depend_on_when_it_was_packed(tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "_files", lambda chosen: ((name, b"x" * 99) for name in chosen))
    now, later = tmp_path / "now.zip", tmp_path / "later.zip"
    assert handout.handout(["b", "a"], now) == ["a", "b"]
    monkeypatch.setattr("time.time", lambda: 2e9)
    handout.handout(["a", "b"], later)
    assert now.read_bytes() == later.read_bytes()


def test_a_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "_files", lambda chosen: [("a", b"x")])
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match=r"cannot be written .* -o FILE"):
        handout.handout(["a"], tmp_path / "file" / "course.zip")


# --- nothing of solutions/


def plain(text: str) -> str:
    """Without indentation and line breaks, so that a region is found however it is wrapped or quoted."""
    return re.sub(r"\s+", " ", text).strip()


def regions() -> Iterator[tuple[str, str]]:
    """(where, text) of every solution region, replaced answer and hidden test of the solution notebooks."""
    for task in tasks.tasks():
        for cell in nbformat.read(SOLUTIONS / task / f"{task}.ipynb", 4).cells:
            found = re.findall(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", cell.source, re.DOTALL)
            found += [cell.source] if "stub" in cell.metadata.get("course", {}) else []
            yield from ((f"{task}: {cell.id}", text) for text in found)


def bank_entries() -> Iterator[tuple[str, str]]:
    """(where, text) of every hidden probe and every function of the bank."""
    for path in sorted(BANK.glob("*/*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.name}: {node.name}", ast.get_source_segment(text, node)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Probe":
                yield f"{path.name}: probe", ast.get_source_segment(text, node)


def test_no_answer_no_hidden_test_and_nothing_of_the_bank_is_inside(packed):
    secrets = [(where, plain(text)) for where, text in [*regions(), *bank_entries()]]
    assert len(secrets) > 1000
    found = []
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            if name.endswith((".py", ".ipynb", ".md", ".txt", ".toml", ".yml", ".csv", ".css")):
                text = archive.read(name).decode()
                if name.endswith(".ipynb"):
                    text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
                text = plain(text)
                found += [f"{name} holds {where}" for where, secret in secrets if secret in text]
    assert not found


def test_only_what_students_need(packed):
    with zipfile.ZipFile(packed) as archive:
        names = {name.split("/", 1)[1] for name in archive.namelist()}
    assert {name.split("/")[0] for name in names} == {
        "LICENSE",
        "LICENSE-content",
        "README.md",
        "constraints.txt",
        "course_utils",
        "data",
        "environment.yml",
        "nbgrader_config.py",
        "notebooks",
        "pyproject.toml",
    }
    assert {name for name in names if name.startswith("notebooks/")} == {
        path.relative_to(ROOT).as_posix()
        for t in tasks.tasks()
        for path in (ROOT / "notebooks").rglob(f"{t}/{t}.ipynb")
    }
    assert not [name for name in names if "cache" in name]


@pytest.fixture
def course_of_one(tmp_path, monkeypatch):
    """A checkout with the notebooks of one task."""
    for kind in ("solutions", "notebooks"):
        (tmp_path / kind / "simclr").mkdir(parents=True)
        notebook = f"{kind}/simclr/simclr.ipynb"
        (tmp_path / notebook).write_bytes((ROOT / notebook).read_bytes())
    monkeypatch.setattr(handout, "SOLUTIONS", tmp_path / "solutions")
    monkeypatch.setattr(tasks, "NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / "solutions/simclr.py").write_bytes((SOLUTIONS / "simclr.py").read_bytes())
    return tmp_path


def test_a_notebook_with_an_answer_is_refused(course_of_one):
    (course_of_one / "notebooks/simclr/simclr.ipynb").write_bytes((SOLUTIONS / "simclr/simclr.ipynb").read_bytes())
    with pytest.raises(CourseError, match="holds lines of the solution"):
        handout.handout(["simclr"], course_of_one / "out.zip")
    assert not (course_of_one / "out.zip").exists()


def test_a_stale_notebook_is_refused(course_of_one):
    with (course_of_one / "solutions/simclr.py").open("a") as source:
        source.write("\n\n# %% [markdown]\n# One more thing.\n")
    with pytest.raises(CourseError, match="run `course build simclr`"):
        handout.handout(["simclr"], course_of_one / "out.zip")


# --- used in a new folder


def course(unpacked, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "course_utils.cli", *arguments],
        cwd=unpacked,
        env=there(unpacked),
        capture_output=True,
        text=True,
    )


def there(unpacked) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(unpacked)}


@pytest.mark.slow(6)
def test_a_notebook_runs_there_and_a_right_answer_gets_its_points(unpacked):
    path = unpacked / "notebooks/simclr/simclr.ipynb"
    nb = nbformat.read(path, 4)
    solutions = {cell.id: cell.source for cell in nbformat.read(SOLUTIONS / "simclr/simclr.ipynb", 4).cells}
    last = next(i for i, cell in enumerate(nb.cells) if cell.id == "nt_xent_check")
    nb.cells = nb.cells[: last + 1]
    for cell in nb.cells:
        if cell.id == "parameters":
            cell.source = cell.source.replace('"quick"', '"smoke"')
        elif cell.id in SOLVED:
            cell.source = solutions[cell.id]
    nb.cells.append(nbformat.v4.new_code_cell("import course_utils; print(course_utils.__file__)"))
    client = NotebookClient(nb, timeout=120, allow_errors=True, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env=there(unpacked))

    outputs = {cell.id: cell.outputs for cell in nb.cells if cell.cell_type == "code"}
    errors = {name: out.ename for name, found in outputs.items() for out in found if out.output_type == "error"}
    said = {name: "".join(map(text, found)) for name, found in outputs.items()}
    assert errors == {}
    assert any(one.startswith("not run: this cell needs random_grayscale (Exercise 1.1)") for one in said.values())
    assert said[nb.cells[-1].id].strip() == str(unpacked / "course_utils/__init__.py")
    assert "1 / 1" in said["cosine_similarity_check"]
    assert "1 / 1" in said["collapsed_loss_check"]
    assert "0 / 3" in outputs["nt_xent_check"][0].data["text/html"]


def text(output: nbformat.NotebookNode) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def test_the_course_command_there_has_what_a_student_needs(unpacked):
    shown = course(unpacked, "--help").stdout
    assert re.findall(r"^    (\S+)", shown, re.MULTILINE) == ["fetch", "fetch-lm", "train-lm", "progress", "doctor"]
    done = course(unpacked, "doctor")
    assert done.returncode == 0, done.stdout
    assert "isolation" not in done.stdout


def test_the_readme_names_each_notebook_in_order(unpacked):
    rows = [line for line in (unpacked / "README.md").read_text().splitlines() if re.match(r"\| \d", line)]
    paths = [re.search(r"`(.*)`", row)[1] for row in rows]
    assert paths == [
        path.relative_to(ROOT).as_posix()
        for task in tasks.tasks()
        for path in (NOTEBOOKS / task / f"{task}.ipynb", *sorted(NOTEBOOKS.glob(f"*/{task}/{task}.ipynb")))
    ]
    assert all((unpacked / path).is_file() for path in paths)
    english = [row for row, path in zip(rows, paths, strict=True) if path.count("/") == 2]
    assert [row[2] for row in english] == [str(i + 1) for i in range(len(tasks.tasks()))]
    assert ["(extension)" in row for row in english] == [not task.core for task in tasks.TASKS]


def test_jupyterlab_starts_there_without_our_half(unpacked):
    """Every extension of nbgrader reads this file, and shows a traceback for each name that it cannot import."""
    assert "import" not in (unpacked / "nbgrader_config.py").read_text()
    config = PyFileConfigLoader("nbgrader_config.py", path=str(unpacked)).load_config()
    assert config.ExecutePreprocessor.timeout == 600


def test_the_constraints_are_the_locked_versions(unpacked):
    kept = [Requirement(line) for line in (unpacked / "constraints.txt").read_text().splitlines()]
    lock = (ROOT / "requirements.lock").read_text()
    assert len(kept) == sum("==" in line for line in lock.splitlines())
    assert {"torch": "==2.11.0"}.items() <= {r.name: str(r.specifier) for r in kept}.items()
