"""Text in which every word is written twice: the pairs of numbers that other ways of counting lead to."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # two numbers: the public check decides all points


@bank.alternative
def as_a_tensor_each():
    return torch.tensor(10.0), torch.tensor(1.0)


@bank.alternative
def half_of_the_nats():
    return [math.exp(math.log(100) / 2), math.exp(0.0)]


bank.wrong_value(
    "swapped",
    (1.0, 10.0),
    "The two numbers are swapped: perplexity first. Left to right, the first of two twins is news; with both sides in view, none is.",
)
bank.wrong_value(
    "the_same_number",
    (10.0, 10.0),
    "Perplexity is right. For pseudo-perplexity the model sees *both* sides: what does the first twin cost when the second is in view?",
)
bank.wrong_value(
    "nothing_gained",
    (100.0, 100.0),
    "100 and 100 would be right for text without repetition. Here every second word is known from the one before it.",
)
bank.wrong_value(
    "twins_do_not_help_forward",
    (100.0, 1.0),
    "Pseudo-perplexity is right. In perplexity the second twin costs nothing: half of the tokens cost log 100, half cost 0.",
)
bank.wrong_value(
    "halved_the_choices",
    (50.0, 1.0),
    "Pseudo-perplexity is right. For perplexity, halve the nats per token, not the number of choices.",
)
bank.wrong_value(
    "mean_of_the_perplexities",
    (50.5, 1.0),
    "Pseudo-perplexity is right. 50.5 averages 100 and 1; average the costs in nats and take the exponential last.",
)
bank.wrong_value(
    "half_masked",
    (10.0, math.sqrt(10)),
    "Perplexity is right. For pseudo-perplexity *neither* twin costs anything: each is hidden while the other stands beside it.",
)
bank.wrong_value(
    "in_nats",
    (math.log(10), 0.0),
    "These are the costs in nats per token. A perplexity is their exponential; that of a certain model is 1, not 0.",
)
bank.wrong_value(
    "pseudo_in_nats",
    (10.0, 0.0),
    "Perplexity is right. The other cost is indeed 0 nats; its exponential is not 0.",
)
bank.wrong_value(
    "certain_of_everything",
    (1.0, 1.0),
    "Pseudo-perplexity is right. A causal model cannot know a word that has not occurred yet: the first of two twins costs log 100.",
)
