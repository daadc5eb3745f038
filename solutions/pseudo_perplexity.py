# %% [markdown]
# # 3 · Pseudo-perplexity: what a masked language model knows
#
# 207 minutes · 57 points
#
# A causal language model reads from left to right and gives every sentence a probability. A masked one, like BERT, sees both sides of a gap
# and fills it. Both are scored by "the exponential of the mean negative log-probability of a token", and both numbers are called
# some kind of perplexity. They are not the same thing, and this notebook is about the difference: first where everything can be computed
# exactly, then with real models.
#
# **You will be able to**
# - compute perplexity, pseudo-perplexity and the masked-LM loss from their definitions, and say how they are related;
# - show that pseudo-likelihood is no probability of a sentence, and that it can rank two models the other way round;
# - score text with a masked model (one mask at a time, batched, word by word) and with a causal one (sliding windows);
# - recognise the ways in which such scores go wrong: leaking targets, counted padding, overlaps counted twice, numbers that must not be compared.
#
# **How to work.** Each exercise has a check. It says what is wrong in words, keeps the numbers, and gives part of the points; the rest is
# decided by hidden tests on other inputs when your notebook is graded. Logarithms are natural, so information is in nats. Your functions
# leave their inputs as they were and keep float64. Hints are folded. Run the cells in order; everything runs on a laptop CPU without a download.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": more text
seed = 0
source = "embedded"  # "embedded": the small models that come with the course · "hub": BERT and Pythia · or a folder with yours

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import math
import time
from itertools import combinations

import torch
from torch import Tensor

from course_utils.checks import check
from course_utils.data import load_text
from course_utils.models import bits_per_byte, load_causal, load_masked
from course_utils.pseudo_perplexity import (
    PROFILES,
    autoregressive_covariance,
    break_agreement,
    entropy,
    flip_chain,
    gaussian_perplexities,
    held_out_sentences,
    marginal,
    model_names,
    plots,
    score_causal,
    score_masked,
    scramble,
    swap_neighbours,
    with_start,
    word_scores,
)

# %% locked id="preflight"
lab = start("pseudo_perplexity", profile=profile, seed=seed, source=source)
sizes = PROFILES[lab.profile]
names = model_names(source)

# %% [markdown]
# ## 1. Perplexity
#
# A model gives each token of a text a probability. The mean of $-\log p$ over the tokens is the *cross-entropy*, in nats per token; its
# exponential is the *perplexity*: the number of equally likely choices that would be as hard to guess.
#
# $$\mathrm{PPL} = \exp\Big(-\frac1T \sum_{t=1}^{T} \log p(x_t \mid x_{<t})\Big)$$
#
# $T$ appears twice, and it is the same $T$: as many terms as tokens. (You may meet $p(x_1 \dots x_N)^{-1/T}$ on a slide: with two
# different letters that is a slip of the pen.) The unit behind "per token" matters: a text in other tokens has another perplexity.

# %% [markdown] exercise
# ### Exercise 1.1: of a corpus
# difficulty 1/5 · importance 5/5 · 8 minutes · 3 points
#
# A corpus is a list of sentences; each gives a tensor with the log-probability of every token. The perplexity of the corpus takes the mean
# over all its *tokens*: long sentences count more than short ones. A sentence may be empty.
#
# <details><summary>Hint</summary>Put all tokens into one long tensor first.</details>
# <details><summary>Help: an empty sentence gives nan</summary>The mean of nothing is nan: you take a mean for each sentence. There is only one mean to take.</details>

# %% answer id="perplexity"
def perplexity(log_probs: list[Tensor]) -> Tensor:
    """Perplexity of a corpus.

    log_probs: one tensor (tokens,) for each sentence, natural logarithms. Returns a scalar, 1 or more.
    """
    ### BEGIN SOLUTION
    return (-torch.cat(log_probs).mean()).exp()
    ### END SOLUTION

# %% check id="perplexity" points=2
check("pseudo_perplexity/perplexity", perplexity)

# %% check id="perplexity" points=1 hidden
check("pseudo_perplexity/perplexity", perplexity)

# %% [markdown] exercise
# ### Exercise 1.2: predict first
# difficulty 2/5 · importance 3/5 · 3 minutes · 1 points
#
# A model with 1,024 words in its vocabulary is certain, and right, about every second token of a text. About the others it has no idea: all
# words are equally likely. What is its perplexity? Write your number before you compute anything.
#
# <details><summary>Hint</summary>What are the two costs in nats? Average those, and only then take the exponential.</details>

# %% answer id="half_sure" stub="half_sure = ...  # the perplexity of a model that knows every second token"
half_sure = math.sqrt(1024)

# %% check id="half_sure" points=1
check("pseudo_perplexity/half_sure", half_sure)

# %% [markdown]
# Your function has the last word:

# %%
every_second = [torch.log(torch.tensor([1.0, 1 / 1024] * 50))]
print(f"perplexity {perplexity(every_second):.4f}; you predicted {half_sure}")

# %% [markdown]
# ## 2. One distribution, many orders
#
# For a short sequence over a small alphabet the whole distribution fits in a table: `joint[x1, x2, ..., xT]` is $p(x)$. Nothing has to be
# estimated; every conditional is a ratio of two sums. `marginal(joint, positions)` gives the table of some positions alone (axes in increasing
# order of position), `entropy(p)` the entropy of any table in nats.
#
# The chain rule splits $p(x)$ along *any* order $\sigma$ of the positions:
#
# $$\log p(x) = \sum_{k=1}^{T} \log p\big(x_{\sigma_k} \mid x_{\sigma_1}, \dots, x_{\sigma_{k-1}}\big)$$

# %% [markdown] exercise
# ### Exercise 2.1: the chain rule
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# Return the $T$ terms of this sum, in the order in which the tokens are revealed.
#
# <details><summary>Hint</summary>A conditional probability is p(seen, new) / p(seen). Both come from <code>marginal</code>.</details>
# <details><summary>Hint 2</summary>The logarithms telescope: each term is the log-probability of what is known now, minus that of what was known before.</details>
# <details><summary>Help: right for the order 0, 1, 2, ..., wrong for others</summary>The axes of a marginal are sorted by position, not by your order. Which values of x index them?</details>

# %% answer id="chain_rule_terms"
def chain_rule_terms(joint: Tensor, x: list[int], order: list[int]) -> Tensor:
    """Log-probability of each token given those revealed before it.

    joint: table with T axes, all entries positive. x: the sequence, T symbols. order: a permutation of 0 ... T-1: which position is
    revealed first, second, and so on. Returns (T,): entry k belongs to position order[k]. The sum is log p(x) in every order.
    """
    ### BEGIN SOLUTION
    def log_p(positions: list[int]) -> Tensor:
        return marginal(joint, positions)[tuple(x[t] for t in sorted(positions))].log()

    known = torch.stack([log_p(order[:k]) for k in range(len(order) + 1)])
    return known.diff()
    ### END SOLUTION

# %% check id="chain_rule_terms" points=2
check("pseudo_perplexity/chain_rule_terms", chain_rule_terms)

# %% check id="chain_rule_terms" points=1 hidden
check("pseudo_perplexity/chain_rule_terms", chain_rule_terms)

# %% [markdown]
# Our running example: a fair first bit, and each next bit repeats its predecessor, or flips with probability 0.1. Six bits, 64 sequences.

# %%
chain = flip_chain(0.1, 6)
x = [0, 0, 0, 1, 1, 1]
for order in ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [0, 5, 2, 3, 1, 4]):
    terms = chain_rule_terms(chain, x, order)
    print(f"order {order}: {' '.join(f'{term:7.3f}' for term in terms)}   sum {terms.sum():.6f}")
print(f"{'log of the table entry':>71} {chain[tuple(x)].log():.6f}")

# %% [markdown]
# **What to see.** The terms move around, the sum does not. A causal model is trained on one order; there is nothing special about it. Look at
# the third order: once both neighbours are known a token costs little, *if* it agrees with them.
#
# ## 3. Pseudo-likelihood
#
# A masked model answers another question: what is $x_t$ when *all* other tokens, $x_{\backslash t}$, are known? The product of these
# answers is Besag's pseudo-likelihood (1975), and for language models its logarithm is the pseudo-log-likelihood (Salazar et al. 2020):
#
# $$\mathrm{PLL}(x) = \sum_{t=1}^{T} \log p(x_t \mid x_{\backslash t}) .$$
#
# It looks like the chain rule. But every token is predicted from the others *and* used to predict them.

# %% [markdown] exercise
# ### Exercise 3.1: by enumeration
# difficulty 2/5 · importance 5/5 · 10 minutes · 3 points
#
# Compute $\mathrm{PLL}(x)$ for every $x$ of a table at once.
#
# <details><summary>Hint</summary>p(x_t | the others) = p(x) / p(the others), and p(the others) is the table summed over axis t.</details>
# <details><summary>Hint 2</summary><code>sum(dim=t, keepdim=True)</code> keeps the axis, so the division lines up.</details>

# %% answer id="pseudo_log_likelihoods"
def pseudo_log_likelihoods(joint: Tensor) -> Tensor:
    """Pseudo-log-likelihood of every sequence (Besag 1975).

    joint: table with T axes (not necessarily of equal size), all entries positive. Returns a tensor of the same shape, in nats.
    """
    ### BEGIN SOLUTION
    return sum(joint.log() - joint.sum(dim=t, keepdim=True).log() for t in range(joint.dim()))
    ### END SOLUTION

# %% check id="pseudo_log_likelihoods" points=2
check("pseudo_perplexity/pseudo_log_likelihoods", pseudo_log_likelihoods)

# %% check id="pseudo_log_likelihoods" points=1 hidden
check("pseudo_perplexity/pseudo_log_likelihoods", pseudo_log_likelihoods)

# %% [markdown]
# A likelihood must add up to 1 over all sequences. Does this one? And here are three models of two bits. The first is the truth: the bits are nearly
# always equal, and mostly 0. Model A knows that they are equal but gives 00 and 11 the same weight. Model B knows that 0 is common but takes the bits for
# independent. Which is the better model of the truth?

# %%
print(f"sum of exp(PLL) over the 64 sequences of the chain: {pseudo_log_likelihoods(chain).exp().sum():.4f}")
truth = torch.tensor([[0.89, 0.01], [0.01, 0.09]], dtype=torch.float64)
models = {
    "the truth": truth,
    "A: coupled": torch.tensor([[0.49, 0.01], [0.01, 0.49]], dtype=torch.float64),
    "B: independent": torch.tensor([[0.81, 0.09], [0.09, 0.01]], dtype=torch.float64),
}
ranking = {}
for name, model in models.items():
    log_likelihood = (truth * model.log()).sum() / 2  # per token, on average over the truth
    pseudo = (truth * pseudo_log_likelihoods(model)).sum() / 2
    ranking[name] = {"perplexity": math.exp(-log_likelihood), "pseudo-perplexity": math.exp(-pseudo)}
    for kind, value in ranking[name].items():
        lab.record(f"two bits, {kind}, {name}", value)
a, b = ranking["A: coupled"], ranking["B: independent"]
lab.claim(
    "likelihood prefers B, pseudo-likelihood prefers A",
    b["perplexity"] < a["perplexity"] and a["pseudo-perplexity"] < b["pseudo-perplexity"],
)
plots.plot_ranking(ranking)

# %% [markdown]
# **What to see.** Perplexity prefers B (1.384 against 1.485), pseudo-perplexity prefers A by far (1.103 against 1.384). If one bit is
# given, the other follows from it, so pseudo-likelihood never asks how often 11 occurs at all: *it is blind to the relative weight of
# separated modes*. The truth wins under both, as it must. But a model that is wrong can be ranked either way, and nothing in the number tells you.

# %% [markdown] exercise
# ### Exercise 3.2: predict first
# difficulty 2/5 · importance 4/5 · 5 minutes · 1 points
#
# Somebody draws words independently and uniformly from a vocabulary of 100 and writes every word down **twice**: *sea sea tree tree we we*. A model
# knows this distribution exactly. What are its perplexity and its pseudo-perplexity per token, for long texts of this kind?
#
# <details><summary>Hint</summary>Left to right, what does the first of two twins cost, and the second? With both sides in view, what does each of them cost?</details>

# %% answer id="doubled_text" stub="doubled_text = (..., ...)  # perplexity, pseudo-perplexity"
doubled_text = (math.sqrt(100), 1.0)

# %% check id="doubled_text" points=1
check("pseudo_perplexity/doubled_text", doubled_text)

# %% [markdown]
# Four words instead of 100, three words per text, and the table of all $4^6$ doubled texts settles it. (Impossible texts get a probability of
# $10^{-12}$ instead of 0, so that every conditional exists.)

# %%
same = torch.eye(4, dtype=torch.float64) / 4
doubled = torch.einsum("ab,cd,ef->abcdef", same, same, same) + 1e-12
doubled /= doubled.sum()
expected_pll = (doubled * pseudo_log_likelihoods(doubled)).sum()
print(f"perplexity {(entropy(doubled) / 6).exp():.4f} = sqrt(4), pseudo-perplexity {(-expected_pll / 6).exp():.4f}")

# %% [markdown]
# **What to see.** Half of the tokens carry all the information; pseudo-perplexity sees none of it, because each token is given away by its twin. The
# gap between the two numbers measures redundancy in the *text*. It says nothing about which kind of model is better.
#
# ## 4. What a masked model is trained on
#
# In training, a set $M$ of positions is hidden and the model predicts all of them, each by itself, from the tokens that are left. Let
#
# $$\ell_k = \mathbb E_{|M| = k}\; \frac1k \sum_{i \in M} H(x_i \mid x_{\backslash M})$$
#
# be the best loss per hidden token that any model can reach when $k$ tokens are hidden (an average over all sets of that size). $\ell_1$ is
# pseudo-likelihood's loss, $\ell_T$ that of guessing without any context.

# %% [markdown] exercise
# ### Exercise 4.1: every mask
# difficulty 4/5 · importance 4/5 · 18 minutes · 4 points
#
# Compute $\ell_1, \dots, \ell_T$ from a table.
#
# <details><summary>Hint</summary>H(x_i | context) = H(x_i, context) - H(context): two entropies of two marginals.</details>
# <details><summary>Hint 2</summary><code>combinations(range(T), k)</code> gives every mask of size k. The context is what is not in it.</details>
# <details><summary>Help: my numbers do not grow with k</summary>They must: less context, more uncertainty. Do the other *hidden* tokens serve as context?</details>

# %% answer id="masked_entropies"
def masked_entropies(joint: Tensor) -> Tensor:
    """The best possible masked-LM loss per hidden token, for each number of hidden tokens.

    joint: table with T axes. Returns (T,) in nats: entry k-1 is l_k.
    """
    ### BEGIN SOLUTION
    positions = range(joint.dim())

    def conditional(i: int, context: list[int]) -> Tensor:
        return entropy(marginal(joint, [*context, i])) - entropy(marginal(joint, context))

    losses = []
    for k in range(1, joint.dim() + 1):
        masks = list(combinations(positions, k))
        terms = [conditional(i, [t for t in positions if t not in mask]) for mask in masks for i in mask]
        losses.append(torch.stack(terms).mean())
    return torch.stack(losses)
    ### END SOLUTION

# %% check id="masked_entropies" points=2
check("pseudo_perplexity/masked_entropies", masked_entropies)

# %% check id="masked_entropies" points=2 hidden
check("pseudo_perplexity/masked_entropies", masked_entropies)

# %%
losses = masked_entropies(chain)
lab.record("l_1 of the chain", losses[0], unit="nats", tolerance=1e-6)
lab.record("l_6 of the chain", losses[-1], unit="nats", tolerance=1e-6)
lab.claim("sum of l_k = H", abs(losses.sum() - entropy(chain)) < 1e-12, f"{losses.sum():.6f} and {entropy(chain):.6f}")
lab.claim("l_1 <= l_2 <= ... <= l_T", bool((losses.diff() >= 0).all()))
plots.plot_masked_entropies(losses, entropy(chain).item() / 6)

# %% [markdown]
# **What to see.** The loss grows with the number of hidden tokens, from 0.228 nats with one mask to $\log 2 = 0.693$ without context. Their *sum* is the
# entropy of the whole sequence, 2.319, exactly. That is no accident: reveal the tokens in a random order, and the token revealed when $k$ are still hidden costs
# $\ell_k$ on average. So a masked model with a *uniformly random number* of masks is trained on the likelihood, averaged over all orders (Uria et
# al. 2014; Hoogeboom et al. 2022). With one mask only, or 15% of them, it is not.
#
# ### And the mask rate?
#
# BERT hides each token with probability $q = 0.15$. Then the number of masks is random, and the expected loss is a weighted mean of the $\ell_k$. Two forms of it
# are in use: divide each sequence's loss by its number of masks $|M|$ (a sequence without a mask is skipped), or add up the losses and divide, once, by the expected number
# of masks $qT$.

# %% [markdown] exercise
# ### Exercise 4.2: the loss at a mask rate
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# From $\ell_1, \dots, \ell_T$ compute the expected loss in both forms, when each of $T$ tokens is hidden with probability $q$, independently.
#
# <details><summary>Hint</summary>|M| is binomial: P(|M| = k) = C(T, k) q^k (1-q)^(T-k). <code>math.comb</code> counts.</details>
# <details><summary>Hint 2</summary>A sequence with k masks has a summed loss of k times l_k.</details>
# <details><summary>Help: at a tiny q my first number goes to 0</summary>Nearly all sequences then have no mask. They are skipped: average over those that have one.</details>

# %% answer id="expected_mlm_loss"
def expected_mlm_loss(losses: Tensor, q: float) -> tuple[Tensor, Tensor]:
    """Expected masked-LM loss at mask rate q, of a model that is as good as possible.

    losses: (T,), entry k-1 is l_k. q: in (0, 1]. Returns two scalars in nats: the mean form, E[ (1/|M|) sum of the losses ] over the
    sequences with at least one mask; and the sum form, E[ sum of the losses ] / (q T).
    """
    ### BEGIN SOLUTION
    T = len(losses)
    k = torch.arange(1, T + 1, dtype=losses.dtype)
    ways = torch.tensor([math.comb(T, i) for i in range(1, T + 1)], dtype=losses.dtype)
    weight = ways * q**k * (1 - q) ** (T - k)
    return (weight * losses).sum() / weight.sum(), (weight * k * losses).sum() / (q * T)
    ### END SOLUTION

# %% check id="expected_mlm_loss" points=2
check("pseudo_perplexity/expected_mlm_loss", expected_mlm_loss)

# %% check id="expected_mlm_loss" points=1 hidden
check("pseudo_perplexity/expected_mlm_loss", expected_mlm_loss)

# %%
losses = masked_entropies(chain)
rates = torch.linspace(0.002, 1, 60).tolist()
by_rate = [expected_mlm_loss(losses, q) for q in rates]
print(f"  q       mean form   sum form   (l_1 = NPLL / T = {losses[0]:.6f})")
for q in (1e-4, 0.05, 0.15, 0.50, 0.75):
    mean_form, sum_form = expected_mlm_loss(losses, q)
    print(f"  {q:<8g}{mean_form:.6f}    {sum_form:.6f}")
lab.record("MLM loss of the chain at q = 0.15, sum form", expected_mlm_loss(losses, 0.15)[1], unit="nats", tolerance=1e-6)
plots.plot_mask_rate(rates, by_rate, losses[0].item(), entropy(chain).item() / 6)

# %% [markdown]
# **What to see.** You may have read "the masked-LM loss is $q$ times the negative pseudo-log-likelihood". Here is its exact sense: the *summed* loss,
# divided by $q$, tends to NPLL when $q \to 0$, because then a hidden token is hidden alone. At BERT's 15% this chain costs 0.254 instead of 0.228 even for a perfect
# model, and in the mean form the factor $q$ never appears at all. The longer the text, the more it matters: 15% of 128 tokens are about 19 masks at a time.
#
# ## 5. Closed forms
#
# For a Markov chain nothing has to be enumerated, whatever its length. Given both neighbours, the rest of the chain does not matter:
#
# $$p(x_t \mid x_{t-1}, x_{t+1}) = \frac{p(x_t \mid x_{t-1})\, p(x_{t+1} \mid x_t)}{p(x_{t+1} \mid x_{t-1})} .$$
#
# Take $-\log$ and the average: an inner token costs $2h_1 - h_2$, where $h_1 = H(x_{t+1} \mid x_t)$ is the entropy of one step and
# $h_2 = H(x_{t+2} \mid x_t)$ that of two steps. A token at an end has one neighbour and costs $h_1$.

# %% [markdown] exercise
# ### Exercise 5.1: a chain of any length
# difficulty 3/5 · importance 4/5 · 10 minutes · 3 points
#
# For the chain of bits that flip with probability `flip`, after a fair first bit, give perplexity and pseudo-perplexity per token. No tables: it must work for a thousand bits.
#
# <details><summary>Hint</summary>Entropy of the whole: one fair bit and T-1 steps. Pseudo-entropy: two ends and T-2 inner tokens.</details>
# <details><summary>Hint 2</summary>After two steps the bit differs if exactly one of them was a flip.</details>

# %% answer id="chain_perplexities"
def chain_perplexities(flip: float, length: int) -> tuple[float, float]:
    """Perplexity and pseudo-perplexity per token of the chain `flip_chain(flip, length)` under itself. length: 2 or more."""
    ### BEGIN SOLUTION
    def h(p: float) -> float:
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    one, two = h(flip), h(2 * flip * (1 - flip))
    nats = math.log(2) + (length - 1) * one
    pseudo_nats = 2 * one + (length - 2) * (2 * one - two)
    return math.exp(nats / length), math.exp(pseudo_nats / length)
    ### END SOLUTION

# %% check id="chain_perplexities" points=2
check("pseudo_perplexity/chain_perplexities", chain_perplexities)

# %% check id="chain_perplexities" points=1 hidden
check("pseudo_perplexity/chain_perplexities", chain_perplexities)

# %%
flips = torch.linspace(0.005, 0.5, 80).tolist()
by_flip = [chain_perplexities(flip, 1000) for flip in flips]
ratios = [ppl / pppl for ppl, pppl in by_flip]
largest = max(range(len(flips)), key=ratios.__getitem__)
lab.claim("PPPL <= PPL for every chain", min(ratios) >= 1 - 1e-12)
lab.record("flip rate with the largest ratio", flips[largest])
plots.plot_chain(flips, by_flip)

# %% [markdown]
# **What to see.** Under the truth, pseudo-perplexity is never above perplexity: knowing more cannot make a token harder, and the difference of the logarithms is the
# *dual total correlation* per token, a property of the text. The ratio is not even monotone. It is 1 for fair coins and close to 1 for a
# chain that hardly ever flips, and largest near a flip rate of 0.1. There is no factor to convert one number into the other.
#
# The same for densities: a Gaussian sequence in which each value is $r$ times the one before, plus noise.

# %%
rows = ["  r      PPL      PPPL     (300 steps; densities, so both may be below 1)"]
for r in (0.0, 0.5, 0.9, 0.99):
    ppl, pppl = gaussian_perplexities(autoregressive_covariance(r, 300))
    rows.append(f"  {r:<5g}{ppl:8.4f} {pppl:8.4f}")
print("\n".join(rows))

# %% [markdown]
# ### Is the mean squared error a pseudo-likelihood?
#
# Masked models of images or sounds predict hidden values by least squares. For a Gaussian vector with covariance $\Sigma$ and precision
# $Q = \Sigma^{-1}$, the conditional of one coordinate given all others is Gaussian again, with
#
# $$\mathbb E[x_t \mid x_{\backslash t}] = -\sum_{j \ne t} \frac{Q_{tj}}{Q_{tt}}\, x_j, \qquad \mathrm{Var}[x_t \mid x_{\backslash t}] = \frac{1}{Q_{tt}} .$$

# %% [markdown] exercise
# ### Exercise 5.2: one coordinate given the others
# difficulty 2/5 · importance 3/5 · 10 minutes · 3 points
#
# Return both, for every coordinate.
#
# <details><summary>Hint</summary>(Qx)_t is the sum over all j, t included. What is left when you take Q_tt x_t away?</details>
# <details><summary>Help: my means do not depend on the neighbours' signs</summary>Look at the sign: the precision of two values that go together is negative.</details>

# %% answer id="gaussian_conditionals"
def gaussian_conditionals(covariance: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Conditional mean and variance of each coordinate of a zero-mean Gaussian vector, given all its other coordinates.

    covariance: (T, T), positive definite. x: (T,). Returns (T,) means and (T,) variances.
    """
    ### BEGIN SOLUTION
    precision = torch.linalg.inv(covariance)
    variance = 1 / precision.diagonal()
    return x - variance * (precision @ x), variance
    ### END SOLUTION

# %% check id="gaussian_conditionals" points=2
check("pseudo_perplexity/gaussian_conditionals", gaussian_conditionals)

# %% check id="gaussian_conditionals" points=1 hidden
check("pseudo_perplexity/gaussian_conditionals", gaussian_conditionals)

# %%
covariance = autoregressive_covariance(0.9, 12)
draws = torch.linalg.cholesky(covariance) @ torch.randn(12, 500, generator=lab.generator, dtype=torch.float64)
means, variances = map(torch.stack, zip(*(gaussian_conditionals(covariance, x) for x in draws.T), strict=True))
plots.plot_gaussian_errors(((draws.T - means) ** 2).mean(dim=0), variances[0])

# %% [markdown]
# **What to see.** The negative pseudo-log-likelihood of a coordinate is $(x_t - f)^2 / 2 s_t^2 + \log s_t + \text{const}$. So least squares *is* pseudo-likelihood as long as one
# value is hidden at a time and all $s_t$ are the same known number. Here they are not: the two ends, with one neighbour only, have 1.8 times the
# conditional variance, and the plain squared error counts them 1.8 times as much as the likelihood would. And a model that hides 75% of
# a picture at once predicts each part from the little that is left: a factorised conditional, no pseudo-likelihood.
#
# ## 6. A real masked model
#
# Now the conditionals come from a network. The text is American presidents' State of the Union addresses; the models that come with the course were
# trained on it for minutes, not weeks: a BERT, and a causal twin with the same tokens. All sentences below are from speeches that neither has seen.

# %%
masked_lm = load_masked(names["masked"], source=source)
masked_lm.model.to(lab.device)
test_text = held_out_sentences(load_text("sotu"), count=sizes.sentences, seed=seed)
mask_id = masked_lm.tokenizer.mask_token_id
example = "We are grateful to the Congress for the extraordinary appropriations of the last year."
print(" ".join(masked_lm.tokenizer.convert_ids_to_tokens(masked_lm.tokenizer(example).input_ids)))

# %% [markdown]
# A sentence is framed by `[CLS]` and `[SEP]`. The tokenizer reports which tokens are such *special* ones: they are context, and are never scored. (`Ġ` is how
# this tokenizer writes the space in front of a word; with 2,048 tokens in all, rare words come in pieces.)

# %% [markdown]
# **Recall** (no points; answer before you look back). A model that has learned nothing gives all 2,048 tokens the same probability. What is its perplexity?

# %% recall id="blind_model"
lab.recall("blind_model", 2048)

# %% [markdown] exercise
# ### Exercise 6.1: one mask at a time
# difficulty 2/5 · importance 5/5 · 12 minutes · 4 points
#
# Return the log-probability of every token that is not special, given all others: hide it behind `mask_id`, ask the model, look at the
# probability of what was there. `model(ids[None]).logits` has shape (1, T, vocabulary). Dropout must be off, whatever mode the model arrives in.
#
# <details><summary>Hint</summary>One forward pass for each token: clone, hide, ask. <code>model.eval()</code> turns dropout off.</details>
# <details><summary>Hint 2</summary>The logits <em>at</em> the hidden position are about the hidden token: nothing is shifted in a masked model.</details>
# <details><summary>Help: my scores are suspiciously close to 0</summary>Does the model still see the token it should guess?</details>

# %% answer id="pseudo_log_likelihood"
def pseudo_log_likelihood(model, ids: Tensor, special: Tensor, mask_id: int) -> Tensor:
    """Log-probability of every token given all others (Salazar et al. 2020); their sum is the pseudo-log-likelihood.

    ids: (T,) with [CLS] and [SEP]. special: (T,) bool, True at tokens that are not scored. Returns (n,), in order; no gradient is needed.
    """
    ### BEGIN SOLUTION
    model.eval()
    scores = []
    for t in (~special).nonzero().squeeze(1).tolist():
        hidden = ids.clone()
        hidden[t] = mask_id
        with torch.no_grad():
            logits = model(hidden[None]).logits[0, t]
        scores.append(logits.log_softmax(dim=0)[ids[t]])
    return torch.stack(scores)
    ### END SOLUTION

# %% check id="pseudo_log_likelihood" points=2
check("pseudo_perplexity/pseudo_log_likelihood", pseudo_log_likelihood)

# %% check id="pseudo_log_likelihood" points=2 hidden
check("pseudo_perplexity/pseudo_log_likelihood", pseudo_log_likelihood)

# %%
def encode(sentence: str) -> tuple[Tensor, Tensor, list[int | None]]:
    """Ids (T,), special (T,) and, for each token, the number of the word it belongs to (None for special tokens)."""
    found = masked_lm.tokenizer(sentence, return_tensors="pt", return_special_tokens_mask=True)
    return found.input_ids[0].to(lab.device), found.special_tokens_mask[0].bool().to(lab.device), found.word_ids(0)


ids, special, _ = encode(example)
scores = pseudo_log_likelihood(masked_lm.model, ids, special, mask_id)
plots.plot_tokens(masked_lm.tokenizer.convert_ids_to_tokens(ids[~special]), {"given all others": scores.cpu()})

# %% [markdown]
# **What to see.** Each bar is the surprise at one token. Articles and the full stop cost next to nothing, the choice of *appropriations* or of *of* much more. And
# look at *extraordinary*, the rarest word: its four pieces together cost less than *appropriations* alone. More about that soon.
#
# A sentence of 21 tokens took 21 forward passes. They do not depend on each other, so they belong into one batch. Let us ask for a little more: a *matrix* of
# what to hide, one row per question. With it the same function serves every kind of mask.

# %% [markdown] exercise
# ### Exercise 6.2: many masks in one batch
# difficulty 3/5 · importance 5/5 · 15 minutes · 4 points
#
# Row `i` of `masks` says which positions are hidden in question `i`; `targets[i]` is the position that is asked for. Send at most
# `batch_size` rows through the model at a time, in as few passes as that allows.
#
# <details><summary>Hint</summary><code>torch.where(masks, mask_id, ids)</code> makes all questions at once, (n, T).</details>
# <details><summary>Hint 2</summary><code>split(batch_size)</code> cuts masks and targets alike; the last piece may be shorter.</details>
# <details><summary>Help: memory grows and grows</summary>Without <code>torch.no_grad()</code> the results keep the whole computation alive.</details>

# %% answer id="score_masks"
def score_masks(model, ids: Tensor, masks: Tensor, targets: Tensor, mask_id: int, batch_size: int = 64) -> Tensor:
    """Log-probability of ids[targets[i]] when the positions masks[i] are hidden, for each row i.

    ids: (T,). masks: (n, T) bool, True is hidden. targets: (n,) positions. Returns (n,) that does not require grad.
    """
    ### BEGIN SOLUTION
    model.eval()
    scores = []
    for hidden, target in zip(masks.split(batch_size), targets.split(batch_size), strict=True):
        with torch.no_grad():
            logits = model(torch.where(hidden, mask_id, ids)).logits
        at_target = logits[torch.arange(len(target), device=ids.device), target]
        scores.append(at_target.log_softmax(dim=1).gather(1, ids[target][:, None]).squeeze(1))
    return torch.cat(scores)
    ### END SOLUTION

# %% check id="score_masks" points=2
check("pseudo_perplexity/score_masks", score_masks)

# %% check id="score_masks" points=2 hidden
check("pseudo_perplexity/score_masks", score_masks)

# %% [markdown]
# `score_masked` of the course does the same for many texts at once: sentences of equal length share a batch, so nothing is padded, and the output layer, which is
# as large as the vocabulary, is applied at the hidden positions only. All three must agree.

# %%
def one_by_one(sentence: str) -> Tensor:
    ids, special, _ = encode(sentence)
    return pseudo_log_likelihood(masked_lm.model, ids, special, mask_id)


def batched(sentence: str) -> Tensor:
    ids, special, _ = encode(sentence)
    targets = (~special).nonzero().squeeze(1)
    return score_masks(masked_lm.model, ids, torch.eye(len(ids), dtype=torch.bool, device=lab.device)[targets], targets, mask_id)


few = test_text[: sizes.timed_sentences]
speeds, results = {}, {}
for name, score in {
    "one mask at a time": lambda: [one_by_one(sentence) for sentence in few],
    "one batch a sentence": lambda: [batched(sentence) for sentence in few],
    "sentences together": lambda: score_masked(masked_lm, few),
}.items():
    begin = time.perf_counter()
    results[name] = torch.cat(score()).cpu()
    speeds[name] = len(results[name]) / (time.perf_counter() - begin)
    lab.record(f"scoring speed, {name}", speeds[name], unit="tokens/s")
reference = results["one mask at a time"]
for name, values in results.items():
    difference = (values - reference).abs().max().item()
    print(f"{name:<24}{speeds[name]:8.0f} tokens/s   largest difference {difference:.1e}")
    lab.claim(f"{name}: the same scores", difference < 1e-4)

# %% [markdown] exercise
# ### Exercise 6.3: the pseudo-perplexity of a corpus
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# Sentences usually arrive as a padded batch. Return the pseudo-perplexity of all of them together: a mean over the *tokens* of the corpus, where neither
# special tokens nor padding count (a tokenizer marks both as special). Padding must not even be seen: either cut it off, or pass on the `attention_mask`.
#
# <details><summary>Hint</summary>Everything is there: cut the row at its padding, score it with the function you have, collect, and call <code>perplexity</code>.</details>
# <details><summary>Help: an untrained model gives less than the size of its vocabulary</summary>V^(n/(n+2)): your mean divides by two tokens more than it adds up.</details>

# %% answer id="pseudo_perplexity"
def pseudo_perplexity(model, ids: Tensor, attention: Tensor, special: Tensor, mask_id: int) -> Tensor:
    """Pseudo-perplexity of a padded batch of sentences (Salazar et al. 2020).

    ids: (B, T), padded on the right. attention: (B, T), 1 for tokens and 0 for padding. special: (B, T), True at [CLS], [SEP] and
    padding. Returns a scalar.
    """
    ### BEGIN SOLUTION
    scores = []
    for row, seen, marked in zip(ids, attention.bool(), special.bool(), strict=True):
        scores.append(pseudo_log_likelihood(model, row[seen], marked[seen], mask_id))
    return perplexity(scores)
    ### END SOLUTION

# %% check id="pseudo_perplexity" points=2
check("pseudo_perplexity/pseudo_perplexity", pseudo_perplexity)

# %% check id="pseudo_perplexity" points=2 hidden
check("pseudo_perplexity/pseudo_perplexity", pseudo_perplexity)

# %%
batch = masked_lm.tokenizer(few, padding=True, return_tensors="pt", return_special_tokens_mask=True).to(lab.device)
yours = pseudo_perplexity(
    masked_lm.model, batch.input_ids, batch.attention_mask, batch.special_tokens_mask.bool(), mask_id
)
print(f"{len(few)} sentences: your pseudo-perplexity {yours:.3f}, the course's {perplexity(score_masked(masked_lm, few)):.3f}")

# %% [markdown]
# Does the number measure what it should? Take the same sentences with their words in random order, and sentences from *Moby Dick*.

# %%
other_text = held_out_sentences(load_text("moby_dick"), count=sizes.other_sentences, seed=seed)
scrambled_text = [scramble(sentence, lab.generator) for sentence in test_text]
masked_scores = {
    "speeches": score_masked(masked_lm, test_text),
    "speeches, words scrambled": score_masked(masked_lm, scrambled_text),
    "Moby Dick": score_masked(masked_lm, other_text),
}
pppl = {name: perplexity(found).item() for name, found in masked_scores.items()}
for name, value in pppl.items():
    lab.record(f"pseudo-perplexity, {name}", value, headline=name == "speeches")
each = {name: torch.stack([perplexity([s]) for s in found]) for name, found in masked_scores.items()}
factor = (each["speeches, words scrambled"] / each["speeches"]).median().item()
lab.record("scrambling multiplies a sentence's PPPL by (median)", factor)
lab.claim("scrambled sentences are much more surprising", factor > 10, f"{factor:.1f} times, median of {len(test_text)}")
plots.plot_sentence_perplexities(each)

# %% [markdown]
# **What to see.** Scrambling the words of a sentence, which leaves every word in it, multiplies its pseudo-perplexity many times over. Foreign text lies in
# between: unknown words, but in order.
#
# ### Words in pieces
#
# A rare word is split into several tokens. Hide one piece, leave the others in view, and guessing it is easy: *sou[MASK]ir*. So pseudo-likelihood finds such words
# *more* likely than they are (Kauf & Ivanova 2023, whose example that is). Their remedy: when a piece is scored, hide the *later pieces of the same word* too. Within a
# word that is the chain rule from left to right; across words it stays as it was.

# %% [markdown] exercise
# ### Exercise 6.4: within a word, left to right
# difficulty 2/5 · importance 4/5 · 10 minutes · 3 points
#
# Make the masks for `score_masks`: one row for each token that is not special, in order. It hides that token and those after it that belong to the same word.
#
# <details><summary>Hint</summary>Row for position t: all s with s ≥ t and <code>word_ids[s] == word_ids[t]</code>.</details>
# <details><summary>Help: too many rows</summary>A special token has word id None. It is never scored, and never hidden.</details>

# %% answer id="within_word_masks"
def within_word_masks(word_ids: list[int | None]) -> Tensor:
    """What to hide when each token is scored (Kauf & Ivanova 2023, PLL-word-l2r).

    word_ids: for each of T tokens the number of its word, None for special tokens. Returns (n, T) bool, True is hidden.
    """
    ### BEGIN SOLUTION
    rows = [
        [s >= t and other == word for s, other in enumerate(word_ids)]
        for t, word in enumerate(word_ids)
        if word is not None
    ]
    return torch.tensor(rows)
    ### END SOLUTION

# %% check id="within_word_masks" points=2
check("pseudo_perplexity/within_word_masks", within_word_masks)

# %% check id="within_word_masks" points=1 hidden
check("pseudo_perplexity/within_word_masks", within_word_masks)

# %%
ids, special, word_ids = encode(example)
masks = within_word_masks(word_ids).to(lab.device)
repaired = score_masks(masked_lm.model, ids, masks, (~special).nonzero().squeeze(1), mask_id).cpu()
original, courses = (score_masked(masked_lm, [example], metric)[0] for metric in ("original", "within_word_l2r"))
lab.claim("your masks give the course's scores", bool((repaired - courses).abs().max() < 1e-4))
shown = {"original": original, "within word l2r": repaired}
plots.plot_tokens(masked_lm.tokenizer.convert_ids_to_tokens(ids[~special]), shown)

# %% [markdown]
# And over all sentences, by the number of pieces of a word:

# %%
l2r_scores = score_masked(masked_lm, test_text, metric="within_word_l2r")
by_pieces = word_scores(masked_lm.tokenizer, test_text, {"original": masked_scores["speeches"], "within word l2r": l2r_scores})
gaps = {n: (s["within word l2r"].mean() - s["original"].mean()).item() for n, s in by_pieces.items()}
lab.claim("words of one piece do not change", abs(gaps[1]) < 1e-4)
lab.claim("words of several pieces were too likely", all(gap < 0 for n, gap in gaps.items() if n > 1))
lab.record("PLL of a word of two pieces: l2r minus original", gaps[2], unit="nats")
plots.plot_words(by_pieces)

# %% [markdown]
# **What to see.** Words of one piece keep their score. Under the original metric a word of two pieces costs hardly more than a common one (4.1 nats against 2.9); with
# the later pieces hidden, 8.0: rare words cost what rare words should. Use this version whenever words of different rarity are compared.
#
# ## 7. The causal twin
#
# A causal model gives all conditionals $p(x_t \mid x_{<t})$ of a text in *one* forward pass: the logits at position $t-1$ are about token $t$. The first token
# has nothing before it, so it is not scored; texts begin with a `[CLS]`, which takes that place.

# %% [markdown] exercise
# ### Exercise 7.1: shifted by one
# difficulty 2/5 · importance 5/5 · 8 minutes · 3 points
#
# <details><summary>Hint</summary>Predictions <code>logits[:-1]</code>, targets <code>ids[1:]</code>.</details>
# <details><summary>Help: my perplexity is 1.3 on every text</summary>Or 10,000: look which token each prediction is compared with.</details>

# %% answer id="causal_log_probs"
def causal_log_probs(model, ids: Tensor) -> Tensor:
    """Log-probability of every token but the first, given those before it. ids: (T,). Returns (T-1,) that does not require grad."""
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        log_p = model(ids[None]).logits[0, :-1].log_softmax(dim=1)
    return log_p.gather(1, ids[1:, None]).squeeze(1)
    ### END SOLUTION

# %% check id="causal_log_probs" points=2
check("pseudo_perplexity/causal_log_probs", causal_log_probs)

# %% check id="causal_log_probs" points=1 hidden
check("pseudo_perplexity/causal_log_probs", causal_log_probs)

# %%
causal_lm = load_causal(names["causal"], source=source)
causal_lm.model.to(lab.device)
tokens = torch.tensor(with_start(causal_lm.tokenizer, example), device=lab.device)
shown = {"causal, given those before": causal_log_probs(causal_lm.model, tokens).cpu()}
if causal_lm.tokenizer.get_vocab() == masked_lm.tokenizer.get_vocab():
    shown["masked, given all others"] = score_masked(masked_lm, [example])[0]
plots.plot_tokens(causal_lm.tokenizer.convert_ids_to_tokens(tokens[1:]), shown)

# %% [markdown]
# **What to see.** From the left, the first piece of a word carries its cost and the last ones come nearly free. With both sides in view almost every token is
# cheaper, *Congress* and *for* by 3.5 and 2.5 nats: what follows gives them away.
#
# A document is longer than what a model can read at a time, so it is cut into windows. If they do not overlap, the first tokens of each window have
# hardly any context. So let windows overlap: they start every `stride` tokens, and each scores only what the one before has not scored.

# %% [markdown] exercise
# ### Exercise 7.2: the sliding window
# difficulty 4/5 · importance 4/5 · 18 minutes · 4 points
#
# Windows start at 0, `stride`, 2 `stride`, ... and hold `window` tokens (the last one maybe fewer; stop when a window reaches the end). Every token but the first of
# the text is scored **once**, by the first window in which it has something before it.
#
# <details><summary>Hint</summary>Keep the position up to which everything is scored. A new window contributes only what lies behind it.</details>
# <details><summary>Hint 2</summary>A window [a, b) gives log-probabilities of the tokens a+1 ... b-1. Of these, take the last b - done.</details>
# <details><summary>Help: I get too many numbers</summary>Tokens in an overlap are counted twice, the second time with better context. That mixes two perplexities into one.</details>
# <details><summary>Help: I get too few numbers</summary>Is the last, shorter window missing? Or do you start each window exactly where the last one ended?</details>

# %% answer id="sliding_log_probs"
def sliding_log_probs(model, ids: Tensor, window: int, stride: int) -> Tensor:
    """Log-probability of every token but the first, from overlapping windows.

    ids: (T,). window: tokens that the model sees at a time, 2 or more. stride: tokens between the starts of two windows, from 1 to
    window - 1. Returns (T-1,).
    """
    ### BEGIN SOLUTION
    scores, done = [], 1
    for begin in range(0, len(ids), stride):
        end = min(begin + window, len(ids))
        scores.append(causal_log_probs(model, ids[begin:end])[-(end - done) :])
        done = end
        if end == len(ids):
            break
    return torch.cat(scores)
    ### END SOLUTION

# %% check id="sliding_log_probs" points=2
check("pseudo_perplexity/sliding_log_probs", sliding_log_probs)

# %% check id="sliding_log_probs" points=2 hidden
check("pseudo_perplexity/sliding_log_probs", sliding_log_probs)

# %% [markdown]
# What does the stride change? For comparison: what comes out if tokens in an overlap are counted as often as they are seen.

# %%
document = with_start(causal_lm.tokenizer, load_text("sotu").test[0].text)[: sizes.document_tokens]
document = torch.tensor(document, device=lab.device)
window = 32  # small, to make the effect large
once, repeatedly = {}, {}
for stride in [window - 1, *(window * k // 8 for k in (6, 4, 2, 1))]:
    once[stride] = perplexity([sliding_log_probs(causal_lm.model, document, window, stride)]).item()
    begins = range(0, max(1, len(document) - window + 1), stride)
    repeatedly[stride] = perplexity(
        [causal_log_probs(causal_lm.model, document[begin : begin + window]) for begin in begins]
    ).item()
lab.record("perplexity of a document, windows that hardly overlap", once[window - 1])
lab.record("perplexity of a document, stride of 1/8 window", once[window // 8])
lab.claim("more context, less perplexity", once[window // 8] < once[window - 1])
lab.claim("counting overlaps repeatedly hides the gain", repeatedly[window // 8] > 1.05 * once[window // 8])
plots.plot_strides(once, repeatedly, window)

# %% [markdown]
# **What to see.** The same model on the same text: the more the windows overlap, the lower the perplexity, because fewer tokens are guessed from a short
# context. So a perplexity without its window and stride is half a number. If every token of every window is counted, the overlap buys nothing: each window again
# begins with tokens that have no context, and the mean hides what the extra computation found.
#
# ## 8. Two models, one text
#
# ### Which sentence is better?
#
# Both scores can rank two versions of one sentence, and this is where pseudo-likelihood shines: for minimal pairs it needs no normalisation, since both versions
# have (nearly) the same tokens. We make pairs from the held-out speeches: two neighbouring words swapped, and a verb that no longer agrees
# (*was/were*, *is/are*, *has/have*).

# %%
swapped = {i: swap_neighbours(sentence, lab.generator) for i, sentence in enumerate(test_text)}
disagreeing = {i: break_agreement(sentence, lab.generator) for i, sentence in enumerate(test_text)}
causal_scores = score_causal(causal_lm, test_text)
judges = {
    "masked, PLL": (masked_scores["speeches"], lambda texts: score_masked(masked_lm, texts)),
    "masked, PLL within word l2r": (l2r_scores, lambda texts: score_masked(masked_lm, texts, metric="within_word_l2r")),
    "causal": (causal_scores, lambda texts: score_causal(causal_lm, texts)),
}
accuracy, counts = {}, {}
for kind, spoiled in {"neighbours swapped": swapped, "verb does not agree": disagreeing}.items():
    spoiled = {i: sentence for i, sentence in spoiled.items() if sentence}  # a sentence may have no such verb
    accuracy[kind], counts[kind] = {}, len(spoiled)
    for name, (sound, score) in judges.items():
        bad = score(list(spoiled.values()))
        preferred = [sound[i].sum() > b.sum() for i, b in zip(spoiled, bad, strict=True)]
        accuracy[kind][name] = sum(preferred).item() / len(preferred)
        lab.record(f"{kind}, {name}", accuracy[kind][name])
    lab.claim(f"{kind}: better than a coin", min(accuracy[kind].values()) > 0.5, f"{counts[kind]} pairs")
plots.plot_pairs(accuracy, counts)

# %% [markdown]
# **What to see.** Small as they are, both models prefer the sentence as it was spoken in most pairs. In Salazar et al. (2020) the pseudo-likelihood of a BERT was 10
# points better than GPT-2 on island effects and negative polarity items of BLiMP: with both sides in view, agreement over a distance is
# easier to see.
#
# ### Which model is better?
#
# Now the question this notebook began with. Compare the two on the same text, and since tokens differ between tokenizers, also in bits per byte.

# %% [markdown]
# **Recall** (no points; answer before you look back). If the model is the truth itself, how does its pseudo-perplexity compare with its perplexity?
#
# - **a**: it is never higher
# - **b**: it is never lower
# - **c**: that depends on the text

# %% recall id="never_above"
lab.recall("never_above", "a")

# %%
text_bytes = sum(len(sentence.encode()) for sentence in test_text)
numbers = {
    "causal: perplexity": causal_scores,
    "masked: pseudo-perplexity": masked_scores["speeches"],
    "masked: pseudo-perplexity, within word l2r": l2r_scores,
}
rows = [f"{'':<46}{'per token':>10}{'bits/byte':>11}"]
for name, found in numbers.items():
    total = -torch.cat(found).sum().item()
    rows.append(f"{name:<46}{perplexity(found):10.2f}{bits_per_byte(total, text_bytes):11.3f}")
    lab.record(f"bits per byte, {name}", bits_per_byte(total, text_bytes), unit="bits/byte")
print("\n".join(rows))

# %% [markdown]
# The masked model has the lower number. Is it the better model? Ask the *same weights* another question: score the sentence from left to right, with the token and
# *everything behind it* hidden. That is the chain rule, a proper probability of the sentence (given its length), and your `score_masks` computes it. And in between:
# hide the token together with a random share of the others.

# %%
def hide_randomly(share: float, special: Tensor, generator: torch.Generator) -> Tensor:
    """(n, T) masks that hide each target and, of the other words, each with probability `share`."""
    targets = (~special).nonzero().squeeze(1)
    others = torch.rand(len(targets), len(special), generator=generator).to(special.device) < share
    return (others & ~special) | torch.eye(len(special), dtype=torch.bool, device=special.device)[targets]


shares = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0)
by_share = {share: [] for share in shares}
left_to_right = []
for sentence in few:
    ids, special, _ = encode(sentence)
    targets = (~special).nonzero().squeeze(1)
    behind = (torch.arange(len(ids), device=lab.device) >= targets[:, None]) & ~special
    left_to_right.append(score_masks(masked_lm.model, ids, behind, targets, mask_id))
    for share in shares:
        masks = hide_randomly(share, special, lab.generator)
        by_share[share].append(score_masks(masked_lm.model, ids, masks, targets, mask_id))
share_nats = {share: -torch.cat(found).mean().item() for share, found in by_share.items()}
chain_ppl, twin_ppl = perplexity(left_to_right).item(), perplexity(score_causal(causal_lm, few)).item()
lab.record("perplexity of the masked model, left to right", chain_ppl)
lab.record("perplexity of the causal twin, same sentences", twin_ppl)
lab.claim("one masked model, two numbers: PPPL < PPL", math.exp(share_nats[0.0]) < chain_ppl)
plots.plot_shares(share_nats, {"masked, left to right": math.log(chain_ppl), "causal twin": math.log(twin_ppl)})

# %% [markdown]
# **What to see.** One set of weights, one text. With one token hidden it looks far better than its twin; with everything behind hidden, in the
# causal model's own discipline, far worse. The quality of the model did not change between the points of this curve: only *what it was allowed to see* did. That is
# why the two numbers must not be compared:
# - the conditioning sets differ, and the gap is the text's redundancy (section 5), not the model's merit;
# - pseudo-likelihood is no distribution over sentences (section 3);
# - the model is asked at a mask rate it was not trained for (section 4), and pieces of words leak (section 6).
#
# Compare pseudo-perplexities with pseudo-perplexities, on the same tokens and the same text, and perplexities with perplexities.

# %% [markdown] exercise
# ### Exercise 8.1: three reports (written)
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# What does each number show, what does it not, and what would you measure instead? Two or three sentences each.
#
# 1. "Our detector calls a text machine-written if its pseudo-perplexity under a BERT is below 5. In our test it catches price lists, psalms and contracts, too. Evidently these were written by machines."
# 2. "Two masked models, one text. Ours has a vocabulary of 8,000 pieces and a pseudo-perplexity of 6; theirs has 50,000 pieces and 11. Ours is better."
# 3. "After we fine-tuned the causal model on speeches, the perplexity of a held-out speech fell from 40.3 to 35.4." In a footnote: "Windows of 32 tokens; before, they hardly overlapped, after, by seven eighths."
#
# <details><summary>Hint</summary>Exercise 3.2 for the first, exercise 6.4 for the second, the end of section 7 for the third.</details>

# %% [markdown] manual id="three_reports" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. A low pseudo-perplexity shows that each word follows from the words around it, that is, redundancy of the *text*. A text in which every word stands twice has a pseudo-perplexity of 1, whoever wrote it, and a perplexity of 10 (3.2). Psalms, contracts and
#    lists repeat themselves by their nature. Measure the false alarms on texts of known people, by kind of text; and take a score in which a repetition pays once (left to right).
# 2. Per piece nothing can be compared: the units differ. With 8,000 pieces words are cut into more of them, and a piece is easy to guess while its neighbours of the same word are in view (6.4). So the smaller vocabulary gets the lower number for free. Give nats or bits for the whole text,
#    per byte, and with the later pieces of a word hidden (within word, left to right). Even then it is a comparison of pseudo-likelihoods, of use for two masked models.
# 3. Nothing about the fine-tuning. Stride alone does this: in section 7 one and the same model has 40.3 with windows that hardly overlap and 35.4 with a stride of an eighth. Measure before and after with the same window and stride, on several held-out speeches.
#
# **An answer worth 1.5 points.** "1 Pseudo-perplexity is no probability. 2 Different tokenizers. 3 Different strides." Each word is right, and none says in which direction the number is off or what to do.
#
# **Rubric.**
#
# - 1 point: report 1, redundancy of the text and not its author, with an example or an experiment.
# - 1 point: report 2, different units and leaking pieces, with the direction; bits per byte, or whole words hidden.
# - 1 point: report 3, the stride explains all of it; same window and stride before and after.
#
# Half a point where the fault is named but neither explained nor mended.
# ### END SOLUTION

# %% [markdown] exercise
# ### Exercise 8.2: the right score for the job (written)
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# You have a masked and a causal model of the same size, trained on the same text. For each job: which model, which score, how many forward passes for a sentence of $T$ tokens, and what can go wrong?
#
# 1. Compress a text without loss, and have it back to the letter.
# 2. A speech recogniser offers two transcripts of a sentence, which differ in one word in the middle. Choose one.
# 3. Mark the words of an essay that are probably typing errors.
#
# <details><summary>Hint</summary>Who decompresses has only what came before. Which of the two scores is a probability of the whole text? And which looks at both sides?</details>

# %% [markdown] manual id="right_score" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. The causal model, by the chain rule: a code needs probabilities that sum to 1, and whoever decodes knows the words before and none of those behind. $-\log_2$ of the probability is the length in bits. One pass over $T$ tokens gives all of them (decoding takes $T$ passes). Pseudo-likelihood is
#    no distribution (section 3), so no code has these lengths. Goes wrong: text longer than the window; the score of the first tokens.
# 2. The masked model, by pseudo-likelihood: a minimal pair needs no normaliser, both sides of the place are seen, and the two transcripts have nearly the same tokens. $T$ masks for each transcript, which fit in a batch. Goes wrong: words of different numbers of pieces, or transcripts of different lengths; then
#    hide the later pieces of a word, and do not choose by the mean. (The causal model can do it too, with one pass, and judges the word by what comes before *and*, through the later terms, by what comes after.)
# 3. The masked model: hide one word at a time, all of its pieces, and look at the probability of what stands there, against that of the best word. $T$ passes or a batch. With both sides in view a rare but fitting word is less suspicious than left to right. Goes wrong: names and rare words (compare with the
#    alternatives, not with a fixed threshold); two errors side by side, each of which spoils the other's context; pieces left in view, from which the wrong word is guessed back.
#
# **An answer worth 1.5 points.** "1 causal, 2 masked, 3 masked, because BERT sees both sides." The choices are right; cost and pitfalls are missing.
#
# **Rubric.**
#
# - 1 point: compression by the causal model, because a code needs a distribution and the decoder only the past; its cost.
# - 1 point: transcripts by either model with its reason (minimal pair, both sides), its cost, and lengths or pieces as the pitfall.
# - 1 point: typing errors by the masked model, the whole word hidden, its cost, and one pitfall.
#
# Half a point for a choice without cost or pitfall.
# ### END SOLUTION

# %% [markdown]
# ## 9. What training sees
#
# BERT chooses 15% of the tokens. If all of them were replaced by `[MASK]`, the model would only ever work on damaged text and never on whole sentences. So of the
# *chosen* tokens 80% become `[MASK]`, 10% a random word and 10% stay as they are; all of them have to be predicted (Devlin et al. 2019).

# %% [markdown]
# **Recall** (no points; answer before you look back). How many tokens of a sequence have to be hidden in training, if the loss is to be a likelihood, averaged over
# all orders of reading?
#
# - **a**: one at a time
# - **b**: about 15% of them
# - **c**: a number drawn uniformly, from one to all
# - **d**: all of them

# %% recall id="likelihood_masks"
lab.recall("likelihood_masks", "c")

# %% [markdown] exercise
# ### Exercise 9.1: 80/10/10
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# Every token that is not special is chosen with probability `rate`, by a coin of its own. Return the damaged input, and labels: the original token where it was chosen, -100
# (which PyTorch's losses skip) everywhere else. Random words are uniform over 0 ... vocabulary-1.
#
# <details><summary>Hint</summary>One coin decides whether, a second one what: below 0.8, from 0.8 to 0.9, above.</details>
# <details><summary>Help: 80% and 2% instead of 80% and 10%</summary>Your second coin is tossed only for what the first left over: 10% of 20% is 2%.</details>

# %% answer id="corrupt"
def corrupt(ids: Tensor, special: Tensor, mask_id: int, vocabulary: int, rate: float = 0.15) -> tuple[Tensor, Tensor]:
    """BERT's training input and labels (Devlin et al. 2019, 3.1).

    ids: (B, T) integers. special: (B, T) bool. Returns (B, T) inputs and (B, T) labels; new tensors.
    """
    ### BEGIN SOLUTION
    chosen = (torch.rand(ids.shape, device=ids.device) < rate) & ~special
    what = torch.rand(ids.shape, device=ids.device)
    inputs = torch.where(chosen & (what < 0.8), mask_id, ids)
    inputs = torch.where(chosen & (what >= 0.9), torch.randint_like(ids, vocabulary), inputs)
    return inputs, torch.where(chosen, ids, -100)
    ### END SOLUTION

# %% check id="corrupt" points=2
check("pseudo_perplexity/corrupt", corrupt)

# %% check id="corrupt" points=1 hidden
check("pseudo_perplexity/corrupt", corrupt)

# %% [markdown]
# Only chosen tokens have a loss: of what BERT reads, about 15% teach it something. ELECTRA (Clark et al. 2020) lets a small masked model fill the gaps and asks the large one
# about *every* token: is this the original? One bit per question, but a question at every position. It is plain binary classification of replaced tokens: nothing contrastive, no pairs, and
# the generator is trained by likelihood, not as an adversary.

# %%
inputs, labels = corrupt(batch.input_ids, batch.special_tokens_mask.bool(), mask_id, len(masked_lm.tokenizer))
with torch.no_grad():
    logits = masked_lm.model(inputs, attention_mask=batch.attention_mask).logits
drawn = torch.multinomial(logits.flatten(0, 1).softmax(dim=1).cpu(), 1, generator=lab.generator).view_as(inputs)
filled = torch.where(labels != -100, drawn.to(lab.device), batch.input_ids)
replaced = filled != batch.input_ids  # a gap filled with the right token counts as original
words = ~batch.special_tokens_mask.bool()
again = [corrupt(batch.input_ids, ~words, mask_id, len(masked_lm.tokenizer))[1] for _ in range(20)]  # one draw of so few words varies
shares_seen = {"BERT": (torch.stack(again) != -100)[:, words].float().mean().item(), "ELECTRA": 1.0}
lab.record("share of positions with a loss, BERT", shares_seen["BERT"], tolerance=0.05)
print(f"BERT is asked about {shares_seen['BERT']:.1%} of {int(words.sum())} tokens, ELECTRA about all of them.")
print(f"Of the gaps, {1 - replaced[labels != -100].float().mean():.0%} were filled with the very token that was there.")
plots.plot_signal(masked_lm.tokenizer, batch.input_ids[0], filled[0], labels[0] != -100, replaced[0], words[0])

# %% [markdown]
# **What to see.** In the first row only the coloured tokens are questions; in the second, all of them are, and most answers are "original". In the paper's comparison (Table 5, GLUE)
# a masked model with a loss at *all* tokens comes close to ELECTRA (84.3 against 85.0; BERT 82.2): much of the gain is that no position is wasted.
#
# ### Who sees whom?
#
# A causal model that sees one token too many has a wonderful perplexity and is worthless. The check is simple, and every implementation should have it: change *one* input token and see which outputs change.

# %% [markdown] exercise
# ### Exercise 9.2: the leakage test
# difficulty 2/5 · importance 5/5 · 8 minutes · 2 points
#
# Entry $(i, j)$ of the result says whether the logits at position $i$ depend on token $j$.
#
# <details><summary>Hint</summary>For each j: replace token j by another one, run the model, compare all positions with the first run.</details>
# <details><summary>Hint 2</summary>(id + 1) modulo the vocabulary is always another token. Rounding is no dependence: differences up to 1e-5 do not count.</details>

# %% answer id="sees"
def sees(model, ids: Tensor, vocabulary: int) -> Tensor:
    """Which output depends on which input. ids: (T,), in 0 ... vocabulary-1. Returns (T, T) bool: [i, j] is True if output i changes with token j."""
    ### BEGIN SOLUTION
    model.eval()
    changed = ids.repeat(len(ids), 1)
    changed.fill_diagonal_(0)
    changed += torch.diag((ids + 1) % vocabulary)
    with torch.no_grad():
        before, after = model(ids[None]).logits, model(changed).logits
    return ((after - before).abs() > 1e-5).any(dim=2).T
    ### END SOLUTION

# %% check id="sees" points=1
check("pseudo_perplexity/sees", sees)

# %% check id="sees" points=1 hidden
check("pseudo_perplexity/sees", sees)

# %%
exact = {"causal": causal_lm.model.double(), "masked": masked_lm.model.double()}  # so no rounding passes for a dependence
matrices = {
    "causal": sees(exact["causal"], tokens[:16], len(causal_lm.tokenizer)).cpu(),
    "masked": sees(exact["masked"], encode(example)[0][:16], len(masked_lm.tokenizer)).cpu(),
}
masked_lm.model.float()
lab.claim("the causal model sees no later token", not matrices["causal"].triu(1).any().item())
lab.claim("the masked model sees every token", bool(matrices["masked"].all()))


def with_target_in_view(sentence: str) -> Tensor:
    """(n,) log-probabilities when nothing is hidden: a mistake."""
    ids, special, _ = encode(sentence)
    with torch.no_grad():
        log_p = masked_lm.model(ids[None]).logits[0].log_softmax(dim=1)
    return log_p.gather(1, ids[:, None]).squeeze(1)[~special]


in_view = math.exp(-torch.cat([with_target_in_view(sentence) for sentence in few]).mean())
print(f"pseudo-perplexity of the masked model when the target is left in view: {in_view:.3f}")
lab.record("pseudo-perplexity with the target in view", in_view)
plots.plot_matrices(matrices)

# %% [markdown]
# **What to see.** A triangle and a full square. And the printed number is what you get if you forget to hide the target: nearly 1, because the
# model may look at the answer. A perplexity that is too good to be true usually is.
#
# ## 10. Beyond
#
# - **A masked model is not a Markov random field.** "BERT has a mouth, and it must speak" (Wang & Cho 2019) read it as one; the authors withdrew the claim. Conditionals learned separately
#   need not fit *any* joint distribution, and Gibbs sampling from such a set ends in a different place for each order of visiting the tokens (Torroba Hennigen & Kim 2023).
# - **Any-order models** train on a uniformly random number of masks. By the identity of section 4 their loss is a bound on the likelihood, and comparable with a causal model's.
# - The next notebook, **Pythia scaling**, stays with causal models and asks how their loss falls with size, data and compute.
#
# ## What this run found

# %%
lab.summary()
