"""A notebook's page, before Sphinx: the released text, outputs of unchanged cells alone, pictures put into words."""

import base64
import io

import pytest
from nbformat import v4

from course_tools.build.release import leaks, secrets
from course_tools.site import build as site
from course_tools.site.languages import versions
from course_utils.figures import new_axes
from course_utils.paths import NOTEBOOKS
from course_utils.tasks import tasks

from .conftest import RECORD, save_run, talkative


def page(task, run=None, language="en"):
    nbs = (site.read(folder(language), task) for folder in (site.answers, site.released))
    return site.page(task, *nbs, run, language)


def texts(nb):
    """All that the outputs of a notebook say."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
    return [output.get("text") or output["data"]["text/plain"] for output in outputs]


@pytest.mark.parametrize(("task", "language"), versions())
def test_a_page_is_the_released_notebook_and_tells_no_answer(task, language):
    solution, executed = site.read(site.answers(language), task), talkative(task, language)
    made = page(task, (RECORD, executed), language)
    note, released = made.cells.pop(1), site.read(site.released(language), task)
    assert [cell.source for cell in made.cells] == [cell.source for cell in released.cells]
    where = {"en": "on 2026-01-02 (some CPU, 2 cores", "fr": "du 2026-01-02 (some CPU, 2 cœurs"}[language]
    assert f"course run --profile quick` {where}, 1.5 minutes)" in note.source
    secret, _ = secrets(solution)
    ran = {line.strip() for text in texts(executed) for line in text.splitlines()}
    assert len(secret & ran) > 50  # or what follows would prove nothing
    assert not secret & {line.strip() for text in texts(made) for line in text.splitlines()}
    assert not leaks(solution, made)


@pytest.mark.parametrize("task", tasks())
def test_answers_and_checks_have_no_outputs_and_ordinary_cells_do(task):
    made = page(task, (RECORD, talkative(task)))
    for cell in made.cells:
        if cell.cell_type == "code":
            marks = cell.metadata.get("nbgrader", {})
            if marks.get("solution") or marks.get("grade"):
                assert not cell.outputs
    assert "output of preflight\n" in texts(made)


def test_a_predicted_number_is_not_given_away_by_a_later_cell():
    made = page("simclr", (RECORD, talkative("simclr")))
    naming = [cell for cell in made.cells if cell.cell_type == "code" and "collapsed_loss" in cell.source]
    assert len(naming) >= 3  # the answer, its check, and the cell that compares
    assert not any(cell.outputs for cell in naming)


def test_without_a_run_there_is_a_line_that_says_so_and_no_output():
    made = page("simclr")
    assert "`course run simclr` has not passed on this version" in made.cells[1].source
    assert not any(cell.get("outputs") for cell in made.cells)


def test_every_picture_of_the_course_can_be_put_into_words():
    for task in tasks():
        nb = site.read(NOTEBOOKS, task)
        for cell, words in zip(nb.cells, site.descriptions(nb), strict=True):
            if "plots." in cell.source:
                assert 40 < len(words) < 450, (task, cell.id, words)
                assert not set("$\\*`{}") & set(words), (task, cell.id, words)


def test_the_width_of_a_picture_is_read_from_its_header():
    figure, _ = new_axes(1, 1, 7, 2)
    figure.savefig(buffer := io.BytesIO(), dpi=90)
    png = base64.b64encode(buffer.getvalue()).decode()
    text = v4.new_output("stream", text="no picture")
    assert site.width([text, v4.new_output("display_data", {"image/png": png})]) == 630
    assert site.width([text]) == 0


def test_a_picture_is_described_by_what_follows_or_else_by_what_leads_to_it():
    markdown, code = v4.new_markdown_cell, v4.new_code_cell
    cells = [
        markdown("# Title\n\n## Part\n\nFirst.\n\nTwo *crops* of $x_i$:"),
        code("draw()"),
        markdown("More."),
        code("draw()"),
        markdown("**What to see.** At $\\tau = 1$ all\nare alike. " + "And so on. " * 40 + "\n\nNext paragraph."),
    ]
    words = site.descriptions(v4.new_notebook(cells=cells))
    assert words[1] == "Part. Two crops of x_i:"
    assert words[3].startswith("Part. At tau = 1 all are alike. And so on.")
    assert len(words[3]) < 320
    assert "Next" not in words[3]


# --- which run


def test_the_larger_run_is_taken(tmp_path):
    save_run(tmp_path, talkative("simclr"), "simclr", "smoke")
    assert site.last_run("simclr", tmp_path)[0]["profile"] == "smoke"
    save_run(tmp_path, talkative("simclr"), "simclr", "quick")
    assert site.last_run("simclr", tmp_path)[0]["profile"] == "quick"


def test_prose_may_have_changed_since_the_run_and_code_may_not(tmp_path):
    nb = talkative("simclr")
    nb.cells.insert(2, v4.new_code_cell("# Parameters\nseed = 0", metadata={"tags": ["injected-parameters"]}))
    next(cell for cell in nb.cells if cell.cell_type == "markdown").source += " Changed."
    save_run(tmp_path, nb, "simclr")
    assert site.last_run("simclr", tmp_path)
    nb.cells[-1].source += "\n1"
    save_run(tmp_path, nb, "simclr")
    assert site.last_run("simclr", tmp_path) is None


def test_a_run_that_failed_shows_nothing(tmp_path):
    save_run(tmp_path, talkative("simclr"), "simclr", failures=["a claim does not hold"])
    assert site.last_run("simclr", tmp_path) is None
