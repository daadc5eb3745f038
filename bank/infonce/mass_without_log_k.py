"""The mass of a model fitted without log k: the values that a lost prior, a wrong count or a wrong turn lead to."""

import math

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


# odd, since 1 / (k - 1) and 1 / (k + 1) are mistakes
@varies(
    ({"k": k} for k in (7, 9, 11, 13, 15, 17, 19)),
    text=("with $k = {k}$ noise samples", "for k = {k}", "mass_without_log_k = 1 / {k}"),
)
def bank(k=5):
    known = Bank(hidden=[])  # one number: the public check decides all points

    @known.alternative
    def as_a_tensor():
        return torch.tensor(1 / k)

    @known.alternative
    def exp_of_minus_log_k():
        return math.exp(-math.log(k))

    @known.alternative
    def from_the_best_classifier():
        data, noise = torch.tensor([0.5, 0.3, 0.2]), torch.full((3,), 1 / 3)
        posterior = data / (data + k * noise)
        return (noise * posterior.logit().exp()).sum()

    known.wrong_value(
        "normalised_all_the_same",
        1.0,
        "1 is what happens *with* log k. Without it the classifier still has to say p_d / (p_d + k p_n), and now s alone must carry the\n"
        "rarity of data. Which s does that?",
    )
    known.wrong_value(
        "upside_down",
        float(k),
        f"{k} is k itself: you solved in the wrong direction. Noise is {k} times as frequent; does the missing log k have to raise s, or lower it?",
    )
    known.wrong_value(
        "one_in_six",
        1 / (k + 1),
        f"1/{k + 1} is the share of data in the mixture, one of k + 1 samples. The mass of φ follows from the *odds* of data to noise, since\n"
        "e^s is σ(s) / (1 - σ(s)).",
    )
    known.wrong_value(
        "five_in_six",
        k / (k + 1),
        f"{k}/{k + 1} is the share of noise in the mixture. Asked for is the sum of φ = p_n e^s; start from σ(s) = p_d / (p_d + k p_n) and solve for e^s.",
    )
    known.wrong_value(
        "six",
        k + 1.0,
        f"{k + 1} counts the samples of one data point and its noise. Solve σ(s) = p_d / (p_d + k p_n) for e^s, multiply by p_n, and sum over x.",
    )
    known.wrong_value(
        "log_of_k",
        math.log(k),
        f"{math.log(k):.3f} is log {k}, the amount by which each s(x) is off. The question is what this does to φ, an exponential of s: a shift there is a\n"
        "factor here.",
    )
    known.wrong_value(
        "minus_log_of_k",
        -math.log(k),
        f"{-math.log(k):.3f} is the shift of the scores, with the right sign. φ is p_n e^s and positive: what does the shift become?",
    )
    known.wrong_value(
        "one_over_log_k",
        1 / math.log(k),
        f"{1 / math.log(k):.3f} is 1 / log {k}. A shift of s by log k is a factor of e^(log k) in φ; the logarithm disappears.",
    )
    known.wrong_value(
        "one_minus_it",
        1 - 1 / k,
        f"{1 - 1 / k:.3g} is what is *missing* from a mass of 1. Asked for is the mass that is there.",
    )
    known.wrong_value(
        "as_an_odds_ratio_of_negatives",
        1 / (k - 1),
        f"1/{k - 1} counts one noise sample too few: k = {k} are the noise samples alone, the data point is not among them.",
    )
    known.wrong_value(
        "in_percent",
        100 / k,
        f"{100 / k:.3g} is right in percent. The sum of φ is a plain number: how would you write {100 / k:.3g}% without the sign?",
    )
    known.wrong_value(
        "squared",
        1 / k**2,
        f"{1 / k**2:.2g} is 1/k²: the prior was counted twice. Once in p_d / (p_d + k p_n) is all there is; σ(s) itself holds no k now.",
    )
    if k == 5:  # of larger k it cannot be told from 0
        known.wrong_value(
            "exp_of_k",
            math.exp(-k),
            "0.0067 is e to the minus 5: you shifted s by k. The odds are off by a factor of k, so s is off by its logarithm.",
        )
    known.wrong_value(
        "root_of_k",
        1 / math.sqrt(k),
        f"{1 / math.sqrt(k):.3f} is 1/√k: the factor was split between data and noise. All of it lands in φ, since p_n is known and fixed.",
    )
    known.wrong_value(
        "vanishes",
        0.0,
        "0 would mean that φ vanishes everywhere, and the classifier calls everything noise. It would be wrong on every data point; solve\n"
        "σ(s) = p_d / (p_d + k p_n) instead.",
    )
    known.wrong_value(
        "diverges",
        math.inf,
        "A free φ does not run away: the noise samples punish it for being too large. The best classifier is finite; solve for its s.",
    )
    known.wrong_value(
        "fair_coin",
        0.5,
        f"One half would be right for k = 2. Which factor does k = {k} leave in the odds?",
    )
    return known
