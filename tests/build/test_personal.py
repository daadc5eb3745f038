"""`course release`: each student's own notebook, the same again whenever the secret and the id are the same."""

import json
import zipfile

import pytest

from course_tools.checks.variants import drawn
from course_tools.grading.model.courses import find_course
from course_tools.grading.model.roster import kept_roster
from course_tools.grading.results.seed import variant_keys
from course_utils.cli import main
from course_utils.paths import NOTEBOOKS, ROOT
from tests.grading.results.test_moodle import ENGLISH

RELEASED = NOTEBOOKS / "simclr" / "simclr.ipynb"


@pytest.fixture
def release(tmp_path):
    def run(text, *tasks, output="out"):
        (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
        where = ["--grading", str(tmp_path / "grading"), "-o", str(tmp_path / output)]
        return main(["release", *tasks, "--roster", str(tmp_path / "roster.csv"), *where])

    return run


def test_a_class_gets_its_notebooks_twice_the_same(release, tmp_path, capsys):
    before = RELEASED.read_bytes()
    students = [f"s{number}" for number in range(20)]
    assert release("student\n" + "\n".join(students), "simclr", "ssl_families") == 0
    said = capsys.readouterr().out
    assert "ssl_families: left out, no question has numbers that vary" in said
    assert "simclr: 20 students, roster kept in" in said
    course = find_course(ROOT, "simclr", tmp_path / "grading")
    keys = variant_keys(course, students)
    for student in students:
        text = (tmp_path / "out" / student / "simclr.ipynb").read_text(encoding="utf-8")
        own = drawn("simclr", keys[student])["collapsed_loss"]
        assert f"There are ${own}$ images" in text
        assert f'variant=\\"{own}\\")' in text
        assert len(json.loads(text)["cells"]) == len(json.loads(before)["cells"])
    assert len({drawn("simclr", key)["collapsed_loss"] for key in keys.values()}) > 8
    assert not list((tmp_path / "out").glob("*.zip"))

    assert release("student\nlate\ns0\n", "simclr", output="again") == 0
    assert "simclr: 2 students (19 more from earlier releases)" in capsys.readouterr().out
    first, again = (tmp_path / place / "s0" / "simclr.ipynb" for place in ("out", "again"))
    assert first.read_bytes() == again.read_bytes()
    assert set(kept_roster(course.roster)) == {"late", *students}
    assert {path.name for path in course.results.iterdir()} == {"roster.csv"}
    assert RELEASED.read_bytes() == before


def test_for_moodle_there_is_a_zip_of_folders_that_it_knows(release, tmp_path):
    assert release(ENGLISH, "simclr") == 0
    with zipfile.ZipFile(tmp_path / "out" / "simclr.zip") as archive:
        assert archive.namelist() == [
            "Zoë Ünlü_12345_assignsubmission_file_/simclr.ipynb",
            "O'Neil, Bob_7_assignsubmission_file_/simclr.ipynb",
            "Eve_9_assignsubmission_file_/simclr.ipynb",
        ]
        assert archive.read(archive.namelist()[1]) == (tmp_path / "out" / "7" / "simclr.ipynb").read_bytes()


@pytest.mark.parametrize(
    ("text", "task", "why"),
    [
        ("student\nann\nann\n", "simclr", "ann is there twice"),
        ("student\nann\n", "ssl_families", "no question of ssl_families has numbers that vary"),
    ],
)
def test_what_cannot_be_released_is_one_line(release, tmp_path, capsys, text, task, why):
    assert release(text, task) == 2
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1
    assert not (tmp_path / "grading").exists()
