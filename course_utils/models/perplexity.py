"""How surprised a causal language model is by a text: every token scored once, with as much context as the stride leaves it.

A text longer than the model's context is cut into windows that overlap: window k starts at token k * stride, and scores only what no
window before it has scored. Many windows go through the model together, and its output layer sees the scored positions alone.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_utils.errors import CourseError
from course_utils.models.windows import has_parallel_layers, scored_states
from course_utils.progress import Progress

TOKENS_TOGETHER = 2_048  # larger batches are no faster on the machines measured, and need more memory
VOCABULARY_TOGETHER = 512  # on a CPU, entries of the vocabulary whose logits are there at once
LOGITS_TOGETHER = 2**26  # numbers in the logits of one batch: 0.27 GB in float32


def causal_nll(
    model: nn.Module,
    tokens: Tensor,
    context: int,
    stride: int | None = None,
    batch_size: int | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """Negative log-likelihood in nats of each token but the first, given those before it in its window.

    Args:
        model: a causal language model of transformers, already on its device and in the wanted precision.
        tokens: (n,) token ids of one text, n >= 2.
        context: tokens in a window, at most what the model was trained on.
        stride: how far the next window starts, 1 to context - 1; smaller gives more context and costs more. Default: half a window.
        batch_size: windows together. Default: found from the sizes; where memory runs out it is halved, with a note.
        progress: is told how many tokens are scored.

    Returns (n - 1,) float32 on the CPU; `perplexity` turns it into one number. Raises ValueError for sizes that do not fit together,
    CourseError if memory does not suffice for a single window.
    """
    stride = stride or max(context // 2, 1)
    if tokens.ndim != 1 or len(tokens) < 2 or not 1 <= stride < context:
        raise ValueError(
            f"tokens {tuple(tokens.shape)}, context {context}, stride {stride}: need a list of 2 or more and 1 <= stride < context"
        )
    device = next(model.parameters()).device
    if batch_size is None:
        vocabulary = getattr(getattr(model, "config", None), "vocab_size", 1)
        batch_size = max(1, min(TOKENS_TOGETHER // context, LOGITS_TOGETHER // (vocabulary * stride)))
    inputs, targets = _windows(tokens, context, stride)
    rest = range(context - stride - 1, context - 1)  # positions that windows after the first score
    was_training = model.training
    model.eval()
    parts = []
    try:
        with torch.inference_mode():
            done = 0
            while done < len(inputs):
                chunk, positions = (slice(done, done + batch_size), rest) if done else (slice(1), range(context - 1))
                try:
                    parts.append(_score(model, inputs[chunk], targets[chunk], positions, device))
                except (RuntimeError, MemoryError) as error:  # torch's OutOfMemoryError is a RuntimeError
                    batch_size = _half(batch_size if done else 1, error)
                    continue
                done += len(inputs[chunk])
                if progress:
                    progress.update(n=len(parts[-1]))
    finally:
        model.train(was_training)
    return torch.cat(parts)[: len(tokens) - 1]


def perplexity(nll: Tensor) -> float:
    """exp of the mean negative log-likelihood: the number of equally likely tokens the model was choosing among."""
    return math.exp(nll.double().mean().item())


def _windows(tokens: Tensor, context: int, stride: int) -> tuple[Tensor, Tensor]:
    """Inputs (W, context) and the token after each (W, context). The last window is filled up at its end, where nothing scored looks."""
    count = 1 + max(0, math.ceil((len(tokens) - context) / stride))
    padded = F.pad(tokens, (0, (count - 1) * stride + context - len(tokens)))
    inputs = padded.unfold(0, context, stride)
    return inputs, inputs.roll(-1, dims=1)


def _score(model: nn.Module, inputs: Tensor, targets: Tensor, positions: range, device: torch.device) -> Tensor:
    """Losses of the targets at `positions` of each window, in the order of the text. Fillers after its end come last."""
    wanted = targets[:, positions.start : positions.stop].flatten().to(device)
    if has_parallel_layers(model):
        found = scored_states(model.gpt_neox, inputs.to(device), positions).flatten(0, 1)
        return _losses(found, model.lm_head.weight, wanted).cpu()
    kept = torch.arange(positions.start, positions.stop, device=device)
    logits = model(inputs.to(device), use_cache=False, logits_to_keep=kept).logits.flatten(0, 1)
    return F.cross_entropy(logits.float(), wanted, reduction="none").cpu()


def _losses(states: Tensor, output: Tensor, wanted: Tensor) -> Tensor:
    """log of the sum of exp of all logits, minus the wanted one: states (n, width), output layer (vocabulary, width) -> (n,).

    On a CPU a part of the vocabulary at a time, so that its logits stay in the cache and are never all there. Elsewhere all of it
    at once, within `LOGITS_TOGETHER`: the parts are for a CPU's cache.
    """
    sums = []
    for part in output.split(VOCABULARY_TOGETHER if output.device.type == "cpu" else len(output)):
        logits = (states @ part.T).float()
        top = logits.amax(1)
        sums.append(
            logits.sub_(top[:, None]).exp_().sum(1).log_().add_(top)
        )  # in place: new memory costs more than exp
    return torch.stack(sums).logsumexp(0) - (states.float() * output[wanted].float()).sum(1)


def _half(batch_size: int, error: BaseException) -> int:
    """The next smaller batch after running out of memory; any other error goes on."""
    if isinstance(error, RuntimeError) and "memory" not in str(error):
        raise error
    if batch_size == 1:
        raise CourseError("memory does not suffice for a single window: take a smaller context or model") from error
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    print(f"out of memory with {batch_size} windows together; going on with {batch_size // 2}")
    return batch_size // 2
