"""Encoders of images: sizes, shapes, and features that do not disturb them."""

import pytest
import torch

from course_utils.encoders import Encoder, features, resnet18_cifar, resnet50_cifar, small_resnet


@pytest.mark.parametrize(
    ("make", "millions", "dim"),
    [(small_resnet, 0.0774, 64), (resnet18_cifar, 11.17, 512), (resnet50_cifar, 23.5, 2048)],
)
def test_encoders(make: type[Encoder], millions: float, dim: int) -> None:
    encoder = make().eval()
    assert sum(p.numel() for p in encoder.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)
    assert encoder.dim == dim
    assert encoder(torch.rand(2, 3, 32, 32)).shape == (2, dim)


def test_small_resnet_grows() -> None:
    assert small_resnet(8, blocks=2)(torch.rand(2, 3, 40, 40)).shape == (2, 32)


def test_widths_that_crash_the_cpu_kernel_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8, got 12"):
        small_resnet(12)


def test_features_take_both_kinds_of_pixels_and_restore_the_mode() -> None:
    encoder = small_resnet(8).train()
    images = torch.randint(0, 256, (7, 3, 32, 32), dtype=torch.uint8)
    h = features(encoder, images, batch_size=3)
    assert encoder.training
    assert not h.requires_grad
    torch.testing.assert_close(h, features(encoder, images / 255.0))
    torch.testing.assert_close(h, encoder.eval()(images / 255.0))
    features(encoder, images)
    assert not encoder.training
