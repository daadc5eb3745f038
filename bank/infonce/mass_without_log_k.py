"""The mass of a model fitted without log k: the values that a lost prior, a wrong count or a wrong turn lead to."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def as_a_tensor():
    return torch.tensor(0.2)


@bank.alternative
def exp_of_minus_log_k():
    return math.exp(-math.log(5))


@bank.alternative
def from_the_best_classifier():
    data, noise = torch.tensor([0.5, 0.3, 0.2]), torch.full((3,), 1 / 3)
    posterior = data / (data + 5 * noise)
    return (noise * posterior.logit().exp()).sum()


bank.wrong_value(
    "normalised_all_the_same",
    1.0,
    "1 is what happens *with* log k. Without it the classifier still has to say p_d / (p_d + k p_n), and now s alone must carry the\n"
    "rarity of data. Which s does that?",
)
bank.wrong_value(
    "upside_down",
    5.0,
    "5 is k itself: you solved in the wrong direction. Noise is five times as frequent; does the missing log k have to raise s, or lower it?",
)
bank.wrong_value(
    "one_in_six",
    1 / 6,
    "1/6 is the share of data in the mixture, one of k + 1 samples. The mass of φ follows from the *odds* of data to noise, since\n"
    "e^s is σ(s) / (1 - σ(s)).",
)
bank.wrong_value(
    "five_in_six",
    5 / 6,
    "5/6 is the share of noise in the mixture. Asked for is the sum of φ = p_n e^s; start from σ(s) = p_d / (p_d + k p_n) and solve for e^s.",
)
bank.wrong_value(
    "six",
    6.0,
    "6 counts the samples of one data point and its noise. Solve σ(s) = p_d / (p_d + k p_n) for e^s, multiply by p_n, and sum over x.",
)
bank.wrong_value(
    "log_of_k",
    math.log(5),
    "1.609 is log 5, the amount by which each s(x) is off. The question is what this does to φ, an exponential of s: a shift there is a\n"
    "factor here.",
)
bank.wrong_value(
    "minus_log_of_k",
    -math.log(5),
    "-1.609 is the shift of the scores, with the right sign. φ is p_n e^s and positive: what does the shift become?",
)
bank.wrong_value(
    "one_over_log_k",
    1 / math.log(5),
    "0.621 is 1 / log 5. A shift of s by log k is a factor of e^(log k) in φ; the logarithm disappears.",
)
bank.wrong_value(
    "one_minus_it",
    4 / 5,
    "0.8 is what is *missing* from a mass of 1. Asked for is the mass that is there.",
)
bank.wrong_value(
    "as_an_odds_ratio_of_negatives",
    1 / 4,
    "1/4 counts one noise sample too few: k = 5 are the noise samples alone, the data point is not among them.",
)
bank.wrong_value(
    "in_percent",
    20.0,
    "20 is right in percent. The sum of φ is a plain number: how would you write 20% without the sign?",
)
bank.wrong_value(
    "squared",
    1 / 25,
    "0.04 is 1/k²: the prior was counted twice. Once in p_d / (p_d + k p_n) is all there is; σ(s) itself holds no k now.",
)
bank.wrong_value(
    "exp_of_k",
    math.exp(-5),
    "0.0067 is e to the minus 5: you shifted s by k. The odds are off by a factor of k, so s is off by its logarithm.",
)
bank.wrong_value(
    "root_of_k",
    1 / math.sqrt(5),
    "0.447 is 1/√k: the factor was split between data and noise. All of it lands in φ, since p_n is known and fixed.",
)
bank.wrong_value(
    "vanishes",
    0.0,
    "0 would mean that φ vanishes everywhere, and the classifier calls everything noise. It would be wrong on every data point; solve\n"
    "σ(s) = p_d / (p_d + k p_n) instead.",
)
bank.wrong_value(
    "diverges",
    math.inf,
    "A free φ does not run away: the noise samples punish it for being too large. The best classifier is finite; solve for its s.",
)
bank.wrong_value(
    "fair_coin",
    0.5,
    "One half would be right for k = 2. Which factor does k = 5 leave in the odds?",
)
