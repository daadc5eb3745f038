"""What the pseudo-perplexity notebook imports: distributions that can be enumerated, fast scoring of text, and pictures."""

from course_utils.pseudo_perplexity.exact import entropy, flip_chain, marginal, markov_chain
from course_utils.pseudo_perplexity.gaussian import autoregressive_covariance, gaussian_perplexities

__all__ = [
    "autoregressive_covariance",
    "entropy",
    "flip_chain",
    "gaussian_perplexities",
    "marginal",
    "markov_chain",
]
