"""Batched windows against the sliding window of transformers' documentation, and what happens when memory runs out."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from course_utils.errors import CourseError
from course_utils.models.perplexity import causal_nll, perplexity
from course_utils.progress import Progress
from tests.models.sliding import sliding_window_nll

VOCABULARY = 61


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = GPTNeoXConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.5,  # far from uniform, so that context matters
        attention_dropout=0.3,
        hidden_dropout=0.3,
    )
    return GPTNeoXForCausalLM(config)


def text(n: int) -> torch.Tensor:
    return torch.randint(VOCABULARY, (n,), generator=torch.Generator().manual_seed(n))


@pytest.mark.parametrize("length", [2, 15, 16, 17, 24, 25, 100, 131])
@pytest.mark.parametrize("stride", [1, 5, 8, 15])
def test_agrees_with_the_sliding_window(model, length, stride):
    tokens = text(length)
    ours = causal_nll(model.train(), tokens, context=16, stride=stride, batch_size=3)
    assert model.training  # as it was
    theirs = sliding_window_nll(model.eval(), tokens, 16, stride)
    assert ours.shape == (length - 1,)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert perplexity(ours) == pytest.approx(math.exp(theirs.mean()), rel=1e-5)


@pytest.mark.parametrize(("layers", "parallel"), [(1, True), (4, True), (2, False)])
def test_depths_and_layers_agree_too(layers, parallel):
    torch.manual_seed(layers)
    model = GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=5_000,  # more than is looked at together
            hidden_size=32,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=64,
            initializer_range=0.5,
            use_parallel_residual=parallel,
        )
    ).eval()
    tokens = torch.randint(5_000, (60,))
    ours, theirs = causal_nll(model, tokens, 16, 6), sliding_window_nll(model, tokens, 16, 6)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-5)


def test_context_matters_here(model):
    tokens = text(100)
    ours, other = (causal_nll(model, tokens, 16, stride) for stride in (1, 15))
    assert (ours - other).abs().max() > 0.1  # so the agreement above tells where each window starts


def test_progress_counts_every_token(model):
    bar = Progress("scoring", total=99)
    causal_nll(model, text(100), 16, progress=bar)
    assert bar.done >= 99


class Hungry(nn.Module):
    """Runs out of memory beyond `limit` windows; gives every token the same probability."""

    def __init__(
        self, limit: int, error: type[BaseException] = torch.OutOfMemoryError, words: str = "CUDA out of memory"
    ):
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))
        self.limit, self.error, self.words, self.seen = limit, error, words, []

    def forward(self, inputs, use_cache, logits_to_keep):
        self.seen.append(len(inputs))
        if len(inputs) > self.limit:
            raise self.error(self.words)
        return SimpleNamespace(logits=torch.zeros(len(inputs), len(logits_to_keep), VOCABULARY))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError, "CUDA out of memory"),
        (RuntimeError, "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        (MemoryError, ""),
    ],
)
def test_out_of_memory_halves_the_batch_and_says_so(capsys, error, words):
    hungry = Hungry(3, error, words)
    nll = causal_nll(hungry, text(400), context=16, stride=8, batch_size=10)
    assert nll.tolist() == pytest.approx([math.log(VOCABULARY)] * 399)
    assert hungry.seen[:4] == [1, 10, 5, 2]
    assert "out of memory with 10 windows together; going on with 5" in capsys.readouterr().out


def test_a_single_window_too_large_is_said():
    with pytest.raises(CourseError, match="single window"):
        causal_nll(Hungry(0), text(40), context=16)


def test_other_errors_are_not_swallowed():
    with pytest.raises(RuntimeError, match="shapes"):
        causal_nll(Hungry(0, RuntimeError, "shapes do not fit"), text(40), context=16)


@pytest.mark.parametrize(("tokens", "stride"), [(text(1), 8), (text(9)[None], 8), (text(9), 16), (text(9), -1)])
def test_sizes_that_do_not_fit(model, tokens, stride):
    with pytest.raises(ValueError, match="stride"):
        causal_nll(model, tokens, 16, stride)
