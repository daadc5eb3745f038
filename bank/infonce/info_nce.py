"""InfoNCE: who is in the denominator, which axis, and all that a cross-entropy is not."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.infonce.checks import games

bank = Bank(
    hidden=[
        Probe("8 games, 3 candidates", lambda g: games(g, 8, 3), seed=11, essential=True),
        Probe("as many games as candidates", lambda g: games(g, 6, 6), seed=12),
        Probe("one game, 2 candidates", lambda g: games(g, 1, 2), seed=13),
        Probe("one candidate: no game", lambda g: (normal(g, 4, 1), torch.zeros(4, dtype=torch.long)), note="= 0"),
        Probe(
            "equal scores, K = 1000", lambda g: (torch.full((2, 1000), -3.0), torch.tensor([999, 5])), note="= log K"
        ),
        Probe("50 games, 300 candidates", lambda g: games(g, 50, 300), seed=14),
        Probe("the positive in the last place", lambda g: (normal(g, 5, 7), torch.full((5,), 6)), seed=15),
        Probe(
            "the positive loses by far, with gradient",
            lambda g: (torch.tensor([[900.0, -900.0, 0.0], [-1000.0, 1000.0, 0.0]]), torch.tensor([1, 2])),
            gradients=(0,),
            essential=True,
        ),
        Probe(
            "games at very different levels",
            lambda g: (normal(g, 4, 5) + torch.tensor([[0.0], [800.0], [-800.0], [100.0]]), torch.tensor([0, 1, 2, 3])),
            gradients=(0,),
            atol=1e-5,
            seed=16,
            essential=True,
        ),
        Probe(
            "float64, to nine digits, with gradient",
            lambda g: games(g, 12, 20, dtype=torch.float64),
            gradients=(0,),
            dtype=True,
            rtol=1e-9,
            atol=1e-10,
            seed=17,
        ),
        Probe("leaves the scores alone, at another size", lambda g: games(g, 9, 4), unchanged=True, seed=18),
    ]
)


def own(scores, positive):
    return scores.gather(1, positive[:, None]).squeeze(1)


def is_positive(scores, positive):
    return F.one_hot(positive, scores.shape[1]).bool()


right = F.cross_entropy


@bank.alternative
def logsumexp_minus_own(scores, positive):
    return (scores.logsumexp(dim=1) - own(scores, positive)).mean()


@bank.alternative
def one_game_at_a_time(scores, positive):
    losses = [-row.log_softmax(dim=0)[place] for row, place in zip(scores, positive.tolist(), strict=True)]
    return sum(losses) / len(losses)


@bank.alternative
def shifted_exponentials(scores, positive):
    top = scores.amax(dim=1, keepdim=True)
    total = (scores - top).exp().sum(dim=1).log() + top.squeeze(1)
    return (total - own(scores, positive)).mean()


@bank.alternative
def as_n_pairs(scores, positive):
    gaps = (scores - own(scores, positive)[:, None]).masked_fill(is_positive(scores, positive), -torch.inf)
    return F.softplus(gaps.logsumexp(dim=1)).mean()


@bank.alternative
def with_einsum(scores, positive):
    one_hot = F.one_hot(positive, scores.shape[1]).to(scores.dtype)
    return -torch.einsum("nk,nk->", scores.log_softmax(dim=1), one_hot) / len(scores)


@bank.misconception(
    "The positive is missing from your denominator: equal scores give log(K - 1), and the loss can be negative. The sum runs over all K\n"
    "candidates; without the positive the fraction is no probability."
)
def positive_not_in_denominator(scores, positive):
    negatives = scores.masked_fill(is_positive(scores, positive), -torch.inf)
    return (negatives.logsumexp(dim=1) - own(scores, positive)).mean()


@bank.misconception(
    "The positive counts twice in your denominator: equal scores give log(K + 1). The K candidates include it already. (Where K counts the\n"
    "negatives only, log(K + 1) would be right; here K is all of them.)"
)
def positive_counted_twice(scores, positive):
    mine = own(scores, positive)
    return (torch.cat([scores, mine[:, None]], dim=1).logsumexp(dim=1) - mine).mean()


@bank.misconception("You sum over the games. The loss is their mean, so that it does not grow with the batch.")
def summed(scores, positive):
    return right(scores, positive, reduction="sum")


@bank.misconception(
    "You divide by the number of all scores, N·K. Each game has one loss, so the mean is over the N games."
)
def averaged_over_candidates(scores, positive):
    return right(scores, positive) / scores.shape[1]


@bank.misconception(
    "You take the first column for the positives. Where each game's positive sits is what `positive` says; it may be any place."
)
def positive_in_the_first_column(scores, positive):
    return right(scores, torch.zeros_like(positive))


@bank.misconception(
    "You take the diagonal for the positives, as in a batch of pairs. Here each game's positive sits where `positive` says, and there need not\n"
    "be as many games as candidates."
)
def positive_on_the_diagonal(scores, positive):
    return right(scores, torch.arange(len(scores)))


@bank.misconception(
    "Your softmax runs down the columns (dim=0): candidates of *different* games compete. A game is a row; its K candidates are dim=1."
)
def softmax_over_the_games(scores, positive):
    return -own(scores.log_softmax(dim=0), positive).mean()


@bank.misconception(
    "Your denominator sums over all games at once. Each game has its own denominator: the sum over the K scores of its row."
)
def one_denominator_for_all(scores, positive):
    return scores.flatten().logsumexp(dim=0) - own(scores, positive).mean()


@bank.misconception(
    "The sign is wrong: your value is the log-probability of the positive. The loss is minus that, and never negative."
)
def wrong_sign(scores, positive):
    return -right(scores, positive)


@bank.misconception("Your value is in bits (log to base 2): 1.4427 times the expected one. Use the natural logarithm.")
def in_bits(scores, positive):
    return right(scores, positive) / math.log(2)


@bank.misconception(
    "Scores of 1000 overflow: the exponential of more than 88 is infinite in float32, and infinity over infinity is nan. Let a function that\n"
    "subtracts the largest score first take the exponentials."
)
def naive_exponentials(scores, positive):
    weights = scores.exp()
    return -(own(weights, positive) / weights.sum(dim=1)).log().mean()


@bank.misconception(
    "The softmax is taken safely, but its logarithm is not: a positive that loses by far has probability 0 after rounding, and log 0 is\n"
    "infinite. Take both in one step."
)
def log_of_a_softmax(scores, positive):
    return -own(scores.softmax(dim=1), positive).log().mean()


@bank.misconception(
    "A small number inside the logarithm keeps the loss finite, and wrong: a positive that loses by 1000 costs 1000 nats, yours about 18, and\n"
    "no gradient tells it so. Take the logarithm of the softmax in one step."
)
def small_number_in_the_logarithm(scores, positive):
    return -(own(scores.softmax(dim=1), positive) + 1e-8).log().mean()


@bank.misconception(
    "You subtract one number from the whole table, its largest entry. A game far below it has only zeros left after the exponential; subtract\n"
    "the largest score of each *row*."
)
def one_shift_for_the_table(scores, positive):
    weights = (scores - scores.max()).exp()
    return -(own(weights, positive) / weights.sum(dim=1)).log().mean()


@bank.misconception(
    "Ordinary scores are right, large ones are not: you cut them off before the softmax. A score of 1000 is a score of 1000; a logsumexp takes\n"
    "it without overflow, because it subtracts the largest one first."
)
def scores_clamped(scores, positive):
    return F.cross_entropy(scores.clamp(-50, 50), positive)


@bank.misconception(
    "F.cross_entropy takes scores and applies the softmax itself; you gave it probabilities, so the softmax is taken twice."
)
def softmax_twice(scores, positive):
    return right(scores.softmax(dim=1), positive)


@bank.misconception(
    "You divide the scores by a temperature. There is none in this loss: whoever wants one divides the scores before the call."
)
def with_a_temperature(scores, positive):
    return right(scores / 0.1, positive)


@bank.misconception(
    "You normalise the rows of scores to length 1. Cosines are made from *vectors*, before there are scores; a critic's scores are used as they are."
)
def scores_normalised(scores, positive):
    return right(F.normalize(scores, dim=1), positive)


@bank.misconception(
    "You take the largest score in place of the logarithm of the summed exponentials. It is a good approximation when one candidate is far\n"
    "ahead; equal scores show the difference: 0 and not log K."
)
def maximum_for_logsumexp(scores, positive):
    return (scores.amax(dim=1) - own(scores, positive)).mean()


@bank.misconception(
    "You count how often the positive does *not* win. That is the error rate; the loss asks how probable the positive is, and needs a gradient."
)
def error_rate(scores, positive):
    return (scores.argmax(dim=1) != positive).to(scores.dtype).mean()


@bank.misconception(
    "You count how often the positive wins. That is the accuracy; the loss is minus the log of a probability."
)
def accuracy(scores, positive):
    return (scores.argmax(dim=1) == positive).to(scores.dtype).mean()


@bank.misconception(
    "Your denominator is the *mean* over the candidates, so equal scores give 0: this is the loss minus log K. The fraction is a probability\n"
    "only with the sum."
)
def loss_minus_log_k(scores, positive):
    return right(scores, positive) - math.log(scores.shape[1])


@bank.misconception(
    "You return log K minus the loss. That is the bound on the information, two sections ahead; here the loss itself is asked for."
)
def the_bound(scores, positive):
    return math.log(scores.shape[1]) - right(scores, positive)


@bank.misconception("You return the mean probability of the positive. The loss is minus the mean of its *logarithm*.")
def probability(scores, positive):
    return own(scores.softmax(dim=1), positive).mean()


@bank.misconception(
    "You average the probabilities over the games and take the logarithm at the end. The loss is the mean of the logarithms: a single game that\n"
    "is lost completely must hurt."
)
def log_of_the_mean(scores, positive):
    log_probability = -right(scores, positive, reduction="none")
    return math.log(len(scores)) - log_probability.logsumexp(dim=0)


@bank.misconception(
    "Each candidate gets a yes or no of its own in your loss (binary cross-entropy). In this game the candidates compete: one softmax over K."
)
def binary_cross_entropy(scores, positive):
    labels = is_positive(scores, positive).to(scores.dtype)
    return F.binary_cross_entropy_with_logits(scores, labels, reduction="none").sum(dim=1).mean()


@bank.misconception(
    "You treat each negative as a game of two and add the losses up. InfoNCE is one game among all K candidates, with one logarithm."
)
def one_game_per_negative(scores, positive):
    gaps = (scores - own(scores, positive)[:, None]).masked_fill(is_positive(scores, positive), -torch.inf)
    return F.softplus(gaps).sum(dim=1).mean()


@bank.misconception(
    "The value is right, but no gradient reaches the scores: somewhere the numbers leave the graph (.item(), .detach(), .numpy(),\n"
    "torch.tensor(...) or no_grad). Such a loss cannot train anything."
)
def detached(scores, positive):
    return right(scores, positive).detach()


@bank.misconception(
    "The value is right, but the denominator is detached: the positive is pulled up and no negative is pushed down. The gradient must pass\n"
    "through the sum too."
)
def denominator_detached(scores, positive):
    return (scores.logsumexp(dim=1).detach() - own(scores, positive)).mean()


@bank.misconception(
    "Right value, but the caller's scores are different afterwards: an operation that ends in an underscore, or `scores -= ...`, works on the\n"
    "very tensor you were given. Make a new one."
)
def subtracts_in_place(scores, positive):
    with torch.no_grad():
        scores.sub_(scores.amax(dim=1, keepdim=True))
    return right(scores, positive)


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(scores, positive):
    return right(scores.float(), positive)


@bank.misconception(
    "A small number is added above and below the fraction: a positive that loses by 1000 then costs about 18. Take the logarithm of the\n"
    "softmax in one step, and nothing needs protecting."
)
def small_number_on_both_sides(scores, positive):
    weight = (scores - scores.amax(dim=1, keepdim=True)).exp()
    return -((own(weight, positive) + 1e-6) / (weight.sum(dim=1) + 1e-6)).log().mean()
