# %% [markdown]
# # 2 · InfoNCE: what the loss says about information
#
# 262 minutes · 77 points
#
# In the first notebook a loss asked "which of these is the other half?", and features came out. Here we ask what that loss *is*. It turns
# out to be three things at once: a cross-entropy among $K$ candidates, an estimate of a density ratio, and a lower bound on mutual information
# with a ceiling that no amount of training lifts.
#
# **You will be able to**
# - follow the line from pair losses to InfoNCE, and state what each step kept;
# - derive noise-contrastive estimation, and say what breaks when its $\log k$ is forgotten;
# - prove $\log K - \mathcal L \le I(X; C)$, with the exact size of what is missing, and verify each step to twelve digits;
# - say how many candidates an estimate needs, and when a reported number of nats means nothing.
#
# **Conventions.** All logarithms are natural: information and losses are in *nats*. $K$ counts **all** candidates: one positive and $K - 1$
# negatives (van den Oord et al. 2018). Authors who write $K$ for the negatives get $\log(K+1)$ where we have $\log K$.
#
# **How to work.** Each exercise has a check that says what is wrong in words. Hidden tests on other inputs decide the rest of the points. Some
# questions want a written answer; a person grades those. Functions leave their inputs as they were, keep float64 and let gradients
# through. Everything runs on a CPU; on paper, have a pencil ready.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": more draws
seed = 0

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import math

import sympy
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.checks import check
from course_utils.infonce import (
    PROFILES,
    BilinearCritic,
    QuadraticCritic,
    SeparableCritic,
    candidate_lists,
    correlated_gaussians,
    expected_value,
    fit_unnormalised,
    in_batch_bounds,
    in_batch_estimates,
    optimal_bounds,
    plots,
    random_joint,
    train_critic,
    worked_joint,
)
from course_utils.infonce.symbolic import rho, x, y  # sympy symbols
from course_utils.interactive import explore

# %% locked id="preflight"
lab = start("infonce", profile=profile, seed=seed)
sizes = PROFILES[lab.profile]
draw = torch.Generator(lab.device).manual_seed(seed)

# %% [markdown]
# ## 1. Where it comes from
#
# Learning by comparison is older than SimCLR. In 2006 the examples came in **pairs**, the same thing or not. A pair of the same thing is
# pulled together; any other pair is pushed apart until it is a margin $m$ away, and then left alone (Hadsell, Chopra & LeCun 2006):
#
# $$\ell = \begin{cases} \tfrac12 d^2 & \text{same} \\ \tfrac12 \max(0,\ m - d)^2 & \text{different.} \end{cases}$$
#
# Identical is more than the task needs: *nearer than others* would do. **Triplets** compare: the positive $p$ must be nearer to the anchor $a$ than the negative $n$, by a margin (Schroff et al. 2015):
#
# $$\ell = \max\!\left(0,\ \lVert a - p \rVert^2 - \lVert a - n \rVert^2 + m\right).$$

# %% [markdown] exercise
# ### Exercise 1.1: pairs and triplets
# difficulty 1/5 · importance 3/5 · 8 minutes · 4 points
#
# Write both losses, averaged over the batch.
#
# <details><summary>Hint</summary><code>torch.where(same, ..., ...)</code> chooses per pair; <code>.clamp(min=0)</code> is max(0, ·).</details>
# <details><summary>Hint 2</summary>In the pair loss the margin is compared with the distance, and the difference is squared. In the triplet loss the distances are squared, and the difference is not.</details>
# <details><summary>Help: my gradient is nan for equal vectors</summary>The square root has no derivative at 0. The pair loss needs d itself only for different things; <code>torch.linalg.vector_norm</code> gives a gradient of 0 there.</details>

# %% answer id="pair_loss"
def pair_loss(a: Tensor, b: Tensor, same: Tensor, margin: float) -> Tensor:
    """Contrastive loss of pairs (Hadsell, Chopra & LeCun 2006), averaged.

    a, b: (N, D). same: (N,) booleans. Returns a scalar.
    """
    ### BEGIN SOLUTION
    distance = torch.linalg.vector_norm(a - b, dim=1)
    return torch.where(same, distance.square(), (margin - distance).clamp(min=0).square()).mean() / 2
    ### END SOLUTION

# %% check id="pair_loss" points=1
check("infonce/pair_loss", pair_loss)

# %% check id="pair_loss" points=1 hidden
check("infonce/pair_loss", pair_loss)

# %% answer id="triplet_loss"
def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Triplet loss on squared distances (Schroff et al. 2015), averaged. All (N, D). Returns a scalar."""
    ### BEGIN SOLUTION
    to_positive = (anchor - positive).square().sum(dim=1)
    to_negative = (anchor - negative).square().sum(dim=1)
    return (to_positive - to_negative + margin).clamp(min=0).mean()
    ### END SOLUTION

# %% check id="triplet_loss" points=1
check("infonce/triplet_loss", triplet_loss)

# %% check id="triplet_loss" points=1 hidden
check("infonce/triplet_loss", triplet_loss)

# %% [markdown]
# A triplet sees one negative at a time and, once its margin is met, nothing at all. **N-pairs** compare with all other items of the batch
# at once, and replace the corner of $\max(0, \cdot)$ by a smooth curve (Sohn 2016). With anchors $a_i$ and positives $p_i$:
#
# $$\ell_i = \log\Big(1 + \sum_{j \ne i} \exp(a_i \cdot p_j - a_i \cdot p_i)\Big).$$

# %% [markdown] exercise
# ### Exercise 1.2: N-pairs, two ways
# difficulty 2/5 · importance 4/5 · 10 minutes · 3 points
#
# Compute the loss twice, averaged over the $N$ anchors: word for word as above, and as the softmax cross-entropy of an $N$-way
# classification. That they agree is the first identity of this notebook; on paper it takes one line. Scores may reach several thousand, and
# neither side may overflow, in value or gradient.
#
# <details><summary>Hint</summary>All scores at once are <code>anchors @ positives.T</code>. Which entries are positives?</details>
# <details><summary>Hint 2</summary>The 1 in the formula is exp(0), the positive's own term. With a 0 on the diagonal, the left side is a logsumexp.</details>

# %% answer id="n_pair_loss"
def n_pair_loss(anchors: Tensor, positives: Tensor) -> tuple[Tensor, Tensor]:
    """The N-pair loss (Sohn 2016) as it is written, and as a cross-entropy.

    anchors, positives: (N, D); row i of both belong together. Returns two scalars, in nats.
    """
    ### BEGIN SOLUTION
    scores = anchors @ positives.T
    written = (scores - scores.diagonal()[:, None]).logsumexp(dim=1).mean()
    return written, F.cross_entropy(scores, torch.arange(len(scores), device=scores.device))
    ### END SOLUTION

# %% check id="n_pair_loss" points=2
check("infonce/n_pair_loss", n_pair_loss)

# %% check id="n_pair_loss" points=1 hidden
check("infonce/n_pair_loss", n_pair_loss)

# %% [markdown]
# With a single negative the two ideas can be laid on top of each other. Let the negative's score exceed the positive's by $t$ (for the
# triplet, take minus the squared distance as the score):

# %%
t = torch.linspace(-4, 4, 81)
two_items = [n_pair_loss(torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [gap]]))[0] for gap in t.tolist()]
smooth = 2 * torch.stack(two_items) - math.log(2)  # the second anchor is 0: all its scores are equal, its loss is log 2
plots.plot_hinges(t, {"triplet, margin 0": t.clamp(min=0), "triplet, margin 1": (t + 1).clamp(min=0), "N-pair, one negative": smooth})

# %% [markdown]
# **What to see.** N-pair is the triplet's corner rounded off: $\log(1 + e^t)$. It never quite stops pulling, it has no margin to choose,
# and it is *minus* the logarithm of a probability. That last point is where the theory starts.
#
# ## 2. Telling data from noise
#
# The other ancestor comes from statistics. Suppose a model $p_\theta$ is known only up to its normaliser, so maximum likelihood is out of
# reach. Gutmann & Hyvärinen (2010, 2012) turn density estimation into classification: mix every data point with $k$ samples of a known noise distribution $p_n$,
# and learn to tell which is which. A sample $x$ of the mixture is data with probability
#
# $$P(\text{data} \mid x) = \frac{p_\theta(x)}{p_\theta(x) + k\,p_n(x)} = \sigma\big(s(x) - \log k\big), \qquad s(x) = \log p_\theta(x) - \log p_n(x).$$
#
# The $\log k$ is the prior: noise is $k$ times as frequent. The loss is the cross-entropy of this classifier, one data point and its $k$
# noise samples at a time:
#
# $$\mathcal L_{\text{NCE}} = -\,\mathbb E_{\text{data}}\,\log \sigma(s - \log k)\; -\; k\;\mathbb E_{\text{noise}}\,\log\big(1 - \sigma(s - \log k)\big).$$

# %% [markdown] exercise
# ### Exercise 2.1: noise-contrastive estimation
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# It must survive scores of $\pm 200$ without overflow, in value and gradient.
#
# <details><summary>Hint</summary>1 - σ(t) = σ(-t), and <code>F.logsigmoid</code> is safe where log(sigmoid(·)) is not.</details>
# <details><summary>Hint 2</summary>k times the mean over all noise samples = the mean over data points of the sum over their k samples.</details>
# <details><summary>Help: equal scores of 0 and k = 1 give 0.6931 and the check says 1.3863</summary>There are two samples, one of data and one of noise; each costs log 2. You averaged where the formula adds.</details>

# %% answer id="nce_loss"
def nce_loss(data_scores: Tensor, noise_scores: Tensor, k: int) -> Tensor:
    """Noise-contrastive estimation (Gutmann & Hyvärinen 2012), per data point.

    data_scores: (N,) log p_model - log p_noise at the data. noise_scores: (N, k), the same at the noise samples.
    Returns a scalar in nats.
    """
    ### BEGIN SOLUTION
    log_k = math.log(k)
    return -F.logsigmoid(data_scores - log_k).mean() - k * F.logsigmoid(log_k - noise_scores).mean()
    ### END SOLUTION

# %% check id="nce_loss" points=2
check("infonce/nce_loss", nce_loss)

# %% check id="nce_loss" points=2 hidden
check("infonce/nce_loss", nce_loss)

# %% [markdown] exercise
# ### Exercise 2.2: predict first
# difficulty 3/5 · importance 4/5 · 5 minutes · 1 points
#
# Slides and blog posts often leave the $\log k$ out and classify with $\sigma(s)$. Then fit a model with free, unnormalised values $\varphi(x)$
# with $k = 5$ noise samples per data point and unlimited data. **What will $\sum_x \varphi(x)$ be?**
#
# <details><summary>Hint</summary>The best classifier knows the true odds of data against noise, whichever way they are written. What are these odds, and what does σ(s) make of s?</details>

# %% answer id="mass_without_log_k" stub="mass_without_log_k = ...  # the sum of phi over all x, for k = 5"
mass_without_log_k = 1 / 5

# %% check id="mass_without_log_k" points=1
check("infonce/mass_without_log_k", mass_without_log_k)

# %% [markdown]
# Three symbols, data with probabilities (0.5, 0.3, 0.2), uniform noise. Nothing in the model makes $\varphi$ sum to 1, only the loss:

# %%
def forgetful_loss(data_scores: Tensor, noise_scores: Tensor, k: int) -> Tensor:
    """Your loss, with its log k undone."""
    return nce_loss(data_scores + math.log(k), noise_scores + math.log(k), k)


counts = torch.tensor([15, 9, 6])
masses = {"with log k": {}, "without": {}}
for k in (1, 2, 5, 10, 20):
    masses["with log k"][k] = fit_unnormalised(nce_loss, counts, k).sum().item()
    masses["without"][k] = fit_unnormalised(forgetful_loss, counts, k).sum().item()
lab.record("mass of the fitted model, k = 20, with log k", masses["with log k"][20], tolerance=1e-3)
lab.claim("NCE normalises the model by itself", all(abs(m - 1) < 1e-3 for m in masses["with log k"].values()))
lab.claim("without log k it sums to 1/k", all(abs(m * k - 1) < 1e-2 for k, m in masses["without"].items()))
plots.plot_masses(masses)

# %% [markdown]
# **What to see.** With $\log k$ the model comes out normalised, though nobody asked for it. Without, it is right in shape and a factor $k$
# too small, which is harmless only for $k = 1$.

# %% [markdown] exercise
# ### Exercise 2.3: why (written)
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# Show that, with unlimited data and a free function $s$, $\mathcal L_{\text{NCE}}$ has its only minimum at
# $s^*(x) = \log p_d(x) - \log p_n(x)$ (all $p_d(x), p_n(x) > 0$). Then explain in one sentence why $p_\theta$ needs no normaliser here.
#
# <details><summary>Hint</summary>Write the loss as a sum over x. Each s(x) occurs in one term only, so minimise that term.</details>

# %% [markdown] manual id="nce_optimum" points=3
# ### BEGIN SOLUTION
# **A full answer.** The loss is $\sum_x -p_d(x) \log\sigma(u_x) - k\,p_n(x) \log\sigma(-u_x)$ with $u_x = s(x) - \log k$. Since
# $\frac{d}{du}\log\sigma(u) = 1 - \sigma(u)$, the derivative with respect to $u_x$ is
# $-p_d (1 - \sigma(u_x)) + k\,p_n\,\sigma(u_x) = (p_d + k p_n)\,\sigma(u_x) - p_d$. It vanishes where $\sigma(u_x) = p_d/(p_d + k p_n)$, that is
# $e^{u_x} = p_d/(k p_n)$, that is $s(x) = \log p_d(x)/p_n(x)$. The derivative grows with $u_x$, so the term is strictly convex and this is its only minimum.
# No normaliser: the minimum itself is at $p_\theta = p_n e^{s^*} = p_d$, which sums to 1; a wrong constant would cost loss.
#
# **Rubric.**
#
# - 1 point: the loss as a sum of separate terms, derivative taken correctly.
# - 1 point: solved for $s$, with the $\log k$ in the right place.
# - 1 point: why it is the *only* minimum (convexity, or sign of the derivative), and the sentence on the normaliser.
# ### END SOLUTION

# %% [markdown]
# ## 3. Which one is real?
#
# InfoNCE (van den Oord et al. 2018) puts the same question differently. There is a context $c$. One of $K$ candidates was drawn from $p(x \mid c)$, the
# others from $p(x)$, and the real one sits at a random place. Where?
#
# Bayes' rule needs the likelihood of the whole list, given that the real one is at place $i$:
#
# $$P(x_{1:K} \mid i, c) = p(x_i \mid c) \prod_{j \ne i} p(x_j).$$

# %% [markdown] exercise
# ### Exercise 3.1: the posterior of the place
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# Compute $P(i \mid x_{1:K}, c)$ twice: from Bayes' rule with the formula above, all places equally likely beforehand; and as
# $\operatorname{softmax}_i\, \log \frac{p(x_i \mid c)}{p(x_i)}$. One division on paper shows why they agree (CPC, Eq. 5).
#
# <details><summary>Hint</summary>p(x) is the column sum of the joint, p(x | c) a row divided by its sum.</details>
# <details><summary>Hint 2</summary>Divide the numerator and the denominator of Bayes' rule by the product of all p(x_j).</details>
# <details><summary>Help: nan where an outcome is impossible in this context</summary>log 0 is minus infinity, and a softmax takes that well. A product of p(x_j) divided by p(x_i) does too, since p(x_i) > 0.</details>

# %% answer id="positive_posterior"
def positive_posterior(joint: Tensor, context: int, candidates: Tensor) -> tuple[Tensor, Tensor]:
    """Probability of each place to hold the positive: by Bayes' rule, and as a softmax of log ratios (van den Oord et al. 2018, Eq. 5).

    joint: (C, X) table p(c, x); entries may be 0, no row and no column is all zero. context: a row. candidates: (K,) columns, repeats allowed;
    at least one of them is possible in this context. Returns two (K,) tensors.
    """
    ### BEGIN SOLUTION
    outcome = joint.sum(dim=0)
    given = joint[context] / joint[context].sum()
    likelihood = torch.stack(
        [
            given[x] * torch.cat([outcome[candidates[:i]], outcome[candidates[i + 1 :]]]).prod()
            for i, x in enumerate(candidates.tolist())
        ]
    )
    log_ratio = (given / outcome).log()
    return likelihood / likelihood.sum(), log_ratio[candidates].softmax(dim=0)
    ### END SOLUTION

# %% check id="positive_posterior" points=2
check("infonce/positive_posterior", positive_posterior)

# %% check id="positive_posterior" points=1 hidden
check("infonce/positive_posterior", positive_posterior)

# %% [markdown]
# So the best possible guess is a softmax, and a network that outputs scores $f(x_j, c)$, trained as a $K$-way classifier, is aiming at
# exactly this. That classifier's cross-entropy is InfoNCE:
#
# $$\mathcal L_K(f) = -\,\mathbb E \log \frac{e^{f(x^+, c)}}{\sum_{j=1}^{K} e^{f(x_j, c)}},$$
#
# where the sum runs over **all** $K$ candidates, the positive $x^+$ included.

# %% [markdown] exercise
# ### Exercise 3.2: InfoNCE
# difficulty 2/5 · importance 5/5 · 6 minutes · 4 points
#
# Each row of `scores` is one game. Scores may be as large as $\pm 1000$.
#
# <details><summary>Hint</summary>You know this function by another name. Which one takes logits and labels?</details>
# <details><summary>Help: a loss below zero</summary>Then the positive is missing from your denominator, and what you have is no probability.</details>

# %% answer id="info_nce"
def info_nce(scores: Tensor, positive: Tensor) -> Tensor:
    """InfoNCE (van den Oord et al. 2018, Eq. 4), averaged over the games.

    scores: (N, K), f of each candidate. positive: (N,) integers, the place of each game's positive. Returns a scalar in nats.
    """
    ### BEGIN SOLUTION
    return F.cross_entropy(scores, positive)
    ### END SOLUTION

# %% check id="info_nce" points=2
check("infonce/info_nce", info_nce)

# %% check id="info_nce" points=2 hidden
check("infonce/info_nce", info_nce)

# %% [markdown]
# **Recall** (no points; answer before you look back). The loss of the first notebook is this one: each vector of the batch is the anchor of one game. With $N = 100$
# images, two views of each, how many candidates $K$ does a game have?

# %% recall id="candidates"
lab.recall("candidates", 2 * 100 - 1)

# %%
blind = info_nce(torch.zeros(5, 64), torch.arange(5))
print(f"a critic that sees nothing, K = 64: {blind:.4f} nats; log 64 = {math.log(64):.4f}")

# %% [markdown]
# ## 4. A world small enough to count
#
# How well can anybody play? In a world with two contexts and three outcomes we can list *every* possible game and need no samples at all.
# Every identity below must then hold to rounding, about $10^{-16}$; "agrees roughly" is a bug.

# %%
joint = worked_joint()
print("p(c, x), one row per context:\n", joint)

# %% [markdown]
# The mutual information says how much a look at $c$ tells about $x$, in nats: $I(X; C) = \sum_{c,x} p(c, x) \log \frac{p(c, x)}{p(c)\,p(x)}$.

# %% [markdown] exercise
# ### Exercise 4.1: information and the best critic
# difficulty 2/5 · importance 5/5 · 10 minutes · 4 points
#
# Exercise 3.1 names the best critic: the log density ratio $f^*(x, c) = \log \frac{p(x \mid c)}{p(x)}$. Its mean over the joint is the
# mutual information. Write both; a zero in the table is an event that never happens and contributes nothing to a mean.
#
# <details><summary>Hint</summary>The product table p(c) p(x) is an outer product of the row sums and the column sums.</details>
# <details><summary>Hint 2</summary><code>torch.xlogy(p, r)</code> is p log r, and 0 where p is 0.</details>

# %% answer id="optimal_critic"
def optimal_critic(joint: Tensor) -> Tensor:
    """log p(x | c) / p(x) for every context and outcome; minus infinity where the joint is 0. joint: (C, X). Returns (C, X)."""
    ### BEGIN SOLUTION
    return (joint / torch.outer(joint.sum(dim=1), joint.sum(dim=0))).log()
    ### END SOLUTION

# %% check id="optimal_critic" points=1
check("infonce/optimal_critic", optimal_critic)

# %% check id="optimal_critic" points=1 hidden
check("infonce/optimal_critic", optimal_critic)

# %% answer id="mutual_information"
def mutual_information(joint: Tensor) -> Tensor:
    """I(X; C) in nats. joint: (C, X), sums to 1, entries may be 0. Returns a scalar."""
    ### BEGIN SOLUTION
    return torch.xlogy(joint, joint / torch.outer(joint.sum(dim=1), joint.sum(dim=0))).sum()
    ### END SOLUTION

# %% check id="mutual_information" points=1
check("infonce/mutual_information", mutual_information)

# %% check id="mutual_information" points=1 hidden
check("infonce/mutual_information", mutual_information)

# %% [markdown]
# Now the game. `candidate_lists(X, K)` gives all $X^K$ lists of candidates. Two probabilities of each context and list matter:
#
# - $P_1(c, x_{1:K}) = p(c)\; p(x_1 \mid c) \prod_{j>1} p(x_j)$: the real game, with the positive in the first place (where it sits makes no
#   difference to the loss);
# - $Q(c, x_{1:K}) = p(c) \prod_{j} p(x_j)$: a world where no candidate has anything to do with $c$.

# %% [markdown] exercise
# ### Exercise 4.2: the game and its null world
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# <details><summary>Hint</summary>Indexing with the lists gives a factor for every list at once: <code>outcome[lists]</code> has shape (M, K).</details>
# <details><summary>Hint 2</summary>p(c) p(x_1 | c) is the joint itself: <code>joint[:, lists[:, 0]]</code>, of shape (C, M).</details>
# <details><summary>Help: the table of the game does not sum to 1</summary>K - 1 factors p(x_j), not K: the first candidate already has its probability.</details>

# %% answer id="candidate_game"
def candidate_game(joint: Tensor, num_candidates: int) -> tuple[Tensor, Tensor]:
    """Probability of every context and list of candidates: in the game (positive first), and if nothing depended on the context.

    joint: (C, X). Returns P_1 and Q, both (C, M) for the M = X ** K lists of `candidate_lists(X, num_candidates)`, in its order.
    """
    ### BEGIN SOLUTION
    lists = candidate_lists(joint.shape[1], num_candidates)
    context, outcome = joint.sum(dim=1), joint.sum(dim=0)
    game = joint[:, lists[:, 0]] * outcome[lists[:, 1:]].prod(dim=1)
    return game, torch.outer(context, outcome[lists].prod(dim=1))
    ### END SOLUTION

# %% check id="candidate_game" points=2
check("infonce/candidate_game", candidate_game)

# %% check id="candidate_game" points=1 hidden
check("infonce/candidate_game", candidate_game)

# %% [markdown] exercise
# ### Exercise 4.3: the exact loss of any critic
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# $\mathcal L_K(f)$ without sampling: the mean over $P_1$ of $\log\sum_j e^{f(x_j, c)} - f(x_1, c)$.
#
# <details><summary>Hint</summary><code>critic[:, lists]</code> has shape (C, M, K): every score of every game.</details>
# <details><summary>Hint 2</summary>Where the game is impossible the loss may be infinite, and 0 · ∞ is nan. Let <code>torch.where</code> decide first.</details>

# %% answer id="exact_info_nce"
def exact_info_nce(joint: Tensor, critic: Tensor, num_candidates: int) -> Tensor:
    """InfoNCE by enumeration of every game.

    joint: (C, X), entries may be 0. critic: (C, X) scores, minus infinity allowed where the joint is 0. Returns a scalar in nats.
    """
    ### BEGIN SOLUTION
    game, _ = candidate_game(joint, num_candidates)
    scores = critic[:, candidate_lists(joint.shape[1], num_candidates)]
    loss = scores.logsumexp(dim=2) - scores[:, :, 0]
    return (game * torch.where(game > 0, loss, 0.0)).sum()
    ### END SOLUTION

# %% check id="exact_info_nce" points=2
check("infonce/exact_info_nce", exact_info_nce)

# %% check id="exact_info_nce" points=2 hidden
check("infonce/exact_info_nce", exact_info_nce)

# %%
print(f"I = {mutual_information(joint):.6f} nats")
print(" K     log K    log K - L of the best critic")
for k in (2, 3, 5, 8):
    print(f"{k:2d}  {math.log(k):8.6f}  {math.log(k) - exact_info_nce(joint, optimal_critic(joint), k):8.6f}")

# %% [markdown]
# **What to see.** The last column grows with $K$, stays below $I$ and below $\log K$, and gets close to neither. Section 5 says why.

# %% [markdown] exercise
# ### Exercise 4.4: predict first
# difficulty 3/5 · importance 4/5 · 5 minutes · 1 points
#
# Which of these changes to a critic leave $\mathcal L_K(f)$ as it is, for **every** joint, **every** critic and $K \ge 2$? Answer each with True or False.
#
# <details><summary>Hint</summary>A softmax does not notice a number that is added to all its inputs. All candidates of one game have the same c.</details>

# %% answer id="harmless_changes" stub="harmless_changes = {\n    \"f + 7\": ...,\n    \"f + a(c), any function of the context\": ...,\n    \"f + b(x), any function of the candidate\": ...,\n    \"2 f\": ...,\n}"
harmless_changes = {
    "f + 7": True,
    "f + a(c), any function of the context": True,
    "f + b(x), any function of the candidate": False,
    "2 f": False,
}

# %% check id="harmless_changes" points=1
check("infonce/harmless_changes", harmless_changes)

# %%
best = optimal_critic(joint)
a, b = torch.randn(2, 1, dtype=torch.float64), torch.randn(1, 3, dtype=torch.float64)
for name, critic in {"f": best, "f + a(c)": best + a, "f + b(x)": best + b, "2 f": 2 * best}.items():
    print(f"{name:<9} L = {exact_info_nce(joint, critic, 5):.12f}")

# %% [markdown]
# So InfoNCE finds the log density ratio up to $a(c)$, and NCE, which has to get $s$ itself right, finds it exactly. A loss that plays both
# directions (which $x$ for this $c$, and which $c$ for this $x$) leaves only one constant free.
#
# ## 5. The bound
#
# A perfect player of a game with $K$ candidates has loss 0; a blind one has loss $\log K$. The difference to the blind one,
# $\log K - \mathcal L$, is what the critic has understood, in nats. The claim of this section: it is never more than $I(X; C)$.

# %% [markdown] exercise
# ### Exercise 5.1: from loss to nats
# difficulty 1/5 · importance 5/5 · 4 minutes · 2 points
#
# Mind the convention: this function is given the number of *negatives*.
#
# <details><summary>Hint</summary>How many candidates are there, when there are 255 negatives?</details>

# %% answer id="mi_lower_bound"
def mi_lower_bound(loss: Tensor, num_negatives: int) -> Tensor:
    """The InfoNCE lower bound on I(X; C), in nats.

    loss: InfoNCE in nats, any shape. num_negatives: per game, the positive not counted. Returns the shape of `loss`; may be negative.
    """
    ### BEGIN SOLUTION
    return math.log(num_negatives + 1) - loss
    ### END SOLUTION

# %% check id="mi_lower_bound" points=1
check("infonce/mi_lower_bound", mi_lower_bound)

# %% check id="mi_lower_bound" points=1 hidden
check("infonce/mi_lower_bound", mi_lower_bound)

# %% [markdown]
# Now the proof, in three steps. Write $w_j = \frac{p(x_j \mid c)}{p(x_j)}$ for the density ratio of each candidate, and
# $m = \frac1K \sum_{j=1}^K w_j$ for their mean. $\mathcal L^*$ is the loss of the best critic, $e^{f^*} = w$.
#
# (The derivation in the appendix of the CPC paper goes another way, and two of its steps do not hold as written; the inequality is right. The proof here needs no
# approximation, and says exactly what is missing. Cf. Poole et al. 2019.)

# %% [markdown] exercise
# ### Exercise 5.2: step 1, what is missing
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# Put $f^* = \log w$ into the loss and collect the terms:
#
# $$I - (\log K - \mathcal L^*) = \mathbb E_{P_1} \log m .$$
#
# Compute the left side from exercises 4.1 and 4.3, the right side from the table of the game. They must agree to $10^{-12}$.
#
# <details><summary>Hint</summary>-log softmax is log(K m) - log w_1. What is the mean of log w_1 over the game?</details>
# <details><summary>Hint 2</summary>For the right side: the exponential of the best critic, indexed with the lists as in 4.3, is w; its mean over the places is m.</details>
# <details><summary>Help: the sides differ by 1e-9</summary>Something is float32: <code>torch.log(torch.tensor(K))</code> is, <code>math.log(K)</code> is not.</details>

# %% answer id="gap_as_expectation"
def gap_as_expectation(joint: Tensor, num_candidates: int) -> tuple[Tensor, Tensor]:
    """Both sides of I - (log K - L*) = E_P1[log m], in nats. joint: (C, X), entries may be 0, no row and no column all zero. Returns two scalars."""
    ### BEGIN SOLUTION
    critic = optimal_critic(joint)
    bound = math.log(num_candidates) - exact_info_nce(joint, critic, num_candidates)
    game, _ = candidate_game(joint, num_candidates)
    m = critic.exp()[:, candidate_lists(joint.shape[1], num_candidates)].mean(dim=2)
    return mutual_information(joint) - bound, torch.xlogy(game, m).sum()
    ### END SOLUTION

# %% check id="gap_as_expectation" points=2
check("infonce/gap_as_expectation", gap_as_expectation)

# %% check id="gap_as_expectation" points=1 hidden
check("infonce/gap_as_expectation", gap_as_expectation)

# %% [markdown] exercise
# ### Exercise 5.3: step 2, change the world
# difficulty 4/5 · importance 4/5 · 12 minutes · 3 points
#
# The game and the null world differ in one factor: $P_1 = w_1 Q$. So a mean in the game is a weighted mean in the null world. And in the
# null world all places are alike, so the weight of place 1 may be replaced by the mean of the weights of all places:
#
# $$\mathbb E_{P_1} \log m = \mathbb E_Q\, w_1 \log m = \mathbb E_Q\, m \log m .$$
#
# Compute all three.
#
# <details><summary>Hint</summary>m does not change when the candidates change places, and Q does not either. That is all the second equality needs.</details>
# <details><summary>Hint 2</summary>m log m is 0 where m is 0: <code>torch.xlogy(m, m)</code>.</details>

# %% answer id="change_of_measure"
def change_of_measure(joint: Tensor, num_candidates: int) -> tuple[Tensor, Tensor, Tensor]:
    """E_P1[log m], E_Q[w_1 log m] and E_Q[m log m], in nats. joint: (C, X), entries may be 0, no row and no column all zero. Returns three scalars."""
    ### BEGIN SOLUTION
    game, null = candidate_game(joint, num_candidates)
    w = optimal_critic(joint).exp()[:, candidate_lists(joint.shape[1], num_candidates)]
    m = w.mean(dim=2)
    return torch.xlogy(game, m).sum(), (null * torch.xlogy(w[:, :, 0], m)).sum(), (null * torch.xlogy(m, m)).sum()
    ### END SOLUTION

# %% check id="change_of_measure" points=2
check("infonce/change_of_measure", change_of_measure)

# %% check id="change_of_measure" points=1 hidden
check("infonce/change_of_measure", change_of_measure)

# %% [markdown] exercise
# ### Exercise 5.4: step 3, a divergence
# difficulty 4/5 · importance 5/5 · 14 minutes · 3 points
#
# Let $P_i$ be the game with the positive at place $i$, and $\bar P = \frac1K \sum_i P_i$ the game with the positive at a random place. Then
#
# $$\mathbb E_Q\, m \log m = \mathrm{KL}\big(\bar P \,\Vert\, Q\big) \ge 0 .$$
#
# Build $\bar P$ place by place, then compute both sides.
#
# <details><summary>Hint</summary>P_i is the joint at the i-th candidate times the p(x_j) of all others.</details>
# <details><summary>Hint 2</summary>KL is the sum of p̄ log(p̄ / q); no entry of Q is 0.</details>

# %% answer id="gap_as_divergence"
def gap_as_divergence(joint: Tensor, num_candidates: int) -> tuple[Tensor, Tensor]:
    """Both sides of E_Q[m log m] = KL(mean of the P_i || Q), in nats. joint: (C, X), entries may be 0, no row and no column all zero. Returns two scalars."""
    ### BEGIN SOLUTION
    _, null = candidate_game(joint, num_candidates)
    lists, outcome = candidate_lists(joint.shape[1], num_candidates), joint.sum(dim=0)
    m = optimal_critic(joint).exp()[:, lists].mean(dim=2)
    places = []
    for i in range(num_candidates):
        others = torch.cat([lists[:, :i], lists[:, i + 1 :]], dim=1)
        places.append(joint[:, lists[:, i]] * outcome[others].prod(dim=1))
    mixture = torch.stack(places).mean(dim=0)
    return (null * torch.xlogy(m, m)).sum(), torch.xlogy(mixture, mixture / null).sum()
    ### END SOLUTION

# %% check id="gap_as_divergence" points=2
check("infonce/gap_as_divergence", gap_as_divergence)

# %% check id="gap_as_divergence" points=1 hidden
check("infonce/gap_as_divergence", gap_as_divergence)

# %%
worst = 0.0
for trial in range(20):
    table = random_joint(torch.Generator().manual_seed(1000 * seed + trial), contexts=2, outcomes=3, zeros=trial % 2)
    sides = [*gap_as_expectation(table, 4), *change_of_measure(table, 4), *gap_as_divergence(table, 4)]
    worst = max(worst, float(max(sides) - min(sides)))
print(f"the seven sides of the proof differ by at most {worst:.0e} on 20 random joints")
lab.claim("every step of the proof is an identity", worst < 1e-12, f"largest difference {worst:.0e}")

# %% [markdown] exercise
# ### Exercise 5.5: the proof (written)
# difficulty 4/5 · importance 5/5 · 20 minutes · 4 points
#
# Write the proof of $\log K - \mathcal L_K(f) \le \min(I(X; C), \log K)$ for any critic $f$: the three steps in algebra with a reason for each equals sign, why the
# divergence proves the bound, and the two parts that are missing above: any critic instead of the best one, and the ceiling $\log K$.
#
# <details><summary>Hint</summary>For any critic: the cross-entropy of a prediction is at least that of the true posterior. For the ceiling: can a cross-entropy be negative?</details>

# %% [markdown] manual id="bound_proof" points=4
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. *Any critic.* Put the positive at a random place: the loss treats all places alike, so $\mathcal L_K(f)$ does not change. For each list, $-\sum_i P(i \mid x_{1:K}, c) \log \operatorname{softmax}_i f$ is the cross-entropy between the true posterior of the place and the
#    critic's; it is least for the posterior itself, which is $\operatorname{softmax} \log w$ (3.1). So $\mathcal L_K(f) \ge \mathcal L^*$, and it is enough to bound $\log K - \mathcal L^*$.
# 2. *Step 1.* $\mathcal L^* = \mathbb E_{P_1} [\log \sum_j w_j - \log w_1] = \mathbb E_{P_1} [\log K + \log m] - I$, because $\mathbb E_{P_1} \log w_1 = \mathbb E_{p(c,x)} \log \frac{p(x|c)}{p(x)} = I$.
# 3. *Step 2.* $P_1 = p(c)\,p(x_1|c) \prod_{j>1} p(x_j) = w_1 Q$ gives $\mathbb E_{P_1} \log m = \mathbb E_Q w_1 \log m$. $Q$ and $m$ do not change under permutations of the
#    places, so $\mathbb E_Q w_1 \log m = \mathbb E_Q w_i \log m$ for each $i$; the mean over $i$ is $\mathbb E_Q m \log m$.
# 4. *Step 3.* $P_i = w_i Q$, so $\bar P = m Q$ and $\mathbb E_Q m \log m = \sum \bar P \log (\bar P / Q) = \mathrm{KL}(\bar P \Vert Q) \ge 0$. Hence $\log K - \mathcal L^* \le I$.
# 5. *Ceiling.* $\mathcal L_K(f)$ is the mean of minus a log-probability, so it is at least 0, and $\log K - \mathcal L_K(f) \le \log K$.
#
# **Rubric.**
#
# - 1 point: step 1, with $\mathbb E \log w_1 = I$ justified.
# - 1 point: step 2, with the symmetry argument stated.
# - 1 point: step 3 and why it proves the bound (KL, or Jensen with $\mathbb E_Q m = 1$ and $u \log u$ convex).
# - 1 point: any critic and the ceiling.
#
# Half points are fine.
# ### END SOLUTION

# %% [markdown] exercise
# ### Exercise 5.6: the price of a wrong critic
# difficulty 4/5 · importance 4/5 · 12 minutes · 3 points
#
# A critic that is not the best loses exactly the divergence between what it says and what Bayes would say:
#
# $$\mathcal L_K(f) - \mathcal L^* = \mathbb E\; \mathrm{KL}\big(\text{posterior of the place} \,\Vert\, \operatorname{softmax} f\big).$$
#
# <details><summary>Hint</summary>The posterior of the place is the softmax of the best critic over the same list.</details>
# <details><summary>Hint 2</summary>The mean is over contexts and lists as they occur in the game. The divergence does not care where the positive sits, so <code>candidate_game(...)[0]</code> will do.</details>

# %% answer id="excess_loss"
def excess_loss(joint: Tensor, critic: Tensor, num_candidates: int) -> tuple[Tensor, Tensor]:
    """Both sides of L(f) - L* = E[KL(posterior || softmax f)], in nats. joint: (C, X), all entries > 0; critic: (C, X), finite."""
    ### BEGIN SOLUTION
    best = optimal_critic(joint)
    left = exact_info_nce(joint, critic, num_candidates) - exact_info_nce(joint, best, num_candidates)
    game, _ = candidate_game(joint, num_candidates)
    lists = candidate_lists(joint.shape[1], num_candidates)
    log_posterior, log_guess = best[:, lists].log_softmax(dim=2), critic[:, lists].log_softmax(dim=2)
    divergence = (log_posterior.exp() * (log_posterior - log_guess)).sum(dim=2)
    return left, (game * divergence).sum()
    ### END SOLUTION

# %% check id="excess_loss" points=2
check("infonce/excess_loss", excess_loss)

# %% check id="excess_loss" points=1 hidden
check("infonce/excess_loss", excess_loss)

# %% [markdown]
# Two shortfalls, both exact: one of the game (too few candidates, $\mathrm{KL}(\bar P \Vert Q)$), one of the critic (not the density ratio). And two slips to
# recognise when you meet them: "$I \le \log K - \mathcal L$" turns the inequality round, and "$\log K - \mathcal L \le I + \log K$" is true and useless.
#
# In a SimCLR batch the negatives are not independent draws: each image comes with both of its views. The proof does not cover $\log(2N-1) - \mathcal L$; read
# $\log(2N - 1)$ there as what collapse costs, no more.

# %% [markdown] exercise
# ### Exercise 5.7: negatives from elsewhere (written)
# difficulty 4/5 · importance 4/5 · 15 minutes · 4 points
#
# In practice negatives are rarely drawn from $p(x)$. Let them come from another distribution $q(x) > 0$; the positive is drawn from $p(x \mid c)$ as before.
#
# 1. What is the best critic now? Derive it from the posterior of the place, as in 3.1.
# 2. Which step of the proof of 5.2 to 5.4 changes, and what does $\log K - \mathcal L_K(f)$ bound from below instead of $I(X; C)$?
# 3. So a report says "InfoNCE shows 6 nats", and its negatives come from another data set. What may those nats consist of?
# 4. Speech: $c$ and $x$ are moments of one recording, and *all* negatives are taken from the same speaker as $c$. What will the features no longer contain, and why might that be wanted?
#
# <details><summary>Hint</summary>Replace p(x_j) by q(x_j) wherever it stands for a negative. Nothing happens to the positive.</details>
# <details><summary>Hint 2</summary>What is the mean of log p(x | c)/q(x) over pairs? Write p(x | c)/q(x) as two fractions.</details>

# %% [markdown] manual id="other_negatives" points=4
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. $P(x_{1:K} \mid i, c) = p(x_i \mid c) \prod_{j \ne i} q(x_j)$, and after division by $\prod_j q(x_j)$ the posterior is $\operatorname{softmax}_i \log \frac{p(x_i \mid c)}{q(x_i)}$. The best critic is
#    $\log \frac{p(x \mid c)}{q(x)}$, up to a function of $c$.
# 2. With $w = p(x \mid c)/q(x)$ and $Q = p(c) \prod_j q(x_j)$ every step stands: $\mathbb E_Q w = 1$, symmetry, and a divergence that is at least 0. Only the mean in step 1 is another one:
#    $\mathbb E \log \frac{p(x|c)}{q(x)} = \mathbb E \log \frac{p(x|c)}{p(x)} + \mathbb E \log \frac{p(x)}{q(x)} = I(X; C) + \mathrm{KL}(p \Vert q)$. So
#    $\log K - \mathcal L_K(f) \le \min(I + \mathrm{KL}(p \Vert q), \log K)$: a bound on the sum, and none on $I$.
# 3. Of both: to tell $p$ from $q$ is enough. If $x$ says nothing about $c$ at all, a critic that recognises the data set (its borders, its noise, its loudness) still earns up to
#    $\mathrm{KL}(p \Vert q)$. Ask for the number with negatives from the same data, or with shuffled contexts.
# 4. The negatives come from $q(x \mid \text{speaker of } c)$, so the best critic is $\log \frac{p(x|c)}{q(x|\text{speaker})}$: who speaks is the same in all candidates and cannot help. Nothing asks the features to keep the
#    speaker; what is asked for is what changes within a recording, such as the sounds. That is wanted for recognising words, and wrong for recognising people.
#
# **An answer worth 2 points.** Part 1 as above, and "the bound no longer holds, because the negatives have the wrong distribution": the critic is right, what is bounded and what follows are missing.
#
# **Rubric.**
#
# - 1 point: the posterior with $q$, and the critic $\log p(x|c)/q(x)$.
# - 1 point: the sum $I + \mathrm{KL}(p \Vert q)$, with the step in which it arises.
# - 1 point: the nats may come from telling $p$ from $q$ alone, with an example or a control.
# - 1 point: what is common to $c$ and all negatives is not asked for, hence the speaker; and what for.
# ### END SOLUTION

# %% [markdown]
# ## 6. Where the bound saturates
#
# Back to continuous worlds, one in which everything is known: $X$ and $Y$ are standard normal vectors in $d$ dimensions, and matching
# components have correlation $\rho$.

# %% [markdown] exercise
# ### Exercise 6.1: the log ratio of a Gaussian pair
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# For $d = 1$, write $f^*(x, y) = \log \frac{p(x, y)}{p(x)\,p(y)}$ as a sympy expression in the symbols `x`, `y` and `rho`, which are imported
# above. The joint density has covariance
# $\begin{pmatrix} 1 & \rho \\ \rho & 1 \end{pmatrix}$; any equivalent form is accepted.
#
# <details><summary>Hint</summary>The determinant is 1 - ρ², the inverse is (1, -ρ; -ρ, 1) / (1 - ρ²). The factors 2π cancel.</details>
# <details><summary>Hint 2</summary>The exponent of the joint density is minus half of (x, y) times the inverse times (x, y). Then subtract the exponents of p(x) and p(y).</details>

# %% answer id="gaussian_log_ratio" stub="gaussian_log_ratio = ...  # an expression in x, y and rho; sympy.log is the logarithm"
gaussian_log_ratio = -sympy.log(1 - rho**2) / 2 - (rho**2 * (x**2 + y**2) - 2 * rho * x * y) / (2 * (1 - rho**2))

# %% check id="gaussian_log_ratio" points=2
check("infonce/gaussian_log_ratio", gaussian_log_ratio)

# %% check id="gaussian_log_ratio" points=1 hidden
check("infonce/gaussian_log_ratio", gaussian_log_ratio)

# %% [markdown]
# The mean of the log ratio is the mutual information, and sympy can take it:

# %%
information = expected_value(gaussian_log_ratio)
print("I =", information, "  per dimension, in nats")

# %% [markdown]
# So $I = -\frac d2 \log(1 - \rho^2)$: with $d = 20$ dimensions, 2 nats take $\rho = 0.43$ and 10 nats $\rho = 0.80$.

# %% [markdown] exercise
# ### Exercise 6.2: the best critic, for all pairs
# difficulty 3/5 · importance 4/5 · 8 minutes · 3 points
#
# The components are independent of each other, so their log ratios add up. Score every context with every candidate, without a loop over pairs.
#
# <details><summary>Hint</summary>Only |x|², |y|² and x·y enter. The last is one matrix product for all pairs.</details>
# <details><summary>Help: for vectors of length 1 I am off by a constant, otherwise by more</summary>Then the |x|² and |y|² terms are missing. The one of y differs between candidates, so the softmax does notice.</details>
# <details><summary>Help: float64 agrees to seven digits only</summary>rho in a float32 tensor: keep it the Python number it is.</details>

# %% answer id="gaussian_critic"
def gaussian_critic(x: Tensor, y: Tensor, rho: float) -> Tensor:
    """log p(x_i, y_j) / (p(x_i) p(y_j)) of correlated standard normal vectors. x: (N, d), y: (M, d). Returns (N, M), in nats."""
    ### BEGIN SOLUTION
    squares = x.square().sum(dim=1)[:, None] + y.square().sum(dim=1)
    quadratic = (rho**2 * squares - 2 * rho * (x @ y.T)) / (2 * (1 - rho**2))
    return -x.shape[1] / 2 * math.log(1 - rho**2) - quadratic
    ### END SOLUTION

# %% check id="gaussian_critic" points=2
check("infonce/gaussian_critic", gaussian_critic)

# %% check id="gaussian_critic" points=1 hidden
check("infonce/gaussian_critic", gaussian_critic)

# %% [markdown]
# **Recall** (no points; answer before you look back). There are 6 nats of information, and games with $K = 8$ candidates. What is the most that $\log K - \mathcal L$
# can show, in nats, whatever the critic?

# %% recall id="ceiling"
lab.recall("ceiling", math.log(8))

# %% [markdown]
# **Predict, then reveal.** The information goes from 2 to 10 nats, $K$ from 2 to 2048, and the critic is perfect: no training, no luck. Sketch the
# curves before you run the cell. Where does the curve of $I = 6$ end?

# %%
def best_critic(rho: float):
    return lambda contexts, candidates: gaussian_critic(contexts, candidates, rho)


best_critic(0.5)(*correlated_gaussians(0.5, 20, 2, draw))
reference = optimal_bounds()
rhos = {cell.mutual_information: cell.rho for cell in reference.values()}
estimates = in_batch_estimates(best_critic, info_nce, rhos, 20, sizes.candidates, sizes.terms, draw)
deviations = {}
for key, found in estimates.items():
    cell = reference[key]
    deviations[key] = (found.value - cell.bound) / math.hypot(cell.standard_error, cell.term_sd / math.sqrt(found.terms))
shown = (6, sizes.candidates[-2])
lab.record(f"bound at I = {shown[0]}, K = {shown[1]}", estimates[shown].value, unit="nats", headline=True)
largest = max(map(abs, deviations.values()))
lab.claim("all cells agree with the reference table", largest < 4, f"{len(deviations)} cells, largest deviation {largest:.1f} standard errors")
lab.claim(
    "no estimate passes min(I, log K)",
    all(found.value < min(i, math.log(k)) + 4 * reference[i, k].term_sd / math.sqrt(found.terms) for (i, k), found in estimates.items()),
)
plots.plot_bounds(estimates, reference)

# %% [markdown]
# **What to see.** Left: the curves rise along $\log K$ (dashed) and bend towards their $I$ (dotted) long before they reach it; open circles are the reference table, with bars of
# four of your standard errors. At $I = 6$ and $K = 512$, where $\log K = 6.24$ would leave room, a perfect critic shows 4.96 nats. At $I = 10$ the
# curve hugs $\log K$ (7.18 of 7.62 nats at $K = 2048$); at 20 nats it would look the same. Right: what is missing, in the table. At $K = 128$ it is 0.11
# nats for $I = 2$ and 0.66 for $I = 4$; at $K = 2048$ still 0.56 for $I = 6$. Each further nat of information takes several times the candidates.
#
# The dashed lines are a guarantee. With step 3 and Jensen's inequality (log is concave), for every $K$
#
# $$I - (\log K - \mathcal L^*) = \mathbb E_{\bar P} \log m \le \log \mathbb E_{\bar P}\, m = \log \mathbb E_Q\, m^2 = \log\Big(1 + \frac{\operatorname{Var}_Q w}{K}\Big),$$
#
# because under $Q$ the $w_j$ of one context are independent with mean 1. For these Gaussians $\operatorname{Var}_Q w = e^{2I} - 1$.

# %% [markdown] exercise
# ### Exercise 6.3: how many candidates?
# difficulty 2/5 · importance 4/5 · 5 minutes · 1 points
#
# By that inequality: how many candidates *guarantee* that a perfect critic is at most 0.1 nats short of $I = 6$? Give $K$ to within 1%.
#
# <details><summary>Hint</summary>Which u has log(1 + u) = 0.1? Not 0.1 itself: with 1% allowed it matters.</details>

# %% answer id="candidates_needed" stub="candidates_needed = ...  # K for I = 6 nats and at most 0.1 nats missing"
candidates_needed = math.expm1(2 * 6) / math.expm1(0.1)

# %% check id="candidates_needed" points=1
check("infonce/candidates_needed", candidates_needed)

# %% [markdown]
# That is enough, and more than needed: the dots lie well below the dashed lines. Either way the price is exponential in $I$, and passing the ceiling,
# $K \approx e^I$ (403 for 6 nats), is far from enough.
#
# ### Another bound: unbiased, and wild
#
# Must a bound saturate? The one of Nguyen, Wainwright & Jordan (2010) does not. For any critic $f$,
#
# $$I \ge \mathbb E_{p(x, y)} f \;-\; e^{-1}\, \mathbb E_{p(x)p(y)}\, e^{f},$$
#
# with equality for $f = 1 + \log \frac{p(x,y)}{p(x)p(y)}$. No $K$ in sight. There is a price.

# %% [markdown] exercise
# ### Exercise 6.4: the NWJ bound
# difficulty 3/5 · importance 3/5 · 8 minutes · 3 points
#
# exp overflows above 88.7 in float32 and above 709.7 in float64. Where the *result* still fits, it must come out.
#
# <details><summary>Hint</summary>log of a mean of exponentials = logsumexp - log of the number of terms.</details>
# <details><summary>Help: the value at the best critic is one too small</summary>The best critic here is 1 + the log ratio. The function takes scores as they are; whoever calls it adds the 1.</details>

# %% answer id="nwj_bound"
def nwj_bound(joint_scores: Tensor, product_scores: Tensor) -> Tensor:
    """E_joint[f] - e^-1 E_product[e^f], a lower bound on I in nats (Nguyen, Wainwright & Jordan 2010).

    joint_scores: f on matching pairs. product_scores: f on independent pairs. Any shapes. Returns a scalar.
    """
    ### BEGIN SOLUTION
    log_mean = product_scores.flatten().logsumexp(dim=0) - math.log(product_scores.numel())
    return joint_scores.mean() - (log_mean - 1).exp()
    ### END SOLUTION

# %% check id="nwj_bound" points=2
check("infonce/nwj_bound", nwj_bound)

# %% check id="nwj_bound" points=1 hidden
check("infonce/nwj_bound", nwj_bound)

# %%
batch = 64
print(f"independent pairs, f = 1: {nwj_bound(torch.ones(batch), torch.ones(batch)):.3f} nats, as it must be")
off_diagonal = ~torch.eye(batch, dtype=torch.bool, device=lab.device)
place = torch.arange(batch, device=lab.device)
estimators = {
    "InfoNCE": lambda scores: mi_lower_bound(info_nce(scores, place), batch - 1),
    "NWJ": lambda scores: nwj_bound(1 + scores.diagonal(), 1 + scores[off_diagonal]),
}
draws = {name: {} for name in estimators}
for nats, correlation in rhos.items():
    games = [gaussian_critic(*correlated_gaussians(correlation, 20, batch, draw), correlation) for _ in range(sizes.repeats)]
    for name, estimator in estimators.items():
        draws[name][nats] = torch.stack([estimator(scores) for scores in games]).cpu()
for name in estimators:
    lab.record(f"{name}, mean at I = 2, batch 64", draws[name][2].mean(), unit="nats")
    lab.record(f"{name}, median at I = 10, batch 64", draws[name][10].median(), unit="nats")
widths = {
    name: {nats: float(values.quantile(0.95) - values.quantile(0.05)) for nats, values in row.items()} for name, row in draws.items()
}
lab.claim("InfoNCE is steady", max(widths["InfoNCE"].values()) < 1, f"90% of the batches within {max(widths['InfoNCE'].values()):.2f} nats")
lab.claim("NWJ is not", widths["NWJ"][10] > 2, f"90% within {widths['NWJ'][10]:.2f} nats at I = 10")
lab.claim("no batch of InfoNCE shows more than log 64", draws["InfoNCE"][10].max() <= math.log(batch) + 1e-4)
plots.plot_bias_variance(draws, ceiling=math.log(batch))

# %% [markdown]
# **What to see.** Both use the best critic and the same 64 pairs. InfoNCE is steady and, from 4 nats on, wrong in the same way each time: at most
# $\log 64 = 4.16$. NWJ has no ceiling and the right *expectation*, but look at the medians: at $I = 10$ most batches read **above** the truth (it is a lower bound
# on average only), and rare ones lie far below, since rare pairs carry most of $\mathbb E\,e^f$. With $n$ independent pairs the second term alone has the variance
# $(e^{2I} - 1)/n$ in these worlds. Bias or variance: you may choose (Poole et al. 2019), not avoid; a trustworthy lower bound from $N$ samples cannot
# exceed something of order $\log N$ (McAllester & Stratos 2020).

# %% [markdown] exercise
# ### Exercise 6.5: did it help? (written)
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# Features of a video, $X$, and of what follows, $C$. InfoNCE with $K = 512$ on held-out clips shows 2.7 nats. With a sound track added to $X$ and the critic trained anew, it shows 3.1. The report says: "*Sound adds 0.4
# nats of information.*"
#
# 1. What do the two numbers guarantee about the two amounts of information, and what about their difference? Look again at what even a perfect critic misses (the bounds of this section, right-hand picture).
# 2. Name two reasons why the number can rise although the sound says nothing about $C$.
# 3. Describe an experiment that separates these reasons from information, and say what you expect to see if the report is right.
#
# <details><summary>Hint</summary>Both are lower bounds. If a >= 2.7 and b >= 3.1, what is known about b - a?</details>

# %% [markdown] manual id="did_it_help" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. On average $I_{\text{with}} \ge 3.1$ and $I_{\text{without}} \ge 2.7$. Nothing follows for the difference: the gap of each is unknown, and it depends on $I$ and on the critic. Without sound $I$ could be 3.5 or 10. Even a perfect critic is short by more, the larger $I$ is
#    (at $K = 128$ by 0.11 nats for $I = 2$, 0.66 for $I = 4$), and a trained one by more than that. All that is certain beforehand is that sound cannot take information away: $I_{\text{with}} \ge I_{\text{without}}$.
# 2. The critic got better: more inputs, more weights, a longer or luckier training (section 8 has three critics for the same $I$). Luck: a mean over few games, one seed. A leak: the same sound in two clips of one
#    recording, so that a clip is recognised rather than understood (that is information, but about the wrong thing). Negatives that sound different from the positive.
# 3. A null world: the same network, trained in the same way, with sound tracks from *other* clips. Then the sound says nothing about $C$, while critic and luck are the same; several seeds each. If the report is right, the
#    null world is back at 2.7 and the real one stays at 3.1, by several times the spread of the seeds. Both at larger $K$, to see whether the ceiling (6.24) had a part.
#
# **An answer worth 1 point.** "InfoNCE is only a lower bound, so one cannot say. One should repeat it with more seeds." The bound is named; seeds alone do not separate a better critic from information.
#
# **Rubric.**
#
# - 1 point: two lower bounds, no bound on their difference, because the gaps are unknown.
# - 1 point: two other reasons (critic, training or luck, leak, negatives).
# - 1 point: a control in which the sound carries nothing and all else is the same (shuffled, silent or noise tracks), repeated, with what is expected.
# ### END SOLUTION

# %% [markdown]
# ## 7. The temperature, seen from here
#
# SimCLR divides scores by $\tau$. With $\beta = 1/\tau$, one game costs $\ell(\beta) = \log \sum_j e^{\beta s_j} - \beta s_+$.

# %% [markdown] exercise
# ### Exercise 7.1: two derivatives
# difficulty 3/5 · importance 3/5 · 10 minutes · 3 points
#
# Derive $\ell'(\beta)$ and $\ell''(\beta)$ on paper, and write them down; scores may be in the thousands. Both are familiar statistics of the scores under
# $p = \operatorname{softmax}(\beta s)$.
#
# <details><summary>Hint</summary>The derivative of a log-sum of exponentials is a mean; the second derivative is a variance.</details>
# <details><summary>Help: my second derivative is negative</summary>Then it is not a variance: E[s²] - E[s]², both under p.</details>

# %% answer id="temperature_derivatives"
def temperature_derivatives(scores: Tensor, positive: int, beta: float) -> tuple[Tensor, Tensor]:
    """First and second derivative of one game's loss with respect to the inverse temperature. scores: (K,). Returns two scalars."""
    ### BEGIN SOLUTION
    p = (beta * scores).softmax(dim=0)
    mean = (p * scores).sum()
    return mean - scores[positive], (p * (scores - mean).square()).sum()
    ### END SOLUTION

# %% check id="temperature_derivatives" points=2
check("infonce/temperature_derivatives", temperature_derivatives)

# %% check id="temperature_derivatives" points=1 hidden
check("infonce/temperature_derivatives", temperature_derivatives)

# %% [markdown]
# $\ell'' \ge 0$: the loss is convex in $1/\tau$, so a local minimum is the global one. For the log density ratio it is at $\tau = 1$. And $\tau$ decides *which* negatives
# push: with shares proportional to $e^{s_j/\tau}$, how many negatives take part? (The exponential of the shares' entropy counts them.)

# %%
def read_at(rho: float, K: int, tau: float, terms: int) -> tuple[float, float, Tensor]:
    """The best critic read at another temperature: bound in nats, effective number of negatives, probability of each positive.

    Every temperature is judged on the same games, `terms` or a few more.
    """
    generator = torch.Generator(lab.device).manual_seed(seed)
    itself = torch.eye(K, dtype=torch.bool, device=lab.device)
    bounds, counts, sure = [], [], []
    for _ in range(math.ceil(terms / K)):
        scores = gaussian_critic(*correlated_gaussians(rho, 20, K, generator), rho) / tau
        bounds.append(mi_lower_bound(info_nce(scores, torch.arange(K, device=lab.device)), K - 1))
        shares = scores.masked_fill(itself, -torch.inf).softmax(dim=1)
        counts.append(torch.special.entr(shares).sum(dim=1).exp().mean())
        sure.append(scores.softmax(dim=1).diagonal())
    return float(torch.stack(bounds).mean()), float(torch.stack(counts).mean()), torch.cat(sure)


slope, curvature = temperature_derivatives(torch.tensor([2.0, 1.0, 0.0]), 0, 1.0)
print(f"three candidates, scores 2, 1, 0: slope {slope:.3f}, curvature {curvature:.3f}")
temperatures = [0.25, 0.35, 0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0]
terms = lab.pick(smoke=256, quick=4096, gpu=65_536)
readings = {k: [read_at(rhos[4], k, tau, terms) for tau in temperatures] for k in (8, 64, 512)}
bounds = {k: [bound for bound, _, _ in row] for k, row in readings.items()}
counts = {k: [count for _, count, _ in row] for k, row in readings.items()}
lab.claim(
    "the log density ratio is best read at temperature 1",
    all(max(row) < row[temperatures.index(1.0)] + 0.05 for row in bounds.values()),
)
plots.plot_temperatures(temperatures, bounds, counts, information=4)

# %% [markdown]
# **What to see.** ($I = 4$.) Left: the bound is largest at $\tau = 1$. To the left of it an overconfident critic pays for each mistake, and the more candidates, the more there are
# to be wrong about. Right: at $\tau = 0.25$ one or two hard negatives do the pushing, at $\tau = 4$ about two thirds of them take part. SimCLR's cosines lie in $[-1, 1]$ and cannot reach the size of a log ratio;
# a $\tau$ of 0.1 to 0.5 gives them the room. There it is a choice about the *features*, and a tighter bound does not promise better ones (Tschannen et al. 2020).
#
# Move the sliders (in a report without a kernel: three correlations side by side).

# %%
def draw_game(rho: float, K: int, tau: float):
    bound, _, sure = read_at(rho, K, tau, terms=2048)
    return plots.plot_game(sure, bound, -10 * math.log(1 - rho**2), K, f"ρ = {rho:g}, K = {K}, τ = {tau:g}")


read_at(0.5, 8, 1.0, terms=8)
explore(
    draw_game,
    {"rho": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], "K": [2, 8, 32, 128, 512], "tau": [0.25, 0.5, 1.0, 2.0, 4.0]},
    static=lambda: plots.plot_panels(
        lambda rho, K: [read_at(rho, K, tau, terms)[0] for tau in temperatures[2:]], (0.4, 0.6, 0.8), (8, 64, 512), temperatures[2:]
    ),
)

# %% [markdown]
# **What to see.** At $\rho = 0.8$ the positive stands out so far that the temperature hardly matters for small $K$: the bound is at its ceiling $\log K$. Where the pair
# is only weakly correlated, a wrong temperature throws away much of the little there is; too small a $\tau$ costs most, and more with more candidates.
#
# ## 8. A critic that has to learn
#
# So far the critic was given. CPC learns one of the form $f(x, y) = x^\top W y$, on the outputs of encoders.

# %% [markdown] exercise
# ### Exercise 8.1: the bilinear critic
# difficulty 2/5 · importance 3/5 · 4 minutes · 2 points
#
# <details><summary>Hint</summary>Two matrix products score all pairs. Which of x and y needs the transpose?</details>

# %% answer id="bilinear_critic"
def bilinear_critic(weight: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """x_i^T W y_j for all pairs (van den Oord et al. 2018, Eq. 3). weight: (d, e), x: (N, d), y: (M, e). Returns (N, M)."""
    ### BEGIN SOLUTION
    return x @ weight @ y.T
    ### END SOLUTION

# %% check id="bilinear_critic" points=1
check("infonce/bilinear_critic", bilinear_critic)

# %% check id="bilinear_critic" points=1 hidden
check("infonce/bilinear_critic", bilinear_critic)

# %% [markdown]
# **Recall** (no points; answer before you look back). A critic has to find the log density ratio of $x$, the context, and $y$, the candidate; but not quite. Which change
# of it leaves the loss as it is?
#
# - **a**: any function of $x$ added
# - **b**: any function of $y$ added
# - **c**: all scores doubled

# %% recall id="harmless"
lab.recall("harmless", "a")

# %% [markdown]
# Three critics learn on $I = 4$ nats: the bilinear one; the same with a learned weight for each $y_k^2$, which makes it the family that contains the
# log ratio of exercise 6.2; and two small networks joined by a dot product, which know nothing about Gaussians. New pairs at every
# step, so nobody can memorise. Which will be best, and which worst?

# %%
bilinear_critic(torch.eye(2), torch.ones(1, 2), torch.ones(1, 2))
torch.manual_seed(seed)
critics = {
    "bilinear": BilinearCritic(20, bilinear_critic),
    "bilinear and squares": QuadraticCritic(20, bilinear_critic),
    "two networks": SeparableCritic(20, sizes.width, sizes.features),
}
K = sizes.training.num_candidates
losses = {name: train_critic(critic, info_nce, rhos[4], 20, sizes.training, draw, name) for name, critic in critics.items()}


def judge(critic) -> float:
    """Mean bound on new pairs, in nats."""
    with torch.no_grad():
        return in_batch_bounds(critic, info_nce, rhos[4], 20, K, sizes.test_batches, draw).mean().item()


best = judge(best_critic(rhos[4]))
found = {name: judge(critic) for name, critic in critics.items()}
for name, value in found.items():
    lab.record(f"learned critic, {name}", value, unit="nats")
    print(f"{name:<22}{value:6.3f} of {best:.3f} nats")
lab.claim("the right family finds the density ratio", found["bilinear and squares"] > best - 0.1, f"{found['bilinear and squares']:.2f} against {best:.2f}")
lab.claim("without the squares something is missing", found["bilinear"] < found["bilinear and squares"] - 0.1)
lab.claim("no critic beats the log ratio", max(found.values()) < best + 0.05)
plots.plot_learning(losses, K, best)

# %% [markdown]
# **What to see.** The family that contains the log ratio comes within a few hundredths of a nat of it, with 420 numbers. Without the squares part of the information stays out of reach, however long it trains: a candidate's
# length matters, and $x^\top W y$ cannot discount it. Two networks find most of it from examples alone, and more slowly: what the right family knew, they have to learn.

# %% [markdown] exercise
# ### Exercise 8.2: reading a number (written)
# difficulty 3/5 · importance 5/5 · 10 minutes · 3 points
#
# Three reports. What does each number tell you about $I(X; C)$, and what would you ask its authors? One or two sentences each.
#
# 1. "InfoNCE with $K = 256$ gives a loss of 0.20 nats, so the mutual information is at least 5.3 nats."
# 2. "Our encoder has a loss of 0.20 at $K = 256$, theirs 2.5 at $K = 65{,}536$. Ours has understood more."
# 3. "With NWJ on 128 samples we measure 23 nats."
#
# <details><summary>Hint</summary>log 256 = 5.55 and log 65,536 = 11.09. Which of the three has a ceiling, and how far is it from it?</details>

# %% [markdown] manual id="reading_numbers" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. A correct lower bound (on average, with independent negatives): $5.545 - 0.20 = 5.35$. It is close to the ceiling $\log 256 = 5.55$, so it says little
#    about how much larger $I$ is. Ask for larger $K$, for held-out data (a critic that memorised its training pairs bounds nothing), and how negatives were drawn.
# 2. Losses at different $K$ cannot be compared. As bounds they are $5.35$ and $11.09 - 2.5 = 8.59$ nats: the other encoder has shown more information. Even that is no ranking of
#    representations: more nats are not better features.
# 3. NWJ is unbiased for a fixed critic, but with 128 samples its variance at such values is astronomic (at least $(e^I - 1)/n$; Song & Ermon 2020); a trustworthy lower bound from 128
#    samples is of order $\log 128 \approx 5$ (2 ln N + 5 = 14.7 at most). 23 nats is noise. Ask for repetitions and more samples.
#
# **Rubric.**
#
# - 1 point: report 1, the bound and its ceiling.
# - 1 point: report 2, different $K$, with the two bounds computed or the reason stated.
# - 1 point: report 3, variance, or the limit from $N$ samples.
# ### END SOLUTION

# %% [markdown]
# ## 9. Beyond
#
# - **More nats, better features?** Not by themselves: critics and encoders matter more than the tightness of the bound (Tschannen et al. 2020). In SimCLR's own
#   Table 5, the temperature that wins the matching game is not the one that wins the linear probe.
# - **Between the extremes.** Poole et al. (2019) interpolate between InfoNCE and NWJ: $I_\alpha$ has the ceiling $\log(K/\alpha)$, and some of NWJ's variance.
# - **Language models** ask a question of the same form at each word, with the whole vocabulary as candidates: $K$ is fixed, and *all* negatives are there. Word2vec's
#   negative sampling is NCE with the $\log k$ and the noise probabilities left out, which is fine for vectors and wrong for probabilities.
# - The next notebook, **pseudo-perplexity**, asks what a *masked* language model is a model of.
#
# ## What this run found

# %%
lab.summary()
