"""Two dropout masks: other right ways, and the ways to have one or none."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import dropped, encoded, only_dropout, views_quality
from course_utils.checks import Probe

LOOSE = {"look": views_quality, "rtol": 0.0, "atol": 0.03}

bank = Bank(
    hidden=[
        Probe("dropout 0.5, another batch", encoded(0.5, 150), weight=2, seed=11, **LOOSE, essential=True),
        Probe("dropout 0.2", encoded(0.2, 150), weight=2, seed=12, **LOOSE),
        Probe("no dropout in the encoder", encoded(0.0, 20), seed=13, **LOOSE),
        Probe(
            "an encoder that drops 30%, 100 times",
            only_dropout(0.3, 9, 8),
            law=dropped,
            calls=100,
            seed=14,
            essential=True,
        ),
    ]
)


def in_training(encoder, work):
    mode = encoder.training
    encoder.train()
    found = work()
    encoder.train(mode)
    return found


@bank.alternative
def one_call_on_a_doubled_batch(encoder, batch):
    return in_training(encoder, lambda: tuple(encoder(torch.cat([batch, batch])).chunk(2)))


@bank.alternative
def repeated_rows(encoder, batch):
    both = in_training(encoder, lambda: encoder(batch.repeat_interleave(2, dim=0)))
    return both[0::2], both[1::2]


@bank.misconception(
    "Dropout is off: the encoder arrives in evaluation mode, and both views are the same. Switch it to training mode."
)
def dropout_off(encoder, batch):
    return encoder(batch), encoder(batch)


@bank.misconception(
    "Both views come from one pass: they share one dropout mask, so there is nothing to be invariant to. Encode twice."
)
def one_pass(encoder, batch):
    view = in_training(encoder, lambda: encoder(batch))
    return view, view


@bank.misconception("Only the first view has dropout. Both do.")
def only_the_first(encoder, batch):
    first = in_training(encoder, lambda: encoder(batch))
    encoder.eval()
    return first, encoder(batch)


@bank.misconception("The encoder is left in training mode: whoever uses it next gets a random result.")
def left_in_training_mode(encoder, batch):
    encoder.train()
    return encoder(batch), encoder(batch)


@bank.misconception("No gradient reaches the encoder: nothing can be learned from these views.")
def no_gradient(encoder, batch):
    with torch.no_grad():
        return in_training(encoder, lambda: (encoder(batch), encoder(batch)))


@bank.misconception("The second view is detached. Both views are trained.")
def second_detached(encoder, batch):
    first, second = in_training(encoder, lambda: (encoder(batch), encoder(batch)))
    return first, second.detach()


@bank.misconception(
    "You add a dropout of your own on top of the encoder's: too much is dropped. The encoder has its own."
)
def dropout_twice(encoder, batch):
    first, second = in_training(encoder, lambda: (encoder(batch), encoder(batch)))
    return torch.nn.functional.dropout(first, 0.3), torch.nn.functional.dropout(second, 0.3)


@bank.misconception(
    "The encoder stays as it is and its result is thinned out. Dropout acts inside the encoder, in training mode, with the rate it was given."
)
def dropout_outside(encoder, batch):
    view = encoder(batch)
    return torch.nn.functional.dropout(view, 0.1), torch.nn.functional.dropout(view, 0.1)


@bank.misconception("Half of the batch is one view and half the other. Every sentence is encoded twice.")
def half_each(encoder, batch):
    return in_training(encoder, lambda: tuple(encoder(batch).chunk(2)))


@bank.misconception("The input is thinned out before the encoder sees it, besides the encoder's own dropout.")
def input_dropped(encoder, batch):
    drop = torch.nn.functional.dropout
    return in_training(encoder, lambda: (encoder(drop(batch, 0.2)), encoder(drop(batch, 0.2))))


@bank.misconception(
    "The generator of random numbers is seeded inside: every call has the same masks. Leave the seed to the caller."
)
def seeded_inside(encoder, batch):
    torch.manual_seed(0)
    return in_training(encoder, lambda: (encoder(batch), encoder(batch)))


@bank.misconception(
    "All sentences of a view share one mask: you encode them one by one from the same seed. Every sentence has a mask of its own."
)
def the_same_in_every_row(encoder, batch):
    def view():
        seed = int(torch.randint(2**31, ()))
        with torch.random.fork_rng(devices=[]):
            return torch.cat([encoder(row[None]) for row in batch if torch.manual_seed(seed)])

    return in_training(encoder, lambda: (view(), view()))
