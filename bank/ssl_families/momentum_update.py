"""The momentum update: other ways to be right, and the ways to move the wrong network, the wrong way, or not all of it."""

import copy

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import both_networks, two_networks

bank = Bank(
    hidden=[
        Probe(
            "m = 0.99, other sizes",
            lambda g: two_networks(g, 0.99, 5),
            look=both_networks,
            weight=3,
            seed=11,
            rtol=1e-5,
            essential=True,
        ),
        Probe("m = 0.25", lambda g: two_networks(g, 0.25, 2), look=both_networks, weight=2, seed=12),
        Probe("m = 1", lambda g: two_networks(g, 1.0, 4), look=both_networks, seed=13),
        Probe("m = 0.996 in small steps", lambda g: two_networks(g, 0.996, 1), look=both_networks, seed=14, rtol=1e-6),
    ]
)


def weights(teacher, student):
    return zip(teacher.parameters(), student.parameters())


def counters(teacher, student):
    return zip(teacher.buffers(), student.buffers())


@torch.no_grad()
def right(teacher, student, m):
    for old, new in weights(teacher, student):
        old.copy_(m * old + (1 - m) * new)
    for old, new in counters(teacher, student):
        old.copy_(new)
    return teacher


@bank.alternative
def with_lerp(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            old.lerp_(new, 1 - m)
        for old, new in counters(teacher, student):
            old.copy_(new)
    return teacher


@bank.alternative
def through_data(teacher, student, m):
    for old, new in weights(teacher, student):
        old.data = old.data * m + new.data * (1 - m)
    for old, new in counters(teacher, student):
        old.data.copy_(new.data)
    return teacher


@bank.alternative
def through_the_state_dict(teacher, student, m):
    names = {name for name, _ in teacher.named_parameters()}
    mine, theirs = teacher.state_dict(), student.state_dict()
    for name in mine:
        mine[name] = m * mine[name] + (1 - m) * theirs[name] if name in names else theirs[name].clone()
    teacher.load_state_dict(mine)
    return teacher


@bank.misconception(
    "m weighs the wrong side: your teacher takes 1 - m of itself and m of the student, so at m = 0.99 it nearly becomes the student. A large m means a slow teacher."
)
def wrong_way(teacher, student, m):
    return right(teacher, student, 1 - m)


@bank.misconception(
    "The roles are exchanged: you change the student and leave the teacher as it was. The student is moved by the optimizer alone."
)
def moves_the_student(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            new.copy_(m * new + (1 - m) * old)
        for old, new in counters(teacher, student):
            new.copy_(old)
    return teacher


@bank.misconception(
    "The buffers were not touched: the teacher keeps the running means of its first day, which do not belong to its weights. Parameters move, buffers are copied."
)
def buffers_forgotten(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            old.copy_(m * old + (1 - m) * new)
    return teacher


@bank.misconception(
    "The buffers are averaged like weights. They are statistics of the student's newest batches, and a counter: copy them."
)
def buffers_averaged(teacher, student, m):
    with torch.no_grad():
        for old, new in [*weights(teacher, student), *counters(teacher, student)]:
            old.copy_(m * old + (1 - m) * new)
    return teacher


@bank.misconception(
    "The teacher you were given is as it was: the new values went to another network, or to names of their own. Whatever else holds the teacher would never see an update: change it in place."
)
def a_new_network(teacher, student, m):
    return right(copy.deepcopy(teacher), student, m)


@bank.misconception("The teacher becomes a copy of the student: m is not used.")
def plain_copy(teacher, student, m):
    return right(teacher, student, 0.0)


@bank.misconception(
    "The two shares do not add up to 1: the student's part is added in full, and the weights grow with every step."
)
def not_a_mean(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            old.copy_(m * old + new)
        for old, new in counters(teacher, student):
            old.copy_(new)
    return teacher


@bank.misconception("Only matrices are updated: biases, and the scale and shift of batch norm, are parameters as well.")
def matrices_only(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            if old.ndim > 1:
                old.copy_(m * old + (1 - m) * new)
        for old, new in counters(teacher, student):
            old.copy_(new)
    return teacher


@bank.misconception(
    "The new values are computed and given to a name, which leaves the teacher's tensors as they were. Write into the tensor itself."
)
def only_names(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            old = m * old + (1 - m) * new
        for old, new in counters(teacher, student):
            old.copy_(new)
    return teacher


@bank.misconception(
    "The floating-point buffers are copied, but the counter of batches is not. All buffers of the teacher are the student's."
)
def counter_forgotten(teacher, student, m):
    with torch.no_grad():
        for old, new in weights(teacher, student):
            old.copy_(m * old + (1 - m) * new)
        for old, new in counters(teacher, student):
            if old.is_floating_point():
                old.copy_(new)
    return teacher


@bank.misconception(
    "The student's gradients were filled: something is differentiated on the way. The update is bookkeeping, outside of the graph."
)
def backward_on_the_way(teacher, student, m):
    right(teacher, student, m)
    sum(p.sum() for p in student.parameters()).backward()
    return teacher
