"""Intake: whatever students upload, each notebook ends as a job or as a typed record, and each file is accounted for."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from course_tools.grading.intake import submissions
from course_tools.grading.intake.collect import Intake, take_in
from course_tools.grading.model.courses import find_course
from course_tools.grading.model.notebook import notebook
from course_utils.errors import UsageError
from tests.grading import toy

MOODLE = "{name}_{id}_assignsubmission_file_"


@pytest.fixture
def course(tmp_path):
    return toy.make(tmp_path / "course", names=("one",))


def answered(code: str = toy.RIGHT) -> bytes:
    import nbformat

    return nbformat.writes(toy.notebook("one", code, "Because.", hidden=False)).encode()


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def outcomes(intake: Intake) -> dict[str, str]:
    return {job.student: "job" for job in intake.jobs} | {one.student: one.outcome for one in intake.records}


# --- layouts


def test_nbgrader_layout_with_times_and_odd_names(course, tmp_path):
    for student in ("ann", "Zoë Ünlü", "o'neil; rm -rf"):
        toy.submit(tmp_path, student, names=["one"])
    stamps = {"ann": "2026-11-23 07:00:49.5 Europe/Vienna", "Zoë Ünlü": "2026-11-23T06:00:49Z"}
    for student, stamp in stamps.items():
        (tmp_path / "submitted" / student / "ps1" / "timestamp.txt").write_text(stamp + "\n")
    intake = take_in(course, tmp_path / "submitted")
    assert outcomes(intake) == dict.fromkeys(["Zoë Ünlü", "ann", "o'neil; rm -rf"], "job")
    assert {job.student: job.submitted for job in intake.jobs} == {
        "ann": "2026-11-23T07:00:49.500000+01:00",
        "Zoë Ünlü": "2026-11-23T06:00:49+00:00",
        "o'neil; rm -rf": "",
    }
    job = intake.jobs[1]
    assert Path(job.submission) == tmp_path / "submitted/ann/ps1/one.ipynb"
    assert Path(job.executed) == course.output / "autograded/ann/ps1/one.ipynb"


def test_nbgraders_own_files_count_at_the_top_only_and_are_not_the_student_s_data(course, tmp_path):
    toy.submit(tmp_path, "ann", names=["one"])
    keys = set()
    for secret in ("a", "b"):  # handing in again, with nothing changed, is no new submission
        for folder, stamp in (("", "2026-11-23 08:00"), ("aside/", "2020-01-01 00:00")):
            place = tmp_path / "submitted/ann/ps1" / folder
            place.mkdir(exist_ok=True)
            (place / "timestamp.txt").write_text(stamp)
            (place / "submission_secret.txt").write_text(secret)
        intake = take_in(course, tmp_path / "submitted")
        (job,) = intake.jobs
        assert (job.submitted, job.files) == ("2026-11-23T08:00:00+00:00", ())
        assert intake.receipts["ann"] == {
            "timestamp.txt": b"2026-11-23 08:00",
            "submission_secret.txt": secret.encode(),
        }
        keys.add(job.key)
    assert len(keys) == 1


@pytest.mark.parametrize("wrapped", ["", "download/"])
@pytest.mark.parametrize("ending", ["/", "_/"])
def test_moodle_zip(course, tmp_path, ending, wrapped):
    folder = wrapped + "Zoë Maria Ünlü_12345_assignsubmission_file" + ending
    members = {
        folder + "one.ipynb": answered(),
        folder + "notes.csv": b"1,2",
        wrapped + "Bob_7_assignsubmission_onlinetext" + ending + "onlinetext.html": b"hello",
        wrapped + "Bob_7_assignsubmission_file" + ending + "one.ipynb": answered(toy.WRONG),
    }
    intake = take_in(course, pack(tmp_path / "all.zip", members))
    assert outcomes(intake) == {"12345": "job", "7": "job"}
    assert intake.students["12345"].name == "Zoë Maria Ünlü"
    assert intake.students["12345"].folder == folder.removeprefix(wrapped).removesuffix("/")
    assert [note.kind for note in intake.notes] == ["stray"]
    job = next(job for job in intake.jobs if job.student == "12345")
    assert Path(job.submission).read_bytes() == answered()
    assert [Path(file).read_bytes() for file in job.files] == [b"1,2"]


def test_moodle_without_folders(course, tmp_path):
    source = pack(tmp_path / "flat.zip", {"Ann Lee_5_assignsubmission_file_one.ipynb": answered()})
    intake = take_in(course, source)
    assert outcomes(intake) == {"5": "job"}
    assert intake.students["5"].folder == "Ann Lee_5_assignsubmission_file_"


def test_moodle_unpacked(course, tmp_path):
    toy.answer(tmp_path / "all" / MOODLE.format(name="Ann", id=5) / "one.ipynb")
    assert outcomes(take_in(course, tmp_path / "all")) == {"5": "job"}


def test_loose_notebooks(course, tmp_path):
    for name in ("ann.ipynb", "ben_one.ipynb", "cleo-one.ipynb", "dora/whatever.ipynb"):
        toy.answer(tmp_path / "loose" / name, name="one")
    (tmp_path / "loose" / "README").write_text("stray")
    intake = take_in(course, tmp_path / "loose")
    assert outcomes(intake) == dict.fromkeys(["ann", "ben", "cleo", "dora"], "job")
    assert [(note.file, note.kind) for note in intake.notes] == [("README", "stray")]


def test_names_that_macos_writes(course, tmp_path):
    decomposed = "Zoe\u0308_12_assignsubmission_file_/one.ipynb"
    source = pack(tmp_path / "mac.zip", {decomposed: answered(), "__MACOSX/._one.ipynb": b"x", ".DS_Store": b"x"})
    data = source.read_bytes().replace(b"\x00\x08\x08", b"\x00\x00\x08")  # no UTF-8 flag
    source.write_bytes(data)
    intake = take_in(course, source)
    assert intake.students["12"].name == "Zoë"
    assert [note.kind for note in intake.notes] == ["ignored", "ignored"]


def test_nothing_there_at_all(course, tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        take_in(course, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no submission of ps1"):
        take_in(course, tmp_path / "empty")
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "docs" / "guides" / "student.md").write_text("some other folder")
    with pytest.raises(UsageError, match="no submission of ps1"):
        take_in(course, tmp_path / "docs")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(UsageError, match="neither a folder nor a sound zip"):
        take_in(course, tmp_path / "text.zip")
    with pytest.raises(UsageError, match="there are: ps1"):
        find_course(course.root, "ps2")


def test_names_that_are_no_utf_8(course, tmp_path):
    place = os.fsencode(tmp_path) + b"/submitted/M\xfcller/ps1"
    os.makedirs(place)
    with open(place + b"/one.ipynb", "wb") as file:
        file.write(answered())
    (job,) = take_in(course, tmp_path / "submitted").jobs
    assert job.student == "Müller"
    assert Path(job.submission).read_bytes() == answered()


def test_names_that_play_with_a_terminal(course, tmp_path):
    name = "Kim \x1b[31mRed\x9b2J\u202ekcab\ud800"[:-1]
    members = {f"{MOODLE.format(name=name, id=5)}/one\x1b]0;mine\x07\n.ipynb": b"", "\x1bstray.txt": b""}
    intake = take_in(course, pack(tmp_path / "moodle.zip", members))
    assert intake.students["5"].name == "Kim \ufffd[31mRed\ufffd2J\ufffdkcab"
    assert intake.notes[0].file == "\ufffdstray.txt"
    assert intake.records[0].reason.partition("/")[2].startswith("one\ufffd]0;mine\ufffd .ipynb is empty")


def test_half_a_character_is_no_reason_to_stop(course, tmp_path):
    source = answered().replace(b"Because.", b"Because \\ud83d and \\ud83d\\ude00.")
    (job,) = take_in(course, pack(tmp_path / "loose.zip", {"ann.ipynb": source})).jobs
    node = notebook(Path(job.submission).read_bytes())
    assert node["cells"][-1]["source"] == ["Because ? and \U0001f600."]


# --- which notebook counts


def test_a_renamed_notebook_is_known_by_its_cells(tmp_path):
    course = toy.make(tmp_path / "course")
    folder = tmp_path / "submitted" / "ann" / "ps1"
    toy.answer(folder / "TWO.ipynb")
    toy.answer(folder / "one (1).ipynb")
    intake = take_in(course, tmp_path / "submitted")
    assert {job.notebook: Path(job.submission).name for job in intake.jobs} == {
        "one": "one (1).ipynb",
        "two": "TWO.ipynb",
    }


def test_of_several_the_readable_then_the_named_then_the_latest(course, tmp_path):
    folder = tmp_path / "submitted"
    for student, name, age, good in [
        ("broken", "one", 0, False),
        ("broken", "one-copy", 9, True),
        ("named", "one", 9, True),
        ("named", "one-copy", 0, True),
        ("latest", "a (1)", 0, True),
        ("latest", "b (2)", 9, True),
    ]:
        path = toy.answer(folder / student / "ps1" / f"{name}.ipynb", name="one")
        if not good:
            path.write_bytes(b"")
        os.utime(path, (1e9 - age, 1e9 - age))
    intake = take_in(course, folder)
    assert {job.student: Path(job.submission).stem for job in intake.jobs} == {
        "broken": "one-copy",
        "named": "one",
        "latest": "a (1)",
    }
    assert sorted(note.kind for note in intake.notes) == ["duplicate"] * 3


def test_nobody_hands_in_for_another(course, tmp_path):
    toy.submit(tmp_path, "ann", names=["one"])
    toy.answer(tmp_path / "submitted/eve/ps1/one.ipynb")
    toy.answer(tmp_path / "submitted/eve/ps0/ann/ps1/one.ipynb", toy.WRONG)
    toy.answer(tmp_path / "submitted/eve/ps1/ben/ps1/one.ipynb")
    intake = take_in(course, tmp_path / "submitted")
    assert {job.student: Path(job.submission).parts[-3] for job in intake.jobs} == {"ann": "ann", "eve": "eve"}
    members = {
        MOODLE.format(name="Eve", id=6) + "/" + MOODLE.format(name="Ann", id=5) + "/one.ipynb": answered(toy.WRONG),
        MOODLE.format(name="Ann", id=5) + "/one.ipynb": answered(),
    }
    jobs = {job.student: job for job in take_in(course, pack(tmp_path / "eve.zip", members)).jobs}
    assert Path(jobs["5"].submission).read_bytes() == answered()
    assert Path(jobs["6"].submission).read_bytes() == answered(toy.WRONG)


def test_two_attempts_of_one_participant(course, tmp_path):
    members = {
        MOODLE.format(name="Ann", id=5) + "/one.ipynb": (answered(toy.WRONG), (2026, 11, 1, 0, 0, 0)),
        MOODLE.format(name="Group A-Ann", id=5) + "/one.ipynb": (answered(), (2026, 11, 2, 0, 0, 0)),
    }
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name, (data, date) in members.items():
            archive.writestr(zipfile.ZipInfo(name, date), data)
    intake = take_in(course, tmp_path / "two.zip")
    assert [Path(job.submission).read_bytes() for job in intake.jobs] == [answered()]
    assert [note.kind for note in intake.notes] == ["duplicate"]


# --- what is broken

BROKEN = {
    "empty": b"",
    "blank": b" \n",
    "text": b"print(1)",
    "script": b"# %%\nx = 1",
    "pdf": b"%PDF-1.7",
    "html": b"<!doctype html>",
    "latin": '{"cells": "ü"}'.encode("latin-1"),
    "list": b"[]",
    "no_format": b'{"cells": []}',
    "old": b'{"nbformat": 3, "worksheets": []}',
    "cells": b'{"nbformat": 4, "cells": 5}',
    "cell": b'{"nbformat": 4, "cells": [5]}',
    "source": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5, "metadata": {}}]}',
    "metadata": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": []}]}',
    "deep": b"[" * 200_000,
    "long_number": b'{"nbformat": ' + b"9" * 10_000 + b"}",
    "half": answered()[:700],
}
KINDS = {"empty": "empty", "blank": "empty", "old": "wrong_nbformat"}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_notebook_is_a_typed_record_and_harms_nobody(course, tmp_path, how):
    toy.submit(tmp_path, "ann", names=["one"])
    path = tmp_path / "submitted" / "bad" / "ps1" / "one.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(BROKEN[how])
    intake = take_in(course, tmp_path / "submitted")
    assert outcomes(intake) == {"ann": "job", "bad": KINDS.get(how, "not_a_notebook")}
    record = intake.records[0]
    assert "starting at" not in record.reason, "and where it starts left out"
    assert "one.ipynb" in record.reason and "\n" not in record.reason and len(record.reason) < 200


def test_links_missing_files_and_large_ones(course, tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_BYTES", 5000)
    folder = tmp_path / "submitted"
    toy.submit(tmp_path, "ann", names=["one"])
    for student in ("link", "nothing", "large", "archive"):
        (folder / student / "ps1").mkdir(parents=True)
    (folder / "link/ps1/one.ipynb").symlink_to(folder / "ann/ps1/one.ipynb")
    (folder / "nothing/ps1/essay.docx").write_bytes(b"x")
    (folder / "large/ps1/one.ipynb").write_bytes(answered() + b" " * 5000)
    (folder / "archive/ps1/homework.zip").write_bytes(b"PK")
    intake = take_in(course, folder)
    assert outcomes(intake) == {
        "ann": "job",
        "archive": "nested_archive",
        "large": "too_large",
        "link": "symlink",
        "nothing": "missing_notebook",
    }
    assert [(note.file, note.kind) for note in intake.notes] == [
        ("archive/ps1/homework.zip", "nested_archive"),
        ("nothing/ps1/essay.docx", "unused"),
    ]


def test_a_folder_that_is_a_link_is_not_followed(course, tmp_path):
    toy.submit(tmp_path, "ann", names=["one"])
    (tmp_path / "submitted" / "thief").symlink_to(tmp_path / "submitted" / "ann")
    assert outcomes(take_in(course, tmp_path / "submitted")) == {"ann": "job"}


def hostile_zip(path: Path) -> Path:
    """Every bad kind of member, beside a good one."""
    link = zipfile.ZipInfo(MOODLE.format(name="Link", id=3) + "/one.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MOODLE.format(name="Good", id=1) + "/one.ipynb", answered())
        archive.writestr(MOODLE.format(name="Bomb", id=2) + "/one.ipynb", b" " * 15 * 2**20)
        archive.writestr(link, "/etc/passwd")
        archive.writestr(MOODLE.format(name="Up", id=4) + "/../../../one.ipynb", answered())
        archive.writestr("/" + MOODLE.format(name="Root", id=5) + "/one.ipynb", answered())
        archive.writestr(MOODLE.format(name="Large", id=6) + "/one.ipynb", os.urandom(21 * 2**20))
        archive.writestr(MOODLE.format(name="Nested", id=7) + "/all.zip", b"PK")
        archive.writestr(MOODLE.format(name="Bad", id=8) + "/one.ipynb", b"BADCONTENT" * 50)
        archive.writestr(MOODLE.format(name="Locked", id=9) + "/one.ipynb", b"LOCKED" * 50)
        archive.writestr("..\\..\\" + MOODLE.format(name="Windows", id=10) + "\\one.ipynb", answered())
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        by_id = {name.split("_")[1]: archive.getinfo(name) for name in archive.namelist()}
    data[by_id["8"].header_offset + 30 + len(by_id["8"].filename) + 3] ^= 0xFF  # the packed bytes of Bad
    where = data.rindex(b"Locked_9")
    data[where - 46 + 8] |= 1  # the flag "encrypted" in the central directory
    path.write_bytes(data)
    return path


def test_a_hostile_zip(course, tmp_path):
    before = set(tmp_path.rglob("*"))
    intake = take_in(course, hostile_zip(tmp_path / "hostile.zip"))
    assert outcomes(intake) == {
        "1": "job",
        "2": "zip_bomb",
        "3": "symlink",
        "4": "path_traversal",
        "6": "too_large",
        "7": "nested_archive",
        "8": "damaged",
        "9": "encrypted",
    }
    assert [note.kind for note in intake.notes] == ["stray", "stray", "nested_archive"]
    new = {path for path in set(tmp_path.rglob("*")) - before if path.is_file()}
    assert new == {tmp_path / "hostile.zip", course.results / "submissions/1/one.ipynb"}


@pytest.mark.parametrize("name", ["../x.ipynb", "../../ps1/x.ipynb", "/etc/x.ipynb", "..\\x.ipynb", "C:\\x\\y.ipynb"])
def test_no_student_is_called_dot_dot(course, tmp_path, name):
    source = pack(tmp_path / "loose.zip", {name: answered(), "ann.ipynb": answered()})
    intake = take_in(course, source)
    assert outcomes(intake) == {"ann": "job"}
    assert [note.kind for note in intake.notes] == ["stray"]


def test_every_member_is_accounted_for(tmp_path):
    """Each file is a job's notebook or data, a record's reason, a note, or the time."""
    course = toy.make(tmp_path / "course")
    folder = MOODLE.format(name="Ann", id=5)
    members = {
        f"{folder}/one.ipynb": answered(),
        f"{folder}/two.ipynb": b"broken",
        f"{folder}/one (1).ipynb": answered(),
        f"{folder}/data/points.csv": b"1",
        f"{folder}/more/points.csv": b"2",
        f"{folder}/helper.py": b"x = 1",
        f"{folder}/sub/inner.rar": b"x",
        f"{folder}/.ipynb_checkpoints/one.ipynb": answered(),
        "readme.txt": b"?",
        "Ben_6_assignsubmission_file_/report.pdf": b"%PDF",
    }
    intake = take_in(course, pack(tmp_path / "all.zip", members))
    told = {note.file for note in intake.notes}
    told |= {record.reason.split(" is ")[0].split(" has ")[0] for record in intake.records}
    used = {"one.ipynb", "points.csv"}
    assert {name for name in members if name not in told} == {f"{folder}/one.ipynb", f"{folder}/data/points.csv"}
    assert {Path(path).name for job in intake.jobs for path in (job.submission, *job.files)} == used
    assert {(one.student, one.notebook): one.outcome for one in intake.records} == {
        ("5", "two"): "not_a_notebook",
        ("6", "one"): "missing_notebook",
        ("6", "two"): "missing_notebook",
    }


# --- the key


def test_the_key_changes_with_what_decides_the_score_and_with_nothing_else(course, tmp_path):
    toy.submit(tmp_path, "ann", names=["one"])

    def key() -> str:
        (job,) = take_in(course, tmp_path / "submitted").jobs
        return job.key

    first = key()
    assert key() == first
    (tmp_path / "submitted/ann/ps1/helper.py").write_text("not used")
    assert key() == first
    (tmp_path / "submitted/ann/ps1/points.csv").write_text("1")
    with_data = key()
    assert with_data != first
    assert with_data.split("-")[1] == first.split("-")[1]
    (course.root / "source/ps1/helpers.py").write_text("x = 1")
    with_helper = key()
    assert with_helper.split("-")[0] == with_data.split("-")[0]
    assert with_helper.split("-")[1] != with_data.split("-")[1]
    path = course.sources["one"]
    path.write_text(path.read_text().replace("double(-3) == -6", "double(-4) == -8"))
    assert key().split("-")[1] != with_helper.split("-")[1]
    toy.submit(tmp_path, "ann", toy.WRONG, names=["one"])
    assert key().split("-")[0] != with_data.split("-")[0]


def test_an_outcome_of_the_intake_is_a_record_of_the_journal(course, tmp_path):
    from course_tools.grading.model.records import dumps, loads

    (tmp_path / "submitted/bad/ps1").mkdir(parents=True)
    (tmp_path / "submitted/bad/ps1/one.ipynb").write_text(json.dumps({"nbformat": "x" * 5000}))
    (record,) = take_in(course, tmp_path / "submitted").records
    assert loads(dumps(record)) == record
    assert len(record.reason) < 200
