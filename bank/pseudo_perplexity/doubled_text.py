"""Text in which every word is written twice: the pairs of numbers that other ways of counting lead to."""

import math

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


@varies(
    ({"V": root**2} for root in (7, 8, 9, 11, 12, 13, 14, 15, 16, 18, 20, 30)),
    text=("from a vocabulary of {V} and", "doubled_text = (math.sqrt({V}), 1.0)", "Four words instead of {V},"),
)
def bank(V=100):
    known = Bank(hidden=[])  # two numbers: the public check decides all points
    root = math.sqrt(V)

    @known.alternative
    def as_a_tensor_each():
        return torch.tensor(root), torch.tensor(1.0)

    @known.alternative
    def half_of_the_nats():
        return [math.exp(math.log(V) / 2), math.exp(0.0)]

    known.wrong_value(
        "swapped",
        (1.0, root),
        "The two numbers are swapped: perplexity first. Left to right, the first of two twins is news; with both sides in view, none is.",
    )
    known.wrong_value(
        "the_same_number",
        (root, root),
        "Perplexity is right. For pseudo-perplexity the model sees *both* sides: what does the first twin cost when the second is in view?",
    )
    known.wrong_value(
        "nothing_gained",
        (float(V), float(V)),
        f"{V} and {V} would be right for text without repetition. Here every second word is known from the one before it.",
    )
    known.wrong_value(
        "twins_do_not_help_forward",
        (float(V), 1.0),
        f"Pseudo-perplexity is right. In perplexity the second twin costs nothing: half of the tokens cost log {V}, half cost 0.",
    )
    known.wrong_value(
        "halved_the_choices",
        (V / 2, 1.0),
        "Pseudo-perplexity is right. For perplexity, halve the nats per token, not the number of choices.",
    )
    known.wrong_value(
        "mean_of_the_perplexities",
        ((V + 1) / 2, 1.0),
        f"Pseudo-perplexity is right. {(V + 1) / 2:g} averages {V} and 1; average the costs in nats and take the exponential last.",
    )
    known.wrong_value(
        "half_masked",
        (root, math.sqrt(root)),
        "Perplexity is right. For pseudo-perplexity *neither* twin costs anything: each is hidden while the other stands beside it.",
    )
    known.wrong_value(
        "in_nats",
        (math.log(root), 0.0),
        "These are the costs in nats per token. A perplexity is their exponential; that of a certain model is 1, not 0.",
    )
    known.wrong_value(
        "pseudo_in_nats",
        (root, 0.0),
        "Perplexity is right. The other cost is indeed 0 nats; its exponential is not 0.",
    )
    known.wrong_value(
        "certain_of_everything",
        (1.0, 1.0),
        f"Pseudo-perplexity is right. A causal model cannot know a word that has not occurred yet: the first of two twins costs log {V}.",
    )
    return known
