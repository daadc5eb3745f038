"""Moodle's worksheet: every byte but the grades stays, whatever wrote it; feedback goes back into the folders it knows."""

import csv
import io
import re

import pytest

from course_tools.grading.results.moodle import read_date, read_worksheet
from course_utils.errors import UsageError

ENGLISH = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Online text","Last modified (grade)","Feedback comments"\r\n'
    'Participant 12345,"Zoë Ünlü",zoe@example.org,"Submitted for grading - ",,44.00,Yes,'
    '"Wednesday, 25 November 2026, 11:59 PM","said ""hi"",\r\nthen left",-,\r\n'
    'Participant 7,"O\'Neil, Bob",bob@example.org,"No submission",12.50,44.00,Yes,-,,-,"well, <b>done</b>"\r\n'
    "Participant 9,Eve,eve@example.org,Graded,3.00,44.00,No,-,,-,\r\n"
)
GERMAN = (
    'ID;"Vollständiger Name";Status;Bewertung;Bestwertung;"Bewertung kann geändert werden";"Zuletzt geändert (Abgabe)"\n'
    'Teilnehmer/in12345;Zoë;"Zur Bewertung abgegeben";;44,00;Ja;Mittwoch, 25. November 2026, 23:59\n'
    "Teilnehmer/in7;Bob;Keine Abgabe;;44,00;Ja;-"
)


def worksheet(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "worksheet.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("text", [ENGLISH, GERMAN, ENGLISH.replace("\r\n", "\n"), ENGLISH + "\r\n"])
def test_nothing_entered_nothing_changed(tmp_path, text, encoding):
    path = worksheet(tmp_path, text, encoding)
    sheet = read_worksheet(path)
    sheet.grade({})
    sheet.write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_only_the_grades_change(tmp_path, encoding):
    path = worksheet(tmp_path, ENGLISH, encoding)
    sheet = read_worksheet(path)
    assert sheet.maximum() == 44
    left = sheet.grade({"12345": 31.456, "7": 0.0, "9": 44.0, "1": 5.0})
    assert left == {"9": "has a grade that Moodle does not let change", "1": "is not in the worksheet"}
    sheet.write(tmp_path / "out.csv")
    before = list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))
    after = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(encoding), newline="")))
    changed = {(i, j) for i, row in enumerate(before) for j, old in enumerate(row) if after[i][j] != old}
    assert changed == {(1, 4), (2, 4)}
    assert (after[1][4], after[2][4], after[3][4]) == ("31.46", "0.00", "3.00")
    assert [len(row) for row in after] == [len(row) for row in before]


def test_german_with_semicolons_and_decimal_commas(tmp_path):
    path = worksheet(tmp_path, GERMAN)
    sheet = read_worksheet(path)
    assert sheet.maximum() == 44
    assert sheet.grade({"12345": 31.5}) == {}
    sheet.write(path)
    assert path.read_text() == GERMAN.replace('abgegeben";;', 'abgegeben";"31,50";')


def test_times(tmp_path):
    for text in (ENGLISH, GERMAN):
        times = read_worksheet(worksheet(tmp_path, text)).times()
        assert {who: time.replace(tzinfo=None).isoformat() for who, time in times.items()} == {
            "12345": "2026-11-25T23:59:00"
        }
        assert times["12345"].tzinfo


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Monday, 1 March 2027, 12:05 AM", "2027-03-01T00:05"),
        ("Monday, 1 March 2027, 12:05 PM", "2027-03-01T12:05"),
        ("Freitag, 5. Mai 2028, 07:03", "2028-05-05T07:03"),
        ("Sonntag, 31. Dezember 2028, 17:30", "2028-12-31T17:30"),
        ("Dienstag, 2. März 2027, 08:00", "2027-03-02T08:00"),
    ],
)
def test_dates(text, iso):
    assert read_date(text).replace(tzinfo=None).isoformat(timespec="minutes") == iso


def test_what_is_no_worksheet(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_worksheet(tmp_path / "nothing.csv")
    for text in ("", "a,b\n1,2\n", "Identifier,Grade\nAnn,1\n", 'Identifier,Grade\n"Participant 1'):
        with pytest.raises(UsageError, match="worksheet"):
            read_worksheet(worksheet(tmp_path, text))
    french = worksheet(tmp_path, "Identifiant,Note\nParticipant 1,\n")
    with pytest.raises(UsageError, match="--grade-column"):
        read_worksheet(french)
    sheet = read_worksheet(french, "Note")
    sheet.grade({"1": 2})
    sheet.write(french)
    assert french.read_text() == "Identifiant,Note\nParticipant 1,2.00\n"
    with pytest.raises(UsageError, match="neither English nor German"):
        read_date("mercredi 25 février 2026, 23:59")


def test_a_column_of_different_maxima_is_no_maximum(tmp_path):
    assert read_worksheet(worksheet(tmp_path, re.sub("44.00,No", "40.00,No", ENGLISH))).maximum() is None
