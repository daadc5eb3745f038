"""Draw docs/_static/architecture.svg, the picture of docs/architecture.md.

python docs/architecture_picture.py
"""

from html import escape
from pathlib import Path

PATH = Path(__file__).parent / "_static" / "architecture.svg"
WIDTH, HEIGHT = 980, 750
STUDENTS, INSTRUCTORS, STRANGERS, KEPT = "#0072B2", "#B35C00", "#A8196C", "#555555"
FILLS = {STUDENTS: "#EAF3FA", INSTRUCTORS: "#FCF1E4", STRANGERS: "#FBEAF3", KEPT: "#F4F4F4"}
LEGEND = (
    (STUDENTS, "students have it"),
    (INSTRUCTORS, "the instructor's"),
    (STRANGERS, "a stranger's code runs here"),
    (KEPT, "files"),
)

parts: list[str] = []


def text(
    x: float, y: float, words: str, size: float = 13, weight: int = 400, anchor: str = "middle", fill: str = "#1f2430"
) -> None:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{fill}"'
    parts.append(f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>')


def box(x: float, y: float, width: float, height: float, colour: str, title: str, *lines: str) -> None:
    """A box whose title and lines are centred in it."""
    shape = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="6"'
    parts.append(f'<rect {shape} fill="{FILLS[colour]}" stroke="{colour}" stroke-width="1.6"/>')
    top = y + height / 2 - 8 * len(lines) + 5
    text(x + width / 2, top, title, weight=600)
    for number, line in enumerate(lines, 1):
        text(x + width / 2, top + 16 * number, line, size=11.5, fill="#444c5c")


def arrow(x1: float, y1: float, x2: float, y2: float, label: str = "", dy: float = -6) -> None:
    parts.append(
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#444c5c" stroke-width="1.5" marker-end="url(#tip)"/>'
    )
    if label:
        text((x1 + x2) / 2, (y1 + y2) / 2 + dy, label, size=11.5, fill="#444c5c")


def strip(y: float, title: str) -> None:
    text(20, y, title, size=15, weight=700, anchor="start")


def two_processes(y: float) -> None:
    strip(y, "1 · Grading: two processes, and what passes between them")
    box(
        20,
        y + 16,
        300,
        128,
        INSTRUCTORS,
        "judge",
        "instructor's notebook, bank, answers",
        "runs the tests, makes the points",
        "course_tools/grading/judge",
    )
    box(
        660,
        y + 16,
        300,
        128,
        STRANGERS,
        "jail",
        "the submission, cell by cell",
        "reads bridge, jail and course_utils only",
        "course_tools/grading/jail",
    )
    arrow(322, y + 46, 656, y + 46, "run this cell · call f with these values")
    arrow(656, y + 84, 324, y + 84, "what was printed · what f returned, as plain data")
    arrow(322, y + 122, 656, y + 122, "backward with these gradients · fork here")
    text(490, y + 141, "grading/bridge: JSON and buffers; nothing in it executes", size=11.5, fill="#444c5c")


def exercise(y: float) -> None:
    strip(y, "2 · An exercise: from source to check")
    box(20, y + 16, 190, 56, INSTRUCTORS, "solutions/TASK.py", "statement, answer, checks")
    box(270, y + 16, 190, 56, INSTRUCTORS, "solution notebook", "course_tools/build")
    box(520, y + 16, 190, 56, STUDENTS, "student notebook", "notebooks/TASK/")
    box(770, y + 16, 190, 56, STUDENTS, 'check("task/id", f)', "course_utils/checks")
    box(20, y + 90, 190, 56, INSTRUCTORS, "bank/TASK/ID.py", "hidden probes, mistakes")
    box(270, y + 90, 190, 56, STUDENTS, "public probes", "course_utils/TASK/checks.py")
    box(520, y + 90, 190, 56, STUDENTS, "fingerprints", "by course_tools/checks")
    arrow(210, y + 44, 268, y + 44)
    arrow(460, y + 44, 518, y + 44, "release", -6)
    arrow(710, y + 44, 768, y + 44)
    arrow(460, y + 118, 518, y + 118)
    arrow(710, y + 118, 790, y + 74)
    parts.append(
        f'<path d="M115 {y + 146} v16 h500 v-14" fill="none" stroke="#444c5c" stroke-width="1.5" marker-end="url(#tip)"/>'
    )
    arrow(400, y + 72, 535, y + 89)


def submission(y: float) -> None:
    strip(y, "3 · A submission: from zip to feedback")
    names = (
        (STRANGERS, "a zip, a folder", "whatever comes"),
        (INSTRUCTORS, "intake", "jobs, or a reason"),
        (INSTRUCTORS, "engines", "pool, dask, Slurm"),
        (INSTRUCTORS, "judge and jail", "one record each"),
        (KEPT, "journal", "append-only"),
        (INSTRUCTORS, "results", "gradebook, feedback"),
    )
    for place, (colour, title, line) in enumerate(names):
        x = 20 + 160 * place
        box(x, y + 16, 140, 56, colour, title, line)
        if place:
            arrow(x - 20, y + 44, x - 2, y + 44)


def metric(y: float) -> None:
    strip(y, "4 · A metric: from a cell to its band")
    box(20, y + 16, 190, 56, STUDENTS, "lab.record(name, value)", "course_utils/session")
    box(270, y + 16, 190, 56, STUDENTS, "one line of JSON", "course_utils/entries")
    box(520, y + 16, 190, 56, INSTRUCTORS, "Result", "course_tools/run")
    box(770, y + 16, 190, 56, INSTRUCTORS, "table, report, exit code", "course run")
    box(520, y + 104, 190, 56, KEPT, "data/runs/TASK.json", "course_utils/measured")
    box(270, y + 104, 190, 56, INSTRUCTORS, "course bands", "several seeds")
    arrow(210, y + 44, 268, y + 44)
    arrow(460, y + 44, 518, y + 44)
    arrow(710, y + 44, 768, y + 44)
    arrow(460, y + 132, 518, y + 132)
    arrow(615, y + 104, 615, y + 75)
    text(626, y + 94, "in the band?", size=11.5, anchor="start", fill="#444c5c")
    arrow(520, y + 66, 440, y + 102)


def main(path: Path = PATH) -> None:
    for number, (colour, words) in enumerate(LEGEND):
        x = 20 + 235 * number
        parts.append(
            f'<rect x="{x}" y="14" width="16" height="16" rx="3" fill="{FILLS[colour]}" stroke="{colour}" stroke-width="1.6"/>'
        )
        text(x + 24, 27, words, anchor="start")
    two_processes(64)
    exercise(246)
    submission(450)
    metric(562)
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#444c5c"/></marker>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, DejaVu Sans, sans-serif">'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    path.write_text("\n".join([head, f"<defs>{tip}</defs>", ground, *parts, "</svg>"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
