"""DINO's loss: other ways to be right, and the ways to pair, sharpen, centre or stop the wrong thing."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import scores_of_views

bank = Bank(
    hidden=[
        Probe(
            "6 student views, 2 of the teacher, 7 classes", lambda g: scores_of_views(g, 6, 2, 4, 7), weight=2, seed=11
        ),
        Probe("one image, temperatures 0.2 and 0.05", lambda g: scores_of_views(g, 2, 2, 1, 5, (0.2, 0.05)), seed=12),
        Probe("three views of both", lambda g: scores_of_views(g, 3, 3, 5, 4), weight=2, seed=13),
        Probe("four student views, one of the teacher", lambda g: scores_of_views(g, 4, 1, 3, 6), seed=14),
        Probe(
            "gradients, at another size",
            lambda g: scores_of_views(g, 4, 2, 3, 6),
            gradients=(0, 1, 2),
            weight=4,
            seed=15,
            atol=1e-5,
            essential=True,
        ),
        Probe(
            "scores of a thousand",
            lambda g: scores_of_views(g, 2, 2, 2, 5, scale=1000.0),
            seed=16,
            weight=2,
            essential=True,
        ),
        Probe(
            "float64, to ten digits",
            lambda g: scores_of_views(g, 3, 2, 4, 6, (0.3, 0.1), torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=17,
        ),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: scores_of_views(g, 3, 2, 2, 4),
            unchanged=True,
            seed=18,
        ),
    ]
)


def target_of(teacher, center, temp):
    return ((teacher.detach() - center.detach()) / temp).softmax(dim=-1)


def over_pairs(target, log_p, keep=lambda t, s: t != s):
    cost = -torch.einsum("tnk,snk->ts", target, log_p) / log_p.shape[1]
    return torch.stack([cost[t, s] for t in range(len(target)) for s in range(len(log_p)) if keep(t, s)])


def right(student, teacher, center, student_temp, teacher_temp):
    return over_pairs(target_of(teacher, center, teacher_temp), (student / student_temp).log_softmax(dim=-1)).mean()


@bank.alternative
def with_einsum(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, student_temp, teacher_temp)


@bank.alternative
def with_cross_entropy(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    with torch.no_grad():
        target = torch.softmax((teacher - center) / teacher_temp, dim=2)
    losses = [
        F.cross_entropy(s / student_temp, t) for i, t in enumerate(target) for j, s in enumerate(student) if i != j
    ]
    return torch.stack(losses).mean()


@bank.alternative
def from_logsumexp(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target = target_of(teacher, center, teacher_temp)
    logits = student / student_temp
    log_z = logits.logsumexp(dim=-1)  # (S, N)
    total, count = 0.0, 0
    for t in range(len(target)):
        for s in range(len(student)):
            if s != t:
                total = total + (log_z[s] - (target[t] * logits[s]).sum(dim=-1)).mean()
                count += 1
    return total / count


@bank.misconception(
    "Pairs of the same view are in your average: teacher and student look at the very same picture there, and agreeing is easy. Only different views count."
)
def same_view_pairs(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target, log_p = target_of(teacher, center, teacher_temp), (student / student_temp).log_softmax(dim=-1)
    return over_pairs(target, log_p, lambda t, s: True).mean()


@bank.misconception("Only pairs of the *same* view are left: the test is the wrong way round.")
def only_same_view(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target, log_p = target_of(teacher, center, teacher_temp), (student / student_temp).log_softmax(dim=-1)
    return over_pairs(target, log_p, lambda t, s: t == s).mean()


@bank.misconception(
    "The sum over the pairs is divided by the number of all pairs, those of the same view included: your value is too small."
)
def divided_by_all_pairs(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target, log_p = target_of(teacher, center, teacher_temp), (student / student_temp).log_softmax(dim=-1)
    return over_pairs(target, log_p).sum() / (len(student) * len(teacher))


@bank.misconception("The pairs are added up, not averaged: the loss grows with the number of views.")
def summed_pairs(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return over_pairs(target_of(teacher, center, teacher_temp), (student / student_temp).log_softmax(dim=-1)).sum()


@bank.misconception("The images are added up, not averaged.")
def summed_images(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, student_temp, teacher_temp) * student.shape[1]


@bank.misconception(
    "The temperatures are exchanged: the sharp one belongs to the teacher, the softer one to the student."
)
def temperatures_exchanged(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, teacher_temp, student_temp)


@bank.misconception(
    "The teacher's temperature is used for both. Then the student must be as sharp as the teacher from the start; it has its own."
)
def teacher_temperature_on_the_student(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, teacher_temp, teacher_temp)


@bank.misconception(
    "The student's temperature is used for both: the teacher is not sharpened, which leads to the uniform collapse."
)
def student_temperature_on_the_teacher(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, student_temp, student_temp)


@bank.misconception("No centring: the centre is not used, and one class may win everywhere.")
def no_centre(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, torch.zeros_like(center), student_temp, teacher_temp)


@bank.misconception("The centre is subtracted from the student too. Only the teacher is centred.")
def student_centred(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student - center.detach(), teacher, center, student_temp, teacher_temp)


@bank.misconception("The centre is added. It is what the teacher says on average, and is taken away.")
def centre_added(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, -center, student_temp, teacher_temp)


@bank.misconception(
    "The centre is subtracted after the division by the temperature. It is a mean of raw scores: subtract first, then divide."
)
def centre_after_the_temperature(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target = (teacher.detach() / teacher_temp - center.detach()).softmax(dim=-1)
    return over_pairs(target, (student / student_temp).log_softmax(dim=-1)).mean()


@bank.misconception(
    "You centre with the mean of this very batch. The centre that came in, of earlier batches, is to be used; it is updated afterwards."
)
def centre_of_this_batch(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, teacher.detach().mean(dim=(0, 1)), student_temp, teacher_temp)


@bank.misconception("The centre is updated before it is used: it already contains this batch.")
def centre_updated_first(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, 0.9 * center + 0.1 * teacher.detach().mean(dim=(0, 1)), student_temp, teacher_temp)


@bank.misconception("A gradient reaches the teacher. It learns by the momentum update only.")
def gradient_into_the_teacher(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target = ((teacher - center.detach()) / teacher_temp).softmax(dim=-1)
    return over_pairs(target, (student / student_temp).log_softmax(dim=-1)).mean()


@bank.misconception("A gradient reaches the centre. It is a running mean, not a weight.")
def gradient_into_the_centre(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target = ((teacher.detach() - center) / teacher_temp).softmax(dim=-1)
    return over_pairs(target, (student / student_temp).log_softmax(dim=-1)).mean()


@bank.misconception("No gradient reaches the student: the result has left the graph.")
def everything_detached(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, student_temp, teacher_temp).detach()


@bank.misconception(
    "The roles in the cross-entropy are exchanged: the logarithm belongs to the student, the weights to the teacher."
)
def roles_exchanged(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    log_t = ((teacher.detach() - center.detach()) / teacher_temp).log_softmax(dim=-1)
    p_s = (student / student_temp).softmax(dim=-1)
    cost = -torch.einsum("tnk,snk->ts", log_t, p_s) / student.shape[1]
    return torch.stack([cost[t, s] for t in range(len(teacher)) for s in range(len(student)) if t != s]).mean()


@bank.misconception(
    "Your value is the KL divergence: the teacher's entropy is missing. Its gradient is the same, but the loss asked for is the cross-entropy."
)
def kl_divergence(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target, log_p = target_of(teacher, center, teacher_temp), (student / student_temp).log_softmax(dim=-1)
    entropy = torch.stack(
        [
            -torch.xlogy(target[t], target[t]).sum(-1).mean()
            for t in range(len(target))
            for s in range(len(student))
            if s != t
        ]
    )
    return (over_pairs(target, log_p) - entropy).mean()


@bank.misconception("The softmax runs over the images of the batch instead of over the classes.")
def softmax_over_the_batch(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target = ((teacher.detach() - center.detach()) / teacher_temp).softmax(dim=1)
    return over_pairs(target, (student / student_temp).log_softmax(dim=1)).mean()


@bank.misconception("The average runs over the classes too. The cross-entropy of one image is a sum over its classes.")
def mean_over_classes(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, student_temp, teacher_temp) / student.shape[-1]


@bank.misconception(
    "Logarithm of a softmax that has become 0: minus infinity, and 0 times infinity is nan. Take the log-softmax in one step."
)
def log_of_softmax(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return over_pairs(target_of(teacher, center, teacher_temp), (student / student_temp).softmax(dim=-1).log()).mean()


@bank.misconception("Your value is in bits. Use the natural logarithm.")
def in_bits(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    return right(student, teacher, center, student_temp, teacher_temp) / math.log(2)


@bank.misconception("The softmax runs over the views instead of over the classes.")
def softmax_over_views(student, teacher, center, student_temp=0.1, teacher_temp=0.04):
    target = ((teacher - center).detach() / teacher_temp).softmax(dim=0)
    return over_pairs(target, (student / student_temp).log_softmax(dim=0)).mean()
