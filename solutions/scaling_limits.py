# %% [markdown]
# # 8 · Scaling limits: what scale does not tell
#
# 186 minutes · 53 points
#
# A scaling law is a straight line on paper with two logarithms. It says nothing about *why* it holds, about the shape
# of the model, the
# batch, the learning rate, the number of epochs, or what happens after pretraining. Each section here takes one of
# these, asks what can
# be computed about it, and measures it.
#
# **You will be able to**
# - compute what learning theory can promise, and show a case in which it promises nothing;
# - extrapolate learning curves, and say when the best learner of today will not be the best one tomorrow;
# - choose width for depth, tokens for parameters, epochs for tokens, a batch for its noise;
# - scale initialisation, learning rate and output with the width, so that a small model tunes a large one;
# - estimate pass@k without bias, price best-of-n in nats, and train on preferences.
#
# **How to work.** Each exercise has a check. It says what is wrong in words, keeps the numbers, and gives part of the
# points; the rest is
# decided by hidden tests on other inputs when your notebook is graded. Logarithms are natural. Your functions leave
# their inputs as they
# were. Hints are folded. Run the cells in order; everything runs on a laptop CPU without a download. What takes
# longer than minutes was
# recorded, with the command that made it (`data/scaling_limits`), and a smaller piece of it is trained beside it.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": the full size
seed = 0

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.checks import check
from course_utils.data import load_images, load_text
from course_utils.models import embedded_revisions, load_causal
from course_utils.scaling_limits import (
    PROFILES,
    activations,
    bayes_learner,
    corpus_bytes,
    divergence,
    double_descent,
    fresh_bytes,
    learn_preferences,
    learning_curves,
    majority,
    memorise,
    memory,
    next_tokens,
    perceptron,
    pixels,
    plots,
    recorded,
    regression_curves,
    separable_labellings,
    some_answers,
    standard,
    sweep,
    tilted,
    train_shape,
    window_gradients,
    winnow_learner,
)

# %% locked id="preflight"
lab = start("scaling_limits", profile=profile, seed=seed)
sizes = PROFILES[lab.profile]
speeches = load_text("sotu")
x, y, test_x, test_y = pixels(load_images("embedded"))

# %% [markdown]
# ## 1. Bounds, and where they are silent
#
# How rich is a class of functions? *Rademacher complexity* asks how well it can follow coin flips. For $n$ examples,
# signs
# $\sigma_i = \pm 1$ from fair coins, and a class $H$:
#
# $$\hat R(H) = \mathbb{E}_\sigma \sup_{h \in H} \frac1n \sum_{i=1}^n \sigma_i\, h(x_i) .$$
#
# For linear functions $h(x) = w \cdot x$ with $\lVert w \rVert \le r$ the supremum needs no search: the best $w$
# points along
# $\sum_i \sigma_i x_i$.

# %% [markdown] exercise
# ### Exercise 1.1: following coin flips
# difficulty 3/5 · importance 4/5 · 10 minutes · 3 points
#
# Return the mean over the draws of this supremum. A coin shows heads or tails; a sign is +1 or -1.
#
# <details><summary>Hint</summary>A dot product with a vector of bounded length is largest along the other vector:
# radius times its length.</details>
# <details><summary>Hint 2</summary>One length for each draw first; the mean over the draws last.</details>
# <details><summary>Help: my value does not shrink as n grows</summary>Labels 0 and 1 have a mean of one half, and the
# class follows that
# mean at once. A fair sign has mean 0.</details>


# %% answer id="rademacher"
def rademacher(x: Tensor, radius: float, coins: Tensor) -> Tensor:
    """Empirical Rademacher complexity of {x -> w.x : |w| <= radius}, estimated from draws (Bartlett & Mendelson 2002).

    x: (n, d) examples. coins: (m, n) bool, True for heads: m draws of n fair coins. Returns a scalar.
    """
    ### BEGIN SOLUTION
    signs = 2 * coins.to(x.dtype) - 1
    return radius / len(x) * (signs @ x).norm(dim=1).mean()
    ### END SOLUTION


# %% check id="rademacher" points=2
check("scaling_limits/rademacher", rademacher)

# %% check id="rademacher" points=1 hidden
check("scaling_limits/rademacher", rademacher)

# %% [markdown]
# Coins need many draws; one step of algebra needs none. Jensen's inequality moves the mean under the root, where all
# cross terms vanish:
# $\hat R \le \frac{r}{n} \sqrt{\sum_i \lVert x_i \rVert^2}$. How much does the step give away? On pictures of 8 x 8
# pixels:

# %%
counts = [n for n in (10, 30, 100, 300, 1000, 3000) if n <= 30 * sizes.draws]
drawn, jensen = [], []
for n in counts:
    coins = torch.rand(sizes.draws, n, generator=lab.generator) < 0.5
    drawn.append(rademacher(x[:n], 1.0, coins).item())
    jensen.append((x[:n].square().sum().sqrt() / n).item())
worst = max(b / a for a, b in zip(drawn, jensen, strict=True))
lab.claim("the closed form is within a third of the draws", 0.98 < worst < 1.35, f"at most {worst:.2f} times the draws")
plots.plot_rademacher(counts, drawn, jensen)

# %% [markdown]
# **What to see.** Two nearly equal lines that fall like $1/\sqrt n$: the more examples, the fewer coin flips a
# bounded linear function can
# follow. What is *not* on the axis is the number of pixels: the bound on the norm does all the work.
#
# ### Counting labellings
#
# A second way to measure richness: of the $2^n$ ways to label $n$ points with two classes, how many can a class
# realise? For lines in the
# plane, and hyperplanes in $d$ dimensions, the answer does not depend on where the points are, as long as they are in
# general position
# (Cover 1965): 4 points in the plane have 16 labellings, and a line realises 14 of them.

# %% [markdown] exercise
# ### Exercise 1.2: Cover's count
# difficulty 4/5 · importance 3/5 · 12 minutes · 3 points
#
# Add one point to $n - 1$ others in $d$ dimensions. Every old labelling survives with one label of the new point; it
# survives with *both*
# if a separating plane can be moved through the new point, and such planes live in one dimension less. So
# $C(n, d) = C(n-1, d) + C(n-1, d-1)$, with $C(1, d) = 2$ and $C(n, 0) = 2$ (a plane of dimension zero: all points get
# the same label). The picture below asks for up to 40 points in 10 dimensions, for which the recursion as it stands
# takes hours: it counts the same points again and again.
#
# <details><summary>Hint</summary>The recursion of Pascal's triangle. Its sum: twice the number of ways to choose at
# most d of n - 1 things.</details>
# <details><summary>Help: I get 8 for 4 points in the plane</summary>That is the count of planes through the origin. A
# line has an offset,
# which is one dimension more.</details>
# <details><summary>Help: "did not return within 3 s"</summary>Keep what has been counted: row by row, as in Pascal's
# triangle, or by <code>functools.cache</code> above the function.</details>


# %% answer id="dichotomies"
def dichotomies(n: int, d: int) -> int:
    """Labellings of n points in general position in d dimensions that a hyperplane (with offset) realises (Cover 1965).

    n: at least 1. d: at least 0. Returns a whole number, at most 2^n.
    """
    ### BEGIN SOLUTION
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))
    ### END SOLUTION


# %% check id="dichotomies" points=2
check("scaling_limits/dichotomies", dichotomies)

# %% check id="dichotomies" points=1 hidden
check("scaling_limits/dichotomies", dichotomies)

# %%
points = torch.randn(8, 2, generator=lab.generator, dtype=torch.float64)
found = [separable_labellings(points[:n]) for n in range(1, 9)]
lab.claim("turning a line finds Cover's count", found == [dichotomies(n, 2) for n in range(1, 9)], f"{found}")
shattered = {d: max(n for n in range(1, 40) if dichotomies(n, d) == 2**n) for d in (2, 5, 10)}
print("the most points with all labellings, by dimension:", shattered)
plots.plot_shares({d: [dichotomies(n, d) / 2**n for n in range(1, 41)] for d in (2, 5, 10)})

# %% [markdown]
# **What to see.** The most points that can be labelled in *every* way are $d + 1$: that is the Vapnik-Chervonenkis
# dimension of
# hyperplanes, and it equals the number of parameters. Beyond it the share of labellings falls, through one half at
# $n = 2(d + 1)$, to
# nothing. A class that can no longer say everything is one whose training error means something.
#
# ### What a bound promises
#
# For functions with values ±1 the following holds with probability at least $1 - \delta$ for *all* functions of the
# class at once (Mohri,
# Rostamizadeh & Talwalkar 2018, Theorem 3.5):
# $\quad\text{error} \le \text{training error} + \hat R(H) + 3 \sqrt{\log(2/\delta) \,/\, (2n)} .$

# %% [markdown] exercise
# ### Exercise 1.3: the bound
# difficulty 1/5 · importance 3/5 · 4 minutes · 2 points
#
# Do not cut the result at 1: how far above it lies is worth knowing.
#
# <details><summary>Hint</summary>The logarithm and the 2n stand under the same root, and the 3 in front of
# it.</details>


# %% answer id="error_bound"
def error_bound(train_error: float, complexity: float, n: int, delta: float) -> float:
    """Upper bound on the error of a classifier (Mohri et al. 2018, Theorem 3.5). complexity: of the class with values -1, 1."""
    ### BEGIN SOLUTION
    return train_error + complexity + 3 * math.sqrt(math.log(2 / delta) / (2 * n))
    ### END SOLUTION


# %% check id="error_bound" points=1
check("scaling_limits/error_bound", error_bound)

# %% check id="error_bound" points=1 hidden
check("scaling_limits/error_bound", error_bound)

# %% [markdown]
# Now a class that is as rich as can be: a network with one hidden layer of 512 units. We train it on pictures with
# their labels, and on the
# same pictures with labels drawn by lot (Zhang et al. 2017).

# %%
n = sizes.memorised
lots = torch.randint(10, (n,), generator=lab.generator)
true_curve, true_test = memorise(x[:n], y[:n], test_x, test_y, sizes.memory_steps, seed)
lots_curve, lots_test = memorise(x[:n], lots, test_x, test_y, sizes.memory_steps, seed)
promise = error_bound(1 - lots_curve[-1], lots_curve[-1], n, 0.05)
lab.claim(
    "random labels are learned by heart, true ones mean something",
    min(true_curve[-1], lots_curve[-1]) > 0.99 and true_test > 0.2 > lots_test,
    f"training {true_curve[-1]:.0%} and {lots_curve[-1]:.0%}, test {true_test:.0%} and {lots_test:.0%}",
)
print(f"a class that follows every coin flip has complexity 1, and a bound of {promise:.2f} on an error that is at most 1")
features = list(sizes.features)
m = min(300, max(features) // 2)
fit_error, descent = double_descent(x[:m], y[:m], test_x[:1000], test_y[:1000], features, seed)
peak = descent[features.index(300)].item() if 300 in features else descent.max().item()
lab.record("double descent: test error at the peak", peak)
lab.record("double descent: test error at the most features", descent[-1].item())
lab.claim("the test error falls again behind the peak", descent[-1] < peak - 0.05, f"{peak:.2f}, then {descent[-1]:.2f}")
plots.plot_silence(true_curve, lots_curve, true_test, lots_test, features, fit_error, descent, m)

# %% [markdown]
# **What to see.** Left: the network learns coin flips by heart nearly as fast as the truth. So its Rademacher
# complexity is about 1, the bound
# is above 1, and it says nothing, although the test accuracy on true labels is three times chance. Right: least
# squares on random features.
# The error is worst where the number of features equals the number of examples, and then it falls *below* what fewer
# features reached:
# double descent (Belkin et al. 2019). A bound that grows with the number of parameters cannot describe the right half
# of this picture.
# The Pythia notebook, section 9, shows the bound itself over such a curve.
#
# ## 2. Learning curves: 1993, 2001, 2017
#
# Where theory is silent one can measure, and extrapolate. Cortes et al. (1993) had a question of cost: which of two
# classifiers deserves to be
# trained on the whole database? They let the *pair* of curves answer. Training and test error approach the same limit
# $a$ from two sides:
#
# $$E_{\text{test}}(n) = a + b\, n^{-\alpha}, \qquad E_{\text{train}}(n) = a - b\, n^{-\alpha} .$$

# %% [markdown] exercise
# ### Exercise 2.1: extrapolate a pair
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# The sum of both errors knows $a$, and the logarithm of their difference is a straight line in $\log n$. Take $a$
# from the mean over all $n$, fit the
# line by least squares, and forecast the test error at `larger`.
#
# <details><summary>Hint</summary>Half the sum is a. Half the difference is b over n to the alpha.</details>
# <details><summary>Hint 2</summary>The slope of the line is minus alpha; its value at log(larger) is the logarithm of
# what is to be added to a.</details>
# <details><summary>Help: my forecast goes to 0 for large n</summary>A power law fitted to the test error alone has no
# limit but 0. Here the limit is a.</details>


# %% answer id="extrapolate"
def extrapolate(n: Tensor, train_error: Tensor, test_error: Tensor, larger: float) -> tuple[Tensor, Tensor, Tensor]:
    """Limit, exponent and forecast from a pair of learning curves (Cortes et al. 1993).

    n, train_error, test_error: (k,), k at least 2, test above training error. Returns scalars: a, alpha, and the test error at `larger`.
    """
    ### BEGIN SOLUTION
    a = (train_error + test_error).mean() / 2
    u, v = n.to(test_error.dtype).log(), ((test_error - train_error) / 2).log()
    alpha = -((u - u.mean()) @ (v - v.mean())) / (u - u.mean()).square().sum()
    return a, alpha, a + (v.mean() - alpha * (math.log(larger) - u.mean())).exp()
    ### END SOLUTION


# %% check id="extrapolate" points=2
check("scaling_limits/extrapolate", extrapolate)

# %% check id="extrapolate" points=1 hidden
check("scaling_limits/extrapolate", extrapolate)

# %% [markdown]
# Two linear regressions tell vehicles from animals: one sees the first 15 principal components of a picture, the
# other 30. We fit up to 300
# examples and forecast 4,000.

# %%
seen = torch.tensor([n for n in sizes.pairs if n <= 300])
pair_curves, forecasts = {}, {}
for components in (15, 30):
    train_error, test_error = regression_curves(
        x, y, test_x, test_y, components, sizes.pairs, sizes.draws_of_curves, seed
    )
    k = len(seen)
    pair_curves[components] = (train_error, test_error)
    forecasts[components] = [v.item() for v in extrapolate(seen, train_error[:k], test_error[:k], sizes.pairs[-1])]
early, late = ({c: pair_curves[c][1][i].item() for c in (15, 30)} for i in (0, -1))
lab.claim(
    "the pair of curves foresees the change of ranks",
    early[15] < early[30] and late[30] < late[15] and forecasts[30][2] < forecasts[15][2],
    f"forecast {forecasts[15][2]:.3f} and {forecasts[30][2]:.3f}, measured {late[15]:.3f} and {late[30]:.3f}",
)
lab.record("forecast error of the pair of curves", max(abs(forecasts[c][2] / late[c] - 1) for c in (15, 30)))
plots.plot_pairs(sizes.pairs, pair_curves, forecasts, int(seen[-1]))

# %% [markdown]
# **What to see.** With few examples the smaller model is better, and a contest at 120 examples would choose it. The
# dashed curves, fitted left of the
# grey line only, cross: the larger model has the lower limit. *Which learner is best* is a question with a number of
# examples in it.
#
# ### Banko & Brill
#
# In 2001 Banko & Brill took a small problem with free labels, and a billion words. Which word was here: *to*, *too*
# or *two*? *Then* or
# *than*? Whoever has text has the answers. Their four learners were naive Bayes, the perceptron, winnow, and a simple
# memory. We run their task
# on the embedded speeches. Each example has 15 features, one for each slot: the words around, and pairs of neighbours.
#
# *Naive Bayes* takes the features for independent given the word $c$ that was there: with $N_{cf}$ the number of
# times feature $f$ came with $c$,
#
# $$\log p(c, f_1, \dots, f_k) = \log \frac{n_c}{n} + \sum_j \log \frac{N_{c f_j} + s}{\sum_f (N_{cf} + s)} .$$

# %% [markdown] exercise
# ### Exercise 2.2: naive Bayes
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# <details><summary>Hint</summary>First a table of log p(f | c) for all features, one row for each class; then look
# up.</details>
# <details><summary>Hint 2</summary><code>table[:, features]</code> has shape (C, B, k). Sum over the last
# axis.</details>
# <details><summary>Help: some scores are minus infinity</summary>A feature that never came with a class has count 0.
# That is what s is for.</details>


# %% answer id="naive_bayes"
def naive_bayes(counts: Tensor, examples: Tensor, features: Tensor, s: float = 0.05) -> Tensor:
    """Log joint probability of each class with the features of each question.

    counts: (C, V), how often each feature came with each class. examples: (C,), number of examples of each class.
    features: (B, k) ids. s: added to every count (Lidstone). Returns (B, C).
    """
    ### BEGIN SOLUTION
    table = (counts + s).log() - (counts + s).sum(dim=1, keepdim=True).log()
    prior = (examples / examples.sum()).log()
    return prior + table[:, features].sum(dim=2).T
    ### END SOLUTION


# %% check id="naive_bayes" points=2
check("scaling_limits/naive_bayes", naive_bayes)

# %% check id="naive_bayes" points=1 hidden
check("scaling_limits/naive_bayes", naive_bayes)

# %% [markdown]
# *Winnow* (Littlestone 1988) learns from its mistakes only, like the perceptron, but it *multiplies*. Each class has
# a weight for every feature, and says
# yes if its weights of the features that are present add up to the threshold. A class that should have said yes has
# these weights multiplied by the rate; one
# that should have said no, divided. Features that never matter are left behind exponentially fast.

# %% [markdown] exercise
# ### Exercise 2.3: winnow
# difficulty 3/5 · importance 3/5 · 10 minutes · 3 points
#
# Row $c$ of `weights` holds the weights that class $c$ gives to the features that are present.
#
# <details><summary>Hint</summary>For each class there are two truths: what it says, and what it should have said. If
# they agree, its row stays.</details>
# <details><summary>Help: everything shrinks</summary>Promote what wrongly said no. A class that is right is never
# touched.</details>


# %% answer id="winnow"
def winnow(weights: Tensor, label: int, threshold: float = 1.0, rate: float = 1.5) -> Tensor:
    """One step of winnow, one classifier for each class against the rest (Littlestone 1988; with division instead of elimination).

    weights: (C, k), positive. label: the right class. A sum equal to the threshold says yes. Returns new weights (C, k).
    """
    ### BEGIN SOLUTION
    says = weights.sum(dim=1) >= threshold
    should = torch.arange(len(weights)) == label
    exponent = should.to(weights.dtype) - says.to(weights.dtype)
    return weights * (rate**exponent)[:, None]
    ### END SOLUTION


# %% check id="winnow" points=2
check("scaling_limits/winnow", winnow)

# %% check id="winnow" points=1 hidden
check("scaling_limits/winnow", winnow)

# %%
learners = {
    "naive Bayes": bayes_learner(naive_bayes),
    "perceptron": perceptron,
    "winnow": winnow_learner(winnow),
    "memory": memory,
    "most frequent word": majority,
}
banko = learning_curves(speeches, learners, sizes.confusion, sizes.tests, seed)
mean = {name: torch.stack([errors[name] for errors in banko.values()]).mean(dim=0) for name in learners}
few, many = sizes.confusion.index(30), len(mean["winnow"][~mean["winnow"].isnan()]) - 1
for name in learners:
    lab.record(f"mean error of {name} at 30 examples", mean[name][few])
    lab.record(f"mean error of {name} at {sizes.confusion[many]} examples", mean[name][many])
lab.claim(
    "learners cross: naive Bayes is ahead of winnow and perceptron at 30 examples, and behind at 2,700",
    all(mean["naive Bayes"][few] < mean[o][few] and mean["naive Bayes"][many] > mean[o][many] for o in ("winnow", "perceptron")),
    ", ".join(f"{name} {mean[name][few]:.1%} and {mean[name][many]:.1%}" for name in ("naive Bayes", "winnow", "perceptron")),
)
plots.plot_banko(sizes.confusion, mean, banko["to/too/two"])

# %% [markdown]
# **What to see.** Left, the mean over five confusion sets, as far as all of them go. At the start naive Bayes and the
# memory are ahead: with 30 examples it is wise to
# say hardly more than which word is frequent, and those who go by single mistakes are led astray. From a few hundred
# on they change places, and at 2,700 examples winnow and the
# perceptron are ahead. Banko & Brill's conclusion: look at the slope before you polish the learner. Right, one set
# over four decades, with two of the three regions of Hestness et
# al. (2017). First *small data*: nobody beats "always *to*". Then a *power law*, straight on these axes. The third
# region, a floor that no data can lower, lies beyond 58,000 examples.
#
# ## 3. Shape
#
# Kaplan et al. (2020) found that at equal $N$ the shape of a transformer hardly matters: over a factor of 40 in width
# over depth the loss changes by a few percent. Equal $N$ means: without
# embeddings, $N = L\,(12 d^2 + 13 d) + 2 d$ for $L$ layers of width $d$ (the count of Pythia's architecture, biases
# included).

# %% [markdown] exercise
# ### Exercise 3.1: as wide as it must be
# difficulty 2/5 · importance 3/5 · 8 minutes · 2 points
#
# For a wanted number of parameters and a depth, return the width: the positive solution of the quadratic equation,
# rounded to the nearest multiple (at least one).
#
# <details><summary>Hint</summary>12 L d² + (13 L + 2) d - N = 0. The solution with the plus sign is positive.</details>
# <details><summary>Help: my widths are a little too large</summary>Biases and norms count as well: the terms linear
# in d.</details>


# %% answer id="equal_width"
def equal_width(parameters: float, layers: int, multiple: int = 4) -> int:
    """Width at which a GPT-NeoX of so many layers has so many non-embedding parameters, to the nearest multiple (at least one)."""
    ### BEGIN SOLUTION
    linear = 13 * layers + 2
    width = (math.sqrt(linear**2 + 48 * layers * parameters) - linear) / (24 * layers)
    return multiple * max(1, round(width / multiple))
    ### END SOLUTION


# %% check id="equal_width" points=1
check("scaling_limits/equal_width", equal_width)

# %% check id="equal_width" points=1 hidden
check("scaling_limits/equal_width", equal_width)

# %% [markdown]
# Six shapes of about 100,000 parameters, each trained on a million bytes of speeches (recorded), and two of them here
# on less.

# %%
shapes = recorded("shapes")
print("your widths:", {int(row["layers"]): equal_width(row["non_embedding_params"], int(row["layers"])) for row in shapes})
pair = {}
for layers in (3, 8):
    width = equal_width(100_000, layers, 4)
    non_embedding, total, loss = train_shape(layers, width, speeches, sizes.shape_bytes, sizes.shape_test, seed)
    pair[layers, width] = loss
    lab.record(f"held-out loss of {layers} x {width}", loss, "nats/byte")
    print(f"{layers} x {width}: {non_embedding:,} parameters, {total:,} with embeddings, held-out loss {loss:.3f}")
deep = {int(row["layers"]): row["val_loss"] for row in shapes if row["layers"] > 2}
spread = max(deep.values()) / min(deep.values()) - 1
lab.claim("the live pair differs by less than a tenth", max(pair.values()) / min(pair.values()) < 1.1)
lab.claim("recorded: from three layers on shape is worth less than 5%", spread < 0.05, f"{spread:.1%}")
plots.plot_shapes(shapes, pair)

# %% [markdown]
# **What to see.** Recorded: from 3 layers to 14 all shapes lie within 4% of the best (8 x 32), while width over
# layers falls from 17 to 1.7. Two layers lose
# 10%, and a single one 31%, although it has most parameters of all once the embeddings are counted. So the finding
# holds here in one direction over a factor of
# ten, and ends where a model has too few layers to compose anything. Small losses of this kind would hide in one
# seed's luck (0.02 nats). The price is no matter
# of taste: 14 layers cost six times the seconds of one, since layers wait for each other.
#
# ## 4. Too little data
#
# What if $N$ grows and the data do not? Kaplan et al. fit one formula to both (their Eq. 1.5):
#
# $$L(N, D) = \left[\left(\frac{N_c}{N}\right)^{\alpha_N / \alpha_D} + \frac{D_c}{D}\right]^{\alpha_D} ,$$
#
# with $\alpha_N = 0.076$, $\alpha_D = 0.103$, $N_c = 6.4 \cdot 10^{13}$, $D_c = 1.8 \cdot 10^{13}$ (their Table 2).
# How much is lost by too few tokens, compared with
# infinitely many?

# %% [markdown] exercise
# ### Exercise 4.1: the loss of too few tokens
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# Return $\delta = L(N, D) \,/\, L(N, \infty) - 1$ (their Eq. 4.2).
#
# <details><summary>Hint</summary>Divide the bracket by its first term: what remains depends on N and D in one
# combination only.</details>
# <details><summary>Help: with D of 1e30 I get 1e-17 or 0, and the check says less than nothing is not it</summary>1 +
# something tiny is rounded.
# <code>torch.expm1</code> and <code>torch.log1p</code> keep the digits.</details>


# %% answer id="overfit"
def overfit(
    n: Tensor, d: Tensor, alpha_n: float = 0.076, alpha_d: float = 0.103, n_c: float = 6.4e13, d_c: float = 1.8e13
) -> Tensor:
    """Share by which the loss of N parameters on D tokens exceeds that on infinitely many (Kaplan et al. 2020, Eq. 4.2).

    n, d: tensors, broadcastable. Returns their broadcast shape.
    """
    ### BEGIN SOLUTION
    return torch.expm1(alpha_d * torch.log1p((n / n_c) ** (alpha_n / alpha_d) * d_c / d))
    ### END SOLUTION


# %% check id="overfit" points=2
check("scaling_limits/overfit", overfit)

# %% check id="overfit" points=1 hidden
check("scaling_limits/overfit", overfit)

# %% [markdown] exercise
# ### Exercise 4.2: the data bottleneck
# difficulty 3/5 · importance 4/5 · 8 minutes · 2 points
#
# How many tokens does a model of $N$ parameters need, so that it loses no more than a share `delta`? Solve the
# formula of 4.1 for $D$.
#
# <details><summary>Hint</summary>Take the power 1/alpha_D of 1 + delta first.</details>
# <details><summary>Hint 2</summary>Eight times the parameters need 8^0.74 = 4.7 times the tokens. Does yours?</details>


# %% answer id="data_bottleneck"
def data_bottleneck(
    n: Tensor, delta: float, alpha_n: float = 0.076, alpha_d: float = 0.103, n_c: float = 6.4e13, d_c: float = 1.8e13
) -> Tensor:
    """Tokens with which N parameters lose a share `delta` to overfitting (Kaplan et al. 2020, section 4.2). n: any shape. Returns it."""
    ### BEGIN SOLUTION
    return d_c * (n / n_c) ** (alpha_n / alpha_d) / math.expm1(math.log1p(delta) / alpha_d)
    ### END SOLUTION


# %% check id="data_bottleneck" points=1
check("scaling_limits/data_bottleneck", data_bottleneck)

# %% check id="data_bottleneck" points=1 hidden
check("scaling_limits/data_bottleneck", data_bottleneck)

# %% [markdown]
# ### The same bytes again
#
# When there is no more text, one reads it again. Muennighoff et al. (2023) describe the worth of repetition by
# *effective* tokens: of $U$ unique tokens read in $E$ epochs, the first reading counts
# in full, and what $R = E - 1$ more readings add decays exponentially, with a scale $R^*$ that is to be measured
# (their Eq. 5):
#
# $$D' = U + U R^* \left(1 - e^{-R / R^*}\right) .$$

# %% [markdown] exercise
# ### Exercise 4.3: effective tokens
# difficulty 2/5 · importance 4/5 · 6 minutes · 2 points
#
# <details><summary>Hint</summary>One epoch: D' = U. Infinitely many: D' = U (1 + R*).</details>
# <details><summary>Help: one epoch gives more than U</summary>R counts repetitions: one fewer than epochs.</details>


# %% answer id="effective_tokens"
def effective_tokens(unique: Tensor, epochs: Tensor, scale: float) -> Tensor:
    """What repeated tokens are worth in fresh ones (Muennighoff et al. 2023, Eq. 5). unique, epochs: broadcastable; scale: R*."""
    ### BEGIN SOLUTION
    return unique * (1 - scale * torch.expm1(-(epochs - 1) / scale))
    ### END SOLUTION


# %% check id="effective_tokens" points=1
check("scaling_limits/effective_tokens", effective_tokens)

# %% check id="effective_tokens" points=1 hidden
check("scaling_limits/effective_tokens", effective_tokens)

# %% [markdown]
# Recorded: the three-layer model of the ladder (85,000 parameters) on 25,000 and on 100,000 unique bytes, each number
# of epochs with its own schedule, beside fresh
# bytes. What is a repeated byte worth? Read off the curve of fresh bytes how many of them would have given the same
# loss, and fit $R^*$ to the runs of up to 16 epochs.

# %%
repeated = recorded("repeated")
finals = [row for row in repeated if row["tokens"] > 0.97 * row["budget"]]
fresh = sorted((row["budget"], row["val_loss"]) for row in finals if row["budget"] == row["unique"])
again = [(row["unique"], row["budget"] / row["unique"], row["val_loss"]) for row in finals if row["budget"] > row["unique"]]
worth = fresh_bytes([loss for *_, loss in again], fresh)
unique, epochs = (torch.tensor(column, dtype=torch.float64) for column in list(zip(*again, strict=True))[:2])
scales = torch.logspace(-1, 2, 301, dtype=torch.float64)
useful = epochs <= 16
laws = torch.stack([effective_tokens(unique, epochs, s) for s in scales.tolist()])
misfit = (laws.log() - worth.log())[:, useful].square().mean(dim=1)
scale = scales[misfit.argmin()].item()
lab.record("R* of the recorded runs", scale)
losses = {int(e): loss for u, e, loss in again if u == min(unique)}
lab.claim("recorded: 32 epochs are worse than 16", losses[32] > losses[16] + 0.2, f"{losses[16]:.2f}, then {losses[32]:.2f}")
print(f"R* = {scale:.1f}: {unique.min():,.0f} unique bytes are never worth more than {unique.min() * (1 + scale):,.0f} fresh ones")
plots.plot_repeated(fresh, again, worth, effective_tokens, scale, repeated)

# %% [markdown]
# **What to see.** Up to four epochs the repeated bytes are nearly as good as fresh ones: 2.18 nats after four times
# 25,000 bytes, 2.17 after 100,000 different ones. (Muennighoff et al.
# found the same number of epochs for models a hundred thousand times larger.) Then they lose their worth; 16 epochs
# gain hardly anything over 8. And 32 are *worse*: the law of effective tokens
# saturates, it cannot fall. What happens there is in the right panel: the training loss goes on down, the held-out
# loss turns up after ten epochs. This model has more parameters than its text has bytes.
#
# ## 5. Batch size
#
# A gradient from a batch is the true gradient plus noise, and the noise shrinks with the batch. McCandlish et al.
# (2018) ask where doubling the batch stops paying. For a batch of $B$ examples the *expected squared
# norm* is
#
# $$\mathbb{E}\, \lvert G_B \rvert^2 = \lvert G \rvert^2 + \frac{S}{B} ,$$
#
# with $\lvert G \rvert^2$ that of the true gradient and $S$ the trace of the covariance of a single example's. Their
# ratio $S / \lvert G \rvert^2$ is the *noise scale*, a batch size: below it, twice the batch is worth
# nearly two steps; above, hardly more than one.

# %% [markdown] exercise
# ### Exercise 5.1: the gradient noise scale
# difficulty 4/5 · importance 5/5 · 15 minutes · 4 points
#
# One batch cannot tell signal from noise; two sizes can. Average the squared norms of all batches of each size, solve
# the two equations for $\lvert G \rvert^2$ and $S$ (both unbiased), and take the ratio last.
#
# <details><summary>Hint</summary>Subtract the equations: what is left is S times (1/b - 1/B).</details>
# <details><summary>Hint 2</summary>Multiply each equation by its batch size, then subtract: what is left is the
# squared true gradient times (B - b).</details>
# <details><summary>Help: my noise scale is too small early and far too small late</summary>The squared norm of the
# large batch still holds S/B. Where noise dominates
# that is most of it.</details>


# %% answer id="gradient_noise_scale"
def gradient_noise_scale(small: Tensor, large: Tensor, b: int, B: int) -> tuple[Tensor, Tensor, Tensor]:
    """Squared true gradient, trace of the noise, and their ratio (McCandlish et al. 2018, Appendix A.1).

    small: (m, P) gradients of m batches of b examples. large: (M, P) gradients of M batches of B > b examples; all are means over their batch.
    Returns three scalars: |G|^2, S, and S / |G|^2.
    """
    ### BEGIN SOLUTION
    of_small, of_large = small.square().sum(dim=1).mean(), large.square().sum(dim=1).mean()
    signal = (B * of_large - b * of_small) / (B - b)
    noise = (of_small - of_large) / (1 / b - 1 / B)
    return signal, noise, noise / signal
    ### END SOLUTION


# %% check id="gradient_noise_scale" points=2
check("scaling_limits/gradient_noise_scale", gradient_noise_scale)

# %% check id="gradient_noise_scale" points=2 hidden
check("scaling_limits/gradient_noise_scale", gradient_noise_scale)

# %% [markdown] exercise
# ### Exercise 5.2: steps against examples
# difficulty 2/5 · importance 4/5 · 6 minutes · 2 points
#
# To reach a given loss takes $S_{\min}$ steps with an endless batch. With batches of $B$ and a noise scale
# $\mathcal{B}$ it takes $S = S_{\min} (1 + \mathcal{B} / B)$ steps. Return the steps, and the number of examples they
# read.
#
# <details><summary>Hint</summary>Each step reads B examples. At B equal to the noise scale: twice the fewest steps,
# twice the fewest examples.</details>


# %% answer id="steps_and_examples"
def steps_and_examples(batch: Tensor, noise_scale: float, fewest_steps: float) -> tuple[Tensor, Tensor]:
    """Steps and examples to reach a loss, for batches of these sizes (McCandlish et al. 2018, section 2.3). Returns two tensors like `batch`."""
    ### BEGIN SOLUTION
    steps = fewest_steps * (1 + noise_scale / batch)
    return steps, steps * batch
    ### END SOLUTION


# %% check id="steps_and_examples" points=1
check("scaling_limits/steps_and_examples", steps_and_examples)

# %% check id="steps_and_examples" points=1 hidden
check("scaling_limits/steps_and_examples", steps_and_examples)

# %% [markdown]
# Now measure it along the training of an embedded model. An example is a window of 128 bytes; the small batches are
# single windows, the large ones means of a third of
# them. (Right: recorded, how many steps a small network needed to reach one loss, each batch size with the best
# learning rate of six.)

# %%
noise_scales, biased = {}, {}
large_batch = max(2, sizes.gradients // 3)
revisions = embedded_revisions("ladder-2")
for revision in revisions if lab.profile != "smoke" else revisions[::6]:
    model = load_causal("ladder-2", revision=None if revision == "main" else revision).model
    gradients = window_gradients(model, speeches, sizes.gradients, torch.Generator().manual_seed(seed))
    large = torch.stack([part.mean(dim=0) for part in gradients.split(large_batch) if len(part) == large_batch])
    step = 3906 if revision == "main" else int(revision.removeprefix("step"))
    signal, noise, noise_scales[step] = gradient_noise_scale(gradients, large, 1, large_batch)
    biased[step] = noise / large.square().sum(dim=1).mean()
first, last = noise_scales[min(noise_scales)].item(), noise_scales[max(noise_scales)].item()
lab.record("noise scale at the start", first, "windows")
lab.record("noise scale at the end, log10", math.log10(max(last, 1e-3)), headline=True)
lab.claim("the noise scale grows tenfold in training", last > 10 * first, f"from {first:.1f} to {last:.0f} windows")
batch_runs = recorded("batches")
plots.plot_noise(noise_scales, biased, large_batch, batch_runs, steps_and_examples)

# %% [markdown]
# **What to see.** Left: at the start all windows pull the same way, and the noise scale is below one window. It grows
# by two orders of magnitude: when little is left to learn, examples
# disagree. So a good batch is small early and large late. (Kaplan et al. found a critical batch that depends on the
# loss alone, $2.1 \cdot 10^8 / L^{4.8}$ tokens.) The dashed estimate takes a
# large batch's norm for the truth: it can never exceed the size of its own batch. Right: from 2,048 contexts down to
# 128 one buys examples with steps, as the law says.
# Below, nothing is saved any more; the smallest batch does worse than the law, because at a constant learning rate
# its own noise keeps it from the target.
#
# ## 6. Transfer of tuning
#
# A large model cannot be tuned: each try costs what the model costs. Can a small one be tuned in its place? Not with
# the usual initialisation, since its best learning rate moves with the width. Yang et al. (2022) ask how
# everything must scale so that each layer's output *changes by as much* in a step, at any width. The answer for Adam,
# *muP* (their Table 8), relative to a base model at which nothing changes. With
# $m$ = fan-in over base fan-in:
#
# | layer | its fan-in | initial spread | learning rate | multiplier of the product |
# |---|---|---|---|---|
# | input | does not grow | $1/\sqrt{\text{fan-in}}$ | 1 | 1 |
# | hidden | grows | $1/\sqrt{\text{fan-in}}$ | $1/m$ | 1 |
# | output | grows | as at the base: $1/\sqrt{\text{base fan-in}}$ | 1 | $1/m$ |
#
# Why $1/m$? Adam changes every weight by about the learning rate, whatever the gradient. Of $\sum_j w_j h_j$ all
# `fan-in` terms move *together*, so the sum moves `fan-in` times as far.

# %% [markdown] exercise
# ### Exercise 6.1: muP
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# <details><summary>Hint</summary>Three kinds, three lines. At the base width all three agree with the usual
# parametrisation.</details>
# <details><summary>Help: which fan-in belongs under the root of the output layer?</summary>The base's: its spread
# does not shrink with the width, because the multiplier does.
# Both would shrink it twice.</details>


# %% answer id="mup"
def mup(kind: str, fan_in: int, base_fan_in: int) -> tuple[float, float, float]:
    """muP for Adam, relative to a base width (Yang et al. 2022, Table 8).

    kind: "input", "hidden" or "output". Returns the standard deviation of the initial weights, the factor of the learning rate, and the
    multiplier of the layer's product.
    """
    ### BEGIN SOLUTION
    m = fan_in / base_fan_in
    if kind == "input":
        return fan_in**-0.5, 1.0, 1.0
    if kind == "hidden":
        return fan_in**-0.5, 1 / m, 1.0
    return base_fan_in**-0.5, 1.0, 1 / m
    ### END SOLUTION


# %% check id="mup" points=2
check("scaling_limits/mup", mup)

# %% check id="mup" points=2 hidden
check("scaling_limits/mup", mup)

# %% [markdown]
# A *coordinate check* tests such a rule in seconds, without any sweep: train a few steps at several widths, and look
# how much the typical entry of each layer's output has changed. If that grows with the width, some learning rate is
# too
# large for large models; if it vanishes, some layer has stopped learning.

# %% [markdown] exercise
# ### Exercise 6.2: coordinate check
# difficulty 3/5 · importance 4/5 · 10 minutes · 3 points
#
# For one layer: the root mean square of the entries of the change at each width, and the slope of its logarithm over
# the logarithm of the width, by least squares. 0 is healthy.
#
# <details><summary>Hint</summary>The typical entry, not the length of the vector: a vector of twice the width is
# longer by itself.</details>


# %% answer id="coordinate_check"
def coordinate_check(widths: list[int], before: list[Tensor], after: list[Tensor]) -> Tensor:
    """Exponent with which the change of a typical activation grows with the width (Yang et al. 2022, Appendix D.1).

    widths: k of them. before, after: what one layer returns on the same examples, k tensors (examples, entries). Returns a scalar.
    """
    ### BEGIN SOLUTION
    change = torch.stack([(b - a).square().mean().sqrt() for a, b in zip(before, after, strict=True)]).log()
    u = torch.tensor(widths, dtype=change.dtype).log()
    return ((u - u.mean()) @ (change - change.mean())) / (u - u.mean()).square().sum()
    ### END SOLUTION


# %% check id="coordinate_check" points=2
check("scaling_limits/coordinate_check", coordinate_check)

# %% check id="coordinate_check" points=1 hidden
check("scaling_limits/coordinate_check", coordinate_check)

# %%
train_bytes, held_bytes = corpus_bytes(speeches.train), corpus_bytes(speeches.val)
check_widths = [64, 128, 256, 512]
changes = {}
for name, rule in (("standard", standard), ("muP", mup)):
    before, after = activations(rule, check_widths, train_bytes, 2.0**-7, 4, seed)
    per_layer = [[[x[layer] for x in found] for found in (before, after)] for layer in range(3)]
    changes[name] = [coordinate_check(check_widths, *layer).item() for layer in per_layer]
    sizes_of_change = [[(b - a).square().mean().sqrt().item() for a, b in zip(*layer, strict=True)] for layer in per_layer]
    changes[name] = (changes[name], sizes_of_change)
    print(f"{name}: exponents of the first, second and output layer", ", ".join(f"{e:.2f}" for e in changes[name][0]))
live = {
    name: sweep(rule, sizes.widths, sizes.rates, train_bytes, held_bytes, sizes.width_steps, seed, name)
    for name, rule in (("standard", standard), ("muP", mup))
}
for name, exponent in zip(("standard", "muP"), (changes["standard"][0][2], changes["muP"][0][2]), strict=True):
    lab.record(f"exponent of the output's change, {name}", exponent)
lab.claim(
    "outputs change more in wider networks in the usual parametrisation, and do not under muP",
    changes["standard"][0][2] > 0.3 > abs(changes["muP"][0][2]) + 0.05,
    f"exponents {changes['standard'][0][2]:.2f} and {changes['muP'][0][2]:.2f}",
)
lowest = {name: {w: min(losses) for w, losses in found.items()} for name, found in live.items()}
lab.record(f"loss at width {max(sizes.widths)}, muP", lowest["muP"][max(sizes.widths)], "nats/byte")
plots.plot_coordinates(check_widths, changes)

# %%
recorded_sweep = recorded("widths")
table = {(row["rule"], int(row["width"]), int(row["log2_rate"])): row["loss"] for row in recorded_sweep}
all_rates = sorted({rate for *_, rate in table})
small_best = min(all_rates, key=lambda rate: table["muP", 64, rate])
price = {rule: table[rule, 1024, small_best] - min(table[rule, 1024, r] for r in all_rates) for rule in live}
lab.claim(
    "recorded: the best rate of width 64 costs width 1,024 three times less under muP",
    3 * price["muP"] < price["standard"],
    f"{price['muP']:.3f} and {price['standard']:.3f} nats",
)
wider, narrow = live["muP"][max(sizes.widths)], live["muP"][min(sizes.widths)]
lab.claim("under muP the wider network is better at every rate", all(a < b for a, b in zip(wider, narrow, strict=True)))
plots.plot_sweep(recorded_sweep, live, sizes.rates)

# %% [markdown]
# **What to see.** The coordinate check needed four steps: in the usual parametrisation the output changes the more, the
# wider the network; under muP it does not. The sweep (solid: recorded over 300 steps; dotted: trained here, fewer)
# shows
# what that is worth. On the left the wall beyond the best rate (star) comes nearer with every doubling of the width.
# On the
# right it does not, and at *every* rate wider is better. Take the best rate of width 64 to width 1,024: that costs
# 0.22 nats
# on the left, 0.06 on the right. A caution: under muP the best rate is not quite still here either. It moves one step
# *up*,
# to the harmless side, in runs this short.
#
# ## 7. After pretraining
#
# A trained model can be asked more than once. If an answer can be *verified*, a single right one among $k$ is enough:
# pass@$k$. With $n \ge k$ samples, $c$ of them right, the obvious estimate $1 - (1 - c/n)^k$ is biased: it draws
# *with*
# replacement from a sample that is smaller than the world. Without replacement the mean over all choices of $k$ is
# exact (Chen et al. 2021):
#
# $$\text{pass@}k = 1 - \binom{n - c}{k} \Big/ \binom{n}{k} .$$

# %% [markdown] exercise
# ### Exercise 7.1: pass@k
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# One value for each problem; with $n = 1{,}000$ the binomials do not fit into a float.
#
# <details><summary>Hint</summary>The ratio is a product: of (1 - k/i) for i from n - c + 1 to n. It has c
# factors.</details>
# <details><summary>Hint 2</summary>Or logarithms of factorials: <code>torch.lgamma</code>. What if fewer than k
# samples are wrong?</details>


# %% answer id="pass_at_k"
def pass_at_k(n: int, correct: Tensor, k: int) -> Tensor:
    """Probability that k of the n samples, chosen without replacement, hold a right one (Chen et al. 2021, Eq. 1).

    correct: (problems,) how many of the n samples are right. k: at most n. Returns (problems,) float64.
    """
    ### BEGIN SOLUTION
    wrong = n - correct.double()

    def log_choose(a: Tensor) -> Tensor:
        return torch.lgamma(a + 1) - torch.lgamma(a - k + 1)

    missed = (log_choose(wrong.clamp(min=k)) - log_choose(torch.tensor(float(n), dtype=torch.float64))).exp()
    return torch.where(wrong < k, 1.0, 1 - missed)
    ### END SOLUTION


# %% check id="pass_at_k" points=2
check("scaling_limits/pass_at_k", pass_at_k)

# %% check id="pass_at_k" points=1 hidden
check("scaling_limits/pass_at_k", pass_at_k)

# %% [markdown] exercise
# ### Exercise 7.2: majority vote
# difficulty 2/5 · importance 3/5 · 8 minutes · 2 points
#
# Without a verifier one can let the samples vote (self-consistency, Wang et al. 2023). Return the most frequent
# answer of each row; of several that are equally frequent, the one that was given first.
#
# <details><summary>Hint</summary>A table of all comparisons within a row counts, for each sample, how often its
# answer was given.</details>
# <details><summary>Hint 2</summary><code>argmax</code> returns the first of several largest values.</details>


# %% answer id="majority_vote"
def majority_vote(answers: Tensor) -> Tensor:
    """The most frequent answer of each row; among equals, the one given first. answers: (problems, k) ids. Returns (problems,)."""
    ### BEGIN SOLUTION
    votes = (answers[:, :, None] == answers[:, None, :]).sum(dim=2)
    return answers.gather(1, votes.argmax(dim=1, keepdim=True))[:, 0]
    ### END SOLUTION


# %% check id="majority_vote" points=1
check("scaling_limits/majority_vote", majority_vote)

# %% check id="majority_vote" points=1 hidden
check("scaling_limits/majority_vote", majority_vote)

# %% [markdown]
# A task that can be verified for the embedded GPT-NeoX: the next token of a speech it has never seen.

# %%
lm = load_causal("sotu-neox")
drawn, truth, chance = next_tokens(lm, speeches, sizes.problems, sizes.samples, lab.generator)
right = (drawn == truth[:, None]).sum(dim=1)
ks = [k for k in (1, 3, 10, 30, 100, 300, 1000) if k <= sizes.samples]
coverage = {k: pass_at_k(sizes.samples, right, k).mean().item() for k in ks}
exact = {k: (1 - (1 - chance.double()) ** k).mean().item() for k in ks}
plugged = {k: (1 - (1 - right.double() / sizes.samples) ** k).mean().item() for k in ks}
vote = {k: (majority_vote(drawn[:, :k]) == truth).double().mean().item() for k in ks if k <= 300}
lab.record("coverage of one sample", coverage[1])
lab.record(f"coverage of {ks[-1]} samples", coverage[ks[-1]])
lab.record("accuracy of the vote", vote[max(vote)])
lab.claim(
    "coverage grows where the vote stands still",
    coverage[ks[-1]] > vote[max(vote)] + 0.3 and vote[max(vote)] < coverage[10],
    f"one sample {coverage[1]:.0%}, {ks[-1]} samples {coverage[ks[-1]]:.0%}, vote {vote[max(vote)]:.0%}",
)
plots.plot_coverage(coverage, exact, plugged, vote)

# %% [markdown]
# **What to see.** One sample is right about once in six. A thousand cover about nine problems of ten, and the curve
# is nearly straight in $\log k$. The vote gains something and then stands still: it can find only what the model
# thinks most
# likely. So more samples are worth what the *verifier* is worth. Your estimate agrees with the exact curve (known
# here, because the probability of each answer is); the plug-in estimate falls short of it at large $k$, because a
# problem without a hit counts as impossible.
#
# ### Best of n
#
# With a reward in the place of a verifier one takes the best of $n$ samples. That changes the policy without
# training. How far?

# %% [markdown] exercise
# ### Exercise 7.3: the law of the best
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# A policy gives answers with probabilities $p$, sorted from the lowest reward to the highest. With what probability
# is each answer the best of $n$ independent samples?
#
# <details><summary>Hint</summary>The best is at most answer i if all n samples are.</details>
# <details><summary>Hint 2</summary>So the cumulative probabilities are raised to the power n; their differences are
# asked for.</details>


# %% answer id="best_of_n"
def best_of_n(p: Tensor, n: int) -> Tensor:
    """Law of the best of n samples. p: (answers,) probabilities, from the lowest reward to the highest. Returns (answers,)."""
    ### BEGIN SOLUTION
    below = p.cumsum(dim=0) ** n
    return below.diff(prepend=below.new_zeros(1))
    ### END SOLUTION


# %% check id="best_of_n" points=2
check("scaling_limits/best_of_n", best_of_n)

# %% check id="best_of_n" points=1 hidden
check("scaling_limits/best_of_n", best_of_n)

# %% [markdown] exercise
# ### Exercise 7.4: predict first
# difficulty 2/5 · importance 3/5 · 5 minutes · 1 points
#
# If there are very many answers, each improbable, the distance $\mathrm{KL}(\text{best of } n \,\|\, p)$ depends on
# $n$ alone: $\log n - (n-1)/n$. What is it for $n = 64$, in nats?
#
# <details><summary>Hint</summary>The logarithm is natural.</details>

# %% answer id="best_of_64" stub="best_of_64 = ...  # nats, to two decimals"
best_of_64 = math.log(64) - 63 / 64

# %% check id="best_of_64" points=1
check("scaling_limits/best_of_64", best_of_64)

# %% [markdown]
# ### Preferences
#
# The other way is to train. *Direct preference optimisation* (Rafailov et al. 2023) needs no reward, only pairs: of
# two answers, which is preferred? The policy itself is the reward model, measured against the reference it started
# from:
#
# $$-\log \sigma\!\left(\beta \left[\log \frac{\pi(y_w)}{\pi_{\text{ref}}(y_w)} - \log \frac{\pi(y_l)}{\pi_{\text{ref}}(y_l)}\right]\right) .$$

# %% [markdown] exercise
# ### Exercise 7.5: DPO
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# The mean over the pairs. The reference is a fixed point of comparison: no gradient reaches it, even if it is made of
# the same parameters. Large margins must not overflow.
#
# <details><summary>Hint</summary><code>F.logsigmoid</code> is safe where a logarithm of a sigmoid is not.</details>
# <details><summary>Help: "a gradient reaches argument 3, and none should"</summary>The reference's log-probabilities
# are numbers here: <code>detach()</code>.</details>


# %% answer id="dpo_loss"
def dpo_loss(chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor, beta: float = 0.1) -> Tensor:
    """Direct preference optimisation (Rafailov et al. 2023, Eq. 7).

    All (pairs,): log-probabilities of the preferred and the rejected answer under the policy and under the reference.
    Returns a scalar in nats; gradient to the policy's only.
    """
    ### BEGIN SOLUTION
    margin = (chosen - ref_chosen.detach()) - (rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * margin).mean()
    ### END SOLUTION


# %% check id="dpo_loss" points=2
check("scaling_limits/dpo_loss", dpo_loss)

# %% check id="dpo_loss" points=2 hidden
check("scaling_limits/dpo_loss", dpo_loss)

# %% [markdown]
# Eight answers with known rewards, and pairs that follow Bradley and Terry: the first is preferred with probability
# $\sigma(\text{reward} - \text{reward})$. Then every optimum is known. The best reward at a given distance is reached
# by
# $\pi \propto \pi_{\text{ref}}\, e^{\text{reward}/\beta}$, and DPO should end exactly there. Where does best-of-$n$
# lie?

# %%
policy, reward = some_answers(lab.generator)
betas = (2.0, 1.0) if lab.profile != "smoke" else (1.0,)
learned = {beta: learn_preferences(dpo_loss, policy, reward, beta, lab.pick(smoke=40, quick=300, gpu=600)) for beta in betas}
gap = max((learned[beta] - tilted(policy, reward, beta)).abs().max().item() for beta in betas)
lab.claim("DPO ends at the reference times exp(reward / beta)", gap < 0.01, f"largest difference {gap:.4f}")
best = {n: best_of_n(policy, n) for n in (1, 2, 4, 8, 16, 64)}
inside = all(divergence(p, policy) <= math.log(n) - (n - 1) / n + 1e-9 for n, p in best.items())
lab.claim("best-of-n stays within log n - (n - 1)/n", inside)
plots.plot_frontier(policy, reward, best, learned, tilted, divergence)

# %% [markdown]
# **What to see.** The grey curve is the most reward that can be had at each distance from the reference. DPO lands on
# it, at the point that its $\beta$ names. Best-of-$n$ runs close below it: it spends its nats nearly as well, without
# any
# training, but at the price of $n$ samples for each answer, for ever. And with few answers it moves less far than
# $\log n - (n-1)/n$ allows: once the best answer is nearly certain, more samples change nothing.
#
# ### What a halving costs
#
# Whatever is scaled, samples, tokens or parameters, a power law has a price list with one entry.

# %% [markdown] exercise
# ### Exercise 7.6: predict first
# difficulty 2/5 · importance 4/5 · 4 minutes · 1 points
#
# The reducible part of a loss falls like $C^{-0.05}$, as Kaplan et al. found for language and optimally used compute.
# By what factor must the compute grow to halve it?
#
# <details><summary>Hint</summary>Solve factor^-0.05 = 1/2.</details>

# %% answer id="halving_cost" stub="halving_cost = ...  # times as much compute"
halving_cost = 2 ** (1 / 0.05)

# %% check id="halving_cost" points=1
check("scaling_limits/halving_cost", halving_cost)

# %%
for exponent in (0.5, 0.3, 0.1, 0.076, 0.05):
    print(f"exponent {exponent:5.3f}: a halving costs {2 ** (1 / exponent):>12,.0f} times, and two of them {4 ** (1 / exponent):.1e}")

# %% [markdown]
# **What to see.** Exponents look alike on a logarithmic axis, and their prices do not: $n^{-1/2}$, the rate of a
# mean, costs 4 for a halving; 0.05 costs a million. (Henighan et al. 2020 found curves of the same form, a constant
# and a power law, for images, video and mathematics.)
#
# **Where this goes.** Bounds, shapes, batches, learning rates, epochs and samples each have a law of their own, and a
# scaling law of the loss holds only while all of them are kept in step. What it never says is what the loss is *for*:
# that takes a verifier, a
# preference, or a person.
#
# ## What this run found

# %%
lab.summary()
