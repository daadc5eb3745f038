"""docs/architecture.md names what is there, and its picture is the one that the script draws."""

import re
import runpy

from course_utils.paths import ROOT

PAGE = ROOT / "docs" / "architecture.md"


def test_every_place_it_names_is_there():
    text = PAGE.read_text(encoding="utf-8")
    named = {
        name.replace("TASK", "simclr")
        for name in re.findall(r"`((?:course_\w+|data|docs|bank|solutions)/[\w./]*)`", text)
    }
    assert len(named) > 10
    assert not [name for name in named if not (ROOT / name).exists()]


def test_its_picture_is_what_the_script_draws(tmp_path):
    drawn = (ROOT / "docs/_static/architecture.svg").read_text(encoding="utf-8")
    module = runpy.run_path(str(ROOT / "docs/architecture_picture.py"))
    path = tmp_path / "architecture.svg"
    module["main"](path)
    assert path.read_text(encoding="utf-8") == drawn
