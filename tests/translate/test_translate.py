"""Languages: what a person reads is found and translated, what must stay stays, and what is out of date is listed."""

import ast

import nbformat
import pytest
from babel.messages.pofile import read_po
from matplotlib.text import Text

from course_tools.build import generate
from course_tools.paths import LOCALE, SOLUTIONS
from course_tools.translate import catalogue, texts
from course_tools.translate.kept import lost
from course_tools.translate.pseudo import LANGUAGE, Pseudo, pseudo
from course_utils import cli, language
from course_utils.checks import fingerprints
from course_utils.checks.check import decide, describe
from course_utils.errors import CourseError
from course_utils.paths import NOTEBOOKS
from course_utils.standing import standing
from tests.infonce.test_plots import figures


@pytest.fixture
def spoken():
    """Sets a catalogue, and afterwards English."""
    yield language.use
    language.use(None)


@pytest.fixture(scope="module")
def solution():
    return generate.notebook(SOLUTIONS / "infonce.py")


@pytest.fixture(scope="module")
def released():
    return nbformat.read(NOTEBOOKS / "infonce/infonce.ipynb", 4)


def code(source):
    """What it does: without its strings, and the language of the session."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        elif isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "language"]
        elif isinstance(node, ast.JoinedStr):
            node.values = [value for value in node.values if isinstance(value, ast.FormattedValue)]
    return ast.dump(tree)


# --- a language nobody speaks: what shows no brackets was forgotten


@pytest.mark.parametrize("which", ["solution", "released"])
def test_no_text_of_a_notebook_is_left_out(request, which):
    nb = request.getfixturevalue(which)
    made = texts.translated(nb, pseudo, LANGUAGE)
    for before, after in zip(nb.cells, made.cells, strict=True):
        if before.cell_type == "markdown":
            assert "⟦" in after.source and not lost(before.source, after.source), before.source
        else:
            found = texts.texts(texts.stub(after) or after)
            assert len(found) == len(texts.texts(texts.stub(before) or before))
            assert all("⟦" in text.message for text in found), after.source
    assert sum("⟦" in cell.source for cell in made.cells if cell.cell_type == "code") > 40


def test_grading_sees_the_same_notebook(released):
    made = texts.translated(released, pseudo, LANGUAGE)
    for before, after in zip(released.cells, made.cells, strict=True):
        ours, theirs = (dict(cell.metadata.get("nbgrader", {})) for cell in (before, after))
        assert ours.pop("checksum", None) is None or theirs.pop("checksum")
        assert (before.id, before.cell_type, ours) == (after.id, after.cell_type, theirs)
        if before.cell_type == "code":
            assert code(before.source) == code(after.source)
    preflight = next(cell.source for cell in made.cells if "start(" in cell.source)
    assert 'start("infonce", language="pseudo", profile=profile, seed=seed)' in preflight


def test_no_line_of_a_check_is_left_out(spoken):
    spoken(Pseudo(), LANGUAGE)
    lines = 0
    for exercise, record in fingerprints.load("infonce").items():
        suite = fingerprints.public_suite(f"infonce/{exercise}", record)
        for mistake in suite.mistakes:
            seen = {probe.name: mistake.on(probe) or suite.reference[probe.name] for probe in suite.probes}
            card = describe(f"infonce/{exercise}", decide(suite, seen), 0.0, 1.0, record["points"])
            assert card.failed and card.cause, mistake.name
            said = "\n".join(card.lines()[1:]).replace("⟦", "\0⟦")
            lines += said.count("⟦")
            for line in card.lines()[1:]:
                assert "⟦" in line or line.startswith("        "), line
            assert said.count("⟦") == said.count("⟧")
            assert "not right yet" not in card.html() and "expected" not in card.html()
    assert lines > 2000


def test_numbers_are_aligned_in_any_language(spoken):
    record = fingerprints.load("infonce")["pair_loss"]
    suite = fingerprints.public_suite("infonce/pair_loss", record)
    mistake = suite.mistakes[0]
    seen = {probe.name: mistake.on(probe) or suite.reference[probe.name] for probe in suite.probes}
    card = describe("infonce/pair_loss", decide(suite, seen), 0.0, 1.0, {})
    english = card.html()
    spoken(Pseudo(), LANGUAGE)
    numbers = 'class="number">'
    assert card.html().count(numbers) == english.count(numbers) > 4


def test_no_word_on_or_about_a_picture_is_left_out(spoken):
    spoken(Pseudo(), LANGUAGE)
    for figure in figures():
        assert figure.alt.startswith("⟦") and figure.alt.endswith("⟧")
        told = {text.get_text() for text in figure.findobj(Text)} - {"log K"}
        assert not [text for text in told if texts.WORD.search(text) and "⟦" not in text]
        assert sum("⟦" in text for text in told) >= 2
    known = {str(message.id) for message in catalogue.messages(catalogue.template("infonce"))}
    assert {"triplet, margin 0", "without", "bilinear and squares", "candidates, K", "{} and {}"} <= known


def test_where_a_student_stands_is_left_out_nowhere(spoken, tmp_path):
    spoken(Pseudo(), LANGUAGE)
    found = standing("infonce", tmp_path)
    assert all("⟦" in line for line in found.lines()[:5] if line)


# --- what must survive


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ("La perte $L_K$ : voir `f(x)`, [ici](a.md) et <code>g</code>", ""),
        ("voir `f(x)`, [ici](a.md) et <code>g</code> : la perte $L_K$", ""),
        ("La perte $L$ : voir `f(x)`, [ici](a.md) et <code>g</code>", "lacks $L_K$, adds $L$"),
        ("La perte $L_K$ : voir f(x), [ici](a.md) et <code>g</code>", "lacks `f(x)`"),
        ("La perte $L_K$ : voir `f(x)`, [ici](b.md) et <code>g</code>", r"lacks ](a.md), adds ](b.md)"),
        ("La perte $L_K$ : voir `f(x)`, [ici](a.md) et {g}", "lacks <code>g</code>, adds {g}"),
    ],
)
def test_what_a_translation_loses_is_named(translation, problem):
    assert lost("The loss $L_K$: see `f(x)`, [here](a.md) and <code>g</code>", translation) == problem


@pytest.mark.parametrize("path", sorted(LOCALE.glob("*/*.po")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_nothing_is_lost_in_what_is_translated(path):
    with path.open("rb") as stream:
        found = list(catalogue.messages(read_po(stream)))
    assert found
    assert [(text, problem) for m in found if m.string and (problem := lost(text := str(m.id), str(m.string)))] == []


@pytest.mark.parametrize("path", sorted(LOCALE.glob("*/*/*.ipynb")), ids=lambda path: path.parent.parent.name)
def test_a_translated_notebook_keeps_formulas_code_and_links(path):
    task = path.stem
    for folder, home in ((NOTEBOOKS, NOTEBOOKS / path.relative_to(LOCALE)), (SOLUTIONS, path)):
        english, other = nbformat.read(folder / task / path.name, 4), nbformat.read(home, 4)
        for before, after in zip(english.cells, other.cells, strict=True):
            if before.cell_type == "markdown":
                assert lost(before.source, after.source) == "", after.source
    compiled = (language.FOLDER / path.parent.parent.name / f"{task}.mo").read_bytes().decode(errors="replace")
    answers = [line for cell in other.cells if "### BEGIN SOLUTION" in cell.source for line in cell.source.splitlines()]
    assert [line for line in answers if len(line) > 20 and line in compiled] == []


def test_words_in_formulas_may_be_translated():
    assert lost(r"$P(\text{data})$", r"$P(\text{données})$") == ""


# --- catalogues


@pytest.fixture
def one_catalogue(monkeypatch, tmp_path):
    """Two texts of a task, of which one is translated; returns what sets the texts."""
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    monkeypatch.setattr("course_tools.translate.command.LOCALE", tmp_path)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path.parent)
    monkeypatch.setattr("course_tools.translate.command.ROOT", tmp_path.parent)

    def sources(*found):
        monkeypatch.setattr(catalogue, "_of_task", lambda task: [("solutions/infonce.py", text) for text in found])

    sources("The loss is $L$.", "Sixty-four candidates, one of them real.")
    assert cli.main(["translate", "extract", "infonce", "--language", "fr"]) == 0
    begun = catalogue.read("fr", "infonce")
    begun["The loss is $L$."].string = "La perte vaut $L$."
    begun["Sixty-four candidates, one of them real."].string = "Soixante-quatre candidats, dont un vrai."
    catalogue.write(begun, catalogue.po_file("fr", "infonce"))
    return sources


def test_a_translation_older_than_its_text_is_listed_and_not_used(one_catalogue, capsys):
    assert cli.main(["translate", "status"]) == 0
    one_catalogue("The loss is $L$.", "Sixty-five candidates, one of them real.", "A third text, unlike the others")
    assert cli.main(["translate", "status"]) == 3
    printed = capsys.readouterr().out
    assert "solutions/infonce.py: stale: Sixty-five candidates" in printed
    assert "solutions/infonce.py: untranslated: A third text" in printed
    assert catalogue.translations(catalogue.read("fr", "infonce")) == {"The loss is $L$.": "La perte vaut $L$."}
    assert cli.main(["translate", "extract"]) == 0
    kept = catalogue.po_file("fr", "infonce").read_text(encoding="utf-8")
    assert "#, fuzzy" in kept and 'msgstr "Soixante-quatre candidats, dont un vrai."' in kept


def test_a_translation_that_lost_a_formula_is_refused(one_catalogue, capsys):
    broken = catalogue.read("fr", "infonce")
    broken["The loss is $L$."].string = "La perte vaut L."
    catalogue.write(broken, catalogue.po_file("fr", "infonce"))
    assert cli.main(["translate", "status"]) == 3
    assert "broken (lacks $L$)" in capsys.readouterr().out
    with pytest.raises(CourseError, match=r"locale/fr/infonce.po: the translation of 'The loss is \$L\$.' lacks \$L\$"):
        catalogue.translations(catalogue.read("fr", "infonce"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "nothing"], "unknown task 'nothing'"),
        (["extract", "infonce", "--language", "french?"], "give a code such as fr"),
        (["status", "simclr", "--language", "de"], "there is no such catalogue"),
        (["pseudo"], "name the tasks"),
    ],
)
def test_wrong_commands_are_refused_in_one_line(arguments, message, capsys):
    assert cli.main(["translate", *arguments]) == 2
    assert message in capsys.readouterr().err
