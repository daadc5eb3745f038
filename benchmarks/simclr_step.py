"""A whole SimCLR step, augmentation included: ours against the recipe of lightly's SimCLR example, in one interleaved run.

    python -m benchmarks.simclr_step [--encoders quick resnet18] [--rounds 7] [--threads 1]

The recipe transforms one PIL image at a time and sends the two views through the network one after the other; ours augments the batch
and sends both views together, in channels-last layout, in bfloat16 where the machine gains from it. Network, weights, temperature and
optimizer are the same. Before anything is timed, loss and weights after a step must agree on the same views (in evaluation mode, because
batch normalisation over one view is not that over both). The last table says what a step of ours spends where.
"""

import argparse
import copy
import statistics as stats
from collections.abc import Callable
from functools import partial

import torch
from PIL import Image
from torch import Tensor, nn

from course_tools.checks import bank
from course_utils.data.images import load_images
from course_utils.encoders import Encoder
from course_utils.machine import bf16_helps
from course_utils.precision import MixedPrecision
from course_utils.simclr import Augmentation, resnet18_cifar
from course_utils.simclr.profiles import PROFILES
from course_utils.tables import text_table

from ._timing import conditions, faster, interleaved, started

ENCODERS = {"quick": (PROFILES["quick"].encoder, 128), "resnet18": (resnet18_cifar, 16)}  # and images a step
TEMPERATURE = 0.5


class Ours:
    """The notebook's step on a batch."""

    def __init__(self, encoder: Encoder, head: nn.Module) -> None:
        self.encoder, self.head = encoder, head
        self.fast = MixedPrecision(encoder) if bf16_helps("cpu") else encoder
        self.optimizer = sgd(encoder, head)
        self.train_step, self.loss = bank.reference("simclr/train_step"), bank.reference("simclr/nt_xent")
        self.augment = Augmentation()

    def step(self, view_1: Tensor, view_2: Tensor) -> float:
        return self.train_step(self.fast, self.head, self.optimizer, view_1, view_2, self.loss, TEMPERATURE)

    def whole(self, images: Tensor) -> float:
        return self.step(*self.augment.two_views(images))


class Lightly:
    """The loop of lightly's example (examples/pytorch/simclr.py) with the same network."""

    def __init__(self, encoder: Encoder, head: nn.Module) -> None:
        from lightly.loss import NTXentLoss
        from lightly.transforms import SimCLRTransform

        body = copy.deepcopy(encoder.body).to(memory_format=torch.contiguous_format)
        self.model = nn.Sequential(body, copy.deepcopy(head))
        self.optimizer = sgd(self.model)
        self.criterion = NTXentLoss(TEMPERATURE)
        normalize = {"mean": [0.5] * 3, "std": [0.25] * 3}
        self.transform = SimCLRTransform(
            input_size=32, cj_strength=0.5, min_scale=0.2, gaussian_blur=0.0, normalize=normalize
        )

    def step(self, view_1: Tensor, view_2: Tensor) -> float:
        """On views that are normalised already."""
        z_1, z_2 = self.model(view_1), self.model(view_2)
        loss = self.criterion(z_1, z_2)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()

    def whole(self, pictures: list[Image.Image]) -> float:
        views = zip(*map(self.transform, pictures), strict=True)
        return self.step(*(torch.stack(view) for view in views))


def sgd(*modules: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD([p for module in modules for p in module.parameters()], lr=0.06)


def assert_equal(make: Callable[[], tuple[Encoder, nn.Module]], views: tuple[Tensor, Tensor]) -> None:
    """Both take one step from the same weights, in float64 and evaluation mode, and must end at the same ones."""
    encoder, head = (part.double().eval() for part in make())
    ours, theirs = Ours(encoder, head), Lightly(encoder, head)
    before = torch.cat([p.detach().flatten() for p in encoder.parameters()])
    ours.fast, views = encoder, tuple(view.double() for view in views)
    a, b = ours.step(*views), theirs.step(*((view - 0.5) * 4 for view in views))
    assert abs(a - b) < 1e-9 * b, f"our loss is {a!r}, lightly's {b!r}"
    after, other = (torch.cat([p.detach().flatten() for p in m.parameters()]) for m in (encoder, theirs.model[0]))
    assert (after - other).norm() < 1e-6 * (other - before).norm(), "the steps end at different weights"


def parts(ours: Ours, images: Tensor) -> dict[str, Callable[[], object]]:
    """The pieces of a step of ours, each alone; the encoder with its backward pass."""
    views = torch.cat(ours.augment.two_views(images))
    upstream = torch.randn_like(ours.encoder(views)) / len(views)
    h = torch.randn_like(upstream)

    def head_and_loss() -> None:
        z_1, z_2 = ours.head(h.requires_grad_()).chunk(2)
        ours.loss(z_1, z_2, TEMPERATURE).backward()

    return {
        "encoder": lambda: ours.fast(views).backward(upstream),
        "augmentation": lambda: ours.augment.two_views(images),
        "head and loss": head_and_loss,
        "optimizer": lambda: ours.optimizer.step(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoders", nargs="+", choices=ENCODERS, default=list(ENCODERS))
    args = started(parser, rounds=7)
    everything = load_images().train_images
    print(f"bfloat16: {'on' if bf16_helps('cpu') else 'emulated here, so off'}; {conditions(args.rounds)}")
    for name in args.encoders:
        make_encoder, count = ENCODERS[name]

        def make(make_encoder: Callable[[], Encoder] = make_encoder) -> tuple[Encoder, nn.Module]:
            encoder = make_encoder()
            return encoder, nn.Sequential(nn.Linear(encoder.dim, 128), nn.ReLU(), nn.Linear(128, 64))

        images = everything[:count]
        pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]
        views = Augmentation().two_views(images)
        assert_equal(make, views)
        encoder, head = make()
        ours, theirs = Ours(encoder, head), Lightly(encoder, head)
        seconds = interleaved(
            {
                "step on given views, lightly": partial(theirs.step, *((view - 0.5) * 4 for view in views)),
                "step on given views, ours": partial(ours.step, *views),
                "from images, lightly": partial(theirs.whole, pictures),
                "from images, ours": partial(ours.whole, images),
            },
            args.rounds,
        )
        rows = []
        for row, values in seconds.items():
            kind, _, who = row.rpartition(", ")
            ratio = faster(values, seconds[f"{kind}, ours"]) if who == "lightly" else ""
            rows.append((row, f"{count / stats.median(values):.1f}", ratio))
        head = (f"{name}, {count} images a step", "images/s", "ours is faster by")
        print(f"\n{text_table(head, rows, right=[1, 2])}")
        spent = {part: stats.median(v) for part, v in interleaved(parts(ours, images), args.rounds).items()}
        total = sum(spent.values())
        print("ours: " + ", ".join(f"{part} {seconds / total:.1%}" for part, seconds in spent.items()))


if __name__ == "__main__":
    main()
