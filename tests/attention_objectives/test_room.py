"""What the notebook is given: data, measures, models and recorded runs, against scikit-learn, loops and definitions."""

import hashlib
import itertools
import math
import warnings

import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances_argmin, roc_auc_score

from course_utils.attention_objectives import (
    PROFILES,
    SentenceEncoder,
    Transformer,
    alignment,
    as_bytes,
    flops_per_token,
    held_out,
    image_views,
    in_function_word,
    neighbouring_sentences,
    optimise,
    probe_accuracy,
    recorded,
    retrieval,
    scrambled,
    sentence_surprise,
    spectrum,
    uniformity,
    windows,
)
from course_utils.attention_objectives.training import schedule
from course_utils.data import load_text, sentences
from course_utils.errors import CourseError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", range(5))
def test_auc_is_scikit_learns(answer, seed):
    g = generator(seed)
    normal, strange = torch.randint(6, (30,), generator=g).double(), torch.randint(1, 8, (20,), generator=g).double()
    labels = [0] * 30 + [1] * 20
    expected = roc_auc_score(labels, torch.cat([normal, strange]).numpy())
    assert answer("auc")(normal, strange).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_palette_is_scikit_learns_k_means(answer, steps):
    pixels = torch.rand(200, 3, generator=generator(), dtype=torch.float64)
    start = pixels[:5].clone()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged after these steps
        theirs = KMeans(5, init=start.numpy(), n_init=1, max_iter=steps, tol=0, algorithm="lloyd").fit(pixels.numpy())
    ours = answer("palette")(pixels, start, theirs.n_iter_)
    assert torch.allclose(ours, torch.from_numpy(theirs.cluster_centers_), atol=1e-9)


def test_sequences_are_scikit_learns_nearest_colours(answer):
    images = torch.randint(256, (3, 3, 5, 4), generator=generator(), dtype=torch.uint8)
    colors = torch.randint(256, (9, 3), generator=generator(1), dtype=torch.uint8)
    found = answer("to_sequence")(images, colors)
    for image, row in zip(images, found, strict=True):
        pixels = [image[:, y, x].tolist() for y in range(5) for x in range(4)]
        assert row.tolist() == pairwise_distances_argmin(pixels, colors.numpy()).tolist()


def test_probe_is_scikit_learns_ridge():
    g = generator()
    x, z = torch.randn(300, 6, generator=g), torch.randn(200, 6, generator=g)
    y, test_y = (x[:, 0] + 0.3 * x[:, 1] > 0).long(), (z[:, 0] + 0.3 * z[:, 1] > 0).long()
    scale = (x - x.mean(0)) / x.std(0), (z - x.mean(0)) / x.std(0)
    ridge = Ridge(alpha=0.01 * 300).fit(scale[0].numpy(), torch.nn.functional.one_hot(y).numpy())
    expected = (ridge.predict(scale[1].numpy()).argmax(1) == test_y.numpy()).mean()
    assert probe_accuracy(x, y, z, test_y) == pytest.approx(expected)


def test_measures_of_embeddings_by_their_definitions():
    a, b = torch.randn(6, 4, generator=generator()), torch.randn(6, 4, generator=generator(1))
    u, v = (z / z.norm(dim=1, keepdim=True) for z in (a, b))
    assert alignment(a, b) == pytest.approx(sum((u[i] - v[i]).norm().item() ** 2 for i in range(6)) / 6, abs=1e-5)
    pairs = [math.exp(-2 * (u[i] - u[j]).norm().item() ** 2) for i in range(6) for j in range(i)]
    assert uniformity(a) == pytest.approx(math.log(sum(pairs) / len(pairs)), abs=1e-5)
    assert spectrum(a).sum().item() == pytest.approx(1) and (spectrum(a).diff() <= 0).all()
    assert alignment(a, a) == pytest.approx(0, abs=1e-6)


def test_retrieval_counts_what_is_nearer():
    candidates = torch.eye(4)
    assert retrieval(candidates, candidates) == 1
    assert retrieval(candidates.roll(1, 0) + 0.5 * candidates, candidates) == 0
    assert retrieval(candidates.roll(1, 0) + 0.5 * candidates, candidates, top=2) == 1


def test_windows_and_bytes():
    corpus = load_text("sotu")
    data = as_bytes(corpus, "test")
    assert len(data) == corpus.bytes["test"] + len(corpus.test) - 1
    rows = windows(data, 20, 30, generator())
    text = bytes(data.tolist())
    assert all(bytes(row) in text for row in rows.tolist())


def test_letters_of_function_words():
    row = torch.tensor([list(b"ate the cat, Of THE U")])
    labels, letters = in_function_word(row)
    shown = "".join(chr(b) if keep else "." for b, keep in zip(row[0].tolist(), letters[0].tolist(), strict=True))
    assert shown == "....the.cat..Of.THE.."
    assert "".join("01"[x] for x in labels[0, letters[0]]) == "111" + "000" + "11" + "111"


def test_neighbours_follow_each_other():
    corpus = load_text("sotu")
    for first, second in neighbouring_sentences(corpus, "val", 5, generator()):
        assert any((first, second) in itertools.pairwise(s) for s in (sentences(d.text) for d in corpus.val))


def test_scrambled_keeps_the_words():
    text = "we are grateful to the Congress for this"
    assert sorted(scrambled(text, generator()).split()) == sorted(text.split()) and scrambled(text, generator()) != text


def test_held_out_texts_are_held_out(neox):
    corpus = load_text("sotu")
    ids = held_out(corpus, neox, 30, 1)
    assert ids[0] == neox.tokenizer.cls_token_id and len(ids) == 30
    assert neox.tokenizer.decode(ids[1:]) in corpus.test[1].text


def test_surprise_of_a_batch_is_that_of_single_sentences(neox):
    texts = ["Peace abroad.", "The state of our Union is strong, and we are grateful."]
    together = sentence_surprise(neox, texts)
    for text, value in zip(texts, together, strict=True):
        ids = neox.tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            assert value.item() == pytest.approx(neox.model(ids, labels=ids).loss.item(), abs=1e-4)


def test_mirrored_views():
    pictures = torch.arange(12).view(1, 12).repeat(3, 1)[:, :9]
    found = image_views(pictures, 200, 3, generator())
    kinds = {tuple(row) for row in found.tolist()}
    assert kinds == {(0, 1, 2, 3, 4, 5, 6, 7, 8), (2, 1, 0, 5, 4, 3, 8, 7, 6)}


def test_the_sentence_encoder_ignores_padding(bert):
    encoder = SentenceEncoder(bert, 0.1)
    assert bert.tokenizer.pad_token_id == 0 and not encoder.training
    short, long = "Peace abroad.", "The state of our Union is strong, and we are grateful to the Congress."
    with torch.no_grad():
        both, alone = encoder(encoder.batch([short, long])), encoder(encoder.batch([short]))
    assert torch.allclose(both[0], alone[0], atol=1e-5)
    assert bert.model.bert is not encoder.bert
    rates = {module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)}
    assert rates == {0.1}


def test_the_transformer_computes_with_what_it_is_given(answer):
    torch.manual_seed(0)
    ids, mask = torch.randint(9, (2, 5)), torch.ones(5, 5, dtype=torch.bool).tril()
    model = Transformer(9, 5, 8, 2, 2)
    expected = model(ids, mask)
    model.multi_head, model.block = answer("multi_head"), answer("block")
    assert torch.allclose(model(ids, mask), expected, atol=1e-5)
    assert len(model.hidden(ids, mask)) == 3
    assert flops_per_token(model) == 6 * (2 * (4 * 64 + 2 * 8 * 32) + 8 * 9)


def test_optimise_learns_and_leaves_evaluation_mode():
    torch.manual_seed(0)
    model = Transformer(5, 4, 8, 1, 2)
    ids = torch.tensor([[0, 1, 2, 3]])

    def loss():
        return torch.nn.functional.cross_entropy(model(ids)[0, :-1], ids[0, 1:])

    losses = optimise(model, loss, 60, description="test")
    assert len(losses) == 60 and losses[-1] < 0.2 * losses[0] and not model.training
    assert schedule(0, 100) < schedule(10, 100) > schedule(99, 100) > 0.09


def test_profiles_grow():
    assert PROFILES["smoke"].steps < PROFILES["quick"].steps < PROFILES["gpu"].steps


def test_the_recorded_run_is_whole():
    rows = recorded("objectives")
    assert {row["objective"] for row in rows} == {"causal", "masked", "prefix"}
    assert all(0.5 < row["represent"] < 1 and 0 < row["continue"] < 6 for row in rows)


@pytest.mark.parametrize(("damage", "message"), [("absent", "missing"), ("changed", "corrupt")])
def test_a_damaged_recording_is_refused(tmp_path, monkeypatch, damage, message):
    (tmp_path / "objectives.csv").write_text("objective,step\ncausal,1\n")
    checksum = hashlib.sha256((tmp_path / "objectives.csv").read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{checksum}  objectives.csv\n")
    monkeypatch.setattr("course_utils.attention_objectives.recordings.FOLDER", tmp_path)
    assert recorded("objectives") == [{"objective": "causal", "step": 1.0}]
    if damage == "absent":
        (tmp_path / "objectives.csv").unlink()
    else:
        (tmp_path / "objectives.csv").write_text("objective,step\ncausal,2\n")
    with pytest.raises(CourseError, match=message):
        recorded("objectives")
