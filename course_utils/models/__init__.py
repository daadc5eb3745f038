"""Language models: loading them from the embedded set, a local folder or the hub; training the embedded ones; scoring text."""

from course_utils.models.architectures import parameter_counts
from course_utils.models.evaluate import bits_per_byte
from course_utils.models.load import LanguageModel, embedded_models, embedded_revisions, load_causal, load_masked
from course_utils.models.tokenization import bpe_tokenizer, byte_tokenizer

__all__ = [
    "LanguageModel",
    "bits_per_byte",
    "bpe_tokenizer",
    "byte_tokenizer",
    "embedded_models",
    "embedded_revisions",
    "load_causal",
    "load_masked",
    "parameter_counts",
]
