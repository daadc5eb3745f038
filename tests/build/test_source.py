"""The written form: short headers, and a refusal with file and line for everything that would make a bad exercise."""

import pytest

from course_tools.build import source
from course_tools.build.source import SourceError

GOOD = """\
# %% [markdown]
# # A toy: 3 minutes · 3 points

# %% parameters
profile = "quick"

# %% [markdown] exercise
# ### Exercise 1: double
# difficulty 1/5 · importance 2/5 · 3 minutes · 3 points
#
# Double it.

# %% answer id="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check id="double" points=2
check("toy/double", double)

# %% check id="double" points=1 hidden
check("toy/double", double)
"""

WRITTEN = """\
# %% [markdown]
# # A toy: 3 minutes · 3 points

# %% parameters
profile = "quick"

# %% [markdown] exercise
# ### Exercise 1: why
# difficulty 1/5 · importance 2/5 · 3 minutes · 3 points

# %% [markdown] manual id="why" points=3
# ### BEGIN SOLUTION
# **A full answer.** Because.
#
# **Rubric.**
#
# - 1 point: the premise.
# - 2 points: the conclusion.
# ### END SOLUTION
"""


@pytest.fixture
def toy(tmp_path):
    def write(text: str):
        path = tmp_path / "toy.py"
        path.write_text(text)
        return path

    return write


def test_reads_kinds_facts_and_text(toy):
    cells = source.read(toy(GOOD))
    assert [cell.kind for cell in cells] == [
        "[markdown]",
        "parameters",
        "[markdown] exercise",
        "answer",
        "check",
        "check",
    ]
    assert cells[2].facts == {"difficulty": 1, "importance": 2, "minutes": 3, "points": 3}
    assert cells[2].text.startswith("### Exercise 1: double\ndifficulty 1/5")
    assert [cell.hidden for cell in cells[4:]] == [False, True]
    assert cells[4].line == 19


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("difficulty 1/5 · ", "", 7, "lacks its line"),
        ("importance 2/5 · ", "", 7, "lacks its line"),
        ("2/5 · 3 minutes · ", "2/5 · ", 7, "lacks its line"),
        ("minutes · 3 points\n#\n", "minutes\n#\n", 7, "lacks its line"),
        ("3 points\n#\n", "4 points\n#\n", 7, "states 4 points, its cells add up to 3"),
        ('# %% check id="double" points=2\n', '# %% check id="double"\n', 19, "needs points"),
        ('# %% check id="double" points=2\ncheck("toy/double", double)\n', "", 13, "has no public check"),
        (
            '# %% answer id="double"\ndef double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n',
            "",
            7,
            "no answer cell",
        ),
        ("    ### BEGIN SOLUTION\n", "", 13, "do not pair up"),
        (
            "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            "    return 2 * x",
            13,
            "neither a solution region",
        ),
        ("# Double it.\n", "# Double it.\n\n# %%\n### BEGIN SOLUTION\n1\n### END SOLUTION\n", 13, "would be released"),
        ('check("toy/double", double)\n\n', 'check("toy/triple", double)\n\n', 19, 'must be check("toy/double"'),
        ('check("toy/double", double)\n\n', 'check("toy/double", double)  # really\n\n', 19, "the last line of check"),
        ("points=1 hidden", "points=1 hidden=false", 22, "takes no value"),
        ("points=2", "points=True", 19, "whole number"),
        ('# %% answer id="double"', '# %% answer id="duple"', 19, "has no answer cell in its exercise"),
        ("points=2", 'points="two"', 19, "whole number"),
        ("# %% check", "# %% chekc", 19, "unknown cell header"),
        ("# %% [markdown]\n", "import os\n# %% [markdown]\n", 1, "before the first"),
        ("# %% parameters", "# %%", 1, "exactly one"),
        ("A toy: 3 minutes", "A toy: 5 minutes", 1, "the exercises add up to 3 minutes and 3 points"),
        (
            "# Double it.",
            '# Double it.\n\n# %% recall id="one"\nlab.recall("two", 1)',
            13,
            'be the one line lab.recall("one", ',
        ),
        (
            "# Double it.",
            '# Double it.\n\n# %% recall id="one"\nlab.recall("one")',
            13,
            'be the one line lab.recall("one", ',
        ),
        (": 3 minutes · 3 points", "", 1, "the first cell lacks its line `3 minutes · 3 points`"),
    ],
)
def test_refuses_with_file_and_line(toy, old, new, line, message):
    assert old in GOOD
    path = toy(GOOD.replace(old, new, 1))
    with pytest.raises(SourceError) as caught:
        source.read(path)
    assert f"{path}:{line}: " in str(caught.value)
    assert message in str(caught.value)


def test_of_a_recall_question_students_get_the_place_for_an_answer(toy):
    cells = source.read(toy(GOOD + '\n# %% recall id="one"\nlab.recall("one", 1)\n'))
    assert cells[-1].text == 'lab.recall("one", 1)'
    assert cells[-1].stub and cells[-1].stub.startswith('lab.recall("one", ...)  # in place of ...: ')


def test_refuses_the_same_id_twice(toy):
    copy = GOOD[GOOD.index("# %% [markdown] exercise") :]
    with pytest.raises(SourceError, match="a second answer cell with id 'double'"):
        source.read(toy(GOOD + "\n" + copy))


def test_reports_every_problem_at_once(toy):
    path = toy(GOOD.replace("difficulty 1/5 · ", "").replace("points=2", 'points="two"'))
    with pytest.raises(SourceError) as caught:
        source.read(path)
    assert len(str(caught.value).splitlines()) >= 2


def test_the_lines_of_a_rubric_add_up_to_the_points(toy):
    assert source.read(toy(WRITTEN))[-1].kind == "[markdown] manual"
    with pytest.raises(SourceError, match=r":11: its rubric's lines `- N points: ...` give 1 of 3 points"):
        source.read(toy(WRITTEN.replace("# - 2 points: the conclusion.\n", "")))
