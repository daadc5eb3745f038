# %% [markdown]
# # 3 · Pseudo-perplexity: what a masked language model knows
#
# 88 minutes · 24 points
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
source = "embedded"  # "embedded": the small models that come with the course · "hub": BERT and Pythia from the Hugging Face hub

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import math
from itertools import combinations

import torch
from torch import Tensor

from course_utils.checks import check
from course_utils.pseudo_perplexity import (
    autoregressive_covariance,
    entropy,
    flip_chain,
    gaussian_perplexities,
    marginal,
    plots,
)

# %% locked id="preflight"
lab = start("pseudo_perplexity", profile=profile, seed=seed, source=source)

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
half_sure = 32.0

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
print(f"{'log of the table entry':>67}       {chain[tuple(x)].log():.6f}")

# %% [markdown]
# **What to see.** The terms move around, the sum does not. A causal model is trained on one order; there is nothing special about it. Look at
# the third order: once both neighbours are known a token costs little, *if* it agrees with them.
#
# ## 3. Pseudo-likelihood
#
# A masked model answers another question: what is $x_t$ when *all* other tokens, $x_{\setminus t}$, are known? The product of these
# answers is Besag's pseudo-likelihood (1975), and for language models its logarithm is the pseudo-log-likelihood (Salazar et al. 2020):
#
# $$\mathrm{PLL}(x) = \sum_{t=1}^{T} \log p(x_t \mid x_{\setminus t}) .$$
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
doubled_text = (10.0, 1.0)

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
# $$\ell_k = \mathbb E_{|M| = k}\; \frac1k \sum_{i \in M} H(x_i \mid x_{\setminus M})$$
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
print("  r      PPL      PPPL     (a thousand steps; densities, so both may be below 1)")
for r in (0.0, 0.5, 0.9, 0.99):
    ppl, pppl = gaussian_perplexities(autoregressive_covariance(r, 1000))
    print(f"  {r:<5g}{ppl:8.4f} {pppl:8.4f}")

# %% [markdown]
# ### Is the mean squared error a pseudo-likelihood?
#
# Masked models of images or sounds predict hidden values by least squares. For a Gaussian vector with covariance $\Sigma$ and precision
# $Q = \Sigma^{-1}$, the conditional of one coordinate given all others is Gaussian again, with
#
# $$\mathbb E[x_t \mid x_{\setminus t}] = -\sum_{j \ne t} \frac{Q_{tj}}{Q_{tt}}\, x_j, \qquad \mathrm{Var}[x_t \mid x_{\setminus t}] = \frac{1}{Q_{tt}} .$$

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
