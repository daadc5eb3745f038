"""The desk's two pages: all questions with agreement and regrade requests, and all answers to one question.

Answers and names are a stranger's: templates escape, `untrusted` makes answers anew, and the pages' policy lets nothing run or load but the desk's own script.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from course_tools.desk.agreement import agreements
from course_tools.desk.answers import Answer, reused
from course_tools.desk.desk import Desk
from course_tools.desk.groups import groups
from course_tools.desk.questions import Question
from course_tools.grading.results.journal import Contents
from course_tools.grading.results.untrusted import code, markdown
from course_tools.html import pages

FOLDER = Path(__file__).with_name("pages")
ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"


class Pages:
    """hidden: whether students are numbers, as they always are in a blind reading."""

    def __init__(self, desk: Desk, hidden: bool) -> None:
        self.desk, self.hidden = desk, hidden or desk.sample is not None

    def home(self, xsrf: str) -> str:
        contents = self.desk.contents()
        rows = [(question, self.desk.answers(question, contents)) for question in self.desk.questions]
        blind = self.desk.sample is not None
        return self._page(
            "home",
            "Written answers",
            xsrf,
            rows=rows,
            agreed=[]
            if blind
            else [(one, each) for one, _ in rows for each in agreements(contents.readings.values(), one)],
            requests=[] if blind else list(self._requests(contents)),
            hidden=self.hidden,
        )

    def read(self, question: Question, xsrf: str) -> str:
        contents = self.desk.contents()
        found = self.desk.answers(question, contents)
        asked = {} if self.desk.sample else _open_requests(contents, question)
        shown = []
        for group in groups([one.text for one in found.shown]):
            members = [found.shown[i] for i in group.members]
            shown.append({"terms": group.terms, "answers": [self._answer(question, one, asked) for one in members]})
        rubric = question.rubric
        return self._page(
            "read",
            question.title,
            xsrf,
            question=question,
            statement=Markup(pages.markdown(question.statement)),
            example=Markup(pages.markdown(rubric.sample)),
            remark=Markup(pages.markdown(rubric.remark)),
            criteria=[{"points": one.points, "html": Markup(pages.markdown(one.text))} for one in rubric.criteria],
            groups=shown,
            count=len(found.shown),
            blank=found.blank,
            ahead=found.ahead,
            reused=reused(one.given for one in found.shown),
            given={one.key: state(one) for one in found.shown},
        )

    def _page(self, name: str, title: str, xsrf: str, **values: Any) -> str:
        desk = self.desk
        common = {"assignment": desk.course.assignment, "reader": desk.reader, "sample": desk.sample, "xsrf": xsrf}
        body = ENVIRONMENT.get_template(f"{name}.html").render(common | values)
        script = '<script src="/desk.js" defer></script>' if name == "read" else ""
        style = (FOLDER / "desk.css").read_text(encoding="utf-8")
        head = f'<meta name="xsrf" content="{escape(xsrf)}"><style>{style}</style>{script}'
        return pages.page(title, body, head, POLICY)

    def _answer(self, question: Question, answer: Answer, asked: dict[str, list[str]]) -> dict[str, Any]:
        html = code(answer.text) if question.cell_type == "code" else markdown(answer.text)
        notes = [f"Second reading, {one.reader}: {points(one.score)}. {one.comment or ''}" for one in answer.second]
        notes += [f"Asks to be read again: {text}" for text in asked.get(answer.student.id, [])]
        return {"key": answer.key, "who": self._who(answer), "html": Markup(html), "notes": notes}

    def _who(self, answer: Answer) -> str:
        if self.hidden:
            return f"answer {answer.key[:4]}"
        return " · ".join(filter(None, (answer.student.name, answer.student.id)))

    def _requests(self, contents: Contents) -> Iterator[dict[str, Any]]:
        """Open ones first, then by time."""
        known = {question.path: question for question in self.desk.questions}
        by_path = (
            {path: self.desk.answers(one, contents).shown for path, one in known.items()} if contents.requests else {}
        )
        for one in sorted(contents.requests.values(), key=lambda one: (bool(one.settled), one.asked)):
            path = f"{one.notebook}/{one.grade_id}"
            answer = next((each for each in by_path.get(path, []) if each.student.id == one.student), None)
            if answer is None:  # the question was taken out, or the answer with another submission
                continue
            yield {
                "id": self.desk.mark(one),
                "asked": one.asked[:16].replace("T", " "),
                "path": path,
                "title": known[path].title,
                "key": answer.key,
                "who": self._who(answer),
                "text": one.text,
                "before": points(one.before),
                "now": points(answer.given.score),
                "settled": one.settled,
            }


def state(answer: Answer) -> dict[str, Any]:
    """What the page's script knows of an answer."""
    given = answer.given
    return {
        "key": answer.key,
        "version": answer.version,
        "score": given.score,
        "comment": given.comment,
        "met": given.met,
        "reader": given.reader,
        "stale": given.stale,
        "waits": answer.waits,
    }


def points(score: float | None) -> str:
    return "no points yet" if score is None else f"{score:g}"


def _open_requests(contents: Contents, question: Question) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in contents.requests.values():
        if (one.notebook, one.grade_id, bool(one.settled)) == (question.notebook, question.name, False):
            found.setdefault(one.student, []).append(one.text)
    return found
