"""The embeddings' share of pythia-70m: the values that other counts lead to."""

import torch

from course_tools.checks.bank import Bank

BODY, TABLE = 18_915_328, 50_304 * 512

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def to_three_decimals():
    return 0.731


@bank.alternative
def as_a_tensor():
    return torch.tensor(2 * TABLE / (BODY + 2 * TABLE))


@bank.alternative
def from_the_published_counts():
    return 1 - 18_915_328 / 70_426_624


bank.wrong_value(
    "one_of_two_tables",
    TABLE / (BODY + 2 * TABLE),
    "0.3657 is one of the two embedding matrices. Input and output have one each.",
)
bank.wrong_value(
    "tied", TABLE / (BODY + TABLE), "0.5766 would be right if input and output shared one matrix. Pythia's are two."
)
bank.wrong_value(
    "the_body", BODY / (BODY + 2 * TABLE), "0.2686 is the share of the layers. The embeddings are the rest."
)
bank.wrong_value(
    "ratio", 2 * TABLE / BODY, "2.7232 is the ratio of embeddings to the other parameters; a share is of all of them."
)
bank.wrong_value(
    "in_percent",
    200 * TABLE / (BODY + 2 * TABLE),
    "73.14 is right in percent. The question asks for a number between 0 and 1.",
)
bank.wrong_value(
    "of_160m",
    0.4760075,
    "0.4760 is the share in pythia-160m (12 layers of width 768). The question is about pythia-70m: 6 layers of width 512.",
)
