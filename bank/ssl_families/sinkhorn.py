"""Sinkhorn: other ways to be right, and the ways to normalise one side last and the other never, or to overflow."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import cosines, sums

bank = Bank(
    hidden=[
        Probe(
            "20 images, 3 prototypes",
            lambda g: (cosines(g, 20, 3), 0.05, 3),
            look=sums,
            weight=2,
            seed=11,
            essential=True,
        ),
        Probe("more prototypes than images", lambda g: (cosines(g, 3, 9), 0.2, 4), look=sums, weight=2, seed=12),
        Probe("one image", lambda g: (cosines(g, 1, 4), 0.1, 2), look=sums, seed=13),
        Probe("200 iterations: equal use, to 1e-6", lambda g: (cosines(g, 9, 5), 0.5, 200), look=sums, seed=14),
        Probe(
            "epsilon 0.0005",
            lambda g: (cosines(g, 5, 4), 0.0005, 4),
            look=sums,
            weight=2,
            seed=15,
            atol=1e-4,
            essential=True,
        ),
        Probe("two iterations, far from done", lambda g: (cosines(g, 6, 4) * 3, 0.5, 2), look=sums, seed=16),
        Probe(
            "no gradient, at another size",
            lambda g: (cosines(g, 4, 6), 0.2, 3),
            gradients=(0,),
            weight=2,
            seed=17,
            essential=True,
        ),
        Probe(
            "float64, to ten digits",
            lambda g: (cosines(g, 6, 5, torch.float64), 0.1, 3),
            dtype=True,
            rtol=1e-9,
            seed=18,
        ),
        Probe(
            "leaves the scores alone, at another size", lambda g: (cosines(g, 3, 5), 0.2, 3), unchanged=True, seed=19
        ),
    ]
)


def columns(x):
    return x - x.logsumexp(dim=0, keepdim=True)


def rows(x):
    return x - x.logsumexp(dim=1, keepdim=True)


def alternate(scores, epsilon, iterations, steps=(columns, rows)):
    x = scores.detach() / epsilon
    for _ in range(iterations):
        for step in steps:
            x = step(x)
    return x.exp()


@bank.alternative
def with_log_softmax(scores, epsilon=0.05, iterations=3):
    x = scores.detach() / epsilon
    for _ in range(iterations):
        x = x.log_softmax(dim=0).log_softmax(dim=1)
    return x.exp()


@bank.alternative
def with_two_potentials(scores, epsilon=0.05, iterations=3):
    with torch.no_grad():
        x = scores / epsilon
        u, v = torch.zeros_like(x[:, :1]), torch.zeros_like(x[:1])
        for _ in range(iterations):
            v = -(x + u).logsumexp(dim=0, keepdim=True)
            u = -(x + v).logsumexp(dim=1, keepdim=True)
        return (x + u + v).exp()


@bank.alternative
def transposed_with_the_marginals_of_the_paper(scores, epsilon=0.05, iterations=3):
    with torch.no_grad():
        x = (scores / epsilon).T
        k, b = x.shape
        for _ in range(iterations):
            x = x - x.logsumexp(dim=1, keepdim=True) - torch.log(torch.tensor(float(k), dtype=x.dtype))
            x = x - x.logsumexp(dim=0, keepdim=True) - torch.log(torch.tensor(float(b), dtype=x.dtype))
        return (x.exp() * b).T


@bank.misconception(
    "The sides come in the wrong order: the rows (images) are scaled first and the columns last, so an image's code does not add up to 1."
)
def columns_last(scores, epsilon=0.05, iterations=3):
    return alternate(scores, epsilon, iterations, (rows, columns))


@bank.misconception(
    "Only the rows are scaled: that is a plain softmax, and nothing keeps all images from landing on one prototype."
)
def rows_only(scores, epsilon=0.05, iterations=3):
    return alternate(scores, epsilon, iterations, (rows,))


@bank.misconception("Only the columns are scaled: prototypes are used alike, but an image's code does not add up to 1.")
def columns_only(scores, epsilon=0.05, iterations=3):
    return alternate(scores, epsilon, iterations, (columns,))


@bank.misconception(
    "The columns are scaled in every iteration but the rows once, at the end: after the first time scaling the columns again changes nothing."
)
def rows_once(scores, epsilon=0.05, iterations=3):
    return rows(alternate(scores, epsilon, iterations, (columns,)).log()).exp()


@bank.misconception("Always one iteration: the number of iterations is not used.")
def one_iteration(scores, epsilon=0.05, iterations=3):
    return alternate(scores, epsilon, 1)


@bank.misconception("One iteration too many (or the rows are scaled once before the first).")
def one_too_many(scores, epsilon=0.05, iterations=3):
    return alternate(scores, epsilon, iterations + 1)


@bank.misconception(
    "The rows are scaled once before the first iteration. That looks harmless, but the start is exp(scores / epsilon), as it is."
)
def softmax_first(scores, epsilon=0.05, iterations=3):
    return alternate(rows(scores.detach() / epsilon), 1.0, iterations)


@bank.misconception(
    "At small epsilon the exponential overflows, inf / inf is nan; or, if the largest score is subtracted first, whole rows underflow, and 0 / 0 is\n"
    "nan too. Stay with logarithms until the end."
)
def naive_exponentials(scores, epsilon=0.05, iterations=3):
    q = (scores.detach() / epsilon).exp()
    for _ in range(iterations):
        q = q / q.sum(dim=0, keepdim=True)
        q = q / q.sum(dim=1, keepdim=True)
    return q


@bank.misconception("You multiply by epsilon. It divides the scores: a small epsilon makes the codes hard.")
def multiplies_by_epsilon(scores, epsilon=0.05, iterations=3):
    return alternate(scores, 1 / epsilon, iterations)


@bank.misconception("Epsilon is not used.")
def ignores_epsilon(scores, epsilon=0.05, iterations=3):
    return alternate(scores, 1.0, iterations)


@bank.misconception(
    "The sign of the scores is wrong: your codes prefer the *least* similar prototype, as if the scores were costs."
)
def scores_as_costs(scores, epsilon=0.05, iterations=3):
    return alternate(-scores, epsilon, iterations)


@bank.misconception(
    "A gradient flows through the codes. They are targets: the network must not be able to make the target easy."
)
def with_gradient(scores, epsilon=0.05, iterations=3):
    x = scores / epsilon
    for _ in range(iterations):
        x = rows(columns(x))
    return x.exp()


@bank.misconception(
    "Your codes add up to 1 over the whole batch: each row has 1/B. At the end a row is a distribution of its own."
)
def total_mass_one(scores, epsilon=0.05, iterations=3):
    return alternate(scores, epsilon, iterations) / len(scores)


@bank.misconception("The codes are made hard, one prototype for each image. The soft ones are asked for.")
def hard_codes(scores, epsilon=0.05, iterations=3):
    q = alternate(scores, epsilon, iterations)
    return torch.nn.functional.one_hot(q.argmax(dim=1), q.shape[1]).to(q.dtype)


@bank.misconception("The logarithm of the codes is returned: take the exponential at the end.")
def log_codes(scores, epsilon=0.05, iterations=3):
    x = scores.detach() / epsilon
    for _ in range(iterations):
        x = rows(columns(x))
    return x


@bank.misconception("The result is transposed: prototypes are the columns.")
def transposed(scores, epsilon=0.05, iterations=3):
    return alternate(scores.T, epsilon, iterations, (rows, columns))


@bank.misconception("The scores are divided by epsilon in place: the caller needs them for the prediction.")
def in_place(scores, epsilon=0.05, iterations=3):
    with torch.no_grad():
        scores.div_(epsilon)
    return alternate(scores, 1.0, iterations)


@bank.misconception("float64 went in and float32 came out.")
def casts_to_float32(scores, epsilon=0.05, iterations=3):
    return alternate(scores.float(), epsilon, iterations)
