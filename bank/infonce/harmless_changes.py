"""Changes to a critic that InfoNCE does not notice: each wrong set of answers shows a belief."""

import numpy as np
import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # four answers: the public check decides all points

CHANGES = ("f + 7", "f + a(c), any function of the context", "f + b(x), any function of the candidate", "2 f")


def answers(pattern):
    """pattern: T or F for each change, in the order of the notebook."""
    return {change: letter == "T" for change, letter in zip(CHANGES, pattern, strict=True)}


@bank.alternative
def as_zeros_and_ones():
    return {change: int(harmless) for change, harmless in answers("TTFF").items()}


@bank.alternative
def in_another_order():
    return dict(reversed(answers("TTFF").items()))


@bank.alternative
def tried_out():
    """A random critic, before and after each change."""
    g = torch.Generator().manual_seed(0)
    f = torch.randn(4, 6, generator=g, dtype=torch.float64)
    a, b = torch.randn(4, 1, generator=g), torch.randn(1, 6, generator=g)
    changed = (f + 7, f + a, f + b, 2 * f)
    return {
        change: np.bool_(torch.allclose(z.log_softmax(dim=1), f.log_softmax(dim=1)))
        for change, z in zip(CHANGES, changed, strict=True)
    }


bank.wrong_value(
    "context_and_candidate_swapped",
    answers("TFTF"),
    "You have a(c) and b(x) the wrong way round. Within one game, who stays the same for all K candidates and who differs?",
)
bank.wrong_value(
    "constants_only",
    answers("TFFF"),
    "A number that is the same for all candidates of a game cancels; it may be another number in another game. What do the candidates of\n"
    "one game share?",
)
bank.wrong_value(
    "any_sum",
    answers("TTTF"),
    "Not everything that is added cancels. b(x) gives each candidate of a game its own bonus: a critic that likes frequent x better\n"
    "will guess differently.",
)
bank.wrong_value(
    "everything",
    answers("TTTT"),
    "Some of these changes do change the loss. Take a game with scores 1 and 0 and work out the softmax before and after each of them.",
)
bank.wrong_value(
    "nothing",
    answers("FFFF"),
    "Some of them are harmless. Add 7 to both scores of a game with two candidates and write the softmax down: what cancels?",
)
bank.wrong_value(
    "only_the_order_counts",
    answers("TTFT"),
    "Doubling all scores keeps their order, and so the best guess, but the loss asks how *sure* the critic is: a softmax of 2 f is sharper.\n"
    "(2 f is f at temperature 1/2.)",
)
bank.wrong_value(
    "a_constant_factor_and_nothing_else",
    answers("TFFT"),
    "Two beliefs to check. A factor keeps the order of the candidates but makes the softmax sharper. And a shift may depend on the game: all\n"
    "candidates of one game have the same c.",
)
bank.wrong_value(
    "scale_only",
    answers("FFFT"),
    "It is the other way round: a softmax looks at *differences* of scores. A shift leaves them, a factor of 2 doubles them. (A factor on the\n"
    "exponentials e^f would cancel, and that is a shift of f.)",
)
bank.wrong_value(
    "which_ones_change_it",
    answers("FFTT"),
    "All four are the opposite of what they should be: you marked the changes that *do* alter the loss. True stands for harmless.",
)
bank.wrong_value(
    "context_but_no_constant",
    answers("FTFF"),
    "Right about a(c), but 7 is a function of the context too, a very dull one.",
)
bank.wrong_value(
    "candidate_only",
    answers("FFTF"),
    "b(x) is the one shift that does not cancel: it differs between the candidates of a game. 7 does not, and a(c) does not either.",
)
bank.wrong_value(
    "functions_but_no_constant",
    answers("FTTF"),
    "7 is a special case of a(c), so they stand or fall together; and b(x) differs between the candidates of one game.",
)
bank.wrong_value(
    "candidate_and_scale_as_well_as_the_constant",
    answers("TFTT"),
    "Only what all candidates of one game share cancels. That is right for 7 and wrong for b(x); think again about a(c). And a factor of 2\n"
    "makes the softmax sharper.",
)
bank.wrong_value(
    "context_and_scale",
    answers("FTFT"),
    "7 is a special case of a(c), so they stand or fall together; and twice the scores are twice their differences, which a softmax sees.",
)
bank.wrong_value(
    "all_but_the_constant",
    answers("FTTT"),
    "7 is the most harmless of the four. A softmax looks at differences of scores within one game: which of the changes leave all of them alone?",
)
