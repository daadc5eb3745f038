"""Moodle's offline grading worksheet: read when students submitted, write their grades, and leave every other byte as it was.

The worksheet is a CSV in the language of whoever downloaded it; English and German headers are known, other ones can be named.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course_tools.grading.model.spreadsheet import decode, separator
from course_utils.errors import UsageError

HEADERS = {
    "grade": ("grade", "bewertung"),
    "maximum": ("maximum grade", "bestwertung"),
    "open": ("grade can be changed", "bewertung kann geändert werden"),
    "submitted": ("last modified (submission)", "zuletzt geändert (abgabe)"),
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
GERMAN = {"mär": "mar", "mai": "may", "okt": "oct", "dez": "dec"}
DATE = re.compile(r"(\d{1,2})\.? (\w{3})\w*\.? (\d{4}),? (\d{1,2}):(\d\d)(?::\d\d)?\s*([AaPp]\.?[Mm])?")


@dataclass
class Worksheet:
    """The fields as they are written, quotes included, each with what ends it. columns: what a column is -> its index."""

    mark: str  # the byte order mark, if there is one
    rows: list[list[list[str]]]
    encoding: str
    columns: dict[str, int]

    def participant(self, row: list[list[str]]) -> str:
        """The number in "Participant 12345"; "" in the header or an empty row."""
        found = re.fullmatch(r"\D*(\d+)", _plain(row[0][0]))
        return found[1] if found else ""

    def value(self, row: list[list[str]], column: str) -> str:
        index = self.columns.get(column)
        return _plain(row[index][0]) if index is not None and index < len(row) else ""

    def maximum(self) -> float | None:
        """The grade that Moodle takes for full marks; None if the worksheet does not say."""
        values = {self.value(row, "maximum") for row in self.rows if self.participant(row)} - {""}
        numbers = {float(value.replace(",", ".")) for value in values if re.fullmatch(r"\d+(?:[.,]\d+)?", value)}
        return numbers.pop() if len(numbers) == 1 else None

    def times(self) -> dict[str, datetime]:
        """When each participant submitted, in this machine's time zone. Raises UsageError for a date that it cannot read."""
        found = {}
        for row in self.rows:
            text = self.value(row, "submitted")
            if (who := self.participant(row)) and text and text != "-":
                found[who] = read_date(text)
        return found

    def grade(self, grades: Mapping[str, float]) -> dict[str, str]:
        """Enter the grades by participant. Returns what could not be entered: participant -> why."""
        left = dict.fromkeys(grades, "is not in the worksheet")
        comma = any("," in self.value(row, "maximum") for row in self.rows)
        for row in self.rows:
            who = self.participant(row)
            if who not in grades:
                continue
            if self.value(row, "open").casefold() in ("no", "nein"):
                left[who] = "has a grade that Moodle does not let change"
                continue
            number = f"{grades[who]:.2f}"
            row[self.columns["grade"]][0] = f'"{number.replace(".", ",")}"' if comma else number
            del left[who]
        return left

    def write(self, path: Path) -> None:
        text = self.mark + "".join(field + end for row in self.rows for field, end in row)
        path.write_bytes(text.encode(self.encoding))


def read_worksheet(path: Path, grade_column: str = "") -> Worksheet:
    """The worksheet at `path`. Raises UsageError if it is none, or its column of grades is not known by its name."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): give Moodle's grading worksheet") from None
    text, encoding = decode(data)
    mark = text[:1] if text.startswith("\ufeff") else ""
    rows = _rows(text[len(mark) :])
    headers = [_plain(field).strip().casefold() for field, _ in rows[0]] if rows else []
    names = HEADERS | ({"grade": (grade_column.casefold(),)} if grade_column else {})
    columns = {what: headers.index(name) for what, known in names.items() for name in known if name in headers}
    sheet = Worksheet(mark, rows, encoding, columns)
    if not any(map(sheet.participant, rows[1:])):
        raise UsageError(f'{path} is no grading worksheet: its first column holds no "Participant 12345"')
    if "grade" not in columns:
        raise UsageError(f"{path} has no column of grades that is known: name it with --grade-column, of {headers}")
    return sheet


def _rows(text: str) -> list[list[list[str]]]:
    sign = separator(text)
    pattern = re.compile(rf'("(?:[^"]|"")*"|[^"{sign}\r\n][^{sign}\r\n]*|)({sign}|\r\n|\n|\r|$)')
    rows: list[list[list[str]]] = []
    row: list[list[str]] = []
    position = 0
    while position < len(text):
        found = pattern.match(text, position)
        if found is None:
            raise UsageError(f"the worksheet is damaged near {text[position : position + 30]!r}: download it again")
        row.append([found[1], found[2]])
        position = found.end()
        if found[2] in ("\r\n", "\n", "\r", ""):
            rows.append(row)
            row = []
    return rows + ([row] if row else [])


def _plain(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def read_date(text: str) -> datetime:
    """ "Wednesday, 25 November 2026, 11:59 PM" or "Mittwoch, 25. November 2026, 23:59", in this machine's zone."""
    found = DATE.search(text)
    month = GERMAN.get(found[2].casefold(), found[2].casefold()) if found else ""
    if found is None or month not in MONTHS:
        raise UsageError(f"the worksheet's date {text!r} is neither English nor German: leave out --worksheet")
    hour = int(found[4])
    if found[6]:
        hour = hour % 12 + 12 * (found[6][0] in "pP")
    naive = datetime(int(found[3]), MONTHS.index(month) + 1, int(found[1]), hour, int(found[5]))
    return naive.astimezone()
