"""The mean teacher: other right ways, and the ways to start slowly, move the student or average counters."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.joint import both_networks, two_networks

bank = Bank(
    hidden=[
        Probe(
            "step 500, decay 0.95",
            lambda g: two_networks(g, 500, 0.95),
            look=both_networks,
            weight=2,
            seed=11,
            essential=True,
        ),
        Probe("step 0, decay 0.5", lambda g: two_networks(g, 0, 0.5), look=both_networks, seed=12),
        Probe("step 7, decay 0.999", lambda g: two_networks(g, 7, 0.999), look=both_networks, weight=2, seed=13),
        Probe("step 4, decay 0.6", lambda g: two_networks(g, 4, 0.6), look=both_networks, seed=14),
    ]
)


def move(teacher, student, m, buffers="copied"):
    with torch.no_grad():
        for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
            old.copy_(m * old + (1 - m) * new)
        for old, new in zip(teacher.buffers(), student.buffers(), strict=True):
            if buffers == "copied" or (buffers == "averaged" and not old.is_floating_point()):
                old.copy_(new)
            elif buffers == "averaged":
                old.copy_(m * old + (1 - m) * new)
    return teacher


def decay_at(step, decay):
    return min(decay, step / (step + 1))


@bank.alternative
def with_lerp(teacher, student, step, decay=0.99):
    m = decay_at(step, decay)
    with torch.no_grad():
        for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
            old.lerp_(new, 1 - m)
        for old, new in zip(teacher.buffers(), student.buffers(), strict=True):
            old.copy_(new)
    return teacher


@bank.alternative
def through_the_state(teacher, student, step, decay=0.99):
    m, learned = decay_at(step, decay), dict(teacher.named_parameters())
    mine, theirs = teacher.state_dict(), student.state_dict()
    teacher.load_state_dict({k: m * mine[k] + (1 - m) * theirs[k] if k in learned else theirs[k] for k in mine})
    return teacher


@bank.alternative
def through_data(teacher, student, step, decay=0.99):
    m = 1 - 1 / (step + 1) if 1 - 1 / (step + 1) < decay else decay
    for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
        old.data = m * old.data + (1 - m) * new.data
    for old, new in zip(teacher.buffers(), student.buffers(), strict=True):
        old.data = new.data.clone()
    return teacher


@bank.misconception(
    "The decay is the same from the first step on: for a long time the teacher is mostly its random beginning. Early on, 1 - 1/(t+1) is smaller."
)
def no_quick_start(teacher, student, step, decay=0.99):
    return move(teacher, student, decay)


@bank.misconception(
    "The larger of the two decays is taken. The smaller one is wanted: fast at first, then no slower than `decay`."
)
def larger_decay(teacher, student, step, decay=0.99):
    return move(teacher, student, max(decay, step / (step + 1)))


@bank.misconception(
    "Always the true mean of all students: its decay goes on to 1, and the teacher stops learning. It is bounded by `decay`."
)
def never_bounded(teacher, student, step, decay=0.99):
    return move(teacher, student, step / (step + 1))


@bank.misconception(
    "One step off: in step 0 the teacher should become the student, so the decay is 1 - 1/(t+1), not 1 - 1/(t+2)."
)
def one_step_off(teacher, student, step, decay=0.99):
    return move(teacher, student, min(decay, 1 - 1 / (step + 2)))


@bank.misconception("The weights of the average are exchanged: m belongs to the teacher's old value.")
def weights_exchanged(teacher, student, step, decay=0.99):
    return move(teacher, student, 1 - decay_at(step, decay))


@bank.misconception(
    "The student moves towards the teacher. It is the teacher that follows; the student learns by gradients only."
)
def student_moves(teacher, student, step, decay=0.99):
    move(student, teacher, decay_at(step, decay))
    return teacher


@bank.misconception("Nothing is changed in place: the new values live in a copy, and the teacher stays as it was.")
def copies(teacher, student, step, decay=0.99):
    import copy

    return move(copy.deepcopy(teacher), student, decay_at(step, decay))


@bank.misconception("Buffers keep their old values: the teacher's batch norm then uses statistics of another network.")
def buffers_left(teacher, student, step, decay=0.99):
    return move(teacher, student, decay_at(step, decay), buffers="left")


@bank.misconception("Running means and variances are averaged like weights. They are copied.")
def buffers_averaged(teacher, student, step, decay=0.99):
    return move(teacher, student, decay_at(step, decay), buffers="averaged")


@bank.misconception("The teacher becomes a plain copy of the student: nothing is averaged.")
def plain_copy(teacher, student, step, decay=0.99):
    return move(teacher, student, 0.0)
