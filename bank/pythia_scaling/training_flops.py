"""The bill of a training run: factors of two and three, and what is no matrix product."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe(
            "pythia-12b, all its tokens", lambda g: (36, 5120, 50688, 2048, 299_892_736_000), rtol=1e-6, essential=True
        ),
        Probe("a large vocabulary", lambda g: (2, 16, 1_000_000, 8, 10), rtol=1e-6),
        Probe(
            "twice the tokens of the first public probe", lambda g: (6, 512, 50304, 2048, 599_785_472_000), rtol=1e-6
        ),
    ]
)


@bank.unseen("pythia-70m, all its tokens", "a long context")
def another_bill(g):
    return tuple(torch.randint(2, 200, (5,), generator=g).tolist())


def body(layers, width):
    return layers * (12 * width**2 + 13 * width) + 2 * width


def bill(layers, width, vocabulary, context, tokens, passes=3, each=2, tables=1, attention=2, rule=6):
    products = 12 * layers * width**2 + tables * vocabulary * width + attention * layers * context * width
    return rule * body(layers, width) * tokens, passes * each * products * tokens


@bank.alternative
def step_by_step(layers, width, vocabulary, context, tokens):
    forward = 0
    for _ in range(layers):
        forward += 2 * (width * 3 * width + width * width + 2 * width * 4 * width)
        forward += 2 * 2 * context * width
    forward += 2 * width * vocabulary
    return 6.0 * body(layers, width) * tokens, (forward + 2 * forward) * float(tokens)


@bank.alternative
def the_formula(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens)


@bank.misconception(
    "Both numbers are a third of what they should be: 2 N D is the forward pass alone. Training goes back as well, at twice the price."
)
def forward_only(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, passes=1, rule=2)


@bank.misconception("Your rule is 2ND, the forward pass. With the backward pass, which costs twice as much, it is 6ND.")
def rule_of_two(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, rule=2)


@bank.misconception("Your counted FLOPs are those of the forward pass: multiply by 3 for training.")
def counted_forward_only(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, passes=1)


@bank.misconception(
    "Your counted number is half: it counts multiply-adds. A multiplication and an addition are two FLOPs."
)
def multiply_adds(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, each=1)


@bank.misconception("The output embedding is missing from your count: V·d weights, a matrix product like any other.")
def no_output_embedding(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, tables=0)


@bank.misconception(
    "Both embeddings are in your count. The input embedding is a look-up: a row is copied, nothing is multiplied."
)
def input_embedding_multiplied(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, tables=2)


@bank.misconception(
    "Attention is missing from your count: queries times keys, and weights times values, over the whole context."
)
def no_attention(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, attention=0)


@bank.misconception(
    "Half of the attention is missing: there are two products over the context, queries with keys, and weights with values."
)
def half_the_attention(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens, attention=1)


@bank.misconception(
    "Your rule takes all parameters for N. Kaplan's convention, asked for here, leaves both embeddings out; on small models that is a factor of several."
)
def embeddings_in_the_rule(layers, width, vocabulary, context, tokens):
    _, counted = bill(layers, width, vocabulary, context, tokens)
    return 6 * (body(layers, width) + 2 * vocabulary * width) * tokens, counted


@bank.misconception(
    "Your numbers do not grow with the tokens: they are the FLOPs of one token. The run has `tokens` of them."
)
def per_token(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, 1)


@bank.misconception(
    "`tokens` was taken for training steps and multiplied by the tokens of a step. It is the number of tokens already."
)
def steps_for_tokens(layers, width, vocabulary, context, tokens):
    return bill(layers, width, vocabulary, context, tokens * 2_097_152)
