"""Two SimCLR views of 32x32 images: ours against torchvision per PIL image, lightly, and kornia, in one interleaved run.

    python -m benchmarks.augmentation [--threads 1] [--rounds 7]

Before anything is timed, our views must have the distribution of torchvision's (and that comparison must tell when they have not).
lightly and kornia get the same parameters; that theirs has the same distribution is not asserted.
"""

import argparse
import statistics as stats
from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor

from course_utils.data.images import load_images
from course_utils.simclr.augment import Augmentation
from course_utils.tables import text_table
from tests.simclr.distribution import different, torchvision_pipeline

from ._timing import conditions, faster, interleaved, started

BATCH = 256


def assert_equal_distributions(images: Tensor, blur: float, views: int = 2000) -> None:
    """Our views of single images must pass the test against torchvision's, and views without colour jitter must fail it."""
    for image in images[[5, 9]].float() / 255:
        many = image.expand(views, -1, -1, -1)
        reference = torchvision_pipeline(blur=blur)
        theirs = torch.stack([reference(one) for one in many])
        found = different(Augmentation(blur=blur)(many), theirs)
        assert not found, f"our views differ from torchvision's: {found}"
        assert different(Augmentation(blur=blur, color=0.0)(many), theirs), "the comparison misses absent colour jitter"


def methods(images: Tensor, blur: float) -> dict[str, Callable[[], object]]:
    """{name: function that makes two float views of the batch}."""
    import kornia.augmentation as K
    from lightly.transforms import SimCLRTransform
    from torchvision.transforms import v2

    pil = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]
    to_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    per_image = torchvision_pipeline(blur=blur)
    lightly = SimCLRTransform(
        input_size=32, cj_strength=0.5, min_scale=0.2, gaussian_blur=blur, sigmas=(0.1, 2.0), normalize=None
    )
    steps = [
        K.RandomResizedCrop((32, 32), scale=(0.2, 1.0)),
        K.RandomHorizontalFlip(0.5),
        K.ColorJitter(0.4, 0.4, 0.4, 0.1, p=0.8),
        K.RandomGrayscale(p=0.2),
    ]
    if blur:
        steps.append(K.RandomGaussianBlur((3, 3), (0.1, 2.0), p=blur))
    batched = K.AugmentationSequential(*steps, data_keys=["input"])
    ours = Augmentation(blur=blur)
    return {
        "ours, batched": lambda: ours.two_views(images),
        "torchvision, per PIL image": lambda: [torch.stack([to_tensor(per_image(x)) for x in pil]) for _ in range(2)],
        "lightly, per PIL image": lambda: [torch.stack(views) for views in zip(*map(lightly, pil), strict=True)],
        "kornia, batched": lambda: [batched(images.float() / 255) for _ in range(2)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args = started(parser, rounds=7)
    images = load_images().train_images
    for blur in (0.0, 0.5):
        assert_equal_distributions(images, blur)
        run = methods(images[:BATCH], blur)
        for views in run.values():  # to warm up
            views()
        seconds = interleaved(run, args.rounds)
        print(f"\nblur {blur:g}, {BATCH} images; {conditions(args.rounds)}")
        rows = [
            (
                name,
                f"{BATCH / stats.median(values):,.0f}",
                faster(values, seconds["ours, batched"]) if name != "ours, batched" else "",
            )
            for name, values in seconds.items()
        ]
        print(text_table(("", "images/s", "ours is faster by"), rows, right=[1]))


if __name__ == "__main__":
    main()
