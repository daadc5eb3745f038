"""MAE's loss: other ways to be right, and the ways to grade the wrong patches, normalise the wrong thing or divide by the wrong number."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import flat_patch, painted

bank = Bank(
    hidden=[
        Probe("3 images, 16 patches of 48", lambda g: painted(g, 3, 16, 48), weight=2, seed=11),
        Probe(
            "plain pixels, at another size",
            lambda g: painted(g, 2, 9, 4, normalize=False),
            weight=2,
            seed=12,
            essential=True,
        ),
        Probe("everything is hidden", lambda g: (*painted(g, 2, 5, 6)[:2], torch.ones(2, 5), True), seed=13),
        Probe("images that hide different numbers of patches", lambda g: uneven(g), weight=2, seed=14),
        Probe("a hidden patch of one colour", flat_patch, weight=2, seed=15, essential=True),
        Probe("very dark targets", lambda g: dark(g), seed=16, rtol=1e-3),
        Probe(
            "gradients, at another size",
            lambda g: painted(g, 3, 5, 8),
            gradients=(0, 1),
            weight=4,
            seed=17,
            atol=1e-5,
            essential=True,
        ),
        Probe(
            "float64, to ten digits", lambda g: painted(g, 2, 5, 8, True, torch.float64), dtype=True, rtol=1e-9, seed=18
        ),
        Probe("leaves its inputs alone, at another size", lambda g: painted(g, 1, 6, 9), unchanged=True, seed=19),
    ]
)


def uneven(g):
    predicted, target, _, normalize = painted(g, 2, 6, 5)
    return predicted, target, torch.tensor([[1.0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 0]]), normalize


def dark(g):
    """Pixels between 0 and 0.004: the small number in the root counts."""
    predicted, target, mask, normalize = painted(g, 2, 4, 8)
    return predicted, (target - target.min()) * 1e-3, mask, normalize


def standard(target, eps=1e-6, unbiased=True):
    mean, var = target.mean(dim=-1, keepdim=True), target.var(dim=-1, keepdim=True, unbiased=unbiased)
    return (target - mean) / (var + eps).sqrt()


def on_hidden(error, mask):
    return (error * mask).sum() / mask.sum()


def right(predicted, target, mask, normalize):
    target = standard(target.detach()) if normalize else target.detach()
    return on_hidden((predicted - target).square().mean(dim=-1), mask)


@bank.alternative
def by_selecting(predicted, target, mask, normalize=True):
    with torch.no_grad():
        goal = standard(target) if normalize else target
    hidden = mask.bool()
    return (predicted[hidden] - goal[hidden]).pow(2).mean()


@bank.alternative
def with_mse_loss(predicted, target, mask, normalize=True):
    goal = target.detach()
    if normalize:
        n = goal.shape[-1]
        centred = goal - goal.sum(dim=-1, keepdim=True) / n
        goal = centred * torch.rsqrt(centred.square().sum(dim=-1, keepdim=True) / (n - 1) + 1e-6)
    error = torch.nn.functional.mse_loss(predicted, goal, reduction="none").mean(dim=2)
    return torch.einsum("bl,bl->", error, mask) / torch.count_nonzero(mask)


@bank.alternative
def masked_first(predicted, target, mask, normalize=True):
    target = standard(target.detach()) if normalize else target.detach()
    difference = (predicted - target) * mask[:, :, None]
    return difference.square().sum() / (mask.sum() * target.shape[-1])


@bank.misconception(
    "All patches count, the visible ones too. Those the network has seen; copying them is no achievement."
)
def all_patches(predicted, target, mask, normalize=True):
    return right(predicted, target, torch.ones_like(mask), normalize)


@bank.misconception("Only the visible patches count: the mask is 1 where a patch is *hidden*.")
def visible_patches(predicted, target, mask, normalize=True):
    return right(predicted, target, 1 - mask, normalize)


@bank.misconception(
    "The sum over hidden patches is divided by the number of all patches: the loss would fall with the mask ratio."
)
def divided_by_all(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, normalize) * mask.mean()


@bank.misconception("The hidden patches are added up, not averaged.")
def summed_patches(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, normalize) * mask.sum()


@bank.misconception(
    "You average within each image first. Images that hide few patches then count more; the mean is over all hidden patches of the batch."
)
def image_by_image(predicted, target, mask, normalize=True):
    goal = standard(target.detach()) if normalize else target.detach()
    error = (predicted - goal).square().mean(dim=-1)
    return ((error * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()


@bank.misconception("The squared errors of a patch are added up, not averaged over its pixels.")
def summed_pixels(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, normalize) * target.shape[-1]


@bank.misconception("The target is never normalised: `normalize` is not used.")
def never_normalised(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, False)


@bank.misconception("The target is normalised even when `normalize` is False.")
def always_normalised(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, True)


@bank.misconception(
    "The prediction is normalised as well: its own mean and contrast no longer matter, and a constant would do."
)
def prediction_normalised(predicted, target, mask, normalize=True):
    return right(standard(predicted) if normalize else predicted, target, mask, normalize)


@bank.misconception(
    "Mean and variance are taken over the whole image or batch. Each patch is normalised by its own pixels."
)
def normalised_by_the_image(predicted, target, mask, normalize=True):
    goal = target.detach()
    if normalize:
        goal = (goal - goal.mean(dim=(1, 2), keepdim=True)) / (goal.var(dim=(1, 2), keepdim=True) + 1e-6).sqrt()
    return right(predicted, goal, mask, False)


@bank.misconception("Mean and variance run over the patches instead of over the pixels of one patch.")
def normalised_over_patches(predicted, target, mask, normalize=True):
    goal = target.detach()
    if normalize:
        goal = (goal - goal.mean(dim=1, keepdim=True)) / (goal.var(dim=1, keepdim=True) + 1e-6).sqrt()
    return right(predicted, goal, mask, False)


@bank.misconception("The mean is taken away but the patch is not divided by its standard deviation.")
def only_centred(predicted, target, mask, normalize=True):
    goal = target.detach()
    if normalize:
        goal = goal - goal.mean(dim=-1, keepdim=True)
    return right(predicted, goal, mask, False)


@bank.misconception("You divide by the variance. Its root, the standard deviation, brings the contrast to 1.")
def divided_by_the_variance(predicted, target, mask, normalize=True):
    goal = target.detach()
    if normalize:
        goal = (goal - goal.mean(dim=-1, keepdim=True)) / (goal.var(dim=-1, keepdim=True) + 1e-6)
    return right(predicted, goal, mask, False)


@bank.misconception(
    "The variance is that of the population (divided by n). The sample variance divides by n - 1, which shows in small patches."
)
def population_variance(predicted, target, mask, normalize=True):
    goal = standard(target.detach(), unbiased=False) if normalize else target.detach()
    return right(predicted, goal, mask, False)


@bank.misconception(
    "A patch of one colour has variance 0, and 0 / 0 is nan: the small number under the root is missing."
)
def no_epsilon(predicted, target, mask, normalize=True):
    goal = standard(target.detach(), eps=0.0) if normalize else target.detach()
    return right(predicted, goal, mask, False)


@bank.misconception(
    "The small number is added to the standard deviation, outside of the root: dark patches come out with another contrast."
)
def epsilon_outside_the_root(predicted, target, mask, normalize=True):
    goal = target.detach()
    if normalize:
        goal = (goal - goal.mean(dim=-1, keepdim=True)) / (goal.std(dim=-1, keepdim=True) + 1e-6)
    return right(predicted, goal, mask, False)


@bank.misconception("Absolute errors instead of squared ones.")
def absolute_errors(predicted, target, mask, normalize=True):
    goal = standard(target.detach()) if normalize else target.detach()
    return on_hidden((predicted - goal).abs().mean(dim=-1), mask)


@bank.misconception("The root is taken of the error. The mean squared error itself is asked for.")
def root(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, normalize).sqrt()


@bank.misconception("A gradient reaches the target.")
def gradient_into_the_target(predicted, target, mask, normalize=True):
    goal = standard(target) if normalize else target
    return on_hidden((predicted - goal).square().mean(dim=-1), mask)


@bank.misconception("No gradient reaches the prediction: the result has left the graph.")
def everything_detached(predicted, target, mask, normalize=True):
    return right(predicted, target, mask, normalize).detach()


@bank.misconception("float64 went in and float32 came out.")
def casts_to_float32(predicted, target, mask, normalize=True):
    return right(predicted.float(), target.float(), mask.float(), normalize)
