"""Counting a GPT-NeoX model's parameters: what is forgotten, and what is counted as another architecture has it."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("pythia-1b", lambda g: (16, 2048, 50304), rtol=1e-8, essential=True),
        Probe("two layers of width 6, 5 words", lambda g: (2, 6, 5), rtol=1e-8),
        Probe("no layers at all", lambda g: (0, 4, 7), rtol=1e-8),
    ]
)


@bank.unseen("pythia-70m", "one layer of width 8, 10 words")
def another_model(g):
    return tuple(torch.randint(2, 200, (3,), generator=g).tolist())


def count(layers, width, vocabulary, weights=12, vectors=13, last=2, tables=2):
    body = layers * (weights * width**2 + vectors * width) + last * width
    return body, body + tables * vocabulary * width


@bank.alternative
def the_formula(layers, width, vocabulary):
    return count(layers, width, vocabulary)


@bank.alternative
def matrix_by_matrix(layers, width, vocabulary):
    body = 2 * width
    for _ in range(layers):
        for rows, columns in ((width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)):
            body += (rows + 1) * columns
        body += 4 * width
    return body, body + vocabulary * width + width * vocabulary


@bank.misconception(
    "Your first number still holds an embedding matrix: V·d of it. Without embeddings means without both of them, the output's too."
)
def output_embedding_in_the_body(layers, width, vocabulary):
    body, total = count(layers, width, vocabulary)
    return body + vocabulary * width, total


@bank.misconception(
    "Both your numbers are the same size: embedding parameters are counted in the first. It is the one that must not hold them."
)
def embeddings_in_both(layers, width, vocabulary):
    _, total = count(layers, width, vocabulary)
    return total, total


@bank.misconception(
    "Your total has one embedding matrix. GPT-2 shares it between input and output; Pythia does not: V·d, twice."
)
def tied_embeddings(layers, width, vocabulary):
    return count(layers, width, vocabulary, tables=1)


@bank.misconception(
    "12 L d² is the usual approximation: biases and layer norms are missing. Here every parameter counts, 13 d more a layer, and 2 d."
)
def weights_only(layers, width, vocabulary):
    return count(layers, width, vocabulary, vectors=0, last=0)


@bank.misconception("The layer norm after the last layer is missing: 2 d parameters, once for the model.")
def no_last_norm(layers, width, vocabulary):
    return count(layers, width, vocabulary, last=0)


@bank.misconception(
    "The biases of the four matrices are missing: 3 d + d + 4 d + d = 9 d a layer. (LLaMA has none; Pythia has them.)"
)
def no_biases(layers, width, vocabulary):
    return count(layers, width, vocabulary, vectors=4)


@bank.misconception(
    "The layer norms inside the layers are missing: two a layer, each with a scale and a shift, 4 d in all."
)
def no_layer_norms(layers, width, vocabulary):
    return count(layers, width, vocabulary, vectors=9)


@bank.misconception(
    "One layer norm a layer is missing: a Pythia layer has two, one for the attention and one for the feed-forward block."
)
def one_norm_a_layer(layers, width, vocabulary):
    return count(layers, width, vocabulary, vectors=11)


@bank.misconception("Your layer norms have a scale and no shift (that is RMSNorm). GPT-NeoX's have both: 2 d each.")
def rms_norms(layers, width, vocabulary):
    return count(layers, width, vocabulary, vectors=11, last=1)


@bank.misconception(
    "The output of the attention (d → d) is missing: after the heads are put together, one more matrix mixes them."
)
def no_attention_output(layers, width, vocabulary):
    return count(layers, width, vocabulary, weights=11, vectors=12)


@bank.misconception(
    "Your feed-forward block has three matrices, as in LLaMA's gated one. Pythia's has two: d → 4d and 4d → d."
)
def gated_feed_forward(layers, width, vocabulary):
    return count(layers, width, vocabulary, weights=16, vectors=17)
