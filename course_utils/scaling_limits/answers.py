"""A task whose answers can be verified, for an embedded model: the next token of a speech it has not seen."""

import torch
from torch import Generator, Tensor

from course_utils.data import TextCorpus
from course_utils.models import LanguageModel

PREFIX = 48


@torch.no_grad()
def next_tokens(
    lm: LanguageModel, corpus: TextCorpus, problems: int, samples: int, generator: Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Sample the token after 48 of a held-out text, many times.

    Returns samples (problems, samples), the true tokens (problems,), and the model's probability of each true token.
    """
    texts = [lm.tokenizer(document.text, add_special_tokens=False).input_ids for document in corpus.test]
    rows = []
    for i in range(problems):
        ids = texts[i % len(texts)]
        begin = int(torch.randint(len(ids) - PREFIX - 1, (), generator=generator))
        rows.append([lm.tokenizer.cls_token_id, *ids[begin : begin + PREFIX + 1]])
    ids = torch.tensor(rows)
    p = torch.cat([lm.model(part[:, :-1]).logits[:, -1].softmax(1) for part in ids.split(100)])
    drawn = torch.multinomial(p, samples, replacement=True, generator=generator)
    return drawn, ids[:, -1], p.gather(1, ids[:, -1:])[:, 0]
