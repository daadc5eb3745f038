"""`course grade`, `feedback`, `export` and `items` from the command line, on a toy course; the engine is a stand-in."""

import csv
import shutil
import sys
import types
import zipfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course_tools.grading.model.records import failed
from course_tools.grading.model.settings import Limits
from course_tools.grading.results.journal import read
from course_utils.cli import main
from tests.grading import toy
from tests.grading.intake.test_intake import MOODLE, hostile_zip, pack
from tests.grading.results.test_moodle import ENGLISH

RAN: list[str] = []
LIMITS: list[Limits] = []


@pytest.fixture
def course(tmp_path, monkeypatch, blank):
    """A toy course to stand in, with the stand-in engine."""
    course = toy.make(tmp_path / "course")
    shutil.copy(blank, course.gradebook)
    RAN.clear()
    LIMITS.clear()

    def grade_all(jobs, engine, workers, trust, limits):
        LIMITS.append(limits)
        for job in jobs:
            RAN.append(f"{job.student}/{job.notebook}")
            yield failed(job, "crashed", "ran out of memory") if job.student == "crash" else toy.graded(job)

    monkeypatch.setitem(
        sys.modules, "course_tools.grading.engines.dispatch", types.SimpleNamespace(grade_all=grade_all)
    )
    monkeypatch.chdir(course.root)
    return course


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_graded_and_then_nothing_to_do(course, capsys):
    for student, code in (("ann", toy.RIGHT), ("ben", toy.WRONG)):
        toy.submit(course.root, student, code)
    assert main(["grade", "ps1"]) == 0
    out = capsys.readouterr().out
    assert "all graded" in out
    assert "4 notebooks graded now, 0 unchanged" in out
    assert [line.split()[:3] for line in out.splitlines()[2:4]] == [["one", "2", "2"], ["two", "2", "2"]]
    assert main(["grade", "ps1"]) == 0
    assert "0 notebooks graded now, 4 unchanged" in capsys.readouterr().out
    assert len(RAN) == 4
    toy.submit(course.root, "ben", toy.RIGHT, names=["two"])
    assert main(["grade", "ps1"]) == 0
    assert RAN[4:] == ["ben/two"]
    assert [(row["student"], row["points"]) for row in rows(course.results / "grades.csv")] == [
        ("ann", "6.0"),
        ("ben", "3.0"),
    ]
    items = rows(course.results / "items.csv")
    assert len(items) == 12
    assert [(row["item"], row["points"], row["waits"]) for row in items[:3]] == [
        ("double_check", "2.0", "0"),
        ("double_hidden", "1.0", "0"),
        ("why", "0.0", "1"),
    ]


def test_a_test_that_two_processes_cannot_grade_is_named_and_nothing_starts(course, capsys):
    toy.submit(course.root, "ann")
    node = nbformat.read(course.sources["one"], 4)
    node.cells[2].source = "%precision 3\nassert eval('double(2)') == 4"
    nbformat.write(node, course.sources["one"])
    assert main(["grade", "ps1"]) == 2
    error = capsys.readouterr().err
    assert "one.ipynb, cell 3 (double_check), line 1: uses get_ipython (a %magic or a !command)" in error
    assert "one.ipynb, cell 3 (double_check), line 2: uses eval" in error
    assert "--ungradable-by-hand" in error and error.count("\n") == 1
    assert not course.journal.exists()
    assert RAN == []
    assert main(["grade", "ps1", "--ungradable-by-hand"]) == 0
    assert RAN == ["ann/one", "ann/two"]


def test_what_is_not_graded_is_listed_and_harms_nobody(course, capsys, tmp_path):
    source = hostile_zip(tmp_path / "hostile.zip")
    assert main(["grade", "ps1", "--submissions", str(source)]) == 3
    out = capsys.readouterr().out
    for line in (
        "NOT GRADED 2/one (zip_bomb)",
        "NOT GRADED 9/one (encrypted)",
        "left aside: ",
        "NOT GRADED 1/two (missing_notebook)",
    ):
        assert line in out
    assert read(course.journal).records["1/one"].points == 3
    assert {row["kind"] for row in rows(course.results / "notes.csv")} == {"stray", "nested_archive"}
    toy.submit(course.root, "crash")
    toy.submit(course.root, "zoe")
    assert main(["grade", "ps1"]) == 3
    assert "NOT GRADED crash/one (crashed): ran out of memory" in capsys.readouterr().out
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        assert gradebook.find_submission("ps1", "zoe").score == 6
        assert gradebook.find_submission("ps1", "1").score == 3, "an earlier submission is not forgotten"


def test_killed_in_the_middle_it_goes_on_where_it_was(course, capsys, monkeypatch):
    for student in ("ann", "ben", "cleo"):
        toy.submit(course.root, student)
    engines = sys.modules["course_tools.grading.engines.dispatch"]
    whole = engines.grade_all

    def killed(jobs, **options):
        for count, record in enumerate(whole(jobs, **options)):
            if count == 4:
                raise KeyboardInterrupt
            yield record

    monkeypatch.setattr(engines, "grade_all", killed)
    assert main(["grade", "ps1"]) == 130
    monkeypatch.setattr(engines, "grade_all", whole)
    first = RAN[:4]
    RAN.clear()
    assert main(["grade", "ps1"]) == 0
    assert sorted(first + RAN) == [f"{student}/{name}" for student in ("ann", "ben", "cleo") for name in ("one", "two")]


def test_a_notebook_that_was_cut_short_is_listed(course, capsys, monkeypatch):
    """It is graded, and what ran counts; but an instructor should look whether it was the notebook or the machine."""
    toy.submit(course.root, "ann")

    def grade_all(jobs, **options):
        for job in jobs:
            record = toy.graded(job)
            lost = replace(record.cells[1], points=0.0, status="error", reason="crashed: the process is gone")
            yield replace(record, cells=(record.cells[0], lost, record.cells[2]))

    monkeypatch.setattr(sys.modules["course_tools.grading.engines.dispatch"], "grade_all", grade_all)
    assert main(["grade", "ps1"]) == 3
    assert "CUT SHORT ann/one: 1 of 3 cells: crashed: the process is gone" in capsys.readouterr().out


def test_usage_errors_start_nothing(course, capsys, tmp_path):
    toy.submit(course.root, "ann")
    for arguments, text in (
        (["grade", "ps2"], "there are: ps1"),
        (["grade", "ps1", "--submissions", str(tmp_path / "nowhere")], "does not exist"),
        (["grade", "ps1", "--late", "much"], "--late"),
        (["grade", "ps1", "--due", "soon"], "--due"),
        (["grade", "ps1", "--worksheet", "none.csv"], "cannot be read"),
        (["feedback", "ps1"], "not graded yet"),
        (["items", "ps1"], "not graded yet"),
        (["export", "ps1", "--moodle", "none.csv"], "cannot be read"),
    ):
        assert main(arguments) == 2, arguments
        error = capsys.readouterr().err
        assert text in error and error.count("\n") == 1
    assert not course.journal.exists()
    assert RAN == []


@pytest.mark.parametrize(
    "option", ["--jobs 0", "--jobs -3", "--cell-timeout nan", "--cell-timeout -1", "--notebook-timeout 0"]
)
def test_numbers_that_would_give_everybody_nothing(course, capsys, option):
    toy.submit(course.root, "ann")
    with pytest.raises(SystemExit, match="2"):
        main(["grade", "ps1", *option.split()])
    assert f"argument {option.split()[0]}: {option.split()[1]!r} is no " in capsys.readouterr().err
    assert RAN == []


def moodle_class(course) -> Path:
    """A Moodle download of three: right, wrong with a written answer to read, and one that the worksheet does not know."""
    members = {}
    for name, id_, code in (("Zoë Ünlü", 12345, toy.RIGHT), ("Bob O'Neil", 7, toy.WRONG), ("New", 99, toy.RIGHT)):
        for notebook in ("one", "two"):
            text = toy.PLACEHOLDER if id_ == 12345 else "Because."
            node = toy.notebook(notebook, code, text, hidden=False)
            members[f"{MOODLE.format(name=name, id=id_)}/{notebook}.ipynb"] = nbformat.writes(node).encode()
    return pack(course.root / "moodle.zip", members)


def test_what_could_not_be_graded_gets_no_grade_in_moodle(course, capsys):
    for student, notebook in product(("12345", "7"), ("one", "two")):
        toy.answer(course.root / "submitted" / student / "ps1" / f"{notebook}.ipynb", text=toy.PLACEHOLDER)
    (course.root / "submitted" / "7" / "ps1" / "one.ipynb").write_text("no notebook")
    worksheet = course.root / "Grades-ps1.csv"
    worksheet.write_text(ENGLISH.replace("44.00", "12.00"), newline="")
    assert main(["grade", "ps1"]) == 3
    capsys.readouterr()
    assert main(["export", "ps1", "--moodle", str(worksheet)]) == 3
    out = capsys.readouterr().out
    assert "with 1 grades" in out
    assert "NO GRADE 7: one could not be graded: " in out


def test_from_moodle_and_back(course, capsys):
    source = moodle_class(course)
    worksheet = course.root / "Grades-ps1.csv"
    worksheet.write_text(ENGLISH.replace("44.00", "12.00"), newline="")
    arguments = [
        "--submissions",
        str(source),
        "--worksheet",
        str(worksheet),
        "--due",
        "2026-11-25T20:00",
        "--late",
        "10%/day",
    ]
    assert main(["grade", "ps1", "--submissions", str(source)]) == 0
    assert main(["grade", "ps1", *arguments]) == 0
    assert len(RAN) == 6, "the worksheet's times change what is late, not what was graded"
    assert main(["grade", "ps1", "--submissions", str(source)]) == 0, "times and policy are kept"
    capsys.readouterr()
    late = {row["student"]: row for row in rows(course.results / "grades.csv")}
    assert late["12345"]["points"] == "4.8"
    assert late["12345"]["name"] == "Zoë Ünlü"
    assert float(late["7"]["late_penalty"]) == 0

    assert main(["export", "ps1", "--moodle", str(worksheet)]) == 3
    out = capsys.readouterr().out
    assert "with 1 grades" in out
    assert "NO GRADE 7: has answers that a person is still to read" in out
    assert "NO GRADE 99" in out
    entered = (course.results / "Grades-ps1.csv").read_bytes().decode()
    assert entered == worksheet.read_bytes().decode().replace('grading - ",,12.00', 'grading - ",4.80,12.00')

    worksheet.write_text(ENGLISH, newline="")
    assert main(["export", "ps1", "--moodle", str(worksheet)]) == 2
    assert "12 points and the worksheet 44: add --scale" in capsys.readouterr().err
    assert main(["export", "ps1", "--moodle", str(worksheet), "--scale"]) == 3
    assert ",17.60,44.00" in (course.results / "Grades-ps1.csv").read_text()

    assert main(["feedback", "ps1"]) == 0
    with zipfile.ZipFile(course.results / "feedback.zip") as archive:
        names = archive.namelist()
        page = archive.read("Zoë Ünlü_12345_assignsubmission_file_/one.html").decode()
    assert len(names) == 6
    assert "one: 2.4 of 6 points" in page
    assert "double(-3)" not in page
    assert (course.root / "feedback/12345/ps1/one.html").read_text() == page


def test_items_and_export_without_moodle(course, capsys):
    for student, code in (("ann", toy.RIGHT), ("ben", toy.WRONG), ("cleo", toy.STUB), ("dan", toy.RIGHT)):
        toy.submit(course.root, student, code)
    main(["grade", "ps1"])
    capsys.readouterr()
    assert main(["items", "ps1"]) == 0
    out = capsys.readouterr().out
    assert "double_check" in out and "0.50" in out
    assert len((course.results / "item_analysis.csv").read_text().splitlines()) == 5
    assert main(["export", "ps1"]) == 0
    assert main(["feedback", "ps1"]) == 0
    assert not (course.results / "feedback.zip").exists()


def test_the_page_of_a_class(course, capsys):
    for student, code in (("ann", toy.RIGHT), ("ben", toy.WRONG)):
        toy.submit(course.root, student, code)
    assert main(["class", "ps1"]) == 2
    assert "is not graded yet" in capsys.readouterr().err
    main(["grade", "ps1"])
    toy.submit(course.root, "ben", toy.RIGHT)
    main(["grade", "ps1", "--seed", "5"])
    capsys.readouterr()
    assert main(["class", "ps1"]) == 0
    out = capsys.readouterr().out
    assert "2 students, 2 graded whole, 6.0 of 12 points in the mean" in out
    assert "no item-response model: 2 students, and at least 40 are needed" in out
    assert "(new seed: 2; new submission, new seed: 2): 2 of 4 notebooks moved" in out
    page = (course.results / "class.html").read_text()
    assert "ben, one" in page and "double_check 0 → 2, double_hidden 0 → 1" in page
    before = set(course.results.iterdir())
    assert main(["class", "ps1", "--hide-names"]) == 0
    (hidden,) = set(course.results.iterdir()) - before
    assert "ben" not in hidden.read_text().replace("benchmark", "") and "double_check 0 → 2" in hidden.read_text()


def test_a_grade_given_in_the_formgrader_reaches_every_output(course, capsys):
    toy.submit(course.root, "ann")
    main(["grade", "ps1"])
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        for notebook in ("one", "two"):
            grade = gradebook.find_grade("why", notebook, "ps1", "ann")
            grade.manual_score, grade.needs_manual_grade = 2.5, False
            gradebook.find_comment("why", notebook, "ps1", "ann").manual_comment = "a fine proof"
        gradebook.db.commit()
    assert main(["export", "ps1"]) == 0
    assert [(row["points"], row["waits"]) for row in rows(course.results / "grades.csv")] == [("11.0", "0")]
    assert main(["feedback", "ps1"]) == 0
    assert "a fine proof" in (course.root / "feedback/ann/ps1/one.html").read_text()


def test_another_output_folder(course, tmp_path):
    toy.submit(course.root, "ann")
    output = tmp_path / "elsewhere"
    output.mkdir()
    shutil.copy(course.gradebook, output)
    before = set(course.root.rglob("*"))
    assert main(["grade", "ps1", "--output", str(output)]) == 0
    assert set(course.root.rglob("*")) == before
    assert (output / "autograded/ann/ps1/one.ipynb").is_file()


def test_a_reason_that_looks_like_a_formula(course):
    toy.answer(course.root / "loose" / "=HYPERLINK(1).ipynb", name="one")
    main(["grade", "ps1", "--submissions", "loose"])
    assert rows(course.results / "grades.csv")[0]["student"] == "'=HYPERLINK(1)"


def test_the_seed_is_drawn_once_from_a_secret_and_kept(course):
    toy.submit(course.root, "ann")
    assert main(["grade", "ps1"]) == 0
    secret = course.root / "grading" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    contents = read(course.journal)
    drawn = contents.seed.value
    assert {record.seed for record in contents.records.values()} == {drawn}
    assert str(drawn).encode() not in secret.read_bytes()
    secret.unlink()
    assert main(["grade", "ps1"]) == 0
    assert len(RAN) == 2, "the journal knows the seed"
    assert main(["grade", "ps1", "--seed", "5"]) == 0
    assert len(RAN) == 4, "with another seed all is graded again"
    assert main(["grade", "ps1"]) == 0
    assert read(course.journal).seed.value == 5 and len(RAN) == 4
    assert {record.seed for record in read(course.journal).records.values()} == {5}


def test_two_courses_draw_two_seeds_and_a_lost_journal_the_same_again(course, tmp_path):
    toy.submit(course.root, "ann")
    seeds = []
    for output in ("a", "a", "b"):
        (tmp_path / output).mkdir(exist_ok=True)
        shutil.copy(course.gradebook, tmp_path / output)
        shutil.rmtree(tmp_path / output / "grading" / "ps1", ignore_errors=True)
        assert main(["grade", "ps1", "--output", str(tmp_path / output)]) == 0
        seeds.append(read(tmp_path / output / "grading" / "ps1" / "journal.jsonl").seed.value)
    assert seeds[0] == seeds[1] != seeds[2]


def test_the_course_s_timeouts_are_honoured_and_can_be_overruled(course):
    toy.submit(course.root, "ann")
    config = course.root / "nbgrader_config.py"
    main(["grade", "ps1"])
    config.write_text(
        "c = get_config()\nc.ExecutePreprocessor.timeout = 20\nc.ExecutePreprocessor.interrupt_on_timeout = False"
    )
    main(["grade", "ps1"])
    main(["grade", "ps1", "--cell-timeout", "7", "--notebook-timeout", "60"])
    assert [(one.cell, one.test, one.notebook, one.stop) for one in LIMITS] == [
        (600, 300, 1800, False),
        (20, 20, 1800, True),
        (7, 7, 60, True),
    ]
    assert len(RAN) == 6, "with other limits all is graded again"


def test_help_names_the_limits(capsys):
    with pytest.raises(SystemExit):
        main(["grade", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    for words in ("--cell-timeout SECONDS", "ExecutePreprocessor.timeout", "--notebook-timeout SECONDS", "--seed N"):
        assert words in out


def test_feedback_carries_the_secret_of_the_submission_that_was_graded(course):
    def hand_in(code: str, secret: str) -> None:
        toy.submit(course.root, "ann", code, names=["one"])
        (course.root / "submitted/ann/ps1/submission_secret.txt").write_text(secret)

    carried = course.feedback("ann", "one").with_name("submission_secret.txt")
    hand_in(toy.RIGHT, "first")
    main(["grade", "ps1"])
    hand_in(toy.WRONG, "second")  # collected, and not graded yet
    main(["feedback", "ps1"])
    assert carried.read_text() == "first"
    main(["grade", "ps1"])
    main(["feedback", "ps1"])
    assert carried.read_text() == "second"
