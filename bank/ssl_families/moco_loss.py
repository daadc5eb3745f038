"""MoCo's loss: other ways to be right, and the ways to have the wrong candidates, gradients or scale."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import queries

bank = Bank(
    hidden=[
        Probe("9 queries, 4 negatives, temperature 0.07", lambda g: queries(g, 9, 4, 5, 0.07), weight=2, seed=11),
        Probe("one query", lambda g: queries(g, 1, 12, 6, 0.4), seed=12),
        Probe("one negative", lambda g: queries(g, 6, 1, 3, 0.3), seed=13),
        Probe(
            "gradients, at another size",
            lambda g: queries(g, 6, 11, 4, 0.15),
            gradients=(0, 1, 2),
            weight=4,
            seed=14,
            atol=1e-5,
            essential=True,
        ),
        Probe("temperature 0.002", lambda g: queries(g, 4, 8, 5, 0.002), seed=15, rtol=1e-3, weight=2, essential=True),
        Probe(
            "all vectors equal, K = 63",
            lambda g: (torch.ones(2, 3), torch.ones(2, 3), torch.ones(63, 3), 0.5),
            note="= log(K + 1)",
        ),
        Probe(
            "float64, to ten digits, lengths of every size",
            lambda g: tuple(
                x * 10 ** (i - 1) if isinstance(x, torch.Tensor) else x
                for i, x in enumerate(queries(g, 5, 7, 6, 0.2, torch.float64))
            ),
            dtype=True,
            rtol=1e-9,
            seed=16,
        ),
        Probe("leaves its inputs alone, at another size", lambda g: queries(g, 3, 9, 5, 0.5), unchanged=True, seed=17),
    ]
)


def unit(*vectors):
    return [F.normalize(v, dim=1) for v in vectors]


def first(logits):
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


def logits_of(q, k, queue, temperature):
    q, k, queue = unit(q, k.detach(), queue.detach())
    return torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1) / temperature


def right(q, k, queue, temperature):
    return first(logits_of(q, k, queue, temperature))


@bank.alternative
def with_logsumexp(q, k, queue, temperature=0.1):
    logits = logits_of(q, k, queue, temperature)
    return (logits.logsumexp(dim=1) - logits[:, 0]).mean()


@bank.alternative
def positive_in_the_last_column(q, k, queue, temperature=0.1):
    with torch.no_grad():
        k, queue = unit(k, queue)
    q = q / q.norm(dim=1, keepdim=True)
    logits = torch.cat([torch.einsum("bd,kd->bk", q, queue), torch.einsum("bd,bd->b", q, k)[:, None]], dim=1)
    return F.cross_entropy(logits / temperature, torch.full((len(q),), len(queue)))


@bank.alternative
def query_by_query(q, k, queue, temperature=0.1):
    losses = []
    for i in range(len(q)):
        own = F.cosine_similarity(q[i], k[i].detach(), dim=0) / temperature
        others = F.cosine_similarity(q[i : i + 1], queue.detach(), dim=1) / temperature
        losses.append(torch.logsumexp(torch.cat([own[None], others]), dim=0) - own)
    return torch.stack(losses).mean()


@bank.misconception(
    "The keys of the whole batch are candidates as well: you compare all queries with all keys. In MoCo a query meets its own key and the queue, nothing else."
)
def whole_batch_as_negatives(q, k, queue, temperature=0.1):
    q, k, queue = unit(q, k.detach(), queue.detach())
    return F.cross_entropy(torch.cat([q @ k.T, q @ queue.T], dim=1) / temperature, torch.arange(len(q)))


@bank.misconception(
    "Each query finds its own key twice: once as the positive and once among the negatives, as if the newest keys were in the queue already. Then the loss cannot fall below log 2."
)
def own_key_as_negative(q, k, queue, temperature=0.1):
    logits = logits_of(q, k, queue, temperature)
    return first(torch.cat([logits[:, :1], logits], dim=1))


@bank.misconception(
    "The newest keys are appended to the negatives, so that every query has its own key among them. They may enter the queue after the step, not before."
)
def newest_keys_in_the_queue(q, k, queue, temperature=0.1):
    q, k, queue = unit(q, k.detach(), queue.detach())
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T, q @ k.T], dim=1) / temperature)


@bank.misconception(
    "The positive is missing from the denominator: the sum has K + 1 terms, the positive is one of them."
)
def positive_not_in_denominator(q, k, queue, temperature=0.1):
    logits = logits_of(q, k, queue, temperature)
    return (logits[:, 1:].logsumexp(dim=1) - logits[:, 0]).mean()


@bank.misconception(
    "A gradient reaches the keys. The teacher is moved by the momentum update only: k is a constant here."
)
def gradient_into_the_keys(q, k, queue, temperature=0.1):
    q, k, queue = unit(q, k, queue.detach())
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1) / temperature)


@bank.misconception(
    "A gradient reaches the queue. It is a memory of earlier batches, whose graphs are gone: a constant."
)
def gradient_into_the_queue(q, k, queue, temperature=0.1):
    q, k, queue = unit(q, k.detach(), queue)
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1) / temperature)


@bank.misconception("Nothing is detached: gradients reach keys and queue. Only the queries are trained by this loss.")
def nothing_detached(q, k, queue, temperature=0.1):
    q, k, queue = unit(q, k, queue)
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1) / temperature)


@bank.misconception("No gradient reaches the queries: the result has left the graph, and nothing can be trained by it.")
def everything_detached(q, k, queue, temperature=0.1):
    return right(q, k, queue, temperature).detach()


@bank.misconception(
    "Your similarities depend on the lengths of the vectors. The cosine needs queries, keys and queue at length 1."
)
def not_normalised(q, k, queue, temperature=0.1):
    k, queue = k.detach(), queue.detach()
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1) / temperature)


@bank.misconception(
    "The queue is used as it comes, with vectors of any length. Its rows need length 1 as well, or long old keys win every comparison."
)
def queue_not_normalised(q, k, queue, temperature=0.1):
    q, k = unit(q, k.detach())
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.detach().T], dim=1) / temperature)


@bank.misconception("You normalise along the batch. Each vector is a row; it is the row that gets length 1.")
def normalised_along_the_batch(q, k, queue, temperature=0.1):
    q, k, queue = (F.normalize(v, dim=0) for v in (q, k.detach(), queue.detach()))
    return first(torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1) / temperature)


@bank.misconception("You multiply by the temperature; similarities are divided by it. A small temperature sharpens.")
def multiplies_by_temperature(q, k, queue, temperature=0.1):
    return right(q, k, queue, 1 / temperature)


@bank.misconception("The temperature is not used.")
def ignores_temperature(q, k, queue, temperature=0.1):
    return right(q, k, queue, 1.0)


@bank.misconception("Only the negatives are divided by the temperature; the positive is compared on another scale.")
def temperature_on_negatives_only(q, k, queue, temperature=0.1):
    logits = logits_of(q, k, queue, temperature)
    return first(torch.cat([logits[:, :1] * temperature, logits[:, 1:]], dim=1))


@bank.misconception(
    "The right class is 0 for every row, since the positive stands in column 0. Your labels are the row numbers."
)
def labels_are_row_numbers(q, k, queue, temperature=0.1):
    logits = logits_of(q, k, queue, temperature)
    return F.cross_entropy(logits, torch.arange(len(q)) % logits.shape[1])


@bank.misconception("You add the losses of the queries up; the mean does not grow with the batch.")
def summed(q, k, queue, temperature=0.1):
    return right(q, k, queue, temperature) * len(q)


@bank.misconception("The sign is wrong: your loss falls when queries move away from their keys.")
def wrong_sign(q, k, queue, temperature=0.1):
    return -right(q, k, queue, temperature)


@bank.misconception("Your value is in bits: 1.4427 times the expected one. Use the natural logarithm.")
def in_bits(q, k, queue, temperature=0.1):
    return right(q, k, queue, temperature) / math.log(2)


@bank.misconception("F.cross_entropy takes logits; you gave it probabilities, so the softmax is taken twice.")
def softmax_twice(q, k, queue, temperature=0.1):
    return first(logits_of(q, k, queue, temperature).softmax(dim=1))


@bank.misconception(
    "At a small temperature the exponentials do not fit a float and give inf or nan. Leave exponentials to cross_entropy or logsumexp."
)
def naive_exponentials(q, k, queue, temperature=0.1):
    weight = logits_of(q, k, queue, temperature).exp()
    return -(weight[:, 0] / weight.sum(dim=1)).log().mean()


@bank.misconception("float64 went in and float32 came out: something on the way casts to float32.")
def casts_to_float32(q, k, queue, temperature=0.1):
    return right(q.float(), k.float(), queue.float(), temperature)


@bank.misconception(
    "The value is right, but the caller's tensors are changed: the queue would be renormalised in place at every step. Make new tensors."
)
def normalises_in_place(q, k, queue, temperature=0.1):
    with torch.no_grad():
        queue.div_(queue.norm(dim=1, keepdim=True))
    return right(q, k, queue, temperature)
