"""Banko & Brill's learners on their task: each takes examples and answers which word of the set stood at other places."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Generator, Tensor

from course_utils.data import TextCorpus
from course_utils.progress import Progress
from course_utils.scaling_limits.confusion import BUCKETS, Examples, all_examples

Learner = Callable[[Examples, Tensor], Tensor]  # examples, features (m, slots) -> answers (m,)
PASSES = 3  # over the examples, of the two learners that go by mistakes


def bayes_learner(scores: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Learner:
    """Counts, judged by the student's `naive_bayes`."""

    def learn(seen: Examples, features: Tensor) -> Tensor:
        classes = len(seen.words)
        counts = torch.zeros(classes, BUCKETS)
        for c in range(classes):
            counts[c] = torch.bincount(seen.features[seen.labels == c].flatten(), minlength=BUCKETS).float()
        examples = torch.bincount(seen.labels, minlength=classes).float()
        return scores(counts, examples + 0.01, features).argmax(1)

    return learn


def winnow_learner(step: Callable[[Tensor, int], Tensor]) -> Learner:
    """The student's `winnow`, example by example; all weights begin at such a value that an example just reaches the threshold."""

    def learn(seen: Examples, features: Tensor) -> Tensor:
        weights = torch.full((len(seen.words), BUCKETS), 1 / seen.features.shape[1])
        rows = seen.features.unbind(0)
        for _ in range(PASSES):
            for row, label in zip(rows, seen.labels.tolist(), strict=True):
                weights[:, row] = step(weights[:, row], label)
        return weights[:, features].sum(2).argmax(0)

    return learn


def perceptron(seen: Examples, features: Tensor) -> Tensor:
    """Rosenblatt's rule for several classes: at a mistake, the right class gains what the answered one loses. Mean of all weights on the way."""
    weights = np.zeros((len(seen.words), BUCKETS))
    late = np.zeros_like(weights)  # each change times when it came: what the mean of the weights lacks
    rows, labels, now = seen.features.numpy(), seen.labels.tolist(), 1
    for _ in range(PASSES):
        for row, label in zip(rows, labels, strict=True):
            answer = int(weights[:, row].sum(1).argmax())
            if answer != label:
                for c, change in ((label, 1), (answer, -1)):
                    np.add.at(weights[c], row, change)
                    np.add.at(late[c], row, change * now)
            now += 1
    return torch.from_numpy((weights - late / now)[:, features.numpy()].sum(2).argmax(0))


def memory(seen: Examples, features: Tensor) -> Tensor:
    """The examples that share most features with the question vote."""
    rows, labels = seen.features.numpy().astype(np.uint16), seen.labels.numpy()
    answers = []
    for question in features.numpy().astype(np.uint16):
        shared = (rows == question).sum(1)
        answers.append(np.bincount(labels[shared == shared.max()]).argmax())
    return torch.tensor(np.array(answers))


def majority(seen: Examples, features: Tensor) -> Tensor:
    """Always the word that was more frequent."""
    return torch.full((len(features),), int(torch.bincount(seen.labels).argmax()))


def learning_curves(
    corpus: TextCorpus, learners: Mapping[str, Learner], counts: tuple[int, ...], tests: int, seed: int
) -> dict[str, dict[str, Tensor]]:
    """Shares wrong, {confusion set: {learner: (len(counts),)}}; nan where a set has too few examples.

    Training examples in random order; test examples from the speeches of the validation and test splits. Small numbers of examples
    are drawn several times, disjointly, and the errors averaged.
    """
    generator = Generator().manual_seed(seed)
    train, held = all_examples(corpus.train), all_examples(corpus.val + corpus.test)
    found = {}
    work = sum(counts[0] <= n <= len(e) for e in train.values() for n in counts) * len(learners)
    with Progress("learners", total=work, unit="curves' points", even=False) as bar:
        for name, every in train.items():
            pool, test = every.shuffled(generator), held[name].shuffled(generator)
            features, labels = test.features[:tests], test.labels[:tests]
            errors = {learner: torch.full((len(counts),), torch.nan) for learner in learners}
            for i, n in enumerate(counts):
                draws = min(len(pool) // n, max(1, 600 // n))
                for learner, learn in learners.items():
                    if draws:
                        answers = [learn(pool[d * n : (d + 1) * n], features) for d in range(draws)]
                        errors[learner][i] = torch.stack([(a != labels).float().mean() for a in answers]).mean()
                        bar.update(f"{name}, {n} examples, {learner}")
            found[name] = errors
    return found
