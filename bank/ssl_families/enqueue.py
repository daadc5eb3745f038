"""The ring: other ways to be right, and the ways to fall off its end, to turn it backwards, or to tie the graph to it."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import after_enqueue, ring

bank = Bank(
    hidden=[
        Probe("a batch as long as the queue", lambda g: ring(g, 5, 3, 5), look=after_enqueue, seed=11),
        Probe("one key at the last row", lambda g: ring(g, 7, 6, 1), look=after_enqueue, seed=12),
        Probe(
            "over the end, sizes that do not divide",
            lambda g: ring(g, 10, 8, 7),
            look=after_enqueue,
            weight=2,
            seed=13,
            essential=True,
        ),
        Probe("in the middle", lambda g: ring(g, 9, 4, 2, 5), look=after_enqueue, seed=14),
        Probe(
            "over the end, keys that carry a gradient",
            lambda g: ring(g, 6, 5, 3, learned=True),
            look=after_enqueue,
            weight=2,
            seed=15,
            essential=True,
        ),
    ]
)


def rows(queue, position, keys):
    return (position + torch.arange(len(keys))) % len(queue)


@bank.alternative
def in_two_slices(queue, position, keys):
    keys = keys.detach()
    room = min(len(keys), len(queue) - position)
    queue[position : position + room] = keys[:room]
    queue[: len(keys) - room] = keys[room:]
    return (position + len(keys)) % len(queue)


@bank.alternative
def key_by_key(queue, position, keys):
    with torch.no_grad():
        for key in keys:
            queue[position] = key
            position = 0 if position + 1 == len(queue) else position + 1
    return position


@bank.alternative
@torch.no_grad()
def index_copy(queue, position, keys):
    queue.index_copy_(0, rows(queue, position, keys), keys)
    return int((position + keys.shape[0]) % queue.shape[0])


@bank.misconception(
    "At the end of the ring keys get lost: what does not fit behind the last row belongs to the first rows. A slice does not wrap around by itself."
)
def cut_off_at_the_end(queue, position, keys):
    room = min(len(keys), len(queue) - position)
    queue[position : position + room] = keys[:room].detach()
    return (position + len(keys)) % len(queue)


@bank.misconception(
    "When the keys do not fit behind the last row, you begin at row 0 with all of them. The oldest rows, at the end, survive for ever; fill them first."
)
def starts_over(queue, position, keys):
    if position + len(keys) > len(queue):
        position = 0
    queue[position : position + len(keys)] = keys.detach()
    return (position + len(keys)) % len(queue)


@bank.misconception(
    "The next position runs past the end of the queue: it is a row of the ring, so count modulo the length."
)
def position_runs_away(queue, position, keys):
    queue[rows(queue, position, keys)] = keys.detach()
    return position + len(keys)


@bank.misconception("The position you return is the old one: the next keys would overwrite these, the newest.")
def position_stands_still(queue, position, keys):
    queue[rows(queue, position, keys)] = keys.detach()
    return position


@bank.misconception("The position moves by one for each batch. It moves by the number of keys.")
def moves_by_one(queue, position, keys):
    queue[rows(queue, position, keys)] = keys.detach()
    return (position + 1) % len(queue)


@bank.misconception("A new queue is made and the one you were given is as before. Write into its rows.")
def a_new_queue(queue, position, keys):
    queue = queue.clone()
    queue[rows(queue, position, keys)] = keys.detach()
    return (position + len(keys)) % len(queue)


@bank.misconception(
    "The queue carries a gradient afterwards: the graph of this batch, and of all earlier ones, stays in memory, and the next in-place write breaks the backward pass."
)
def with_a_graph(queue, position, keys):
    queue[rows(queue, position, keys)] = keys
    return (position + len(keys)) % len(queue)


@bank.misconception(
    "The ring turns backwards: keys go into the rows before the position. These hold the newest keys; the oldest one is at the position."
)
def backwards(queue, position, keys):
    queue[(position - 1 - torch.arange(len(keys))) % len(queue)] = keys.detach()
    return (position - len(keys)) % len(queue)


@bank.misconception("Your keys are one row too far: the first one goes into row `position` itself.")
def one_row_too_far(queue, position, keys):
    queue[rows(queue, position + 1, keys)] = keys.detach()
    return (position + len(keys)) % len(queue)


@bank.misconception("The keys are written in reverse order.")
def reversed_keys(queue, position, keys):
    queue[rows(queue, position, keys)] = keys.detach().flip(0)
    return (position + len(keys)) % len(queue)


@bank.misconception(
    "You normalise the keys on the way in. They are stored as they come; whoever makes them decides on their length."
)
def normalised(queue, position, keys):
    queue[rows(queue, position, keys)] = F.normalize(keys.detach(), dim=1)
    return (position + len(keys)) % len(queue)


@bank.misconception(
    "You shift the whole queue and append the keys at its end. As a set of negatives that is fine, but it moves every row in every step; here rows stay where they are."
)
def shifts_everything(queue, position, keys):
    queue.copy_(torch.cat([queue[len(keys) :], keys.detach()]))
    return (position + len(keys)) % len(queue)
