"""The batched augmentations: each operation equal to torchvision's, the pipeline equal to it in distribution."""

import math

import pytest
import torch
from torch import Generator, Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from course_utils.data.images import load_images
from course_utils.simclr import operations
from course_utils.simclr.augment import Augmentation
from course_utils.simclr.operations import adjust_hue, blend, gaussian_blur, luma, resize_matrix, separable
from tests.simclr.distribution import different, ks_distance, torchvision_pipeline

VIEWS = 1200


@pytest.fixture(scope="module")
def images() -> Tensor:
    """16 photographs as floats, one of which is made gray, one saturated and one with its green and blue equal."""
    images = load_images().test_images[:16] / 255.0
    images[0] = images[0].mean(0)
    images[1] = images[1].round()
    images[2, 1] = images[2, 2]
    return images


@pytest.fixture
def factors() -> Tensor:
    return torch.linspace(0.0, 1.9, 16)


def each(function: object, images: Tensor, values: Tensor) -> Tensor:
    return torch.stack([function(image, value.item()) for image, value in zip(images, values, strict=True)])


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        (operations.BRIGHTNESS, F.adjust_brightness),
        (operations.CONTRAST, F.adjust_contrast),
        (operations.SATURATION, F.adjust_saturation),
    ],
)
def test_blend_is_torchvisions(kind: int, reference: object, images: Tensor, factors: Tensor) -> None:
    ours = blend(images.clone(), torch.full((16,), kind), factors)
    torch.testing.assert_close(ours, each(reference, images, factors), atol=1e-5, rtol=0)


def test_images_of_one_batch_can_take_different_adjustments(images: Tensor, factors: Tensor) -> None:
    kind = torch.arange(16) % 3
    together = blend(images.clone(), kind, factors)
    alone = [blend(images[k : k + 1].clone(), kind[k : k + 1], factors[k : k + 1]) for k in range(16)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_hue_is_torchvisions(images: Tensor) -> None:
    shift = torch.linspace(-0.5, 0.5, 16)
    torch.testing.assert_close(adjust_hue(images, shift), each(F.adjust_hue, images, shift), atol=1e-5, rtol=0)
    in_place = images.clone()
    assert torch.equal(adjust_hue(in_place, shift, out=in_place), adjust_hue(images, shift))


def test_hue_of_the_pure_colours() -> None:
    corners = torch.tensor([[r, g, b] for r in (0.0, 1.0) for g in (0.0, 1.0) for b in (0.0, 1.0)]).T.reshape(
        1, 3, 2, 4
    )
    third = adjust_hue(corners, torch.tensor([1 / 3]))
    torch.testing.assert_close(third, corners[:, [2, 0, 1]], atol=1e-5, rtol=0)  # red -> green -> blue -> red


def test_luma_is_torchvisions(images: Tensor) -> None:
    torch.testing.assert_close(luma(images), F.rgb_to_grayscale(images), atol=1e-6, rtol=0)


@pytest.mark.parametrize("box", [(0, 0, 32, 32), (5, 3, 17, 22), (31, 0, 1, 32), (12, 20, 14, 12)])
@pytest.mark.parametrize("mirror", [False, True])
def test_crop_and_flip_are_torchvisions(box: tuple[int, int, int, int], mirror: bool, images: Tensor) -> None:
    top, left, height, width = (torch.full((16,), float(value)) for value in box)
    rows = resize_matrix(top, height, 32)
    columns = resize_matrix(left, width, 32, mirror=torch.full((16,), mirror))
    reference = F.resized_crop(images, *box, [32, 32], antialias=True)
    reference = F.horizontal_flip(reference) if mirror else reference
    torch.testing.assert_close(separable(images, rows, columns), reference, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("side", "kernel"), [(32, 3), (96, 9)])
def test_blur_is_torchvisions(side: int, kernel: int, images: Tensor) -> None:
    large = F.resize(images[:4], [side, side])
    sigma = torch.tensor([0.1, 0.5, 1.0, 2.0])
    reference = each(lambda image, s: F.gaussian_blur(image, [kernel, kernel], [s, s]), large, sigma)
    torch.testing.assert_close(gaussian_blur(large, sigma), reference, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("color", "blur", "which"), [(0.5, 0.0, 5), (1.0, 0.5, 9)])
def test_views_have_torchvisions_distribution(color: float, blur: float, which: int, images: Tensor) -> None:
    torch.manual_seed(0)
    many = images[which].expand(VIEWS, -1, -1, -1)
    reference = torchvision_pipeline(color=color, blur=blur)
    theirs = torch.stack([reference(image) for image in many])
    ours = Augmentation(color=color, blur=blur)(many, Generator().manual_seed(1))
    assert different(ours, theirs) == {}


def test_the_jitter_order_is_random_as_torchvisions(images: Tensor) -> None:
    """At full strength clamping makes the order visible: the same test tells a fixed order from a random one."""
    torch.manual_seed(0)
    image = images[5:6].expand(3000, -1, -1, -1)
    only_color = Augmentation(crop=False, flip=0, color=1.0, color_p=1.0, gray=0)
    jitter = v2.ColorJitter(0.8, 0.8, 0.8, 0.2)
    theirs = torch.stack([jitter(one) for one in image])
    assert different(only_color(image, Generator().manual_seed(2)), theirs) == {}
    fixed = [0.2 + 1.6 * torch.rand(3000) for _ in range(3)]
    ordered = image.clone()
    for kind in (operations.SATURATION, operations.CONTRAST, operations.BRIGHTNESS):
        blend(ordered, torch.full((3000,), kind), fixed[kind])
    assert different(adjust_hue(ordered, 0.4 * torch.rand(3000) - 0.2), theirs) != {}


def test_the_comparison_tells_one_set_of_parameters_for_the_batch(images: Tensor) -> None:
    torch.manual_seed(0)
    one_image = images[5:6].expand(300, -1, -1, -1)
    reference = torchvision_pipeline()
    theirs = torch.stack([reference(image) for image in one_image])
    one_view_of_all = Augmentation()(images[5:6], Generator().manual_seed(0)).expand(300, -1, -1, -1)
    assert len(different(one_view_of_all, theirs)) >= 6


def test_crop_boxes_have_torchvisions_distribution() -> None:
    torch.manual_seed(0)
    ramp = torch.arange(32) / 32
    position = torch.stack([ramp.expand(32, 32), ramp[:, None].expand(32, 32), torch.zeros(32, 32)])
    only_crop = Augmentation(flip=0, color=0, gray=0)
    views = only_crop(position.expand(4000, -1, -1, -1), Generator().manual_seed(3)) * 32
    left, right, top, bottom = views[:, 0, 0, 0], views[:, 0, 0, -1], views[:, 1, 0, 0], views[:, 1, -1, 0]
    ours = torch.stack([top, left, bottom - top + 1, right - left + 1]).round().long()
    boxes = [v2.RandomResizedCrop(32, scale=(0.2, 1.0)).make_params([position]) for _ in range(4000)]
    theirs = torch.tensor([[box[key] for key in ("top", "left", "height", "width")] for box in boxes]).T
    for a, b in zip(ours, theirs, strict=True):
        assert ks_distance(a, b) < 2.3
    assert ks_distance(ours[2] * ours[3], theirs[2] * theirs[3]) < 2.3
    assert ks_distance(ours[2] / ours[3], theirs[2] / theirs[3]) < 2.3


def test_probabilities(images: Tensor) -> None:
    n = 4000
    many = images[5:6].expand(n, -1, -1, -1)
    generator = Generator().manual_seed(4)
    plain = {"crop": False, "flip": 0.0, "color": 0.0, "gray": 0.0}
    changed = {
        switch: (Augmentation(**plain | {switch: value})(many, generator) - many).abs().amax((1, 2, 3)) > 1e-3
        for switch, value in {"flip": 0.5, "color": 0.5, "gray": 0.2, "blur": 0.3}.items()
    }
    for switch, p in {"flip": 0.5, "color": 0.8, "gray": 0.2, "blur": 0.3}.items():
        assert changed[switch].float().mean().item() == pytest.approx(p, abs=4.5 * math.sqrt(p * (1 - p) / n)), switch
    assert torch.equal(Augmentation(**plain)(many), many)


def test_views_are_seeded_independent_and_leave_the_images_alone(images: Tensor) -> None:
    pixels = (images * 255).round().to(torch.uint8)
    before = pixels.clone()
    view_1, view_2 = Augmentation(blur=0.5).two_views(pixels, Generator().manual_seed(5))
    again, _ = Augmentation(blur=0.5).two_views(pixels / 255.0, Generator().manual_seed(5))
    assert torch.equal(view_1, again)
    assert (view_1 - view_2).abs().amax((1, 2, 3)).min() > 0.01
    assert view_1.dtype == torch.float32
    assert 0 <= view_1.min() <= view_1.max() <= 1 + 1e-6
    assert torch.equal(pixels, before)
    floats = images.clone()
    Augmentation(crop=False, flip=0, color=0, gray=1.0)(floats)
    assert torch.equal(floats, images)


def test_view_k_is_of_image_k() -> None:
    black_or_white = (torch.arange(300) % 3 == 0).float()[:, None, None, None].expand(-1, 3, 16, 16)
    view = Augmentation(blur=0.5)(black_or_white, Generator().manual_seed(6))
    assert ((view.mean((1, 2, 3)) > 0.1) == (torch.arange(300) % 3 == 0)).all()  # black stays black in every view


def test_rectangles_and_wrong_shapes() -> None:
    assert Augmentation(blur=1.0)(torch.rand(3, 3, 24, 40)).shape == (3, 3, 24, 40)
    with pytest.raises(ValueError, match=r"\(n, 3, height, width\), got \(3, 32, 32\)"):
        Augmentation()(torch.rand(3, 32, 32))
