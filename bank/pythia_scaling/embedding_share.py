"""The embeddings' share of pythia-70m: the values that other counts lead to."""

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies

# without the 31m and the 410m: their shares are what mistakes about another of these sizes give
SIZES = (("14m", 6, 128), ("160m", 12, 768), ("1b", 16, 2048), ("1.4b", 24, 2048), ("2.8b", 32, 2560))


@varies(
    ({"size": size, "layers": layers, "width": width} for size, layers, width in SIZES),
    text=(
        "`pythia-{size}` has {layers} layers of width {width} and",
        "of pythia-{size}, between 0 and 1",
        "1 - parameter_count({layers}, {width}, 50304)[0] / parameter_count({layers}, {width}, 50304)[1]",
    ),
)
def bank(size="70m", layers=6, width=512):
    known = Bank(hidden=[])  # one number: the public check decides all points
    body, table = layers * (12 * width**2 + 13 * width) + 2 * width, 50_304 * width
    share = 2 * table / (body + 2 * table)

    @known.alternative
    def to_three_decimals():
        return round(share, 3)

    @known.alternative
    def as_a_tensor():
        return torch.tensor(share)

    @known.alternative
    def from_the_published_counts():
        return 1 - body / (body + 100_608 * width)

    known.wrong_value(
        "one_of_two_tables",
        share / 2,
        f"{share / 2:.4f} is one of the two embedding matrices. Input and output have one each.",
    )
    known.wrong_value(
        "tied",
        table / (body + table),
        f"{table / (body + table):.4f} would be right if input and output shared one matrix. Pythia's are two.",
    )
    known.wrong_value(
        "the_body", 1 - share, f"{1 - share:.4f} is the share of the layers. The embeddings are the rest."
    )
    known.wrong_value(
        "ratio",
        2 * table / body,
        f"{2 * table / body:.4f} is the ratio of embeddings to the other parameters; a share is of all of them.",
    )
    known.wrong_value(
        "in_percent",
        100 * share,
        f"{100 * share:.2f} is right in percent. The question asks for a number between 0 and 1.",
    )
    if size == "70m":  # in a class with variants it is the answer to another's
        known.wrong_value(
            "of_160m",
            0.4760075,
            "0.4760 is the share in pythia-160m (12 layers of width 768). The question is about pythia-70m: 6 layers of width 512.",
        )
    return known
