"""Exact joints, and the notebook's reference answers on them, against independent enumeration in plain Python."""

import itertools
import math

import pytest
import torch

from course_tools.checks.bank import reference
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint

# log K - L* of the worked joint, enumerated elsewhere
EXACT_BOUNDS = {2: 0.079585, 3: 0.106076, 5: 0.126732, 8: 0.138058}


def test_candidate_lists_are_all_lists_in_order():
    assert candidate_lists(3, 2).tolist() == [list(pair) for pair in itertools.product(range(3), repeat=2)]
    assert candidate_lists(4, 1).tolist() == [[0], [1], [2], [3]]
    assert candidate_lists(1, 3).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("sizes", [(0, 2), (3, 0)])
def test_no_candidates_is_an_error(sizes):
    with pytest.raises(ValueError, match="at least one"):
        candidate_lists(*sizes)


def test_too_many_lists_is_an_error():
    with pytest.raises(ValueError, match=r"10\^9 lists"):
        candidate_lists(10, 9)


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_random_joint_is_a_joint(zeros):
    table = random_joint(torch.Generator().manual_seed(3), 3, 4, zeros)
    assert table.dtype == torch.float64
    assert table.sum().item() == pytest.approx(1, abs=1e-12)
    assert int((table == 0).sum()) == zeros
    assert (table.sum(0) > 0).all() and (table.sum(1) > 0).all()


def by_hand(joint, k):
    """Mutual information and best bound with nothing but Python floats."""
    rows, columns = range(len(joint)), range(len(joint[0]))
    context = [sum(row) for row in joint]
    outcome = [sum(joint[c][x] for c in rows) for x in columns]
    ratio = [[joint[c][x] / (context[c] * outcome[x]) for x in columns] for c in rows]
    information = sum(joint[c][x] * math.log(ratio[c][x]) for c in rows for x in columns if joint[c][x] > 0)
    loss = 0.0
    for c in rows:
        for game in itertools.product(columns, repeat=k):
            chance = joint[c][game[0]] * math.prod(outcome[x] for x in game[1:])
            if chance > 0:
                loss -= chance * math.log(ratio[c][game[0]] / sum(ratio[c][x] for x in game))
    return information, math.log(k) - loss


@pytest.mark.parametrize(("k", "bound"), EXACT_BOUNDS.items())
def test_worked_joint_has_the_enumerated_values(k, bound):
    joint = worked_joint()
    information = reference("infonce/mutual_information")(joint)
    ours = math.log(k) - reference("infonce/exact_info_nce")(joint, reference("infonce/optimal_critic")(joint), k)
    assert information.item() == pytest.approx(0.156419, abs=1e-6)
    assert ours.item() == pytest.approx(bound, abs=1e-6)


@pytest.mark.parametrize("zeros", [0, 2])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_reference_answers_agree_with_plain_python(k, zeros):
    joint = random_joint(torch.Generator().manual_seed(k), 3, 4, zeros)
    information, bound = by_hand(joint.tolist(), k)
    critic = reference("infonce/optimal_critic")(joint)
    assert reference("infonce/mutual_information")(joint).item() == pytest.approx(information, abs=1e-12)
    assert math.log(k) - reference("infonce/exact_info_nce")(joint, critic, k).item() == pytest.approx(bound, abs=1e-12)


@pytest.mark.parametrize("zeros", [0, 1])
def test_every_side_of_the_proof_is_the_same_number(zeros):
    for seed in range(5):
        joint = random_joint(torch.Generator().manual_seed(seed), 2, 4, zeros)
        information, bound = by_hand(joint.tolist(), 3)
        for step in ("gap_as_expectation", "change_of_measure", "gap_as_divergence"):
            for side in reference(f"infonce/{step}")(joint, 3):
                assert side.item() == pytest.approx(information - bound, abs=1e-12)


def test_bound_grows_with_k_and_stays_below_both_ceilings():
    for seed in range(5):
        joint = random_joint(torch.Generator().manual_seed(seed), 4, 3)
        bounds = [by_hand(joint.tolist(), k)[1] for k in range(1, 7)]
        information = by_hand(joint.tolist(), 1)[0]
        assert bounds == sorted(bounds)
        assert all(bound <= min(information, math.log(k)) + 1e-12 for k, bound in enumerate(bounds, 1))
