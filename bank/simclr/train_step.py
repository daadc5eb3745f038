"""One training step: other ways to take it, and the ways to take another one."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.simclr.checks import after_step, plain_number, stepping, the_value


def without_old_gradients(g):
    arguments = stepping(g, 0.7)
    arguments[2].zero_grad()
    return arguments


def with_momentum(g):
    encoder, head, optimizer, *rest = stepping(g, 0.2)
    parameters = optimizer.param_groups[0]["params"]
    return encoder, head, torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01), *rest


bank = Bank(
    hidden=[
        Probe(
            "another network, temperature 0.3",
            lambda g: stepping(g, 0.3),
            look=after_step,
            seed=11,
            atol=1e-5,
            essential=True,
        ),
        Probe("no gradients left from before", without_old_gradients, look=after_step, seed=12, atol=1e-5),
        Probe("momentum and weight decay", with_momentum, look=after_step, seed=13, atol=1e-5),
        Probe(
            "the loss of before the step",
            lambda g: stepping(g, 0.25),
            look=the_value,
            weight=2,
            seed=15,
            atol=1e-5,
            essential=True,
        ),
        Probe("returns a plain number", lambda g: stepping(g, 0.9), look=plain_number, weight=2, seed=16),
        Probe("temperature 2, a small step", lambda g: stepping(g, 2.0, 0.01), look=after_step, seed=14, atol=1e-5),
    ]
)


def embedded(encoder, head, view_1, view_2):
    return head(encoder(torch.cat([view_1, view_2]))).chunk(2)


@bank.alternative
def one_view_at_a_time(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    loss = loss_fn(head(encoder(view_1)), head(encoder(view_2)), temperature)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@bank.alternative
def gradients_away_just_before_backward(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    encoder.zero_grad()
    head.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.alternative
def split_by_position(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    z = head(encoder(torch.cat((view_1, view_2), dim=0)))
    loss = loss_fn(z[: len(view_1)], z[len(view_1) :], temperature=temperature)
    value = loss.item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return value


@bank.misconception(
    "The weights move too far: gradients of an earlier step are still there and backward() adds to them. Clear them first."
)
def old_gradients_stay(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "No weight changes: step() is missing, or backward() is, or zero_grad() comes between the two and throws the new gradients away."
)
def nothing_moves(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The old gradients are applied, not those of this loss: step() comes before backward(). First the gradients, then the step."
)
def step_before_backward(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@bank.misconception(
    "The loss is a tensor. It holds on to the whole graph of this step, and a list of them fills the memory: return a plain number (.item())."
)
def returns_a_tensor(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    loss.backward()
    optimizer.step()
    return loss


@bank.misconception(
    "You return the loss *after* the step, from a second forward pass. The value asked for is the one you had before; it costs nothing."
)
def loss_after_the_step(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss_fn(*embedded(encoder, head, view_1, view_2), temperature).backward()
    optimizer.step()
    return loss_fn(*embedded(encoder, head, view_1, view_2), temperature).item()


@bank.misconception(
    "The loss sees the encoder's features h: the head is left out. The loss compares z = head(encoder(view))."
)
def without_the_head(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(encoder(view_1), encoder(view_2), temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The temperature you were given does not reach the loss, which then takes its default (0.5). Pass it on."
)
def temperature_not_passed_on(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(*embedded(encoder, head, view_1, view_2))
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The loss gets the two views in the wrong order. NT-Xent would not mind, but another loss may: first view, second view."
)
def views_swapped(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(*embedded(encoder, head, view_2, view_1), temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "Both arguments of the loss come from the same view; the other is never used. Then there is nothing to learn: all partners agree already."
)
def the_same_view_twice(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(head(encoder(view_1)), head(encoder(view_1)), temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The stacked batch is split into even and odd rows. torch.cat puts all first views before all second views: split it in the middle."
)
def split_into_even_and_odd(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    z = head(encoder(torch.cat([view_1, view_2])))
    loss = loss_fn(z[::2], z[1::2], temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "Only the head learns: the encoder's weights stay as they were. Its output is detached, or computed under no_grad."
)
def encoder_not_trained(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    z_1, z_2 = head(encoder(torch.cat([view_1, view_2])).detach()).chunk(2)
    loss = loss_fn(z_1, z_2, temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "Only one view carries a gradient: the other is detached or computed under no_grad. In SimCLR both pull (stopping one is BYOL's trick)."
)
def second_view_detached(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(head(encoder(view_1)), head(encoder(view_2)).detach(), temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The vectors are normalised before they reach the loss. NT-Xent does that itself; hand over what the head returns."
)
def normalised_on_the_way(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    z_1, z_2 = (F.normalize(z, dim=1) for z in embedded(encoder, head, view_1, view_2))
    loss = loss_fn(z_1, z_2, temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The encoder or the head is called in evaluation mode: batch norm would then use its running averages, and dropout nothing. A training\n"
    "step leaves the modes as it finds them."
)
def in_evaluation_mode(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    encoder.eval()
    optimizer.zero_grad()
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    loss.backward()
    optimizer.step()
    return loss.item()


@bank.misconception("The weights move twice: step() is called two times on the same gradients. Once per batch.")
def two_steps(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()


@bank.misconception(
    "The loss you return is divided by the number of images. loss_fn has averaged already: return its value as it is."
)
def averaged_again(encoder, head, optimizer, view_1, view_2, loss_fn, temperature):
    optimizer.zero_grad()
    loss = loss_fn(*embedded(encoder, head, view_1, view_2), temperature)
    loss.backward()
    optimizer.step()
    return loss.item() / len(view_1)
