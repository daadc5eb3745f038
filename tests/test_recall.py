"""Recall questions: what is said of an answer, and that those of the notebooks ask about earlier sections and spoil nothing."""

import re

import nbformat
import pytest
import torch

from course_tools.build import source
from course_tools.paths import SOLUTIONS
from course_tools.translate.pseudo import LANGUAGE, Pseudo, pseudo
from course_utils import language, recall
from course_utils.errors import UsageError
from course_utils.paths import NOTEBOOKS
from course_utils.recall import Question, questions, reply
from course_utils.tasks import CORE, chosen, tasks

LETTER = Question("b", "Two crops of a frog.", "section 1", {"a": "That is the crop.", "c": "That is the blur."})
NUMBER = Question(2.079, "It is log 8.", "section 5", {3: "These are bits."})
ASKED = [(task, name) for task in tasks() for name in questions(task)]


# --- what is said


@pytest.mark.parametrize(
    ("question", "answer"),
    [(LETTER, "b"), (LETTER, " B) "), (NUMBER, 2.08), (NUMBER, "2.08"), (NUMBER, torch.tensor(8.0).log())],
)
def test_a_right_answer_is_told_why(question, answer):
    said = reply(question, answer)
    assert said.lines() == ["right", f"  {question.why}"]
    assert said.state == "done"


@pytest.mark.parametrize(
    ("question", "answer", "told"), [(LETTER, "c", "That is the blur."), (NUMBER, 3, "These are bits.")]
)
def test_a_wrong_one_is_told_what_it_would_mean_and_the_answer_is_folded(question, answer, told):
    said = reply(question, answer)
    assert said.head == f"not quite, and nothing is lost. It was in {question.where}" and said.told == [told]
    assert f"<details><summary>the answer</summary><p>{question.right}. {question.why}</p></details>" in said.html()


@pytest.mark.parametrize("answer", ["not yet", "Not yet."])
@pytest.mark.parametrize("question", [LETTER, NUMBER])
def test_not_yet_costs_nothing(question, answer):
    said = reply(question, answer)
    assert said.head.startswith(f"not yet: that is what this question is for. It was in {question.where}")
    assert said.state == "open" and question.why in said.answer


@pytest.mark.parametrize(
    ("question", "answer", "line"),
    [
        (LETTER, ..., 'recall, no points: put your answer in place of the ...; "not yet" is a good one too'),
        (NUMBER, None, 'recall, no points: put your answer in place of the ...; "not yet" is a good one too'),
        (LETTER, "e", "'e' is none of the answers: a, b, c, or \"not yet\""),
        (LETTER, torch.zeros(3), 'Tensor is none of the answers: a, b, c, or "not yet"'),
        (NUMBER, "a", "'a' is no number; \"not yet\" is an answer too"),
        (NUMBER, torch.zeros(3), 'Tensor is no number; "not yet" is an answer too'),
        (NUMBER, float("nan"), 'nan is no number; "not yet" is an answer too'),
    ],
)
def test_what_is_no_answer_gets_one_line_that_gives_nothing_away(question, answer, line):
    said = reply(question, answer)
    assert said.lines() == [line]
    assert question.why not in said.html()


def test_headless_it_is_printed_and_at_grading_nothing_is_said(monkeypatch, capsys):
    assert recall.recall("infonce", "harmless", "a") is None
    assert capsys.readouterr().out.startswith("right\n")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert recall.recall("infonce", "harmless", "a") is None
    assert recall.recall("infonce", "of another version", "a") is None
    assert capsys.readouterr().out == ""


def test_where_a_person_works_it_is_the_value_of_the_cell(monkeypatch):
    monkeypatch.setattr(recall, "live", lambda: True)
    shown = recall.recall("infonce", "harmless", "b")._repr_mimebundle_()
    assert "It was in exercise 4.4" in shown["text/plain"] and 'role="group" aria-label="Recall"' in shown["text/html"]


def test_a_question_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match="no recall question 'nothing' in infonce; run this cell as it was"):
        recall.recall("infonce", "nothing", 1)
    assert questions("few_labels") == {}


# --- those of the notebooks


@pytest.fixture(scope="module")
def cells():
    return {task: source.read(SOLUTIONS / f"{task}.py") for task in {task for task, _ in ASKED}}


def test_every_core_notebook_has_some(cells):
    assert {task: len(questions(task)) for task in chosen([CORE])} == dict.fromkeys(chosen([CORE]), 3)
    for task, found in cells.items():
        assert [cell.options["id"] for cell in found if cell.kind == "recall"] == list(questions(task))


@pytest.mark.parametrize(("task", "name"), ASKED)
def test_a_question_is_sound(cells, task, name):
    found, question = cells[task], questions(task)[name]
    at = next(i for i, cell in enumerate(found) if cell.kind == "recall" and cell.options["id"] == name)
    asked = found[at - 1].text
    assert asked.startswith("**Recall** (no points; answer before you look back). ")
    letters = re.findall(r"^- \*\*(\w)\*\*: ", asked, re.M)
    assert letters == sorted({question.right, *question.instead}) if letters else not isinstance(question.right, str)
    section = [int(n) for cell in found[:at] for n in re.findall(r"^## (\d+)\. ", cell.text, re.M)][-1]
    earlier = re.match(r"the \w+ notebook|section (\d+)|exercise (\d+)", question.where)
    assert earlier and int(earlier[1] or earlier[2] or 0) < section

    answer = eval(found[at].text.partition(", ")[2].removesuffix(")"), {"math": recall.math})
    assert reply(question, answer).state == "done"
    for other, words in question.instead.items():
        assert reply(question, other).told == [words]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("**/*.ipynb")), ids=lambda path: "/".join(path.parts[-3:-1]))
def test_no_answer_is_released(path):
    asked = [cell for cell in nbformat.read(path, 4).cells if cell.source.startswith("lab.recall(")]
    names = re.findall(r'^lab\.recall\("(\w+)", \.\.\.\)  #', "\n".join(cell.source for cell in asked), re.M)
    assert names == list(questions(path.stem)) and all("nbgrader" not in cell.metadata for cell in asked)


def test_in_another_language_nothing_is_left_out():
    language.use(Pseudo(), LANGUAGE)
    try:
        for question in questions("infonce").values():
            for answer in (..., "not yet", [], question.right, *question.instead):
                assert all("⟦" in line for line in reply(question, answer).lines())
            assert reply(question, pseudo(str(recall.NOT_YET))).answer
    finally:
        language.use(None)
