"""One loss for all objectives: other right ways, and the ways to take another mean."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import certain_and_wrong, question_case, uneven_rows
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("one question in all", lambda g: one_question(g), gradients=(0,), seed=11),
        Probe("a large batch", lambda g: question_case(g, 6, 12, 9, 0.3), gradients=(0,), weight=2, seed=12, essential=True),
        Probe("uneven rows", uneven_rows, gradients=(0,), weight=2, seed=13),
        Probe("logits in the hundreds", certain_and_wrong, gradients=(0,), weight=2, seed=14, essential=True),
        Probe("nothing asked, float64", lambda g: question_case(g, 1, 5, 3, 0.0, dtype=torch.float64), gradients=(0,), dtype=True, seed=15),
        Probe("as many words as positions", lambda g: question_case(g, 2, 5, 5, 0.8), unchanged=True, seed=16),
    ]
)  # fmt: skip


def one_question(g):
    logits, labels = question_case(g, 2, 4, 6, 1.0)
    labels[:, 1:], labels[1] = -100, -100
    return logits, labels


def terms(logits, labels):
    """-log p of every label, 0 where nothing is asked: (B, T)."""
    safe = labels.clamp(min=0)
    return torch.where(labels != -100, -logits.log_softmax(-1).gather(-1, safe[..., None])[..., 0], 0.0)


def count(labels):
    return (labels != -100).sum()


def right(logits, labels):
    return terms(logits, labels).sum() / count(labels).clamp(min=1)


@bank.alternative
def with_gather(logits, labels):
    return right(logits, labels)


@bank.alternative
def asked_positions_only(logits, labels):
    asked = labels != -100
    if not asked.any():
        return (logits * 0).sum()
    return F.cross_entropy(logits[asked], labels[asked])


@bank.alternative
def classes_in_the_middle(logits, labels):
    each = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
    return each.sum() / max(1, int((labels != -100).sum()))


@bank.misconception(
    "You divide by all positions, those where nothing is asked as well. Divide by the number of questions."
)
def mean_over_all_positions(logits, labels):
    return terms(logits, labels).mean()


@bank.misconception(
    "Every row's mean counts alike, though rows have different numbers of questions. There is one mean, over all questions of the batch."
)
def mean_of_row_means(logits, labels):
    rows = terms(logits, labels).sum(1) / (labels != -100).sum(1).clamp(min=1)
    return rows.sum() / (labels != -100).any(1).sum().clamp(min=1)


@bank.misconception("A batch without a question gives nan: 0 divided by 0. Its loss is 0.")
def nan_without_questions(logits, labels):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


@bank.misconception("That is the sum. Asked for is the mean over the questions.")
def the_sum(logits, labels):
    return terms(logits, labels).sum()


@bank.misconception("Positions where nothing is asked count as questions about token 0. Leave them out.")
def minus_100_is_token_0(logits, labels):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten().clamp(min=0))


@bank.misconception("Label 0 is skipped as if it were padding. It is a word; only -100 is skipped.")
def zero_is_skipped(logits, labels):
    keep = labels.masked_fill(labels == 0, -100)
    return terms(logits, keep).sum() / count(keep).clamp(min=1)


@bank.misconception("These are mean probabilities. The loss is minus their logarithm.")
def probabilities(logits, labels):
    asked = labels != -100
    p = logits.softmax(-1).gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    return (p * asked).sum() / count(labels).clamp(min=1)


@bank.misconception(
    "The logits are taken for log-probabilities: the sum over the vocabulary is missing. log_softmax first."
)
def raw_logits(logits, labels):
    asked = labels != -100
    return -(logits.gather(-1, labels.clamp(min=0)[..., None])[..., 0] * asked).sum() / count(labels).clamp(min=1)


@bank.misconception("The loss is in bits. Use the natural logarithm.")
def in_bits(logits, labels):
    return right(logits, labels) / math.log(2)


@bank.misconception("The softmax runs over the positions. Each position has a distribution over the *vocabulary*.")
def softmax_over_positions(logits, labels):
    safe = labels.clamp(min=0)
    each = -logits.log_softmax(1).gather(-1, safe[..., None])[..., 0]
    return (each * (labels != -100)).sum() / count(labels).clamp(min=1)


@bank.misconception("The labels are shifted once more. They already say what each position is asked for.")
def shifted_again(logits, labels):
    return right(logits[:, :-1], labels[:, 1:])


@bank.misconception("The sign is wrong: a loss of log-probabilities is at least 0.")
def negative(logits, labels):
    return -right(logits, labels)


@bank.misconception("That is the perplexity, the exponential of the loss.")
def perplexity(logits, labels):
    return right(logits, labels).exp()


@bank.misconception(
    "A probability of nearly 0 is rounded to 0 and its logarithm is infinite: take the logarithm inside, with log_softmax."
)
def log_of_softmax(logits, labels):
    asked = labels != -100
    p = logits.softmax(-1).gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    return torch.where(asked, -p.log(), 0.0).sum() / count(labels).clamp(min=1)


@bank.misconception(
    "You keep log away from 0 with a small number. A model that is certain and wrong then costs nearly nothing more, and learns nothing from it."
)
def log_of_softmax_plus_eps(logits, labels):
    asked = labels != -100
    p = logits.softmax(-1).gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    return torch.where(asked, -(p + 1e-8).log(), 0.0).sum() / count(labels).clamp(min=1)


@bank.misconception("Only the last position of each text is asked.")
def last_position_only(logits, labels):
    return right(logits[:, -1:], labels[:, -1:])


@bank.misconception("This is the share of wrong guesses. It has no gradient, and does not say how sure the model was.")
def error_rate(logits, labels):
    asked = labels != -100
    wrong = ((logits.argmax(-1) != labels) & asked).sum() / count(labels).clamp(min=1)
    return wrong + 0 * logits.sum()
