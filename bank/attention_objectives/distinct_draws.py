"""Draws without replacement: other right ways, and the ways to draw from something else."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import ordered_frequencies, spread_logits, words_in_turn
from course_utils.checks import Probe

MANY = {"look": ordered_frequencies, "rtol": 0.0, "atol": 0.02}

bank = Bank(
    hidden=[
        Probe("2 of 5 tokens", lambda g: (spread_logits(g, 5, scale=1.3).expand(20_000, 5), 2), weight=2, seed=11, **MANY, essential=True),
        Probe("3 of 4 tokens", lambda g: (spread_logits(g, 4, scale=0.7).expand(20_000, 4), 3), weight=2, seed=12, **MANY),
        Probe("all alike", lambda g: (torch.zeros(20_000, 3), 2), seed=13, **MANY),
        Probe("logits that were shifted by 50", lambda g: (torch.tensor([50.0, 51.0, 49.0]).expand(20_000, 3), 2), seed=14, **MANY),
        Probe("16 rows, 100 times", lambda g: (spread_logits(g, 5, scale=0.8).expand(16, 5), 3), law=words_in_turn, calls=100, seconds=30, seed=15, essential=True),
    ]
)  # fmt: skip


def gumbel(like):
    return -(-torch.rand_like(like).clamp(min=1e-30).log()).log()


@bank.alternative
def with_multinomial(logits, k):
    return torch.multinomial(logits.softmax(-1), k, replacement=False)


@bank.alternative
def exponential_race(logits, k):
    arrival = torch.empty_like(logits, memory_format=torch.contiguous_format).exponential_() / logits.softmax(-1)
    return arrival.argsort(dim=-1)[:, :k]


@bank.alternative
def one_after_the_other(logits, k):
    left, found = logits.clone(), []
    for _ in range(k):
        token = torch.distributions.Categorical(logits=left).sample()
        found.append(token)
        left[torch.arange(len(left)), token] = -torch.inf
    return torch.stack(found, dim=1)


@bank.misconception("The draws are with replacement: a row holds the same token more than once.")
def with_replacement(logits, k):
    return torch.multinomial(logits.softmax(-1), k, replacement=True)


@bank.misconception("Nothing is drawn: every row holds the k most probable tokens. Without noise there is no sample.")
def no_noise(logits, k):
    return logits.topk(k, dim=-1).indices


@bank.misconception("The noise has the wrong sign: with minus Gumbel the likely tokens are not likely enough.")
def gumbel_upside_down(logits, k):
    return (logits - gumbel(logits)).topk(k, dim=-1).indices


@bank.misconception("The noise is Gaussian. Only Gumbel noise makes the largest entry a sample of the softmax.")
def gaussian_noise(logits, k):
    return (logits + torch.randn_like(logits)).topk(k, dim=-1).indices


@bank.misconception("The noise is uniform: the logarithms are missing.")
def uniform_noise(logits, k):
    return (logits + torch.rand_like(logits)).topk(k, dim=-1).indices


@bank.misconception(
    "Only one logarithm is taken: that is exponential noise. Gumbel noise is minus the logarithm of minus the logarithm."
)
def one_logarithm(logits, k):
    return (logits - torch.rand_like(logits).clamp(min=1e-30).log()).topk(k, dim=-1).indices


@bank.misconception("All rows share one noise, so all of them draw the same tokens. Every entry has noise of its own.")
def shared_noise(logits, k):
    return (logits + gumbel(logits[:1])).topk(k, dim=-1).indices


@bank.misconception("Noise is added to probabilities. It belongs on their logarithms.")
def noise_on_probabilities(logits, k):
    return (logits.softmax(-1) + gumbel(logits)).topk(k, dim=-1).indices


@bank.misconception("The draws are in reverse order: the token drawn first comes last.")
def reversed_order(logits, k):
    return torch.multinomial(logits.softmax(-1), k).flip(1)


@bank.misconception(
    "The tokens of a row are sorted by their id, so the order in which they were drawn is lost. The first column must have the distribution itself."
)
def sorted_ids(logits, k):
    return torch.multinomial(logits.softmax(-1), k).sort(dim=1).values


@bank.misconception("The logits are ignored: all tokens are equally likely.")
def all_alike(logits, k):
    return torch.rand_like(logits).topk(k, dim=-1).indices


@bank.misconception("These are the k *smallest* entries.")
def smallest(logits, k):
    return (logits + gumbel(logits)).topk(k, dim=-1, largest=False).indices


@bank.misconception(
    "The generator of random numbers is seeded inside: every call draws the same. Leave the seed to the caller."
)
def seeded_inside(logits, k):
    torch.manual_seed(7)
    return torch.multinomial(logits.softmax(-1), k)


@bank.misconception(
    "Two neighbouring rows share their draw: the shares are right, and half of the luck is missing. Every row draws for itself."
)
def one_draw_for_two_rows(logits, k):
    return torch.multinomial(logits[::2].softmax(-1), k).repeat_interleave(2, dim=0)[: len(logits)]


@bank.misconception(
    "Your draws are too even: the first tokens of a batch come in just the numbers that their probabilities say. Rows are drawn one by one."
)
def even_draws(logits, k):
    places = ((torch.arange(len(logits)) + torch.rand(())) / len(logits))[torch.randperm(len(logits))]
    first = (
        (places[:, None] > logits.double().softmax(-1).cumsum(-1)).sum(-1, keepdim=True).clamp(max=logits.shape[1] - 1)
    )
    left = logits.scatter(1, first, -torch.inf)
    return torch.cat([first, torch.multinomial(left.softmax(-1), k - 1)], dim=1)
