# %% [markdown]
# # 4 · Pythia: what size buys
#
# 212 minutes · 56 points
#
# A training run of a large model is done once. Before it, somebody must say how large the model should be, how long to train it, and what
# loss to expect; the answer comes from small models and a straight line on logarithmic paper. This notebook is about drawing that line
# honestly: what to count, which curve to fit, how far to trust it, and why two famous papers drew different ones.
#
# **You will be able to**
# - count the parameters and FLOPs of a transformer exactly, and say when $6ND$ is wrong;
# - fit a scaling law with and without an irreducible loss, forecast a model nobody has shown you, and put an interval on the forecast;
# - find the best size for a compute budget in the three ways of Hoffmann et al. (2022), and explain Kaplan's 0.73 without any data;
# - tell which benchmark scores scale and which only look as if they did.
#
# **How to work.** Each exercise has a check. It says what is wrong in words, keeps the numbers, and gives part of the points; the rest is
# decided by hidden tests on other inputs when your notebook is graded. Your functions take and return float64 tensors unless they say
# otherwise, and leave their inputs as they were. Hints are folded; the help texts start from what you see. Run the cells in order.
# Everything runs on a laptop CPU without a download, on our own ladder of small models of Pythia's architecture; set `profile` to
# `"gpu"` for the real Pythia.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": the real Pythia
seed = 0
source = "auto"  # "embedded": the ladder that comes with the course · "hub": EleutherAI/pythia · a folder with a ladder of yours · "auto": the profile's

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import math

import numpy as np
import torch
from torch import Tensor

from course_utils.checks import check
from course_utils.interactive import explore
from course_utils.models import load_causal
from course_utils.models.perplexity import causal_nll, perplexity
from course_utils.pythia_scaling import (
    BESIROGLU,
    CONTEXT,
    HOFFMANN,
    HOFFMANN_UNROUNDED,
    KAPLAN_EXPONENT,
    PORIAN,
    PROFILES,
    STEPS,
    TOKENS,
    TOKENS_PER_STEP,
    SimulatedLab,
    bootstrap,
    choose,
    fit_parametric,
    fit_power_law_with_floor,
    interpolate_isoflop,
    isoflop_runs,
    load_curves,
    load_zeroshot,
    mixture_error,
    nearest_neighbour_error,
    plots,
    pythia_size,
    pythia_sizes,
    random_feature_errors,
    score_checkpoints,
    held_out_text,
)

# %% locked id="preflight"
lab = start("pythia_scaling", profile=profile, seed=seed, source=source)
sizes = PROFILES[lab.profile]
family = sizes.family(None if source == "auto" else source)
curves = load_curves(family.curves)
print(family)
print(f"measured curves: {len(curves.finals)} training runs of {len(curves.params.unique())} sizes, {len(curves)} checkpoints")

# %% [markdown]
# ## 1. What is a parameter, what is a FLOP?
#
# Pythia (Biderman et al. 2023) is a suite of decoders, all of one architecture, trained on the same 299,892,736,000 tokens in the same
# order: 143,000 steps of 2,097,152 tokens. Only width and depth differ. Before any curve is drawn over "size", size has to be defined,
# and two definitions are in use: with and without the embedding matrices.
#
# A GPT-NeoX layer of width $d$ has queries, keys and values ($d \to 3d$), the output of the attention ($d \to d$), and a feed-forward block
# ($d \to 4d \to d$), each with a bias; and two layer norms, each with a scale and a shift. One more layer norm follows the last layer.
# The input embedding ($V \times d$) and the output embedding ($d \times V$, without bias) are two separate matrices.

# %% [markdown] exercise
# ### Exercise 1.1: count them all
# difficulty 2/5 · importance 4/5 · 10 minutes · 3 points
#
# Return the number of parameters without the two embeddings, and with them, for any depth, width and vocabulary. Exactly.
#
# <details><summary>Hint</summary>A linear map from a to b numbers with bias has a·b + b parameters. Add up one layer; all layers are alike.</details>
# <details><summary>Hint 2</summary>One layer: 12 d² from the four matrices, 9 d from their biases, 4 d from two layer norms.</details>
# <details><summary>Help: I am off by a few thousand</summary>A few thousand is one vector or two of width d: a bias, a layer norm, the last layer norm.</details>

# %% answer id="parameter_count"
def parameter_count(layers: int, width: int, vocabulary: int) -> tuple[int, int]:
    """Parameters of a GPT-NeoX model with untied embeddings: (without embeddings, in all)."""
    ### BEGIN SOLUTION
    attention = (3 * width * width + 3 * width) + (width * width + width)
    feed_forward = (4 * width * width + 4 * width) + (4 * width * width + width)
    norms = 2 * 2 * width
    body = layers * (attention + feed_forward + norms) + 2 * width
    return body, body + 2 * vocabulary * width
    ### END SOLUTION

# %% check id="parameter_count" points=2
check("pythia_scaling/parameter_count", parameter_count)

# %% check id="parameter_count" points=1 hidden
check("pythia_scaling/parameter_count", parameter_count)

# %% [markdown] exercise
# ### Exercise 1.2: predict first
# difficulty 1/5 · importance 3/5 · 2 minutes · 1 points
#
# `pythia-70m` has 6 layers of width 512 and a vocabulary of 50,304. Which share of its parameters, from 0 to 1, are embeddings? Guess first;
# then compute it with your function, and answer with that.
#
# <details><summary>Hint</summary>All minus without, over all.</details>

# %% answer id="embedding_share" stub="embedding_share = ...  # of pythia-70m, between 0 and 1"
embedding_share = 1 - parameter_count(6, 512, 50304)[0] / parameter_count(6, 512, 50304)[1]

# %% check id="embedding_share" points=1
check("pythia_scaling/embedding_share", embedding_share)

# %% [markdown]
# A FLOP is one addition or multiplication. A weight of a matrix costs two for each token in the forward pass, and the backward pass
# costs twice the forward pass: hence the rule $C \approx 6 N D$ for $N$ parameters and $D$ tokens. The rule forgets two things: the
# *output* embedding is a matrix product like any other (the input embedding is a look-up and costs nothing), and attention multiplies
# queries with keys, and weights with values: $2 \cdot 2\,T d$ FLOPs a token, a layer and a forward pass, for a context of $T$ tokens.

# %% [markdown] exercise
# ### Exercise 1.3: the bill
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# Return the FLOPs of a training run twice: by the rule, $6ND$ with $N$ *without* embeddings (Kaplan's convention); and counted, all matrix products of
# forward and backward pass: the $12\,d^2$ weights of each layer's matrices, the output embedding, and attention over the full context. (Biases,
# norms and the like are no matrix products.)
#
# <details><summary>Hint</summary>Count multiply-adds of one token's forward pass; a multiply-add is 2 FLOPs; forward and backward are 3 forward passes.</details>
# <details><summary>Hint 2</summary>Multiply-adds a token: 12 L d² + V d + 2 L T d.</details>
# <details><summary>Help: my second number is too large</summary>Is the input embedding in it? No product is computed there: a row is looked up.</details>

# %% answer id="training_flops"
def training_flops(layers: int, width: int, vocabulary: int, context: int, tokens: float) -> tuple[float, float]:
    """FLOPs of training on `tokens` tokens: (6 N D without embeddings, all matrix products counted)."""
    ### BEGIN SOLUTION
    body, _ = parameter_count(layers, width, vocabulary)
    multiply_adds = 12 * layers * width**2 + vocabulary * width + 2 * layers * context * width
    return 6 * body * tokens, 3 * 2 * multiply_adds * tokens
    ### END SOLUTION

# %% check id="training_flops" points=2
check("pythia_scaling/training_flops", training_flops)

# %% check id="training_flops" points=1 hidden
check("pythia_scaling/training_flops", training_flops)

# %%
counted = {}
for size in pythia_sizes():
    body, total = parameter_count(size.layers, size.width, size.vocabulary)
    rule, exact = training_flops(size.layers, size.width, size.vocabulary, CONTEXT, TOKENS)
    counted[size.model] = (body, total, exact / rule)
    print(f"{size.model:<12} {body:>14,} {total:>14,}   {TOKENS / total:>8,.1f} tokens a parameter   {exact:.2e} FLOPs = {exact / rule:.2f} x 6ND")
plots.plot_sizes(counted)

# %% [markdown]
# **What to see.** Three quarters of `pythia-70m` are embeddings, and one twentieth of `pythia-12b`. So "70m" and "160m" differ by a factor of 2.3 in
# all parameters, and of 4.5 in those that compute. The rule $6ND$ is right within a tenth for the largest; `pythia-70m` costs three times as much as it says.
# Whoever fits a law on small models with that rule bends it. Keep this in mind for section 6. And only the 12b is anywhere near 20 tokens per parameter;
# the small ones saw thousands.

# %% [markdown]
# ## 2. Measuring: one loss for a long text
#
# The loss of a language model on a text is the mean of $-\log p(\text{token} \mid \text{tokens before})$, in nats; its exponential is the *perplexity*.
# A text is longer than the model's context, so it is read in windows. If they do not overlap, the first tokens of each window are
# predicted from almost nothing. If they do, no token may be counted twice.

# %% [markdown]
# **Recall** (no points; answer before you look back). One model, one text, and windows that overlap more and more, each token scored once. What does its perplexity do?
#
# - **a**: it falls
# - **b**: it rises
# - **c**: it stays as it is

# %% recall id="overlap"
lab.recall("overlap", "a")

# %% [markdown] exercise
# ### Exercise 2.1: windows
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# Windows start at token 0, `stride`, 2 `stride`, ... and hold `context` tokens; the last one ends with the text, and is the first to reach its end. For each
# window return where it begins, where it ends (not included), and the first token it *scores*: every token but number 0 is scored exactly
# once, by the first window that holds it together with a token before it.
#
# <details><summary>Hint</summary>A window scores what the windows before it did not hold. What is that for the first window, given that token 0 has nothing before it?</details>
# <details><summary>Hint 2</summary>From the second window on, the first scored token is where the previous window ended.</details>
# <details><summary>Help: I get one window too many</summary>Stop as soon as a window reaches the end of the text; another would have nothing left to score.</details>

# %% answer id="window_spans"
def window_spans(length: int, context: int, stride: int) -> Tensor:
    """Windows over a text of `length` >= 2 tokens; 1 <= stride < context.

    Returns (W, 3) int64: begin, end (not included), first token scored. Window w scores the tokens from there to its end.
    """
    ### BEGIN SOLUTION
    spans, scored = [], 1
    for begin in range(0, length, stride):
        end = min(begin + context, length)
        spans.append((begin, end, scored))
        scored = end
        if end == length:
            break
    return torch.tensor(spans)
    ### END SOLUTION

# %% check id="window_spans" points=2
check("pythia_scaling/window_spans", window_spans)

# %% check id="window_spans" points=1 hidden
check("pythia_scaling/window_spans", window_spans)

# %% [markdown]
# Your windows, one at a time through a small model, against the course's `causal_nll`, which sends many at once:

# %%
text = held_out_text("sotu", sizes.characters)
small = load_causal(family.names[0], family.source, None)
sample = small.tokenizer(text[:600], return_tensors="pt")["input_ids"][0]
slow = []
for begin, end, first in window_spans(len(sample), 128, 64).tolist():
    with torch.inference_mode():
        log_p = small.model(sample[None, begin:end]).logits[0].log_softmax(dim=-1)
    slow += [-log_p[t - begin - 1, sample[t]].item() for t in range(first, end)]
fast = causal_nll(small.model, sample, context=128, stride=64)
print(f"{len(slow)} tokens, perplexity {math.exp(sum(slow) / len(slow)):.4f} one window at a time, {perplexity(fast):.4f} batched")

# %% [markdown]
# ## 3. Loss against size
#
# Now the ladder: models of one shape, one training text and one schedule, each larger than the last. We score all but the largest on text that none of them was
# trained on. The largest stays in its box until you have said what it will do. Losses are in nats per *byte*, which no tokenizer changes.

# %%
smaller, largest = family.names[:-1], family.names[-1]
scored = score_checkpoints([(name, "main") for name in smaller], text, family.source, lab.device)
n_seen = torch.tensor([point.non_embedding for point in scored], dtype=torch.float64)
loss_seen = torch.tensor([point.loss for point in scored], dtype=torch.float64)
for point in scored:
    print(f"{point.model:<12} {point.non_embedding:>13,} parameters without, {point.total:>13,} with embeddings: {point.loss:.4f} nats per byte")

# %% [markdown]
# The simplest law is $L(N) = A\,N^{-\alpha}$: a straight line in the logarithms, $\log L = \log A - \alpha \log N$.

# %% [markdown] exercise
# ### Exercise 3.1: a power law
# difficulty 2/5 · importance 5/5 · 10 minutes · 4 points
#
# Fit it by least squares *in the logarithms*. The exponent $\alpha$ is positive for a loss that falls.
#
# <details><summary>Hint</summary>A straight line through (log x, log y): slope = covariance / variance.</details>
# <details><summary>Hint 2</summary>The line goes through the two means; exp of its value at log x = 0 is A.</details>
# <details><summary>Help: my exponent is right and A is not</summary>Did you return the logarithm, or use log10 in one place and exp in the other?</details>

# %% answer id="power_law"
def power_law(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least-squares fit of log y = log A - alpha log x. x, y: (n,), positive. Returns the scalars (A, alpha)."""
    ### BEGIN SOLUTION
    log_x, log_y = x.log(), y.log()
    centered = log_x - log_x.mean()
    slope = (centered * log_y).sum() / (centered**2).sum()
    return (log_y.mean() - slope * log_x.mean()).exp(), -slope
    ### END SOLUTION

# %% check id="power_law" points=2
check("pythia_scaling/power_law", power_law)

# %% check id="power_law" points=2 hidden
check("pythia_scaling/power_law", power_law)

# %% [markdown]
# A straight line on logarithmic paper falls forever. Text does not let it: even a perfect model is surprised by what people write next. The
# loss has a floor $E$, and $L(N) = E + A\,N^{-\alpha}$. What does a fit do that does not know this? Take the law printed by Hoffmann et al. (2022), with data without end,
# $L = 1.69 + 406.4\,N^{-0.34}$, without any noise, and fit a straight line to it:

# %%
trap_n = torch.logspace(8, math.log10(1.8e10), 8, dtype=torch.float64)
trap_loss = HOFFMANN["E"] + HOFFMANN["A"] * trap_n ** -HOFFMANN["alpha"]
trap_a, trap_alpha = power_law(trap_n, trap_loss)
lab.record("exponent of a straight line through Hoffmann's law (true 0.34)", trap_alpha)
plots.plot_trap(trap_n, trap_loss, trap_a, trap_alpha, HOFFMANN)

# %% [markdown]
# **What to see.** The points come from an exponent of 0.34; the straight line says 0.057, and looks good over two decades. Kaplan et al. (2020), who fitted
# straight lines, report $L \propto N^{-0.076}$. Just beyond the data the line falls below the true curve, and soon after below the floor itself. A small
# exponent is what a large exponent with a floor looks like.

# %% [markdown] exercise
# ### Exercise 3.2: with a floor
# difficulty 3/5 · importance 5/5 · 15 minutes · 4 points
#
# Fit $y = E + A\,x^{-\alpha}$. For a *given* $\alpha$ that is linear in $E$ and $A$, so solve a small linear least-squares problem for each $\alpha$ in `exponents` and
# keep the best (this is called variable projection). Minimise the squared *relative* error $\sum_i \left(\frac{E + A x_i^{-\alpha}}{y_i} - 1\right)^2$.
# No text has a negative loss: where the best $E$ is negative, take $E = 0$ and the best $A$ for that.
#
# <details><summary>Hint</summary>Dividing the i-th row of the design matrix and the i-th target by y_i turns absolute errors into relative ones; the target is then 1.</details>
# <details><summary>Hint 2</summary><code>torch.linalg.lstsq(design, target).solution</code> takes a batch of problems: design (G, n, 2), target (G, n, 1).</details>
# <details><summary>Pseudocode</summary>for each exponent a: columns 1/y and p = x^-a / y · solve for (E, A) with target 1 · if E < 0: E = 0, A = sum(p) / sum(p²) · sum of squared residuals · return the E, A, a with the smallest sum</details>
# <details><summary>Help: a straight power law gives me E = -0.3</summary>Such data have no floor. Setting E to 0 is only half of it: the A found beside a negative E is not the best A any more.</details>

# %% answer id="power_law_with_floor"
def power_law_with_floor(x: Tensor, y: Tensor, exponents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit of y = E + A x^-alpha in relative error, alpha from the list `exponents` (G,). x, y: (n,). Returns the scalars (E, A, alpha)."""
    ### BEGIN SOLUTION
    powers = x ** -exponents[:, None] / y
    constant = (1 / y).expand_as(powers)
    solution = torch.linalg.lstsq(torch.stack([constant, powers], dim=2), torch.ones_like(powers)[:, :, None]).solution
    floor, scale = solution[:, 0], solution[:, 1]
    no_floor = powers.sum(dim=1, keepdim=True) / powers.square().sum(dim=1, keepdim=True)
    floor, scale = floor.clamp(min=0), torch.where(floor < 0, no_floor, scale)
    best = (floor * constant + scale * powers - 1).square().sum(dim=1).argmin()
    return floor[best, 0], scale[best, 0], exponents[best]
    ### END SOLUTION

# %% check id="power_law_with_floor" points=2
check("pythia_scaling/power_law_with_floor", power_law_with_floor)

# %% check id="power_law_with_floor" points=2 hidden
check("pythia_scaling/power_law_with_floor", power_law_with_floor)

# %%
exponents = torch.arange(0.02, 1.0, 0.002, dtype=torch.float64)
floor, scale, alpha = power_law_with_floor(trap_n, trap_loss, exponents)
print(f"from the same eight points: E {floor:.3f}, A {scale:.1f}, alpha {alpha:.3f}")

# %%
def fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Your fit, on one grid of exponents."""
    return power_law_with_floor(x, y, torch.arange(0.02, 1.0, 0.002, dtype=torch.float64))


# %%
_, line_alpha = power_law(n_seen, loss_seen)
floor, scale, alpha = fit(n_seen, loss_seen)
print(f"our ladder, straight line: alpha {line_alpha:.3f}; with a floor: E {floor:.3f}, alpha {alpha:.3f}")

# %% [markdown]
# ## 4. A forecast, and what it is worth
#
# A forecast without an interval is a guess in good clothes. Where does an interval come from, with a handful of models? The sizes were *chosen*; what was drawn by chance is
# how far each model fell from the curve. So resample those distances: put each model back on the curve, move it by the residual of a randomly
# drawn model, fit again, forecast again. The spread of many such forecasts is the interval.

# %% [markdown] exercise
# ### Exercise 4.1: a bootstrap of residuals
# difficulty 4/5 · importance 4/5 · 18 minutes · 4 points
#
# `fit(x, y)` returns $(E, A, \alpha)$. Residuals are logarithms, $\log(y / \hat y)$. A fit with three parameters already followed the noise a little, so
# multiply the residuals by $\sqrt{n / (n - 3)}$. For each row of `draws` make new data $\hat y_i \cdot \exp(\text{residual}_{\text{draw}_i})$, fit, and forecast `x_new`.
# Return the lower quantile of the forecasts, the forecast of the fit to the *original* data, and the upper quantile.
#
# <details><summary>Hint</summary>90% of the forecasts lie between the quantiles 0.05 and 0.95: (1 - level) / 2 on each side.</details>
# <details><summary>Hint 2</summary>The new data are made from the fitted curve, not from the data: y_hat * exp(residuals[draw]).</details>
# <details><summary>Help: my interval is a little too narrow</summary>Is the factor that makes up for the three fitted parameters there, and applied to the logarithms?</details>

# %% answer id="forecast_interval"
def forecast_interval(fit, x: Tensor, y: Tensor, x_new: float, draws: Tensor, level: float = 0.9) -> tuple[Tensor, Tensor, Tensor]:
    """Forecast of E + A x^-alpha at x_new, with an interval from a bootstrap of the residuals.

    fit: (x, y) -> (E, A, alpha). x, y: (n,), n > 3. draws: (R, n) int64, which residual each point gets in each refit.
    Returns the scalars (low, middle, high).
    """
    ### BEGIN SOLUTION
    def law(parameters, at):
        floor, scale, alpha = parameters
        return floor + scale * at**-alpha

    original = fit(x, y)
    predicted = law(original, x)
    residual = (y / predicted).log() * math.sqrt(len(x) / (len(x) - 3))
    forecasts = torch.stack([law(fit(x, predicted * residual[draw].exp()), x_new) for draw in draws])
    low, high = forecasts.quantile((1 - level) / 2), forecasts.quantile((1 + level) / 2)
    return low, law(original, x_new), high
    ### END SOLUTION

# %% check id="forecast_interval" points=2
check("pythia_scaling/forecast_interval", forecast_interval)

# %% check id="forecast_interval" points=2 hidden
check("pythia_scaling/forecast_interval", forecast_interval)

# %% [markdown]
# How good was a forecast with an interval? Narrow is good, and the truth should be inside. The *interval score* (Gneiting & Raftery 2007) weighs the
# one against the other: the width, plus $\frac{2}{1 - \text{level}}$ times the distance by which the truth was missed. Whoever states the quantiles
# they believe in gets the best score on average; nobody gains by exaggerating either way.

# %% [markdown] exercise
# ### Exercise 4.2: the interval score
# difficulty 1/5 · importance 4/5 · 6 minutes · 2 points
#
# <details><summary>Hint</summary>At most one of low - actual and actual - high is positive; <code>clamp(min=0)</code> keeps it.</details>

# %% answer id="interval_score"
def interval_score(low: Tensor, high: Tensor, actual: Tensor, level: float = 0.9) -> Tensor:
    """Width plus 2 / (1 - level) times the miss, for each forecast; the lower the better. All (n,). Returns (n,)."""
    ### BEGIN SOLUTION
    miss = (low - actual).clamp(min=0) + (actual - high).clamp(min=0)
    return high - low + 2 / (1 - level) * miss
    ### END SOLUTION

# %% check id="interval_score" points=1
check("pythia_scaling/interval_score", interval_score)

# %% check id="interval_score" points=1 hidden
check("pythia_scaling/interval_score", interval_score)

# %% [markdown]
# Now the box. Your forecast first:

# %%
n_largest = float(family.non_embedding(largest))
draws = torch.randint(len(n_seen), (sizes.refits, len(n_seen)), generator=lab.generator)
low, middle, high = forecast_interval(fit, n_seen, loss_seen, n_largest, draws)
line = power_law(n_seen, loss_seen)
straight = line[0] * n_largest ** -line[1]
print(f"{largest}, {n_largest:,.0f} parameters without embeddings, {n_largest / n_seen[-1]:.2f} times the largest you saw")
print(f"with a floor: {middle:.4f}, nine times in ten between {low:.4f} and {high:.4f} · straight line: {straight:.4f}")

# %%
low, middle, high = forecast_interval(fit, n_seen, loss_seen, n_largest, draws)  # with the same draws: the same forecast
line = power_law(n_seen, loss_seen)
straight = line[0] * n_largest ** -line[1]
(revealed,) = score_checkpoints([(largest, "main")], text, family.source, lab.device)
actual = torch.tensor(revealed.loss, dtype=torch.float64)
lab.record("forecast of the largest model, relative error", abs(middle / actual - 1), headline=True)
lab.record("forecast of the largest model, straight line, relative error", abs(straight / actual - 1))
lab.record("forecast of the largest model, interval score", interval_score(low, high, actual), "nats per byte")
print(f"{largest}: {actual:.4f} nats per byte; {'inside' if low <= actual <= high else 'outside'} the interval")
plots.plot_forecast(n_seen, loss_seen, fit, line, n_largest, (low, middle, high), actual)

# %% [markdown]
# **What to see.** The star is the model that was in the box. The law with a floor forecast it within 2%, with the truth inside the interval; the straight line is off by 8%. How wide the interval is says how little a handful of sizes knows about the floor, and the picture's
# right-hand side is why laboratories train more than a handful. One forecast says nothing about calibration: whether nine intervals in ten
# hold the truth can only be seen in many of them. Section 10 gives you many.

# %% [markdown] exercise
# ### Exercise 4.3: referee a forecast (written)
# difficulty 4/5 · importance 5/5 · 15 minutes · 4 points
#
# A paper is on your desk. "*We trained five models of 10 to 160 million parameters, each once, each on 10 billion tokens with the learning rate that was best for the smallest. The law $E + A\,N^{-\alpha}$ fits with $R^2 = 0.999$; refits on resampled
# residuals give $\alpha = 0.31 \pm 0.02$. We therefore forecast a loss of $1.92 \pm 0.01$ for a model of 70 billion parameters, which will be the best at question answering.*"
#
# 1. Name three reasons why the true loss may well lie outside of this interval. For each, say in which direction it errs, if that can be said, or why it makes the interval too narrow.
# 2. Which experiment, of at most twice the cost of theirs, would you ask for before anything else, and which result of it would change your mind?
#
# <details><summary>Hint</summary>What was held fixed while N grew? What do resampled residuals know about points that nobody measured? How many times larger is 70 billion?</details>

# %% [markdown] manual id="referee" points=4
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. Three of these:
#     - *Distance.* 70 billion is more than 400 times the largest size. There $A\,N^{-\alpha}$ is small and the forecast is almost $E$, which five points in a narrow range hardly determine. $R^2$ speaks about the range that was seen. The interval of refits shows some of this, but only if the law itself is true.
#     - *The form is assumed.* Residuals on a curve that is slightly wrong are small inside and say nothing outside; the straight line of section 4, a law without a floor, was off by 8%. Too narrow.
#     - *One run each.* Five residuals around a curve with three parameters leave two degrees of freedom: they understate the scatter, and between seeds it was not measured at all. Too narrow.
#     - *Fixed tokens.* At 10 billion tokens, 160 million parameters have 62 tokens each, 70 billion have one seventh of a token each. The term in $D$ is part of $E$ here, so the law describes models at this $D$. For a large model trained on more, the loss will be below the forecast; at this $D$, overfitting and
#       the missing data may keep it above.
#     - *One learning rate.* It was best for the smallest, so larger models are handicapped more and more: the curve looks flatter than it is, $\alpha$ is too small, and the forecast too high.
#     - The last clause is no forecast of a loss at all: a benchmark needs a law of its own (section 8).
# 2. Hold out: forecast their own 160 million from the four smaller ones, and a new model of, say, 300 million, tuned, from all five; three seeds of each of the small sizes. About the cost of the original. If the new one lies inside an interval of honest width and the learning rate
#    does not move the curve, I would believe the next factor of ten, not 400.
#
# **An answer worth 2 points.** "Too few models, extrapolated too far, and only one seed. Train larger ones." Three faults without direction or mechanism, and no result that would decide.
#
# **Rubric.**
#
# - 1 point: a first reason, with its direction or why the interval is too narrow.
# - 1 point: a second one, of another kind.
# - 1 point: a third one, of another kind.
# - 1 point: an affordable experiment that could refute the forecast (a size held out, seeds, a tuned learning rate), with the result that decides.
#
# Half a point for a reason that is only named.
# ### END SOLUTION

# %% [markdown]
# ## 5. Loss against data and compute
#
# Along a training run, loss falls with the tokens seen. Is that a power law too? The exponent of a curve *at one place* is the slope of its logarithm there.

# %% [markdown]
# **Recall** (no points; answer before you look back). A loss follows $E + A\,x^{-\alpha}$, and somebody fits a straight line to its logarithms. How does the exponent of the
# line compare with $\alpha$?
#
# - **a**: it is too large
# - **b**: it is too small
# - **c**: it is right, if there is little noise

# %% recall id="floor"
lab.recall("floor", "b")

# %% [markdown] exercise
# ### Exercise 5.1: the local exponent
# difficulty 2/5 · importance 3/5 · 6 minutes · 2 points
#
# Between each point and the next, return $-\Delta \log y / \Delta \log x$: constant for a power law, and not for anything else.
#
# <details><summary>Hint</summary><code>torch.diff</code> of the logarithms.</details>

# %% answer id="local_exponent"
def local_exponent(x: Tensor, y: Tensor) -> Tensor:
    """Minus the slope of log y over log x between neighbours. x (increasing), y: (n,). Returns (n - 1,)."""
    ### BEGIN SOLUTION
    return -y.log().diff() / x.log().diff()
    ### END SOLUTION

# %% check id="local_exponent" points=1
check("pythia_scaling/local_exponent", local_exponent)

# %% check id="local_exponent" points=1 hidden
check("pythia_scaling/local_exponent", local_exponent)

# %% [markdown]
# Score the checkpoints of one model. They are named by *step*; the law wants *tokens*, so multiply by the tokens of a step. The last checkpoint stays in its box:
# forecast it from those before, by the same law, with tokens in the place of parameters.

# %%
trained, steps = family.training_run()
*earlier, last = steps
history = score_checkpoints([(trained, revision) for revision in earlier], text[: sizes.characters // 2], family.source, lab.device)
tokens_seen = torch.tensor([steps[revision] for revision in earlier], dtype=torch.float64) * family.tokens_per_step
history_loss = torch.tensor([point.loss for point in history], dtype=torch.float64)
late = tokens_seen >= tokens_seen[-1] / 16  # the law holds, if at all, after the beginning
last_tokens = float(steps[last] * family.tokens_per_step)
draws = torch.randint(int(late.sum()), (sizes.refits, int(late.sum())), generator=lab.generator)
print("local exponents:", " ".join(f"{slope:.2f}" for slope in local_exponent(tokens_seen, history_loss)))
low, middle, high = forecast_interval(fit, tokens_seen[late], history_loss[late], last_tokens, draws)
print(f"{trained} at its last step, {last_tokens:.3g} tokens: {middle:.4f}, nine times in ten between {low:.4f} and {high:.4f}")

# %%
slopes = local_exponent(tokens_seen, history_loss)
low, middle, high = forecast_interval(fit, tokens_seen[late], history_loss[late], last_tokens, draws)
(end,) = score_checkpoints([(trained, last)], text[: sizes.characters // 2], family.source, lab.device)
lab.record("forecast of the last checkpoint, relative error", abs(middle / end.loss - 1))
plots.plot_training(tokens_seen, history_loss, slopes, late, (last_tokens, end.loss), (low, middle, high))

# %% [markdown]
# **What to see.** Flat at first, then steep, then slowly flattening: three regions, which section 9 meets again. And look at the last point, at the lower end of its interval. The learning rate comes down
# towards the end of a run, and the loss comes down with it: an intermediate checkpoint is *not* what a shorter run would have given, because its learning rate was
# still high. So a curve along one run is no measurement of $L(D)$. Hoffmann et al. (2022) trained each model several times, with a schedule made for each number of tokens; the table of our
# ladder was measured in the same way.
#
# ### The envelope
#
# Put all runs of the ladder into one picture, over compute. At every budget some run is the best one so far; together they make the envelope, and its edge says
# what the best use of a budget is. (That is Hoffmann's Approach 1.)

# %% [markdown] exercise
# ### Exercise 5.2: who is on the envelope?
# difficulty 3/5 · importance 3/5 · 10 minutes · 3 points
#
# A point is on the envelope if no *other* point has at most its FLOPs and at most its loss. (Of points with equal FLOPs only the lowest loss counts.)
#
# <details><summary>Hint</summary>Sort by FLOPs. A point is on the envelope if its loss is below all losses before it.</details>
# <details><summary>Hint 2</summary><code>torch.cummin</code> of the sorted losses, compared with the one before; then back to the original order.</details>

# %% answer id="on_envelope"
def on_envelope(flops: Tensor, loss: Tensor) -> Tensor:
    """Which points are not beaten. flops, loss: (n,), in any order, no two points equal. Returns (n,) bool."""
    ### BEGIN SOLUTION
    order = loss.argsort(stable=True)
    order = order[flops[order].argsort(stable=True)]
    best_before = torch.cat([loss.new_full((1,), torch.inf), loss[order].cummin(dim=0).values[:-1]])
    found = torch.zeros(len(loss), dtype=torch.bool)
    found[order] = loss[order] < best_before
    return found
    ### END SOLUTION

# %% check id="on_envelope" points=2
check("pythia_scaling/on_envelope", on_envelope)

# %% check id="on_envelope" points=1 hidden
check("pythia_scaling/on_envelope", on_envelope)

# %%
finals = curves.finals
trained_rows = curves.where(curves.step > 0)
compute = trained_rows.flops
lower_edge = on_envelope(compute, trained_rows.val_loss) & (compute > compute.max() / 300)
measured = {
    "parameters": (curves.over_size().params, curves.over_size().val_loss),
    "tokens": (curves.over_tokens().tokens, curves.over_tokens().val_loss),
    "compute": (compute[lower_edge], trained_rows.val_loss[lower_edge]),
}
fits = {}
for name, (x, loss) in measured.items():
    law = fit_power_law_with_floor(x, loss)
    fits[name] = (law, bootstrap(law, [x], loss, sizes.bootstrap, seed=seed, residuals=True))
    low, high = fits[name][1].interval("alpha", 0.9)
    print(f"{name:<12} E {law.parameters['E']:.3f}, exponent {law.parameters['alpha']:.3f} (90% of refits {low:.3f} to {high:.3f})")
plots.plot_three(measured, fits, trained_rows, compute)

# %% [markdown]
# **What to see.** One row, three laws. Every line is one training run, every dot its end. Over *parameters* and *tokens* only ends of runs count, at one common budget of tokens
# and for one size; over *compute* it is the lower edge of everything. The bands are nine tenths of the refits. Each law's floor is what the *other* resource leaves over: more parameters do
# not help a model that has read too little, more text not one that is too small. Over compute, where both grow together, the floor is the lowest of the three.
#
# Move the slider (in a live notebook) to see which run was best at which budget.

# %%
def at_budget(budget: float):
    return plots.plot_budget(trained_rows, compute, on_envelope(compute, trained_rows.val_loss), budget)


explore(at_budget, {"budget": plots.budgets(compute)}, static=lambda: at_budget(plots.budgets(compute)[-2]))

# %% [markdown]
# ## 6. The best size for a budget
#
# A budget of $C$ FLOPs can be spent on a large model that sees few tokens, or on a small one that sees many. Between the two there is a valley. Hoffmann et al. (2022) found its floor in
# three ways. To see whether our tools are sound, we walk through all three twice: on data generated from known parameters (those of Besiroglu et al. 2024, with
# residuals of 0.6%), where we know what must come out; and on our own ladder.
#
# **Approach 2: IsoFLOP valleys.** Fix $C$, train several sizes, each on $D = C/6N$ tokens, and fit a parabola to the loss over $\log N$.

# %% [markdown] exercise
# ### Exercise 6.1: the bottom of the valley
# difficulty 2/5 · importance 4/5 · 10 minutes · 3 points
#
# Fit a parabola to the loss over the *logarithm* of the size, by least squares, and return the size at its vertex, and the loss there.
#
# <details><summary>Hint</summary>A design matrix with the columns 1, u, u² for u = log n, and <code>torch.linalg.lstsq</code>. The vertex of c0 + c1 u + c2 u² is at -c1 / (2 c2).</details>
# <details><summary>Hint 2</summary>u² of numbers near 20 and u are nearly parallel columns: subtract the mean of log n first, and add it again at the end.</details>
# <details><summary>Help: I get one of the given sizes</summary>The lowest measured point is not the vertex: the parabola knows more than any single point.</details>

# %% answer id="isoflop_minimum"
def isoflop_minimum(n: Tensor, loss: Tensor) -> tuple[Tensor, Tensor]:
    """Vertex of the least-squares parabola of loss over log n. n, loss: (k,), k >= 3. Returns the scalars (best size, loss there)."""
    ### BEGIN SOLUTION
    center = n.log().mean()
    u = n.log() - center
    design = torch.stack([torch.ones_like(u), u, u**2], dim=1)
    c0, c1, c2 = torch.linalg.lstsq(design, loss[:, None]).solution[:, 0]
    vertex = -c1 / (2 * c2)
    return (center + vertex).exp(), c0 + c1 * vertex + c2 * vertex**2
    ### END SOLUTION

# %% check id="isoflop_minimum" points=2
check("pythia_scaling/isoflop_minimum", isoflop_minimum)

# %% check id="isoflop_minimum" points=1 hidden
check("pythia_scaling/isoflop_minimum", isoflop_minimum)

# %%
budgets = torch.logspace(18, 21.5, 8, dtype=torch.float64)
valleys = isoflop_runs(BESIROGLU, budgets, sizes_each=9, noise=0.006, seed=seed)
bottoms = torch.stack([torch.stack(isoflop_minimum(n, loss)) for n, _, loss in valleys])
_, falling = power_law(budgets, bottoms[:, 0])  # the best size grows: minus the exponent of a fall
plots.plot_valleys(budgets, valleys, bottoms, -falling)

# %% [markdown]
# **What to see.** Eight valleys, each with its bottom a little further to the right. The line through the bottoms is $N_{opt} \propto C^a$. The valleys are shallow: a factor of two in size
# costs little, which is good news for whoever must choose, and bad news for whoever must measure $a$.
#
# **Approach 3: one law for everything**, $L(N, D) = E + A/N^\alpha + B/D^\beta$, fitted to all runs at once. A few odd runs must not decide, so the objective is a Huber loss of the difference of
# *logarithms*: $r^2/2$ where $|r| \le \delta$ and $\delta(|r| - \delta/2)$ beyond, with $\delta = 10^{-3}$, summed over the runs.

# %% [markdown] exercise
# ### Exercise 6.2: the objective of Approach 3
# difficulty 3/5 · importance 4/5 · 12 minutes · 4 points
#
# The parameters are `theta` $= (\log A, \log B, \log E, \alpha, \beta)$, so that nothing can become negative. Compute the log of the prediction with `torch.logsumexp`, from the logarithms of the three terms;
# the naive way overflows for the starts a search may take.
#
# <details><summary>Hint</summary>The three terms have the logarithms log A - alpha log N, log B - beta log D, and log E.</details>
# <details><summary>Hint 2</summary><code>F.huber_loss</code> exists, but look at what it divides by: the mean is not the sum.</details>
# <details><summary>Help: right without noise, wrong with outliers</summary>Look at the branch beyond delta: at |r| = delta it must meet r²/2 in value and in slope.</details>

# %% answer id="huber_objective"
def huber_objective(theta: Tensor, n: Tensor, d: Tensor, loss: Tensor, delta: float = 1e-3) -> Tensor:
    """Sum of Huber losses of log prediction - log loss (Hoffmann et al. 2022, Eq. 3).

    theta: (5,) = (log A, log B, log E, alpha, beta). n, d, loss: (k,). Returns a scalar, differentiable in theta.
    """
    ### BEGIN SOLUTION
    log_a, log_b, log_e, alpha, beta = theta
    terms = torch.stack([log_a - alpha * n.log(), log_b - beta * d.log(), log_e.expand_as(n)])
    residual = (torch.logsumexp(terms, dim=0) - loss.log()).abs()
    return torch.where(residual <= delta, residual**2 / 2, delta * (residual - delta / 2)).sum()
    ### END SOLUTION

# %% check id="huber_objective" points=2
check("pythia_scaling/huber_objective", huber_objective)

# %% check id="huber_objective" points=2 hidden
check("pythia_scaling/huber_objective", huber_objective)

# %% [markdown]
# Minimising it is an art of its own: from 4,500 starts, as in the paper, about a sixth of the searches arrives (measured in `benchmarks/scaling_fit.py`). The course's
# `fit_parametric` is exact and takes milliseconds, so 4,000 bootstrap refits cost a second. Does it agree that its answer is a minimum of *your* objective?

# %%
runs_n, runs_d, runs_loss = (torch.cat(column) for column in zip(*valleys, strict=True))
runs_law = fit_parametric(runs_n, runs_d, runs_loss)
p = runs_law.parameters
logarithms = [math.log(p["A"]), math.log(p["B"]), math.log(p["E"])]
theta = torch.tensor([*logarithms, p["alpha"], p["beta"]], dtype=torch.float64, requires_grad=True)
objective = huber_objective(theta, runs_n, runs_d, runs_loss)
(gradient,) = torch.autograd.grad(objective, theta)
print(f"yours {objective.item():.10f}, the course's {runs_law.objective:.10f}; your gradient there is at most {gradient.abs().max():.1e}")
refits = bootstrap(runs_law, [runs_n, runs_d], runs_loss, sizes.bootstrap, seed=seed)
print(f"{'':8}{'put in':>10}{'came out':>12}   95% of {sizes.bootstrap:,} refits ({refits.failed} failed)")
for name in p:
    low, high = refits.interval(name)
    print(f"{name:8}{BESIROGLU[name]:10.5g}{p[name]:12.5g}   {low:.5g} to {high:.5g}")

# %% [markdown]
# From the law to the best size: minimise $A/N^\alpha + B/D^\beta$ under $6ND = C$.

# %% [markdown] exercise
# ### Exercise 6.3: the best allocation
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# Return $N_{opt}$ and $D_{opt}$ for each budget. On paper first: put $D = C/6N$ in, set the derivative by $N$ to zero.
#
# <details><summary>Hint</summary>At the optimum, alpha · A / N^alpha = beta · B / D^beta: the last FLOP buys as much on either side.</details>
# <details><summary>Hint 2</summary>N_opt = G (C/6)^a with a = beta / (alpha + beta) and G = (alpha A / (beta B))^(1 / (alpha + beta)).</details>
# <details><summary>Help: my two exponents are swapped</summary>A large beta means that the data term vanishes quickly; then budget should go to parameters. So a has beta above the line.</details>

# %% answer id="optimal_allocation"
def optimal_allocation(a: float, b: float, alpha: float, beta: float, flops: Tensor) -> tuple[Tensor, Tensor]:
    """Parameters and tokens that minimise a / N^alpha + b / D^beta at 6 N D = flops (Hoffmann et al. 2022, Eq. 4). flops: (k,)."""
    ### BEGIN SOLUTION
    scale = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    n = scale * (flops / 6) ** (beta / (alpha + beta))
    return n, flops / (6 * n)
    ### END SOLUTION

# %% check id="optimal_allocation" points=2
check("pythia_scaling/optimal_allocation", optimal_allocation)

# %% check id="optimal_allocation" points=1 hidden
check("pythia_scaling/optimal_allocation", optimal_allocation)

# %%
gopher = torch.tensor([5.76e23], dtype=torch.float64)
print("Gopher's budget, 5.76e23 FLOPs, spent best:")
for name, p in {"Hoffmann, as printed": HOFFMANN, "Hoffmann, unrounded": HOFFMANN_UNROUNDED, "Besiroglu": BESIROGLU}.items():
    n, d = optimal_allocation(p["A"], p["B"], p["alpha"], p["beta"], gopher)
    print(f"  {name:<22} N = {n.item():.3g}, D = {d.item():.3g}: {(d / n).item():.0f} tokens a parameter, N ~ C^{p['beta'] / (p['alpha'] + p['beta']):.3f}")

# %% [markdown]
# **What to see.** Rounding two exponents to two digits moves the advice from 59 to 93 tokens per parameter; a refit of the same data says 18. (Chinchilla itself was trained with 20.) And yes:
# the model that Chinchilla beat at *equal compute* is Gopher, not GPT-3.
#
# **All three approaches, on both data sets.** Approach 1 reads the best size off the envelope. On the ladder, valleys are cut out of the measured runs by interpolating each size's
# final losses over its tokens.

# %%
cloud = isoflop_runs(BESIROGLU, torch.logspace(18, 21.5, 60, dtype=torch.float64), sizes_each=40, noise=0.0, seed=seed)
cloud_n, cloud_d, cloud_loss = (torch.cat(column) for column in zip(*cloud, strict=True))
best = on_envelope(6 * cloud_n * cloud_d, cloud_loss)
_, approach_1 = power_law(6 * cloud_n[best] * cloud_d[best], cloud_n[best])
_, approach_2 = power_law(budgets, torch.stack([isoflop_minimum(n, loss)[0] for n, _, loss in valleys]))
truth = BESIROGLU["beta"] / (BESIROGLU["alpha"] + BESIROGLU["beta"])
p = runs_law.parameters
approaches = {"Approach 1, envelope": -approach_1, "Approach 2, valleys": -approach_2, "Approach 3, one law": p["beta"] / (p["alpha"] + p["beta"])}
for name, exponent in approaches.items():
    lab.record(f"generated data, {name}", exponent)
    lab.claim(f"{name} finds the exponent that was put in", abs(exponent - truth) < 0.04, f"{exponent:.3f} against {truth:.3f}")

# %%
ladder_budgets, ladder_valleys = interpolate_isoflop(finals)
ladder_bottoms = torch.stack([torch.stack(isoflop_minimum(n, loss)) for n, _, loss in ladder_valleys])
inside = torch.tensor([bool(n.min() < b < n.max()) for (n, _, _), b in zip(ladder_valleys, ladder_bottoms[:, 0], strict=True)])
ladder_law = fit_parametric(finals.params, finals.tokens, finals.val_loss)
ladder_refits = bootstrap(ladder_law, [finals.params, finals.tokens], finals.val_loss, sizes.bootstrap, seed=seed)
growth = ladder_refits.values("beta") / (ladder_refits.values("alpha") + ladder_refits.values("beta"))
print("our ladder:", ", ".join(f"{k} {v:.3g}" for k, v in ladder_law.parameters.items()))
print(f"N_opt ~ C^a: a in {sorted(growth)[len(growth) // 20]:.2f} to {sorted(growth)[-len(growth) // 20]:.2f} (90% of refits, {ladder_refits.failed} failed)")
print(f"{int(inside.sum())} of {len(inside)} valleys have their bottom between the sizes we trained")
plots.plot_ladder_valleys(ladder_budgets, ladder_valleys, ladder_bottoms, inside, ladder_law)

# %% [markdown]
# **What to see.** Real valleys, from models a thousand times smaller than anyone's. Where a valley's bottom lies beyond the sizes we trained, the
# picture leaves it out: a vertex outside of the data is an extrapolation, not a measurement. How far the intervals reach says how much a few dozen runs of tiny models know about an exponent.
#
# ## 7. Kaplan's 0.73, from Chinchilla's law, without any data
#
# Kaplan et al. (2020) concluded $N_{opt} \propto C^{0.73}$: put most of a growing budget into parameters. Hoffmann et al. (2022) found about 0.5. Both measured carefully. What differs is what they counted: Kaplan took parameters and
# FLOPs *without* embeddings, and small models. Suppose Chinchilla's law is true in *all* parameters $N_T$. What would Kaplan have seen? (Pearce & Song 2024.)
#
# Over the models concerned, all parameters are about $N_T = N_E + \omega N_E^{1/3}$ with $\omega = 47{,}491$: the body grows like (width)³ at a fixed shape, the embeddings like the width. Kaplan's experiment minimises
# $A\,N_T(N_E)^{-\alpha} + B\,D^{-\beta}$ at a fixed $C_E = 6 N_E D$.

# %% [markdown] exercise
# ### Exercise 7.1: what Kaplan would have seen
# difficulty 5/5 · importance 3/5 · 15 minutes · 3 points
#
# For each $N_E$ return the budget $C_E$ at which it is the best size. Derive it as in 6.3; $N_T$ is now a function of $N_E$, so the chain rule brings in $N_T' = 1 + \frac{\omega}{3} N_E^{-2/3}$.
#
# <details><summary>Hint</summary>With D = C_E / (6 N_E): the derivative by N_E is -alpha A N_T^(-alpha - 1) N_T' + beta B D^-beta / N_E. Set it to zero, solve for D.</details>
# <details><summary>Hint 2</summary>D = ( beta B / (alpha A) · N_T^(1 + alpha) / (N_E N_T') )^(1/beta), and C_E = 6 N_E D.</details>
# <details><summary>Help: how can I test it?</summary>For omega = 0 it must be exercise 6.3 turned around: there N_T = N_E.</details>

# %% answer id="kaplan_frontier"
def kaplan_frontier(non_embedding: Tensor, a: float, b: float, alpha: float, beta: float, omega: float = 47_491.0) -> Tensor:
    """Non-embedding FLOPs C_E = 6 N_E D at which each N_E (k,) is best, if a / N_T^alpha + b / D^beta is the truth. Returns (k,)."""
    ### BEGIN SOLUTION
    total = non_embedding + omega * non_embedding ** (1 / 3)
    slope = 1 + omega / 3 * non_embedding ** (-2 / 3)
    tokens = (beta * b / (alpha * a) * total ** (1 + alpha) / (non_embedding * slope)) ** (1 / beta)
    return 6 * non_embedding * tokens
    ### END SOLUTION

# %% check id="kaplan_frontier" points=2
check("pythia_scaling/kaplan_frontier", kaplan_frontier)

# %% check id="kaplan_frontier" points=1 hidden
check("pythia_scaling/kaplan_frontier", kaplan_frontier)

# %%
n_e = torch.logspace(2, 14, 2000, dtype=torch.float64)
kaplan_budgets = np.logspace(12.95, 20.7, 400)  # of Kaplan's models, in FLOPs without embeddings
seen = {}
for name, p in {"Besiroglu": BESIROGLU, "Hoffmann, unrounded": HOFFMANN_UNROUNDED}.items():
    c_e = kaplan_frontier(n_e, p["A"], p["B"], p["alpha"], p["beta"])
    best_size = np.exp(np.interp(np.log(kaplan_budgets), c_e.log(), n_e.log()))
    (_, falling), local = power_law(torch.tensor(kaplan_budgets), torch.tensor(best_size)), -local_exponent(c_e, n_e)
    seen[name] = (c_e[1:], local, -falling)
    print(f"{name:<22} apparent exponent {-falling:.3f}; for tiny models {local[0]:.3f}, at most {local.max():.2f}, for huge ones {local[-1]:.3f}")
apparent = seen["Besiroglu"][2]
lab.record("Kaplan's exponent from Chinchilla's law", apparent)
lab.claim("Chinchilla's law, seen as Kaplan looked at it, gives about 0.73", 0.70 < apparent < 0.80, f"{apparent:.3f}")
plots.plot_kaplan(seen, KAPLAN_EXPONENT)

# %% [markdown]
# **What to see.** No data, no noise, no training: only a change of what is counted, and exponents of 0.51 and 0.46 look like 0.78 and 0.74. The local exponent starts at one limit, climbs over a hill where the body overtakes the embeddings, and comes down to the other limit; a straight line over Kaplan's
# range averages over the hill. It is not all of the story. Porian et al. (2024) reproduced Kaplan's experiment and took its choices back one by one:

# %%
plots.plot_porian(PORIAN, chinchilla=0.5, kaplan=0.88)

# %% [markdown]
# **What to see.** From far above 0.73 to Chinchilla's one half, in five steps: count the last layer, warm up in proportion, decay to the end of each run, tune the optimiser for each size. The first step is yours of exercise 1.3, and the
# largest. (Kaplan et al. give two laws, $C^{0.88}$ at a fixed batch and $C^{0.73}$ after a correction for the batch size; the reproduction is of the first.)
#
# ## 8. Which tasks scale?
#
# The loss falls smoothly. What about benchmarks? Here are Pythia's published zero-shot scores at the end of training. To ask whether a score *grows with size*, without asking how, compare
# ranks: Spearman's correlation is the ordinary correlation of the ranks, and equal values share the mean of the ranks they take up.

# %% [markdown] exercise
# ### Exercise 8.1: rank correlation
# difficulty 3/5 · importance 3/5 · 10 minutes · 3 points
#
# <details><summary>Hint</summary>The rank of a value: how many are smaller, plus half of the number of others that are equal. A table of all comparisons gives both.</details>
# <details><summary>Hint 2</summary><code>argsort</code> once gives positions, not ranks; and it breaks ties by chance. Five of Pythia's eight WSC scores are equal.</details>

# %% answer id="rank_correlation"
def rank_correlation(x: Tensor, y: Tensor) -> Tensor:
    """Spearman's correlation; ties get their mean rank. x, y: (n,), neither constant. Returns a scalar in [-1, 1]."""
    ### BEGIN SOLUTION
    def centered_ranks(values):
        below = (values[None, :] < values[:, None]).sum(dim=1).double()
        equal = (values[None, :] == values[:, None]).sum(dim=1).double()
        ranks = below + (equal - 1) / 2
        return ranks - ranks.mean()

    a, b = centered_ranks(x), centered_ranks(y)
    return (a @ b) / (a.norm() * b.norm())
    ### END SOLUTION

# %% check id="rank_correlation" points=2
check("pythia_scaling/rank_correlation", rank_correlation)

# %% check id="rank_correlation" points=1 hidden
check("pythia_scaling/rank_correlation", rank_correlation)

# %%
published = load_zeroshot()
tasks = {}
for task, metric in plots.TASKS.items():
    for deduped in (False, True):
        scores = choose(published, task=task, metric=metric, step=STEPS, deduped=deduped)
        n = torch.tensor([pythia_size(score.model).non_embedding for score in scores], dtype=torch.float64)
        value = torch.tensor([score.value for score in scores], dtype=torch.float64)
        tasks[task, deduped] = (n, value, torch.tensor([score.stderr for score in scores]), rank_correlation(n, value))
    print(f"{task:<16} rank correlation with size {tasks[task, False][3]:.2f}, deduplicated {tasks[task, True][3]:.2f}")
lab.claim("LAMBADA grows with size", bool(tasks["lambada_openai", False][3] > 0.95 and tasks["lambada_openai", True][3] > 0.95))
lab.claim("WSC and LogiQA do not", max(min(tasks[t, d][3] for d in (False, True)) for t in ("wsc", "logiqa")) < 0.6)
plots.plot_tasks(tasks)

# %% [markdown]
# **What to see.** LAMBADA, ARC-easy and PIQA climb without a step back; SciQ, WinoGrande and ARC-challenge nearly so. LogiQA stays at chance, or below, for all sizes. WSC is a warning: half of its scores are exactly 0.3654 = 38/104, which is what a *constant answer*
# gets; 104 items have a standard error of 0.05, and the two outliers are within noise of a coin. A rank correlation of 0.7 on eight models (LogiQA, not deduplicated) is 0.24 on the same models trained on deduplicated text. Whoever plots only one of
# the two curves can tell any story.
#
# And over training?

# %% [markdown]
# **Recall** (no points; answer before you look back). You want the loss of a run of half as many tokens. May you take the checkpoint from the middle of the long run?
#
# - **a**: yes, it has seen exactly these tokens
# - **b**: no, its loss is higher than that of the short run
# - **c**: no, its loss is lower than that of the short run

# %% recall id="schedule"
lab.recall("schedule", "b")

# %%
course = {}
for size in pythia_sizes():
    along = choose(published, model=size.model, task="lambada_openai", metric="ppl", deduped=False)
    if along:
        along.sort(key=lambda score: score.step)
        course[size.model] = (torch.tensor([s.step for s in along]) * TOKENS_PER_STEP, torch.tensor([s.value for s in along], dtype=torch.float64))
best_then_last = {model: (perplexities.min(), perplexities[-1]) for model, (_, perplexities) in course.items()}
for model in ("pythia-70m", "pythia-160m", "pythia-12b"):
    print(f"{model}: best perplexity {best_then_last[model][0]:.1f}, at the end {best_then_last[model][1]:.1f}")
lab.claim("70m and 160m end worse than they once were", all(best_then_last[m][1] > 1.3 * best_then_last[m][0] for m in ("pythia-70m", "pythia-160m")))
plots.plot_late(course)

# %% [markdown]
# **What to see.** Until about step 1,000 size does not matter at all. Then the curves fan out. The two smallest models turn back up long before the end: `pythia-70m` is at its best at step 53,000 and a half worse at 143,000. The saturation of small language models is
# known (Godey et al. 2024, arXiv:2404.07647). A law fitted through these ends would read it as a fact about size. And since these runs have one schedule over 143,000 steps, none of the points before the end is annealed: this picture is *not*
# Hoffmann's Approach 1.

# %% [markdown] exercise
# ### Exercise 8.2: a jump, or a metric? (written)
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# A report on a family of models: "*Adding numbers of ten digits: 0%, 1%, 3%, 35% right in four sizes. The ability appears suddenly at the largest.*" An answer counts only if all ten digits are right.
#
# 1. Show with a calculation how an ability that grows smoothly from size to size gives these numbers.
# 2. Which measurement on the *same* models would tell the two explanations apart?
# 3. Somebody answers: "Pythia jumps too. WSC rises from 0.37 at 6.9b to 0.55 at 12b." Is that the same phenomenon? Give two reasons from this section.
#
# <details><summary>Hint</summary>If each digit is right with probability p, independently: how often are all ten? Try p = 0.5, 0.6, 0.7, 0.9.</details>

# %% [markdown] manual id="jump_or_metric" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. If each digit is right with probability $p$, all ten are with $p^{10}$: for $p = 0.5, 0.6, 0.7, 0.9$ that is 0.1%, 0.6%, 2.8% and 35%. A rise of $p$ in steps of about the same size looks like nothing, nothing, nothing and a jump. The threshold is in the metric, which raises $p$ to a high power. (Digits are not
#    independent, carries in particular; the argument only needs that all of them must be right.)
# 2. A score that has no threshold: the share of right digits, the log-probability of the right answer, or sums of 1, 2, 4, ... digits. If these grow smoothly over the four sizes, and $p^{10}$ explains the totals, there is no jump. If the probability of a *digit* itself stands still and then leaps, there is one. More sizes between the last two help, too.
# 3. No. WSC has 104 items with two answers: a standard error of 0.05, so a difference of two scores has 0.07, and 0.18 is two and a half of these, chosen as the largest of many differences (tasks times sizes). 0.3654 is what a constant answer gets, so the score before the jump is a habit, not an ability. And the models
#    trained on deduplicated text do not jump between the same two sizes. That is noise; the sums are a threshold on top of a real trend.
#
# **An answer worth 1.5 points.** The powers of $p$ as in 1, and "WSC is noisy": no measurement that could decide, and one reason without a number.
#
# **Rubric.**
#
# - 1 point: $p^{10}$ with numbers near those of the report.
# - 1 point: a measurement without a threshold on the same models, and what each explanation predicts for it.
# - 1 point: two reasons why WSC differs (standard error with a number, constant answer, deduplicated models, the largest of many).
# ### END SOLUTION

# %% [markdown]
# ## 9. Other texts, other mixtures, other learners
#
# **A shifted domain.** Our ladder learned from speeches. How does it do on a novel? Each dot is the end of one training run.

# %%
offset = finals.shift_val_loss - finals.val_loss
centered = finals.val_loss - finals.val_loss.mean()
transfer = (centered @ finals.shift_val_loss) / (centered @ centered)
lab.record("slope of the shifted loss over the loss", transfer)
print(f"offset from {offset.min():.3f} to {offset.max():.3f} nats per byte; slope {transfer:.2f}")
plots.plot_shift(finals)

# %% [markdown]
# **What to see.** Size and length of training move a model *along* one line, hardly off it: the loss on speeches tells the loss on the novel. But the line is not parallel to the dashed one. What a model gains on its own
# domain it gains only about half on the other, and the offset grows. Kaplan et al. (2020, Figure 8) found a roughly constant offset, for models trained on text from all over the web. That was a finding about their data, not a law.
#
# **A mixture of sources.** Two sources of data, and a share $q$ from the first. In a linear regression where each source informs some of the features, the excess error at $n$ examples is close to
# $\sigma^2\left(\frac{d_1}{q n} + \frac{d_2}{(1-q) n}\right)$: the mixture moves the curve up and down, and leaves its slope alone (Hashimoto 2021 found the same in real tasks). Either pure source is the worst choice.

# %%
mixture_n = torch.tensor(lab.pick(smoke=(400, 800), quick=(400, 800, 1600, 3200, 6400), gpu=(400, 800, 1600, 3200, 6400)))
mixtures = {q: mixture_error(mixture_n, q, seed=seed, repeats=lab.pick(smoke=4, quick=60, gpu=200)) for q in (0.1, 0.3, 0.5, 0.7, 0.9)}
steepness = {q: power_law(mixture_n.double(), error)[1] for q, error in mixtures.items()}
lab.claim("every mixture falls like 1/n", all(0.7 < s < 1.4 for s in steepness.values()), ", ".join(f"{s:.2f}" for s in steepness.values()))
plots.plot_mixture(mixture_n, mixtures)

# %% [markdown]
# **Where exponents come from.** Learning curves were drawn long before large language models (Banko & Brill 2001); Hestness et al. (2017) saw three regions in them: a start where data teach nothing, a power law, and a floor. The nearest neighbour shows how an exponent can come from the
# *dimension* of the data: the distance to the nearest of $n$ points in $d$ dimensions shrinks like $n^{-1/d}$, and the squared error of a smooth function like $n^{-2/d}$. Measured, with a little noise on the labels as the floor:

# %%
neighbour_n = torch.tensor(lab.pick(smoke=(10, 40, 160), quick=(4, 16, 64, 256, 1024, 4096, 16384), gpu=(4, 16, 64, 256, 1024, 4096, 16384, 65536)))
learning = {dimension: nearest_neighbour_error(neighbour_n, dimension, seed=seed) for dimension in (2, 4, 8)}
for dimension, error in learning.items():
    print(f"{dimension} dimensions: local exponents " + " ".join(f"{s:.2f}" for s in local_exponent(neighbour_n.double(), error)) + f", in theory {2 / dimension:.2f}")
features, train_error, test_error, bound = random_feature_errors(lab.pick(smoke=(10, 100), quick=(10, 30, 100, 300, 1000, 3000), gpu=(10, 30, 100, 300, 1000, 3000, 10000)), seed=seed)
lab.claim("where the VC bound says nothing, the classifier is still fine", bool(bound[-1] > 1 and test_error[-1] < 0.3), f"bound {bound[-1]:.1f}, test error {test_error[-1]:.2f}")
plots.plot_learning(neighbour_n, learning, features, train_error, test_error, bound)

# %% [markdown]
# **What to see.** Left: more dimensions, slower learning; the exponents a language model shows, below 0.1, would need dozens. Right: classical theory bounds the gap between training and test error by about $\sqrt{d/n}$ (here $d$ features and $n = 300$ examples). Beyond
# $d = n$ the bound exceeds 1 and says nothing, while the test error, after a peak, comes down again. Scaling laws are what is measured where such bounds are silent.
#
# ## 10. The budget game
#
# Twelve laboratories, each with a law of its own that you cannot see, and a budget of FLOPs. Its `train(n, d)` trains a model of `n` parameters on `d` tokens, writes the bill of $6nd$ into its `ledger` and returns a loss with a little luck in it. When the
# `budget` is gone it is gone. The target, `target_params` parameters with `target_tokens` = 20 tokens for each, would cost *a hundred budgets*. For each laboratory you have one forecast: low, middle, high, of which low and high should hold
# the truth nine times in ten.

# %% [markdown] exercise
# ### Exercise 10.1: spend, fit, forecast
# difficulty 5/5 · importance 5/5 · 25 minutes · 4 points
#
# You are graded over all laboratories together: mean error of the middle below 3%, at least half of the truths inside, mean interval score below 0.6 nats. Use your own functions or the course's `fit_power_law_with_floor` and
# `bootstrap(law, [n], losses, resamples, residuals=True)`, whose `.predict([n_new])` gives one forecast for each refit.
#
# <details><summary>Hint</summary>The target has 20 tokens for each parameter. Train all your models like that, and the loss is a function of the size alone.</details>
# <details><summary>Hint 2</summary>A model of n parameters then costs 120 n². Spread the sizes evenly in the logarithm over a factor of 30 or more; since cost grows like n², the largest takes most of the budget whatever you do.</details>
# <details><summary>Pseudocode</summary>sizes: top · logspace(1/30 .. 1) for 10 models · top so that the bills add up to the budget · train each · fit with a floor · 200 refits · quantiles .05 and .95 of their forecasts, the fit's own in the middle</details>
# <details><summary>Help: too few truths are inside</summary>Quantiles of refits to whole resampled measurements are too narrow here; residuals=True. And is it the quantiles .05 and .95?</details>

# %% answer id="play"
def play(labs: list[SimulatedLab]) -> Tensor:
    """One forecast for each laboratory. Returns (len(labs), 3) float64: low, middle, high of the target's loss."""
    ### BEGIN SOLUTION
    forecasts = []
    for each in labs:
        shape = torch.logspace(-1.5, 0, 10, dtype=torch.float64)
        n = shape * math.sqrt(0.999 * each.budget / (120 * shape.square().sum()))
        losses = [each.train(size, 20 * size) for size in n.tolist()]
        law = fit_power_law_with_floor(n, losses)
        refits = bootstrap(law, [n], losses, resamples=200, residuals=True).predict([each.target_params])[:, 0]
        low, high = torch.tensor(refits).quantile(torch.tensor([0.05, 0.95], dtype=torch.float64))
        forecasts.append([low, law.predict([each.target_params])[0], high])
    return torch.tensor(forecasts, dtype=torch.float64)
    ### END SOLUTION

# %% check id="play" points=2
check("pythia_scaling/play", play)

# %% check id="play" points=2 hidden
check("pythia_scaling/play", play)

# %%
season = [SimulatedLab(1000 * (seed + 1) + i) for i in range(lab.pick(smoke=4, quick=40, gpu=40))]
verdicts = [each.submit(*forecast) for each, forecast in zip(season, play(season).tolist(), strict=True)]
held = sum(verdict.inside for verdict in verdicts) / len(verdicts)
error = sum(verdict.error for verdict in verdicts) / len(verdicts)
lab.record("budget game, share of truths inside", held)
lab.record("budget game, mean error", error)
print(f"{len(season)} new laboratories: {held:.0%} of the truths inside (said: 90%), mean error {error:.1%}")
plots.plot_game(season, verdicts)

# %% [markdown]
# **What to see.** Left, one ledger: cheap models are many, the dear one took most of the money, and the target is a decade away. Right, all laboratories, sorted by their truth: where an interval is orange, it missed. A bootstrap on ten points is a little too sure
# of itself, which only a whole season shows, and no single forecast ever would.
#
# **Where this goes.**
# - Real laboratories scale more than size: batch, learning rate (often by rules of the form lr ∝ 1/width), data mixture, and each has a law of its own to be measured.
# - A model that will be *used* a lot should be smaller and trained longer than section 6 says: inference is paid for every token.
# - The three other notebooks trained representations; their losses can be forecast in the same way, and the same cautions hold.
#
# ## What this run found

# %%
lab.summary()
