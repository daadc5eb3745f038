"""Log-probabilities of every token of many texts, under a masked or a causal language model: exact, batched, memory bounded.

A masked model needs one row for each token. Rows of equally long texts share a forward pass, so nothing is padded and no attention
mask is needed, and the output layer is applied at the one position of each row that is asked for.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from course_utils.errors import CourseError
from course_utils.models import LanguageModel

METRICS = ("original", "within_word_l2r")
HEADS = ("cls", "lm_head")  # of BERT's and of RoBERTa's family


@dataclass(frozen=True)
class Question:
    """Position `target` of text number `text`, its token number `place`, with the positions from `target` up to `stop` hidden."""

    text: int
    place: int
    target: int
    stop: int


@torch.inference_mode()
def score_masked(
    lm: LanguageModel, texts: Sequence[str], metric: str = "original", tokens_per_pass: int = 4096, half: bool = False
) -> list[Tensor]:
    """Log-probability of every token given all others; the sum over a text is its pseudo-log-likelihood.

    Args:
        lm: a masked language model of BERT's or RoBERTa's family.
        metric: "original" hides the token alone (Salazar et al. 2020); "within_word_l2r" also the later tokens of its word (Kauf
            & Ivanova 2023).
        tokens_per_pass: bounds the size of a forward pass, and with it the memory.
        half: compute in bfloat16 where that is safe.

    Returns:
        For each text the natural logarithms (n,) of its n tokens, special tokens left out; float32, on the CPU.

    Raises:
        CourseError: an unknown metric; a text too long for the model; a model whose output layer is not known.
    """
    if metric not in METRICS:
        raise CourseError(f"unknown metric {metric!r}; there are: {', '.join(METRICS)}")
    if not texts:
        return []
    encoded = lm.tokenizer(list(texts), return_special_tokens_mask=True)
    rows = [torch.tensor(row) for row in encoded["input_ids"]]
    require_room(lm, rows)
    scores = [torch.zeros(sum(not s for s in special)) for special in encoded["special_tokens_mask"]]
    by_length: dict[int, list[Question]] = defaultdict(list)
    for text, special in enumerate(encoded["special_tokens_mask"]):
        words = encoded.word_ids(text) if metric == "within_word_l2r" else range(len(special))
        by_length[len(special)] += questions(text, words, special)
    head = output_layer(lm.model)
    for length, asked in by_length.items():
        for batch in pieces(asked, max(1, tokens_per_pass // length)):
            found = _ask(lm, head, torch.stack([rows[q.text] for q in batch]), batch, half)
            for question, value in zip(batch, found.tolist(), strict=True):
                scores[question.text][question.place] = value
    return scores


def questions(text: int, words: Sequence[int | None], special: Sequence[int]) -> Iterator[Question]:
    """One for each token that is not special; hidden is what belongs to the same word from there on."""
    asked = (t for t, is_special in enumerate(special) if not is_special)
    for place, target in enumerate(asked):
        stop = target + 1
        while stop < len(words) and words[stop] == words[target]:
            stop += 1
        yield Question(text, place, target, stop)


def _ask(lm: LanguageModel, head: nn.Module, ids: Tensor, batch: Sequence[Question], half: bool) -> Tensor:
    """(n,) log-probabilities of the answers. ids: (n, T), the row of each question."""
    device = lm.model.device
    ids = ids.to(device)
    targets = torch.tensor([q.target for q in batch], device=device)
    stops = torch.tensor([q.stop for q in batch], device=device)
    position = torch.arange(ids.shape[1], device=device)
    hidden = (position >= targets[:, None]) & (position < stops[:, None])
    row = torch.arange(len(ids), device=device)
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        states = lm.model.base_model(torch.where(hidden, lm.tokenizer.mask_token_id, ids)).last_hidden_state
        logits = head(states[row, targets])
    return _log_prob(logits, ids[row, targets])


@torch.inference_mode()
def score_causal(
    lm: LanguageModel, texts: Sequence[str], tokens_per_pass: int = 4096, half: bool = False
) -> list[Tensor]:
    """Log-probability of every token given those before it, behind the token that begins a text (`with_start`).

    Arguments, result and errors as for `score_masked`. Texts of similar length share a forward pass; what is padded on the right cannot
    be seen by a causal model.
    """
    rows = [torch.tensor(with_start(lm.tokenizer, text)) for text in texts]
    require_room(lm, rows)
    scores: list[Tensor] = [torch.empty(0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
    device = lm.model.device
    while order:
        size = max(1, tokens_per_pass // len(rows[order[0]]))
        chosen, order = order[:size], order[size:]
        ids = pad_sequence([rows[i] for i in chosen], batch_first=True).to(device)
        real = torch.arange(1, ids.shape[1], device=device) < torch.tensor(
            [[len(rows[i])] for i in chosen], device=device
        )
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            states = lm.model.base_model(ids).last_hidden_state[:, :-1][real]
            logits = lm.model.get_output_embeddings()(states)
        found = _log_prob(logits, ids[:, 1:][real]).cpu()
        for i, score in zip(chosen, found.split(real.sum(dim=1).tolist()), strict=True):
            scores[i] = score
    return scores


def with_start(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    """The ids of a text behind the token that begins one; without a token that ends it. Raises CourseError if there is none."""
    if tokenizer.bos_token_id is None:
        raise CourseError("this tokenizer has no token that begins a text, so nothing comes before the first one")
    return [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]


def _log_prob(logits: Tensor, answers: Tensor) -> Tensor:
    """(n,) natural log-probabilities, float32. logits: (n, V), answers: (n,)."""
    logits = logits.float()
    return logits.gather(1, answers[:, None]).squeeze(1) - logits.logsumexp(dim=1)


def output_layer(model: PreTrainedModel) -> nn.Module:
    """What turns the states of a masked model, (..., width), into logits. Raises CourseError where there is no such thing."""
    heads = [getattr(model, name) for name in HEADS if hasattr(model, name)]
    if not type(model).__name__.endswith("MaskedLM") or not heads:
        raise CourseError(
            f"{type(model).__name__} is no masked language model like BERT or RoBERTa, which are what is scored here"
        )
    return heads[0]


def require_room(lm: LanguageModel, rows: Sequence[Tensor]) -> None:
    """Raises CourseError if a row is longer than the model's positions."""
    room = getattr(lm.model.config, "max_position_embeddings", None)
    longest = max(map(len, rows), default=0)
    if room and longest > room:
        raise CourseError(f"a text of {longest} tokens; {lm.name} reads {room}: cut it into sentences or windows")


def pieces(items: Sequence[Question], size: int) -> Iterator[Sequence[Question]]:
    return (items[i : i + size] for i in range(0, len(items), size))
