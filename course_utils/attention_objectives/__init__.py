"""What the attention notebook imports: models to take apart, texts and pictures as tokens, a decoder, measures and pictures."""

from course_utils.attention_objectives.coding import TOTAL, Decoder, decoded_text, text_intervals, token_ids
from course_utils.attention_objectives.embedded import CachedModel, logits_through
from course_utils.attention_objectives.images import image_views
from course_utils.attention_objectives.profiles import PROFILES
from course_utils.attention_objectives.recordings import recorded
from course_utils.attention_objectives.representations import (
    alignment,
    probe_accuracy,
    retrieval,
    spectrum,
    uniformity,
)
from course_utils.attention_objectives.sentence_encoder import SentenceEncoder
from course_utils.attention_objectives.text import (
    MASK,
    VOCABULARY,
    as_bytes,
    held_out,
    in_function_word,
    neighbouring_sentences,
    scrambled,
    sentence_surprise,
    windows,
)
from course_utils.attention_objectives.training import optimise
from course_utils.attention_objectives.transformer import Parts, Transformer, flops_per_token

__all__ = [
    "MASK",
    "PROFILES",
    "TOTAL",
    "VOCABULARY",
    "CachedModel",
    "Decoder",
    "Parts",
    "SentenceEncoder",
    "Transformer",
    "alignment",
    "as_bytes",
    "decoded_text",
    "flops_per_token",
    "held_out",
    "image_views",
    "in_function_word",
    "logits_through",
    "neighbouring_sentences",
    "optimise",
    "probe_accuracy",
    "recorded",
    "retrieval",
    "scrambled",
    "sentence_surprise",
    "spectrum",
    "text_intervals",
    "token_ids",
    "uniformity",
    "windows",
]
