"""Pseudonyms, and times of hand-in."""

import re
from datetime import datetime

from course_tools.grading.model.records import Record, Student
from course_tools.grading.overview.people import handed_in, pseudonym, shown_name

MONDAY, TUESDAY = "2026-11-23T07:00:00+00:00", "2026-11-24T07:00:00+00:00"


def test_a_pseudonym_is_the_secrets_alone():
    students = [Student(f"{number}", f"Name {number}") for number in range(1000)]
    names = [pseudonym(b"secret", one) for one in students]
    assert len(set(names)) == 1000 and all(re.fullmatch(r"student [a-z2-7]{6}", name) for name in names)
    assert names[7] == pseudonym(b"secret", Student("7", "another name", extension=60.0))
    assert names[7] != pseudonym(b"other", students[7])
    assert shown_name(students[7]) == "Name 7 (7)" and shown_name(Student("7")) == "7"


def test_a_submission_counts_once_and_its_last_known_time():
    def record(key, submitted, notebook="one"):
        return Record("ada", "ps1", notebook, key, "graded", submitted=submitted)

    entries = [record("s1-g1", ""), record("s1-g1", TUESDAY), record("s1-g1", MONDAY), record("s1-g2", MONDAY)]
    assert handed_in(entries) == {"ada": [datetime.fromisoformat(MONDAY)]}
    entries += [record("s1-g1", MONDAY, "two"), record("s2-g2", TUESDAY)]
    assert [str(when)[:10] for when in handed_in(entries)["ada"]] == ["2026-11-23", "2026-11-24"]
    assert handed_in([Record("ben", "ps1", "one", "k", "graded")]) == {}
