"""The room: recorded files, views, worlds, loops, captions and episodes."""

import pytest
import torch
from torch import nn

from course_tools.checks import bank
from course_utils.data.recordings import content
from course_utils.errors import CourseError
from course_utils.few_labels import (
    PROFILES,
    WORLDS,
    accuracy,
    adapt,
    choose,
    classify,
    corruptions,
    draw_points,
    episodes,
    features,
    light_view,
    pretrained,
    reveal,
    set_head,
    strong_view,
    telephone_calls,
    train_jointly,
    untrained,
    write_captions,
)
from course_utils.few_labels.captions import ATTRIBUTES, Vocabulary, describe, learn_shared_space
from course_utils.few_labels.files import FOLDER
from course_utils.few_labels.joint import Networks

IMAGES = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def answer(name: str):
    return bank.reference(f"few_labels/{name}")


def test_recorded_files_are_checked(tmp_path):
    assert len(telephone_calls().years) == 24
    with pytest.raises(CourseError, match=r"phones\.csv is missing"):
        content(tmp_path, "phones.csv")
    (tmp_path / "phones.csv").write_text("year,millions\n")
    (tmp_path / "SHA256SUMS").write_text((FOLDER / "SHA256SUMS").read_text())
    with pytest.raises(CourseError, match=r"phones\.csv is corrupt"):
        content(tmp_path, "phones.csv")


def test_the_pretrained_encoder_knows_more_than_a_new_one():
    from course_utils.data import load_images

    data = load_images().subset(1000, 500)

    def worth(encoder) -> float:
        train, test = features(encoder, data.train_images), features(encoder, data.test_images)
        return accuracy(answer("ridge_probe")(train, data.train_labels, test, 10, 10.0), data.test_labels)

    torch.manual_seed(0)
    assert worth(pretrained()) > worth(untrained()) + 0.1


def test_views_are_pictures_and_repeat_with_their_seed():
    for view in (light_view, strong_view):
        x = view(IMAGES, generator())
        assert x.shape == IMAGES.shape and x.min() >= 0 and x.max() <= 1
        assert torch.equal(x, view(IMAGES, generator())) and not torch.equal(x, view(IMAGES, generator(1)))


def test_a_light_view_moves_and_mirrors_only():
    picture = torch.arange(32 * 32, dtype=torch.float32).view(1, 1, 32, 32).expand(200, 3, 32, 32) / 1024
    x = light_view(picture, generator())[:, 0, 8:24, 8:24]
    step = (x[:, :, 1:] - x[:, :, :-1]) * 1024
    assert set(step.round().unique().tolist()) == {-1.0, 1.0}
    assert 60 < (step[:, 0, 0] < 0).sum() < 140
    assert (((x[:, 1:] - x[:, :-1]) * 1024).round() == 32).all()


def test_corruptions_stay_in_range_and_change_every_picture():
    for name, x in corruptions(IMAGES).items():
        assert x.shape == IMAGES.shape and x.min() >= 0 and x.max() <= 1, name
        assert ((x - IMAGES / 255).abs().amax(dim=(1, 2, 3)) > 0.01).all(), name


def test_choose_takes_as_many_of_each_class():
    labels = torch.arange(50) % 5
    chosen = choose(labels, 3, generator())
    assert torch.bincount(labels[chosen]).tolist() == [3] * 5 and len(set(chosen.tolist())) == 15
    with pytest.raises(CourseError, match="11 labels a class"):
        choose(labels, 11, generator())


def test_adapting_trains_both_parts_and_repeats():
    def run(seed: int) -> list[float]:
        torch.manual_seed(0)
        encoder, head = untrained(8), nn.Linear(32, 2)
        optimizer = torch.optim.AdamW(answer("parameter_groups")(encoder, head, 1e-3, 1e-2))
        return adapt(encoder, head, IMAGES, torch.arange(40) % 2, optimizer, answer("scale_rates"), steps=4, seed=seed)

    assert run(0) == run(0) != run(1)
    encoder, head = untrained(8), nn.Linear(32, 2)
    optimizer = torch.optim.SGD(answer("parameter_groups")(encoder, head, 1e12, 1e12))
    with pytest.raises(CourseError, match="lower the learning rates"):
        adapt(encoder, head, IMAGES, torch.arange(40) % 2, optimizer, answer("scale_rates"), steps=9)


def test_a_probe_becomes_a_layer():
    h, labels = torch.randn(30, 5, generator=generator()), torch.arange(30) % 3

    def probe(x):
        return answer("ridge_probe")(h, labels, x, 3)

    head = set_head(nn.Linear(5, 3), probe, sharpness=10)
    torch.testing.assert_close(classify(nn.Identity(), head, h), 10 * probe(h), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_have_two_classes_and_few_labels(name):
    x, y = WORLDS[name](400, generator())
    known = reveal(y, 4)
    assert len(x) == 400 and 0.3 < y.float().mean() < 0.7
    assert torch.bincount(known + 1).tolist() == [392, 4, 4] and (known == y)[known >= 0].all()


def test_networks_side_by_side_do_not_touch_each_other():
    torch.manual_seed(0)
    networks, x = Networks(3), torch.randn(3, 7, 2)
    for weight, bias in zip(networks.weights, networks.biases, strict=True):
        assert len(weight) == len(bias) == 3
    alone = x[1]
    for layer, (weight, bias) in enumerate(zip(networks.weights, networks.biases, strict=True)):
        alone = (alone.relu() if layer else alone) @ weight[1] + bias[1]
    torch.testing.assert_close(networks(x)[1], alone)


def test_joint_training_repeats_and_uses_the_teacher():
    points = draw_points(WORLDS["all three hold"], draws=2, n=100)
    assert points.x.shape == (2, 100, 2) and points.labelled.shape == (2, 8)

    def loss(weak, strong, told):
        return answer("consistency_loss")(strong, told)

    plain, found = train_jointly(points, loss, 10.0, steps=5)
    assert found == train_jointly(points, loss, 10.0, steps=5)[1] and len(found) == 2
    averaged, _ = train_jointly(points, loss, 10.0, update=answer("mean_teacher_update"), steps=5)
    assert not torch.equal(plain.weights[0], averaged.weights[0])


def test_captions_name_most_pictures_and_descriptions_none():
    labels = torch.arange(1000) % 10
    names = list(ATTRIBUTES)
    captions = write_captions(labels, names, generator())
    named = [name in text for name, text in zip((names[c] for c in labels), captions, strict=True)]
    assert 0.5 < sum(named) / 1000 < 0.7
    assert not any(other in describe(name, generator(i)) for i, name in enumerate(names) for other in names)


def test_a_shared_space_brings_matching_pairs_together():
    names, labels = list(ATTRIBUTES), torch.arange(300) % 10
    h = torch.eye(10)[labels] + 0.1 * torch.randn(300, 10, generator=generator())
    captions = write_captions(labels, names, generator())
    space, vocabulary, losses = learn_shared_space(h, captions, answer("clip_loss"), steps=100)
    assert losses[-1] < losses[0] - 0.5 and "horse" in vocabulary and "zebra" not in vocabulary
    assert Vocabulary(["a b b"]).bag(["b c", "c"]).tolist() == [[0.0, 1.0], [0.0, 0.0]]
    told = space.text(vocabulary.bag([f"a {name}" for name in names]))[:, None]
    assert accuracy(answer("zero_shot_scores")(space.image(h), told), labels) > 0.8


def test_episodes_of_separate_classes_are_easy():
    labels = torch.arange(400) % 8
    h = torch.eye(8)[labels]
    assert episodes(h, labels, answer("prototypes"), ways=5, shots=1, count=5) == (1.0, 0.0)
    noise = torch.randn(400, 4, generator=generator())
    mean, error = episodes(noise, labels, answer("prototypes"), ways=5, shots=1, count=100)
    assert abs(mean - 0.2) < 5 * error


def test_profiles_grow():
    assert PROFILES["smoke"].steps < PROFILES["quick"].steps < PROFILES["gpu"].steps
