"""`course forget`: of one student nothing is left in a course that was graded, exported and pushed; everybody else keeps everything."""

import json
import shutil
import sqlite3
import sys
import types
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from course_tools.grading.model.records import Reading, Request, Student
from course_tools.grading.overview.people import pseudonym
from course_tools.grading.results import journal as journals
from course_tools.grading.results.journal import Journal, read
from course_tools.grading.results.seed import course_secret
from course_tools.lti.store import Entry, Store
from course_tools.privacy import kept
from course_tools.privacy.traces import Search
from course_utils.cli import main
from course_utils.errors import CourseError
from tests.grading import toy

ZOE = "Zoë Ünlü_4711_assignsubmission_file_"
BEN = "Ben Other_47110_assignsubmission_file_"  # an id that holds the other one


@pytest.fixture(scope="module")
def finished(tmp_path_factory, blank):
    """A course after all commands: two from Moodle, graded by the stand-in."""
    course = toy.make(tmp_path_factory.mktemp("finished") / "course")
    shutil.copy(blank, course.gradebook)
    for folder, code in ((ZOE, toy.WRONG), (BEN, toy.RIGHT)):
        for name in ("one", "two"):
            toy.answer(course.root / "submitted" / folder / f"{name}.ipynb", code)
    with pytest.MonkeyPatch.context() as patch:
        engine = types.SimpleNamespace(grade_all=lambda jobs, **how: map(toy.graded, jobs))
        patch.setitem(sys.modules, "course_tools.grading.engines.dispatch", engine)
        patch.chdir(course.root)
        for command in ("grade", "feedback", "items", "export"):
            assert main([command, "ps1"]) == 0
    with Journal(course.journal) as journal:
        for student in ("4711", "47110"):
            journal.append(
                Reading(student, "one", "why", "prof", 1.0, "good", (1,), "s", 2.0),
                Request(student, "one", "why", "Please", "", None),
            )
    store = Store(course.output / "grading" / "lti" / "store.db")
    for student, user in (("4711", "user-zoe"), ("47110", "user-ben")):
        store.offer(Entry("edx", "https://lms.example/1", user, student, "ps1", "2026-11-27T12:00:00.000+00:00", "{}"))
    flaw = course.results / "flaws" / "4711-one.txt"
    flaw.parent.mkdir()
    flaw.write_text("Traceback")
    (course.results / "similar.csv").write_text("student,and\n4711,47110\n")
    (course.results / "class_hidden_names.html").write_text("<p>student 1: 0 points</p>")
    (course.results / "my notes.txt").write_text("of nobody")
    hidden = pseudonym(course_secret(course), Student("4711"))
    (course.results / "class_hidden_names.html").write_text(f'<span class="name">{hidden}</span>')
    course.roster.write_text(f"student,name,folder\n4711,Zoë Ünlü,{ZOE}\n47110,Ben Other,{BEN}\n", encoding="utf-8")
    return course.root


@pytest.fixture
def course(finished, tmp_path, monkeypatch):
    """A copy to stand in."""
    shutil.copytree(finished, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def others(root: Path) -> dict[str, bytes]:
    """What must not change by it: the course, and what is Ben's alone."""
    return {name: data for name, data in everything(root).items() if "47110" in name or name.startswith("source")}


SCORES = """
SELECT student_id, base_cell.name, auto_score FROM submitted_assignment
JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
JOIN grade ON grade.notebook_id = submitted_notebook.id JOIN base_cell ON grade.cell_id = base_cell.id
"""


def scores(root: Path) -> list[tuple]:
    with closing(sqlite3.connect(root / "gradebook.db")) as database:
        return sorted(database.execute(SCORES))


def test_nothing_is_done_without_yes(course, capsys):
    before = everything(course)
    assert main(["forget", "4711"]) == 0
    assert everything(course) == before
    out = capsys.readouterr().out
    assert "4711, known as: Zoë Ünlü, Zoë Ünlü_4711_assignsubmission_file, user-zoe" in out
    for place in (
        ZOE,
        "autograded/4711/",
        "feedback/4711/",
        "feedback.zip",
        "4711-one.txt",
        "similar.csv",
        "class_hidden_names.html",
        "grades.csv",
        "gradebook.db",
    ):
        assert f"{place}" in out
    assert "5 entries of" in out and "the grades for 1 users of platforms" in out and "add --yes" in out


def test_nothing_is_left_of_one_and_everything_of_the_other(course, capsys):
    before, theirs = others(course), [row for row in scores(course) if row[0] == "47110"]
    lines = (course / "grading/ps1/journal.jsonl").read_bytes().splitlines()
    assert main(["forget", "4711", "--yes"]) == 0
    assert "nothing of 4711 is left in" in capsys.readouterr().out
    assert others(course) == before and scores(course) == theirs and len(theirs) == 6
    kept_lines = (course / "grading/ps1/journal.jsonl").read_bytes().splitlines()
    assert kept_lines == [line for line in lines if b'"4711"' not in line] and len(lines) - len(kept_lines) == 5
    assert (
        not (course / "grading/ps1/class_hidden_names.html").exists() and (course / "grading/ps1/my notes.txt").exists()
    )
    contents = read(course / "grading/ps1/journal.jsonl")
    assert contents.students.keys() == {"47110"} and contents.records.keys() == {"47110/one", "47110/two"}
    written = ["Ünlü", json.dumps("Ünlü")[1:-1], "user-zoe", "4711"]
    for name, data in everything(course).items():  # by other means than the command's own
        text = data.decode("utf-8", "replace").replace("47110", "")
        assert not [word for word in written if word in text], name
    assert [entry.student for entry in Store(course / "grading/lti/store.db").waiting("ps1")] == ["47110"]


def test_the_others_go_on(course, capsys):
    main(["forget", "4711", "--yes"])
    for command in ("feedback", "items", "export"):
        assert main([command, "ps1"]) == 0
    assert "4711," not in (course / "grading/ps1/grades.csv").read_text()
    assert main(["forget", "4711", "--name", "Zoë Ünlü", "--yes"]) == 0  # once more: nothing to do
    assert "known as: Zoë Ünlü\nremoving: nothing: no place knows this id\nnothing of 4711" in capsys.readouterr().out


STEPS = ["rmtree", "transaction", "_vacuum", "replace", "forget"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_it_can_be_run_again(course, step, monkeypatch, capsys):
    def die(*args, **kwargs):
        raise SystemExit("killed")

    places = {"rmtree": shutil, "transaction": kept, "_vacuum": kept, "replace": journals.os, "forget": Journal}
    with monkeypatch.context() as patch:
        if step == "transaction":  # of the removal; the ones before only read
            patch.setattr(
                kept.Kept,
                "_execute",
                lambda self, database, verb, *rest: (
                    die() if verb.startswith("DELETE") else database.execute("SELECT 0")
                ),
            )
        else:
            patch.setattr(places[step], step, die)
        with pytest.raises(SystemExit):
            main(["forget", "4711", "--yes"])
    assert main(["forget", "4711", "--yes"]) == 0
    assert "known as: Zoë Ünlü" in capsys.readouterr().out and not (course / "autograded/4711").exists()


def test_what_is_left_is_listed(course, capsys):
    """Others' words about the student, and what the course did not write."""
    with zipfile.ZipFile(course / "simclr-2026.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{ZOE}/one.ipynb", "{}")
        archive.writestr(f"{BEN}/one.ipynb", "{}")
    toy.answer(course / "submitted" / BEN / "three.ipynb", text="With thanks to ünlü,  zoë.")
    (course / "worksheet.csv").write_bytes("\ufeffParticipant 4711".encode("utf-16-le"))
    (course / "submitted" / "old.tar.gz").write_bytes(b"\x1f\x8b")
    (course / "grading" / "number.txt").write_text("0.4711 471 and 14711 and 4711.5")
    assert main(["forget", "4711", "--yes"]) == 3
    out = capsys.readouterr().out
    left = [line for line in out.splitlines() if line.startswith("LEFT")]
    assert len(left) == 4 and f"simclr-2026.zip: {ZOE}/one.ipynb" in out and "worksheet.csv" in out
    assert f"{BEN}/three.ipynb" in out and "old.tar.gz: not searched, an archive of another kind" in out


def test_the_other_layouts(tmp_path, monkeypatch, capsys):
    toy.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    for path in ("ann_one.ipynb", "ann.ipynb", "ann-marie_one.ipynb"):
        toy.answer(tmp_path / "submitted" / path, name="one")
    with Journal(tmp_path / "grading/ps1/journal.jsonl") as journal:
        for student in ("ann", "ann-marie"):
            journal.append(journals.Student(student), journals.Record(student, "ps1", "one", "k", "graded"))
    assert main(["forget", "ann", "--yes"]) == 0
    assert [path.name for path in (tmp_path / "submitted").iterdir()] == ["ann-marie_one.ipynb"]


def test_not_while_it_is_graded_and_nobodys_folder(course, capsys):
    with Journal(course / "grading/ps1/journal.jsonl"):
        assert main(["forget", "4711", "--yes"]) == 1
        assert "is being written by another run" in capsys.readouterr().err
    for name in ("..", "../x", ".", ""):
        assert main(["forget", name, "--yes"]) == 2
    assert (course / "submitted" / ZOE).exists()


def test_a_writer_that_waited_writes_into_the_new_journal(course):
    """It opened the journal before it was replaced, and locks it afterwards."""
    path = course / "grading/ps1/journal.jsonl"
    locks, real = [], journals.fcntl.flock

    def late(file, how):
        if not locks:  # the writer has opened it; now it is replaced
            locks.append(file)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(journals.fcntl, "flock", real)
                with Journal(path) as first:
                    assert first.forget("4711") == 5
        real(file, how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journals.fcntl, "flock", late)
        with Journal(path) as writer:
            writer.append(journals.Student("new"))
    assert read(path).students.keys() == {"47110", "new"}
    with Journal(path) as journal:
        journal.forget("new")
        with pytest.raises(CourseError, match="another run"):
            Journal(path)
        journal.append(journals.Student("newer"))
    assert read(path).students.keys() == {"47110", "newer"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps("Zoë Ünlü"), True),
        (json.dumps("zoë ÜNLÜ"), True),
        ("Zoe&#x308;", False),
        ("zoë ünlü".upper().lower(), True),
        ("Ünlü, Zoë", True),
        ("Ünlü_Zoë_x", True),
        ("Zo%C3%AB%20%C3%9Cnl%C3%BC", True),
        ("Zoë", False),
        ("4711", True),
        ("_4711_", True),
        ("4711-marie", False),
        ("04711", False),
        ("3.4711", False),
    ],
)
def test_how_a_person_is_written(text, found):
    search = Search("4711", ["Zoë Ünlü"], ["4711-marie", "12"])
    assert search.in_bytes(text.encode()) is found
    assert search.in_bytes(text.encode("latin-1")) is found  # as a spreadsheet program may save it
