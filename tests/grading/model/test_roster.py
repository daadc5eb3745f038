"""Who is in the class: a plain CSV or Moodle's worksheet, and one line on whatever is neither."""

import pytest

from course_tools.grading.model.records import Student
from course_tools.grading.model.roster import kept_roster, read_roster, write_roster
from course_utils.errors import UsageError
from tests.grading.results.test_moodle import ENGLISH, GERMAN


@pytest.fixture
def roster(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_plain_list(roster, encoding, sign):
    text = (
        sign.join(("Name", "Student"))
        + "\r\n"
        + sign.join(("Zoë", "zoe3"))
        + "\r\n\r\n"
        + sign.join(("Bob", "bob"))
        + "\r\n"
    )
    assert read_roster(roster(text, encoding)) == {"zoe3": Student("zoe3", "Zoë"), "bob": Student("bob", "Bob")}


@pytest.mark.parametrize("text", [ENGLISH, GERMAN])
def test_moodles_worksheet(roster, text):
    found = read_roster(roster(text))
    assert found["7"].folder.endswith("_7_assignsubmission_file_")
    assert {"12345", "7"} <= found.keys()


def test_what_is_kept_is_read_again(tmp_path):
    students = {"7": Student("7", 'O\'Neil, "Bob"', "O'Neil_7_assignsubmission_file_"), "=x": Student("=x")}
    write_roster(students.values(), tmp_path / "grading" / "roster.csv")
    assert kept_roster(tmp_path / "grading" / "roster.csv") == students
    assert kept_roster(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no students"),
        ("student\n\n", "has no students"),
        ("name,mail\nAnn,a@b\n", "has no column of ids: it has name, mail; call the one that holds them `student`"),
        ("student\nann\nben\nann\n", "line 4: ann is there twice, first in line 2"),
        ("student,name\nann,Ann\n,Ben\n", "line 3: '' is no id"),
        ("student\n../ann\n", "line 2: '../ann' is no id"),
    ],
)
def test_what_is_no_roster(roster, text, why):
    with pytest.raises(UsageError) as error:
        read_roster(roster(text))
    assert why in str(error.value)
    assert "\n" not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")
