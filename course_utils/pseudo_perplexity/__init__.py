"""What the pseudo-perplexity notebook imports: distributions that can be enumerated, fast scoring of text, and pictures."""

from course_utils.pseudo_perplexity.exact import entropy, flip_chain, marginal, markov_chain
from course_utils.pseudo_perplexity.gaussian import autoregressive_covariance, gaussian_perplexities
from course_utils.pseudo_perplexity.profiles import PROFILES, model_names
from course_utils.pseudo_perplexity.score import score_causal, score_masked, with_start
from course_utils.pseudo_perplexity.sentences import (
    break_agreement,
    held_out_sentences,
    scramble,
    swap_neighbours,
    word_scores,
)

__all__ = [
    "PROFILES",
    "autoregressive_covariance",
    "break_agreement",
    "entropy",
    "flip_chain",
    "gaussian_perplexities",
    "held_out_sentences",
    "marginal",
    "markov_chain",
    "model_names",
    "score_causal",
    "score_masked",
    "scramble",
    "swap_neighbours",
    "with_start",
    "word_scores",
]
