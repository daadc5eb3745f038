"""Bounds, curves and learners against enumeration, scikit-learn and loops."""

import itertools
import math

import pytest
import torch
from sklearn.linear_model import LinearRegression, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from course_utils.data import load_images, load_text
from course_utils.scaling_limits import (
    bayes_learner,
    double_descent,
    learning_curves,
    majority,
    memorise,
    memory,
    perceptron,
    pixels,
    regression_curves,
    separable_labellings,
    winnow_learner,
)
from course_utils.scaling_limits.confusion import BUCKETS, SETS, SLOTS, Examples, all_examples


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_complexity_over_all_coins_is_the_supremum_over_directions(answer):
    x = torch.tensor([[1.0, 0.5], [-0.3, 2.0], [0.7, -0.2]])
    coins = torch.tensor(list(itertools.product([False, True], repeat=3)))
    angles = torch.linspace(0, 2 * math.pi, 20_001)
    w = 1.5 * torch.stack([angles.cos(), angles.sin()], dim=1)
    signs = coins.float() * 2 - 1
    expected = (signs @ (x @ w.T) / 3).amax(dim=1).mean()
    assert answer("rademacher")(x, 1.5, coins).item() == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("n", range(1, 6))
def test_covers_count_is_that_of_a_support_vector_machine(answer, n):
    points = torch.randn(n, 2, generator=generator(3)).numpy()
    separable = 0
    for labels in itertools.product([0, 1], repeat=n):
        if len(set(labels)) == 1:
            separable += 1
        else:
            machine = LinearSVC(C=1e6, dual=False, max_iter=100_000, tol=1e-8).fit(points, labels)
            separable += machine.score(points, labels) == 1
    assert answer("dichotomies")(n, 2) == separable
    assert separable_labellings(torch.tensor(points).double()) == separable


def test_in_many_dimensions_everything_is_separable(answer):
    assert [answer("dichotomies")(n, n - 1) for n in (2, 5, 9)] == [4, 32, 512]


def test_extrapolation_of_a_pair_is_a_line_of_scikit_learns(answer):
    n = torch.tensor([100.0, 150.0, 400.0, 900.0]).double()
    train, test = (torch.tensor(v).double() for v in ([0.1, 0.15, 0.19, 0.21], [0.5, 0.44, 0.36, 0.33]))
    a, alpha, forecast = answer("extrapolate")(n, train, test, 5000.0)
    line = LinearRegression().fit(n.log().numpy()[:, None], ((test - train) / 2).log().numpy())
    assert a.item() == pytest.approx((train + test).mean().item() / 2)
    assert alpha.item() == pytest.approx(-line.coef_[0])
    assert forecast.item() == pytest.approx(a.item() + math.exp(line.predict([[math.log(5000)]])[0]))


@pytest.mark.parametrize("s", [0.05, 1.0])
def test_naive_bayes_is_scikit_learns(answer, s):
    g = generator(1)
    features, labels = torch.randint(12, (80, 5), generator=g), torch.randint(3, (80,), generator=g)
    bags = torch.nn.functional.one_hot(features, 12).sum(dim=1)
    theirs = MultinomialNB(alpha=s).fit(bags.numpy(), labels.numpy())
    counts = torch.stack([bags[labels == c].sum(dim=0) for c in range(3)]).float()
    ours = answer("naive_bayes")(counts, torch.bincount(labels).float(), features[:9], s)
    expected = torch.from_numpy(theirs.predict_joint_log_proba(bags[:9].numpy()))
    assert torch.allclose(ours.double(), expected, atol=1e-4)


def rule_world(n, seed=0):
    """Examples whose first feature decides; ids as hashes are, one range for each slot."""
    g = generator(seed)
    labels = torch.randint(2, (n,), generator=g)
    noise = torch.randint(100, BUCKETS, (n, len(SLOTS) - 1), generator=g)
    return Examples(("a", "b"), torch.cat([labels[:, None] * 7 + 3, noise], dim=1), labels)


def test_every_learner_learns_a_rule(answer):
    seen, asked = rule_world(200), rule_world(100, 1)
    for learn in (bayes_learner(answer("naive_bayes")), winnow_learner(answer("winnow")), perceptron, memory):
        assert (learn(seen, asked.features) == asked.labels).float().mean() > 0.95
    assert (majority(seen, asked.features) == torch.bincount(seen.labels).argmax()).all()


def test_the_averaged_perceptron_is_scikit_learns(monkeypatch):
    """Two classes: weights of scikit-learn's averaged perceptron on the same order, whose ties go the other way only at the start."""
    monkeypatch.setattr("course_utils.scaling_limits.learners.PASSES", 1)
    seen, asked = rule_world(150, 2), rule_world(80, 3)
    bags = torch.zeros(150, BUCKETS).scatter_(1, seen.features, 1.0).numpy()
    theirs = SGDClassifier(
        loss="perceptron", penalty=None, learning_rate="constant", eta0=1.0, average=True, shuffle=False, max_iter=1,
        tol=None, fit_intercept=False,
    ).fit(bags, seen.labels.numpy())  # fmt: skip
    asked_bags = torch.zeros(80, BUCKETS).scatter_(1, asked.features, 1.0).numpy()
    agree = (perceptron(seen, asked.features).numpy() == theirs.predict(asked_bags)).mean()
    assert agree > 0.97


def test_memory_votes_among_the_nearest():
    seen = Examples(("a", "b"), torch.tensor([[1, 2, 3], [1, 2, 4], [1, 2, 5], [9, 9, 9]]), torch.tensor([0, 1, 1, 0]))
    assert memory(seen, torch.tensor([[1, 2, 3], [1, 2, 7], [9, 0, 0]])).tolist() == [0, 1, 0]


def test_examples_are_places_in_the_text():
    found = all_examples(load_text("sotu").val[:2])
    words = [w for d in load_text("sotu").val[:2] for w in d.text.lower().replace("-", " ").split()]
    assert set(found) == {"/".join(words) for words in SETS}
    there = found["their/there"]
    assert int((there.labels == 0).sum()) == pytest.approx(sum(w.strip(".,;:()") == "their" for w in words), abs=2)
    assert there.features.shape == (len(there), len(SLOTS)) and there.features.max() < BUCKETS


def test_curves_of_learners_have_holes_where_examples_end():
    curves = learning_curves(load_text("sotu"), {"guess": majority}, (10, 5000), 50, 0)
    assert curves["to/too/two"]["guess"][1] < 0.2 and curves["then/than"]["guess"].isnan().tolist() == [False, True]


def test_pictures_are_standardised_and_learned():
    x, y, test_x, test_y = pixels(load_images("embedded").subset(200, 100))
    assert x.shape == (200, 192) and x.mean().abs() < 1e-5 and x.std(0).mean().item() == pytest.approx(1, abs=1e-4)
    curve, test = memorise(x, y, test_x, test_y, 60, seed=0)
    assert curve[-1] > 0.9 > curve[0] and 0 <= test <= 1
    train, _ = double_descent(x[:60], y[:60], test_x, test_y, (5, 200), seed=0)
    assert train[0] > 0.3 and train[1] == 0
    low, high = regression_curves(x, y, test_x, test_y, 5, (50, 150), 3, seed=0)
    assert (low < high).all() and low[1] > low[0]
