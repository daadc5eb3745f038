"""How much text the notebook scores, and with which models."""

from dataclasses import dataclass

EMBEDDED = {"masked": "sotu-bert", "causal": "sotu-neox"}
HUB = {"masked": "google-bert/bert-base-cased", "causal": "EleutherAI/pythia-160m"}


def model_names(source: str) -> dict[str, str]:
    """What the two models are called in `source`; a folder holds checkpoints by the embedded models' names."""
    return HUB if source == "hub" else EMBEDDED


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile: held-out sentences of the speeches and of the other text, how many of the former are scored in the slow ways
    too, and tokens of the document that is read through a sliding window."""

    sentences: int
    other_sentences: int
    timed_sentences: int
    document_tokens: int


PROFILES = {
    "smoke": Profile(sentences=12, other_sentences=12, timed_sentences=3, document_tokens=300),
    "quick": Profile(sentences=250, other_sentences=250, timed_sentences=30, document_tokens=4000),
    "gpu": Profile(sentences=1500, other_sentences=300, timed_sentences=100, document_tokens=10_000),
}
