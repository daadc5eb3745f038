"""`course forget` on nbgrader's exchange: one student's boxes are gone, the others' stay, and nothing in them leads astray."""

import os

import pytest

from course_utils.cli import main
from tests.grading import toy
from tests.privacy.test_forget import everything

NAME = "Zoë Ünlü"
CONFIG = 'c.CourseDirectory.course_id = "phys-1"\n'


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A course on an exchange with the boxes of 4711 and 47110, who is hostile."""
    course = toy.make(tmp_path / "course")
    (course.root / "nbgrader_config.py").write_text(CONFIG + f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n")
    place = tmp_path / "exchange" / "phys-1"
    for student in ("4711", "47110"):
        (handed := place / "inbound" / student / f"{student}+ps1+2026-11-27 12:00:00 UTC+x").mkdir(parents=True)
        (handed / "one.ipynb").write_text(f"by {student}")
        (page := place / "feedback" / student / "hash.html").parent.mkdir(parents=True)
        page.write_text(f"<p>{student}</p>")
    (place / "outbound" / "ps1").mkdir(parents=True)
    monkeypatch.chdir(course.root)
    return place


def test_the_boxes_of_one_are_gone_and_those_of_the_others_stay(place, capsys):
    assert main(["forget", "4711"]) == 0
    assert f"would remove: {place}/inbound/4711/" in capsys.readouterr().out
    theirs = {name: data for name, data in everything(place).items() if "47110" in name}
    (outside := place.parent / "outside").write_text("stays")
    (place / "inbound" / "4711" / "link").symlink_to(outside)
    os.mkfifo(place / "inbound" / "4711" / "pipe")
    assert main(["forget", "4711", "--yes"]) == 0
    assert f"and in {place}" in capsys.readouterr().out
    assert everything(place) == theirs and len(theirs) == 2 and outside.read_text() == "stays"
    assert {path.name for path in place.glob("*/*")} == {"47110", "ps1"}


def test_a_box_that_is_a_link_is_removed_and_not_followed(place):
    for path in sorted((place / "inbound" / "4711").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (place / "inbound" / "4711").rmdir()
    (place / "inbound" / "4711").symlink_to(place / "inbound" / "47110")
    before = everything(place / "inbound" / "47110")
    assert main(["forget", "4711", "--yes"]) == 0
    assert everything(place / "inbound" / "47110") == before and not (place / "inbound" / "4711").is_symlink()


def test_what_lies_in_the_boxes_of_others_is_found_or_said_not_to_be_searched(place, capsys):
    box = place / "inbound" / "47110"
    (box / "copied.ipynb").write_text(f"I worked with {NAME}")
    (box / NAME).mkdir()
    (box / "link").symlink_to("/etc/passwd")
    os.mkfifo(box / "pipe")
    with (box / "huge").open("wb") as file:
        file.truncate(2_000_000_000)
    (deep := box.joinpath(*"abcdefghij")).mkdir(parents=True)
    (deep / "note").write_text("4711")
    (place / "outbound" / "loose").symlink_to(place)
    assert main(["forget", "4711", "--name", NAME, "--yes"]) == 3
    lines = [line.removeprefix("LEFT ") for line in capsys.readouterr().out.splitlines() if line.startswith("LEFT")]
    assert len(lines) == 7
    for line in (
        f"{box}/copied.ipynb",
        f"{box}/{NAME}",
        f"{box}/link: not searched, it is a link; only files are collected",
        f"{box}/pipe: not searched, it is no file",
        f"{box}/a/b/c/d/e/f/g/h/i: not searched, it lies too deep",
        f"{place}/outbound/loose: not searched, it is no folder",
    ):
        assert line in lines
    assert any(line.startswith(f"{box}/huge: not searched, it has 1,907 MB, more than 100") for line in lines)


def test_on_an_exchange_as_nbgrader_makes_it_what_was_handed_in_under_the_name_is_gone(place):
    for name in ("4711+ps1+2026-11-27 12:00:00 UTC+y", "47110+ps1+2026-11-27 12:00:00 UTC+y"):
        (place / "inbound" / name).mkdir()
    main(["forget", "4711", "--yes"])
    assert {path.name for path in (place / "inbound").iterdir()} == {"47110", "47110+ps1+2026-11-27 12:00:00 UTC+y"}
