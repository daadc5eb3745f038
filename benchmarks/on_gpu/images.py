"""A SimCLR step of the gpu profile: bfloat16, the layout of images in memory, torch.compile, and lightly's step, all in turn."""

import statistics as stats
from argparse import Namespace
from collections.abc import Callable
from functools import partial

import torch
from torch import Generator, Tensor, nn

from course_tools.checks import bank
from course_utils.data import load_images
from course_utils.precision import MixedPrecision
from course_utils.simclr import Augmentation, resnet18_cifar

from .._timing import faster, interleaved, timed
from ._tools import Found, peak, relative, within

Step = Callable[[Tensor, Generator], float]


def _learner(
    args: Namespace, half: bool, layout: torch.memory_format | None = None, compiled: bool = False
) -> tuple[Step, nn.Module]:
    """A step of the notebook's own from images, and the encoder it trains. layout: of the weights, None for the course's."""
    train_step, loss = bank.reference("simclr/train_step"), bank.reference("simclr/nt_xent")
    torch.manual_seed(0)
    encoder = resnet18_cifar()
    head = bank.reference("simclr/projection_head")(encoder.dim, 1024, 128).to(args.device)
    encoder.to(args.device)
    if layout is not None:
        encoder.to(memory_format=layout)
    fast = MixedPrecision(encoder) if half else encoder
    if compiled:
        fast = torch.compile(fast)
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.06, momentum=0.9)
    augment = Augmentation()
    return lambda chosen, g: train_step(fast, head, optimizer, *augment.two_views(chosen, g), loss, 0.5), fast


def simclr_part(args: Namespace) -> Found:
    """Images a second of a step of the gpu profile, augmentation included; what bfloat16 changes in features and in a short training."""
    count, steps = (32, 4) if args.small else (1024, 60)
    images = load_images().train_images.to(args.device)
    learners = {"float32": _learner(args, False), "bfloat16": _learner(args, True)}
    found: Found = {}
    view = images[:count].float() / 255
    with torch.no_grad():
        h = {name: model.eval()(view) for name, (_, model) in learners.items()}
    found["features differ by"] = within(relative(h["bfloat16"], h["float32"]), "features")
    for name, (step, model) in learners.items():
        model.train()
        g, order = Generator(args.device).manual_seed(0), Generator().manual_seed(0)
        losses = [
            step(images[torch.randint(len(images), (count,), generator=order).to(args.device)], g) for _ in range(steps)
        ]
        found[f"loss after {steps} steps, {name}"] = stats.fmean(losses[-min(10, steps) :])
    apart = found[f"loss after {steps} steps, bfloat16"] - found[f"loss after {steps} steps, float32"]
    found["losses differ by, nats"] = within(apart, "loss")
    g = Generator(args.device).manual_seed(1)
    batch = images[:count]
    work = {name: partial(step, batch, g) for name, (step, _) in learners.items()}
    work["augmentation alone"] = partial(Augmentation().two_views, batch, g)
    seconds = interleaved(work, args.rounds, args.device)
    if args.device == "cuda":
        torch.backends.cudnn.benchmark = True
        searched = {f"{name}, cuDNN searches": work[name] for name in learners}
        interleaved(searched, 3, args.device)
        seconds |= interleaved(searched, args.rounds, args.device)
        torch.backends.cudnn.benchmark = False
    found["images/s"] = {name: count / stats.median(values) for name, values in seconds.items()}
    found["bfloat16 is faster by"] = faster(seconds["float32"], seconds["bfloat16"])
    found["peak MiB"] = {name: peak(work[name], args.device) for name in learners}
    return found


def layout_part(args: Namespace) -> Found:
    """Images a second in bfloat16 with channels last and first, and with torch.compile, whose first steps are timed apart."""
    count = 32 if args.small else 1024
    batch = load_images().train_images.to(args.device)[:count]
    g = Generator(args.device).manual_seed(1)
    learners = {
        "channels last": _learner(args, True, torch.channels_last),
        "channels first": _learner(args, True, torch.contiguous_format),
        "channels last, compiled": _learner(args, True, torch.channels_last, compiled=True),
    }
    work = {name: partial(step, batch, g) for name, (step, _) in learners.items()}
    found: Found = {}
    for name, step in list(work.items()):
        try:
            found[f"first step, s: {name}"] = timed(step, args.device)[0]
        except Exception as error:  # torch.compile needs a compiler on the machine
            found[f"first step, s: {name}"] = f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"
            del work[name]
    interleaved(work, 2, args.device)
    seconds = interleaved(work, args.rounds, args.device)
    found["images/s"] = {name: count / stats.median(values) for name, values in seconds.items()}
    found["faster than channels first"] = {
        name: faster(seconds["channels first"], values) for name, values in seconds.items()
    }
    found["peak MiB"] = {name: peak(step, args.device) for name, step in work.items()}
    return found


def lightly_part(args: Namespace) -> Found:
    """A step on given views: ours (both views together) against lightly's loop (one after the other), same network and layout."""
    from ..simclr_step import Lightly, Ours

    count = 32 if args.small else 512
    torch.manual_seed(0)
    encoder = resnet18_cifar()
    head = nn.Sequential(nn.Linear(encoder.dim, 128), nn.ReLU(), nn.Linear(128, 64))
    ours, theirs = Ours(encoder.to(args.device), head.to(args.device)), Lightly(encoder, head)
    images = load_images().train_images.to(args.device)[:count]
    views = ours.augment.two_views(images, Generator(args.device).manual_seed(0))
    scaled = [(view - 0.5) * 4 for view in views]
    half = MixedPrecision(encoder)

    def in_half() -> float:
        ours.fast = half
        try:
            return ours.step(*views)
        finally:
            ours.fast = encoder

    ours.fast = encoder
    work: dict[str, Callable[[], float]] = {
        "lightly's loop": partial(theirs.step, *scaled),
        "ours, float32": partial(ours.step, *views),
        "ours, bfloat16": in_half,
    }
    interleaved(work, 2, args.device)
    seconds = interleaved(work, args.rounds, args.device)
    found: Found = {"images/s": {name: count / stats.median(values) for name, values in seconds.items()}}
    found["faster than lightly's"] = {name: faster(seconds["lightly's loop"], v) for name, v in seconds.items()}
    return found
