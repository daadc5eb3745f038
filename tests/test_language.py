"""A sentence is made and compared in English, and shown in the language that is spoken."""

import pytest

from course_tools.translate.pseudo import LANGUAGE, Pseudo
from course_utils import language
from course_utils.checks import fingerprints
from course_utils.checks.check import describe, evaluate
from course_utils.errors import CourseError
from course_utils.exercises import exercises
from course_utils.language import Sentence, listed, shown
from course_utils.session import start


@pytest.fixture
def speaking():
    """Sets a catalogue, and afterwards English."""
    yield language.use
    language.use(None)


def test_a_sentence_is_its_english_and_is_shown_in_another_language(speaking):
    made = Sentence("returned {}, expected {}").format(Sentence("one value"), "{braces}") + Sentence(
        " at entry {}"
    ).format(3)
    assert made == "returned one value, expected {braces} at entry 3"
    assert shown(made) == made
    speaking(Pseudo(), LANGUAGE)
    assert shown(made) == "⟦rétúrñéd ⟦óñé válúé⟧, éxpéćtéd ⟦{braces}⟧⟧ ⟦át éñtrý 3⟧"
    assert shown(made.replace("returned", "gave").parts[0]) == "{}{}"
    assert shown(listed([1, 2, 3])) == "1, 2, 3"


def test_no_language_needs_no_catalogue(monkeypatch, tmp_path):
    monkeypatch.setattr(language, "FOLDER", tmp_path / "nowhere")
    for wanted in (None, "", "en"):
        language.speak(wanted, "infonce")
        assert language.spoken() == "en" and language.shown("one value") == "one value"
    with pytest.raises(CourseError, match=r"language 'tlh' .*this course speaks en$"):
        start("infonce", profile="smoke", language="tlh")


def test_a_check_speaks_the_language_of_the_notebook(speaking):
    record = fingerprints.load("infonce")["info_nce"]
    verdict = evaluate(fingerprints.public_suite("infonce/info_nce", record), lambda scores, positive: None)
    card = describe("infonce/info_nce", verdict, 0.0, 2.0, record["points"])
    english = card.lines()
    assert "returned None: is the `return` missing?" in english[1]
    language.speak("fr", "infonce")
    assert "a renvoyé None\u00a0: le `return` manque-t-il\u00a0?" in card.lines()[1]
    assert str(exercises("infonce")[0]) == "Exercice 1.1: paires et triplets"
    language.speak("en", "infonce")
    assert card.lines() == english
    assert str(exercises("infonce")[0]) == "Exercise 1.1: pairs and triplets"
