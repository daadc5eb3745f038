"""The identities the notebook rests on, by enumeration and against published numbers, with the instructor's answers."""

import math
from itertools import pairwise, permutations, product

import pytest
import torch

from course_tools.checks import bank
from course_utils.checks.inputs import normal
from course_utils.errors import CourseError
from course_utils.pseudo_perplexity import (
    autoregressive_covariance,
    entropy,
    flip_chain,
    gaussian_perplexities,
    marginal,
    markov_chain,
)


def answer(name):
    return bank.reference(f"pseudo_perplexity/{name}")


def random_joint(*sizes, seed=0):
    logits = normal(torch.Generator().manual_seed(seed), *sizes, dtype=torch.float64)
    return logits.flatten().softmax(0).view(sizes)


def test_the_chain_is_what_it_says():
    joint = flip_chain(0.1, 5)
    for x in product((0, 1), repeat=5):
        assert joint[x].item() == pytest.approx(0.5 * math.prod(0.1 if a != b else 0.9 for a, b in pairwise(x)))


def test_a_chain_of_three_states():
    transition = random_joint(3, 3)
    transition /= transition.sum(1, keepdim=True)
    joint = markov_chain(torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64), transition, 4)
    assert joint.shape == (3, 3, 3, 3) and joint.sum().item() == pytest.approx(1)
    assert torch.allclose(marginal(joint, [1, 2]) / marginal(joint, [1])[:, None], transition)


def test_marginals():
    joint = random_joint(2, 3, 4)
    assert torch.allclose(marginal(joint, [2, 0]), joint.sum(1))
    assert torch.equal(marginal(joint, range(3)), joint)
    assert marginal(joint, []).item() == pytest.approx(1)
    with pytest.raises(CourseError, match=r"positions \[1, 3\]: this joint has 3 positions, 0 to 2"):
        marginal(joint, [1, 3])


def test_entropy():
    assert entropy(torch.full((2, 4), 1 / 8)).item() == pytest.approx(math.log(8))
    assert entropy(torch.tensor([1.0, 0.0])).item() == 0


def test_every_order_gives_the_same_probability():
    joint, x = random_joint(2, 3, 2, 2), [1, 2, 0, 1]
    for order in permutations(range(4)):
        total = answer("chain_rule_terms")(joint, x, list(order)).sum()
        assert abs(total - joint[tuple(x)].log()) < 1e-12


@pytest.mark.parametrize("sizes", [(2, 2), (2, 3, 4), (3, 2, 2, 2)])
def test_pseudo_likelihood_and_the_any_order_identity(sizes):
    joint = random_joint(*sizes)
    npll = -(joint * answer("pseudo_log_likelihoods")(joint)).sum()
    losses = answer("masked_entropies")(joint)
    assert abs(npll - len(sizes) * losses[0]) < 1e-12
    assert npll < entropy(joint), "PPPL <= PPL"
    assert abs(losses.sum() - entropy(joint)) < 1e-12, "the any-order identity"
    assert (losses.diff() > -1e-12).all(), "Han's inequality"


def test_the_published_losses_of_the_chain():
    losses = answer("masked_entropies")(flip_chain(0.1, 6))
    expected = torch.tensor([0.227543, 0.259462, 0.303123, 0.366629, 0.468658, 0.693147])
    assert torch.allclose(losses.float(), expected, atol=1e-6)
    table = {1e-4: (0.227551, 0.227559), 0.05: (0.231881, 0.235827), 0.15: (0.242985, 0.254428)}
    for q, forms in table.items():
        assert [f.item() for f in answer("expected_mlm_loss")(losses, q)] == pytest.approx(forms, abs=1e-6)


def test_expected_loss_against_every_mask():
    joint, q, T = random_joint(2, 2, 3), 0.3, 3
    total = mean = some = 0.0
    for mask in product((0, 1), repeat=T):
        hidden = [t for t in range(T) if mask[t]]
        context = [t for t in range(T) if not mask[t]]
        if hidden:
            known = entropy(marginal(joint, context))
            loss = sum((entropy(marginal(joint, [*context, i])) - known).item() for i in hidden)
            chance = q ** len(hidden) * (1 - q) ** len(context)
            total, mean, some = total + chance * loss, mean + chance * loss / len(hidden), some + chance
    found = [f.item() for f in answer("expected_mlm_loss")(answer("masked_entropies")(joint), q)]
    assert found == pytest.approx([mean / some, total / (q * T)], rel=1e-12)


@pytest.mark.parametrize("flip", [0.01, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("length", [2, 3, 8])
def test_closed_form_of_the_chain_against_enumeration(flip, length):
    joint = flip_chain(flip, length)
    npll = -(joint * answer("pseudo_log_likelihoods")(joint)).sum()
    enumerated = [(entropy(joint) / length).exp().item(), (npll / length).exp().item()]
    assert answer("chain_perplexities")(flip, length) == pytest.approx(enumerated, rel=1e-12)


def test_the_two_rankings():
    truth = torch.tensor([[0.89, 0.01], [0.01, 0.09]], dtype=torch.float64)
    coupled = torch.tensor([[0.49, 0.01], [0.01, 0.49]], dtype=torch.float64)
    independent = torch.tensor([[0.81, 0.09], [0.09, 0.01]], dtype=torch.float64)
    published = [(1.229081, 1.091388), (1.485265, 1.103006), (1.384145, 1.384145)]
    for model, expected in zip((truth, coupled, independent), published, strict=True):
        scores = model.log(), answer("pseudo_log_likelihoods")(model)
        assert [(-(truth * s).sum() / 2).exp().item() for s in scores] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("r", "ppl", "pppl"), [(0.5, 3.84594, 3.57905), (0.9, 2.72851, 1.80142), (0.99, 1.55221, 0.58299)]
)
def test_gaussian_pairs(r, ppl, pppl):
    assert gaussian_perplexities(autoregressive_covariance(r, 2)) == pytest.approx((ppl, pppl), abs=1e-5)


@pytest.mark.parametrize(("r", "ppl", "pppl"), [(0.5, 3.57905, 3.20120), (0.9, 1.80142, 1.33898)])
def test_long_gaussian_sequences(r, ppl, pppl):
    assert gaussian_perplexities(autoregressive_covariance(r, 2000)) == pytest.approx((ppl, pppl), rel=2e-3)
