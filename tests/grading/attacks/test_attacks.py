"""Every attack at every tier: no score raised, no secret read, no other record touched, nothing left behind. And no honest point lost."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from course_tools.grading.jail import sandbox
from course_utils.paths import ROOT
from course_utils.tasks import tasks
from tests.grading.attacks import FULL, Submission, memorising, table
from tests.grading.attacks.honest import HONEST
from tests.grading.attacks.hostile import HOSTILE
from tests.grading.attacks.world import TIERS, World, attacked, calls, left_behind, raised, secrets_read, tried

pytestmark = pytest.mark.slow(40)


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return {}


@pytest.fixture
def world(request, tmp_path_factory, fork_server, worlds) -> World:
    tier = request.param
    if tier not in {offered.name for offered in sandbox.available()}:
        pytest.skip(f"this machine's kernel does not offer the tier {tier}")
    if tier not in worlds:
        worlds[tier] = attacked(tmp_path_factory.mktemp(tier), tier)
    return worlds[tier]


each_tier = pytest.mark.parametrize("world", TIERS, indirect=True)


def at_each_tier(table: dict[str, Submission]) -> pytest.MarkDecorator:
    cases = [(tier, name) for tier in TIERS for name in table if tried(name, tier)]
    return pytest.mark.parametrize(("world", "name"), cases, indirect=["world"])


@each_tier
def test_every_notebook_has_a_record(world):
    assert len(HOSTILE) >= 60
    assert world.records.keys() == {name for name in HOSTILE | HONEST if tried(name, world.tier)}


@at_each_tier(HOSTILE)
def test_no_score_is_raised(world, name):
    record = world.records[name]
    assert record.outcome == "graded", record.reason
    assert not raised(world, name), [(cell.points, cell.reason, cell.message) for cell in record.cells]
    assert {cell.grade_id: cell.max_points for cell in record.cells} == FULL


@at_each_tier(HOSTILE)
def test_no_secret_is_read(world, name):
    assert not secrets_read(world, name)


@at_each_tier(HONEST)
def test_no_honest_point_is_lost(world, name):
    record = world.records[name]
    assert {cell.grade_id: cell.points for cell in record.cells} == FULL, [
        (c.grade_id, c.reason, c.message) for c in record.cells
    ]


@each_tier
def test_nothing_is_left_behind(world):
    assert not left_behind(world)


@each_tier
def test_no_file_of_the_machine_was_changed(world):
    assert not world.changed


@each_tier
def test_nobody_was_called(world):
    assert not calls(world)


@each_tier
def test_outputs_are_capped(world):
    for name, record in world.records.items():
        assert Path(record.executed).stat().st_size < 4 * 2**20, name
        json.loads(Path(record.executed).read_text())


@each_tier
def test_the_tier_is_in_every_record(world):
    assert {record.tier.partition("+")[0] for record in world.records.values()} == {world.tier}


def test_the_table_in_the_docs_is_about_these_notebooks():
    page = (ROOT / "docs" / "attacks.md").read_text()
    for task, form in product(tasks(), memorising.FORMS):
        assert re.search(rf"^\| {task} \| {form} \| [\d.]+ of \d+ \| 0 \|$", page, re.MULTILINE)
    for kind, tier in product(table.KINDS, TIERS):
        if count := len(table.names(kind, tier)):
            assert f"| {tier} | {kind} | {count} | 0 | 0 | 0 |" in page
