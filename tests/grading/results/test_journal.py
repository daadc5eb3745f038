"""The journal: nothing is lost, whatever happens to the file's end."""

import multiprocessing
import os
import random
import signal
import time

import pytest

from course_tools.grading.model.records import CellRecord, Job, Manual, Policy, Record, Student, dumps, loads
from course_tools.grading.results.journal import Journal, read
from course_utils.errors import CourseError

CELLS = (
    CellRecord("a", 2.0, 1.5, "graded", "", "ok\n  über\u2028 \ud800", 0.1),
    CellRecord("b", 3.0, None, "manual"),
)


def record(student: str, key: str = "s1-g1", outcome: str = "graded") -> Record:
    return Record(student, "ps1", "one", key, outcome, "", "namespaces", CELLS, 0.3, "", "2026-11-23T07:00:00+00:00")


ENTRIES = [
    Policy("2026-11-23T07:00:00+00:00", "10%/day"),
    Student("12345", "Zoë Ünlü", "Zoë Ünlü_12345_assignsubmission_file_", 60.0),
    record("ann"),
    Manual("ann", "one", "b", 2.0, None, "good", "s1"),
    record("ben"),
    record("ann", "s2-g1"),
]


def job(student: str, key: str) -> Job:
    return Job(student, "ps1", "one", "", "", key, "")


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_one_line_and_comes_back(entry):
    line = dumps(entry)
    assert "\n" not in line and line.isascii()
    assert loads(line) == entry


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "1", "{}", '{"type": "job"}', '{"type": "student", "nome": 1}', "null"]
)
def test_what_is_no_entry(line):
    with pytest.raises(ValueError):  # noqa: PT011  (json's own, or ours)
        loads(line)


def test_the_latest_counts_and_a_rerun_knows_what_is_settled(tmp_path):
    path = tmp_path / "deep" / "journal.jsonl"
    with Journal(path) as journal:
        for entry in ENTRIES:
            journal.append(entry)
        journal.append(ENTRIES[-1])  # nothing new: not written again
        assert journal.contents == read(path)
    contents = read(path)
    assert len(path.read_bytes().splitlines()) == len(ENTRIES)
    assert contents.records == {"ann/one": record("ann", "s2-g1"), "ben/one": record("ben")}
    assert contents.settles(job("ann", "s2-g1"))
    assert not contents.settles(job("ann", "s1-g1"))
    assert not contents.settles(job("ann", "s2-g2"))
    assert not contents.settles(job("cleo", "s1-g1"))


def test_what_was_the_machines_fault_is_tried_again(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal.append(record("ann", outcome="worker_lost"), record("ben", outcome="crashed"))
        assert not journal.contents.settles(job("ann", "s1-g1"))
        assert journal.contents.settles(job("ben", "s1-g1"))


def test_cut_off_at_every_byte_it_is_readable_and_heals(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)  # a thousand journals, none of which must survive
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append(*ENTRIES)
    data = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(data) if byte == ord("\n")]
    cut = tmp_path / "cut.jsonl"
    for length in range(len(data) + 1):
        cut.write_bytes(data[:length])
        complete = [loads(line) for line in data[: max([0, *(end for end in ends if end <= length)])].splitlines()]
        assert read(cut).damaged == 0
        with Journal(cut) as journal:
            for entry in complete:
                assert journal.contents.holds(entry) or entry == record("ann")
            journal.append(record("zed"))
        assert cut.read_bytes().count(b"\n") == len(complete) + 1
        assert read(cut).records["zed/one"] == record("zed")


def test_a_damaged_line_costs_only_itself(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append(*ENTRIES)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b"\x00" * 40 + b"\n", *lines[5:]]))
    contents = read(path)
    assert contents.damaged == 1
    assert set(contents.records) == {"ann/one"}


def test_two_writers(tmp_path):
    with Journal(tmp_path / "j"), pytest.raises(CourseError, match="another run"):
        Journal(tmp_path / "j")
    Journal(tmp_path / "j").__exit__(None, None, None)


def test_shards_merge_and_merging_again_changes_nothing(tmp_path):
    for shard, students in (("a", ["ann", "ben"]), ("b", ["cleo", "old"])):
        with Journal(tmp_path / shard) as journal:
            journal.append(*map(record, students))
    jobs = [job(student, "s1-g1") for student in ("ann", "ben", "cleo")] + [job("old", "s2-g1")]
    with Journal(tmp_path / "all") as journal:
        journal.append(record("old", "s2-g1"))
        assert [journal.merge(tmp_path / shard, jobs) for shard in ("a", "b", "a", "no such shard")] == [2, 1, 0, 0]
        assert set(journal.contents.records) == {"ann/one", "ben/one", "cleo/one", "old/one"}
        assert journal.contents.settles(jobs[-1]), "what a shard knew of an older submission does not count"


def write_forever(path, ready):
    with Journal(path) as journal:
        ready.set()
        for number in range(10**6):
            journal.append(record(f"s{number}"))


def test_killed_again_and_again_it_has_every_record_that_was_appended(tmp_path):
    path, luck = tmp_path / "journal.jsonl", random.Random(0)
    context = multiprocessing.get_context("fork")
    grown = 0
    for _ in range(20):
        ready = context.Event()
        process = context.Process(target=write_forever, args=(path, ready))
        process.start()
        assert ready.wait(20)
        time.sleep(luck.uniform(0, 0.02))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        contents = read(path)
        assert contents.damaged == 0
        assert [f"s{number}/one" in contents.records for number in range(len(contents.records))].count(False) == 0
        assert len(contents.records) >= grown
        grown = len(contents.records)
    assert grown > 20
