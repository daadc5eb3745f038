"""The two shortcuts."""

import itertools

import pytest
import torch

from course_utils.ssl_families import jigsaw

ORDERS = torch.tensor(list(itertools.permutations(range(4))))


def smooth(n: int) -> torch.Tensor:
    """Images in which brightness rises along rows and columns, each at its own rate."""
    rate = 0.2 + torch.rand(n, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    rows, columns = torch.linspace(0, 1, 16)[:, None], torch.linspace(0, 1, 16)[None]
    return (rate * (rows + 0.4 * columns)).clamp(0, 2) / 2


def test_pieces_without_a_gap_are_the_quarters():
    images = torch.rand(3, 3, 8, 8)
    pieces = jigsaw.cut(images, 0)
    assert torch.equal(pieces[:, 1], images[:, :, :4, 4:])
    assert torch.equal(pieces[:, 2], images[:, :, 4:, :4])


def test_pieces_with_a_gap_are_windows_of_their_quarter():
    images = torch.arange(64.0).view(1, 1, 8, 8)
    pieces = jigsaw.cut(images.expand(50, 1, 8, 8), 2, torch.Generator().manual_seed(0))
    assert pieces.shape == (50, 4, 1, 2, 2)
    corner = pieces[:, 3, 0, 0, 0]
    assert {(int(v) // 8, int(v) % 8) for v in corner} == {(r, c) for r in (4, 5, 6) for c in (4, 5, 6)}
    with pytest.raises(ValueError, match="gap"):
        jigsaw.cut(images, 4)


def test_smooth_pictures_are_solved_and_noise_is_not():
    g = torch.Generator().manual_seed(1)
    assert jigsaw.solve_by_seams(smooth(40), ORDERS, 0, g) == 1.0
    noise = torch.rand(600, 3, 8, 8, generator=g)
    assert jigsaw.solve_by_seams(noise, ORDERS, 0, g) == pytest.approx(1 / 24, abs=0.04)


def test_puzzles_show_the_pieces_in_the_given_order():
    images = torch.rand(1, 3, 8, 8)
    assert torch.equal(jigsaw.shuffled(images, ORDERS[:1]), images)
    swapped = jigsaw.shuffled(images, torch.tensor([[1, 0, 2, 3]]))
    assert torch.equal(swapped[..., :4, :4], images[..., :4, 4:])
    assert (jigsaw.shuffled(images, ORDERS[:1], gap=2)[..., 3:5, :] == 1).all()


def test_the_stamp_is_the_same_everywhere_and_nothing_else_changes():
    images = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    stamped = jigsaw.stamp(images)
    assert (stamped[:, :, -3, -5] == torch.tensor([255, 140, 0], dtype=torch.uint8)).all()
    assert (stamped != images).any(1).sum((1, 2)).max() <= 12
    assert torch.equal(stamped[..., :24], images[..., :24])
