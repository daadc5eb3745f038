# %% [markdown]
# # 6 · Attention and objectives: one block, three masks
#
# 239 minutes · 75 points
#
# GPT, BERT, T5, iGPT, ELECTRA and SimCSE are one network: blocks of attention and a feed-forward layer. They differ in three things. *What goes in, who
# sees whom, and what is asked?* In this notebook you write the block once, run two trained models through it, and then change only these three.
#
# **You will be able to**
# - write attention with its masks, heads and cache, and prove with a gradient that nothing leaks;
# - turn one text into the questions of a causal, a masked, a prefix and a span-corruption model, and say what each one cannot do;
# - sample, search and compress with a language model, and test a sampler against the enumerated distribution;
# - train on pixels as if they were words, tell replaced tokens from real ones, and make a sentence encoder out of dropout.
#
# **How to work.** Each exercise has a check. It says what is wrong in words, keeps the numbers, and gives part of the points; the rest is
# decided by hidden tests on other inputs when your notebook is graded. Logarithms are natural unless a bit is named. Your functions leave their inputs as
# they were and keep the precision of the input. Hints are folded. Run the cells in order; everything runs on a laptop CPU without a download.

# %% parameters
profile = (
    "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": larger models, more steps
)
seed = 0

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import inspect
import lzma
import math
import time
import zlib
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.attention_objectives import (
    MASK,
    PROFILES,
    TOTAL,
    VOCABULARY,
    CachedModel,
    Decoder,
    Parts,
    SentenceEncoder,
    Transformer,
    alignment,
    as_bytes,
    decoded_text,
    flops_per_token,
    held_out,
    image_views,
    in_function_word,
    logits_through,
    neighbouring_sentences,
    optimise,
    plots,
    probe_accuracy,
    recorded,
    retrieval,
    scrambled,
    sentence_surprise,
    spectrum,
    text_intervals,
    token_ids,
    uniformity,
    windows,
)
from course_utils.checks import check
from course_utils.data import load_images, load_text
from course_utils.models import load_causal, load_masked
from course_utils.progress import Progress

# %% locked id="preflight"
lab = start("attention_objectives", profile=profile, seed=seed)
sizes = PROFILES[lab.profile]
speeches = load_text("sotu")
causal_lm, masked_lm = load_causal("sotu-neox"), load_masked("sotu-bert")

# %% [markdown]
# ## 1. Attention
#
# Every position asks a question, its *query* $q_i$. Every position offers a *key* $k_j$ and a *value* $v_j$. Attention answers each query with a weighted mean
# of the values, and the weights say how well the keys fit (Vaswani et al. 2017, Eq. 1):
#
# $$\mathrm{out}_i = \sum_j a_{ij} v_j, \qquad a_{ij} = \frac{m_{ij}\, e^{q_i \cdot k_j / \sqrt d}}{\sum_l m_{il}\, e^{q_i \cdot k_l / \sqrt d}} .$$
#
# $m_{ij} \in \{0, 1\}$ is the *mask*: whether $i$ may see $j$. It stands inside the sum below, too: what is hidden does not compete.

# %% [markdown] exercise
# ### Exercise 1.1: predict first
# difficulty 2/5 · importance 3/5 · 4 minutes · 1 points
#
# The 64 entries of a query and of a key are independent, with mean 0 and variance 1. What is the standard deviation of $q \cdot k$?
#
# <details><summary>Hint</summary>A sum of 64 independent products. What is the variance of one of them?</details>

# %% answer id="dot_product_spread" stub="dot_product_spread = ...  # the standard deviation of q . k for d = 64"
dot_product_spread = math.sqrt(64)

# %% check id="dot_product_spread" points=1
check("attention_objectives/dot_product_spread", dot_product_spread)

# %% [markdown] exercise
# ### Exercise 1.2: attention
# difficulty 3/5 · importance 5/5 · 15 minutes · 4 points
#
# Write the formula, for any number of leading dimensions. Two things to think of: a row of the mask may be all False (padding is such a row). It then has nothing to
# take a mean of: return zeros there, and make sure that its *gradient* is 0 as well, not nan. And half precision: the largest float16 is 65,504.
#
# <details><summary>Hint</summary>A logit that must never win is minus infinity: <code>masked_fill(~mask, -math.inf)</code>. This is before the softmax, so the rest adds up to 1.</details>
# <details><summary>Hint 2</summary>The softmax of a row of minus infinities is nan. Give such rows harmless logits first, and set their weights to 0 afterwards.</details>
# <details><summary>Help: the values are right and the gradient is nan</summary>A nan was replaced in the forward pass and comes back in the backward pass. The softmax should never meet a row of minus infinities.</details>
# <details><summary>Help: "value cannot be converted to type at::Half without overflow"</summary>-1e9 is no float16. Minus infinity is.</details>


# %% answer id="attention"
def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention (Vaswani et al. 2017, Eq. 1).

    q: (..., T, d). k: (..., S, d). v: (..., S, e). mask: bool, broadcastable to (..., T, S); True where row i may see column j;
    None: everything. Returns (..., T, e); 0 where a row sees nothing.
    """
    ### BEGIN SOLUTION
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(dim=-1) @ v
    empty = ~mask.any(dim=-1, keepdim=True)
    scores = scores.masked_fill(~mask, -math.inf).masked_fill(empty, 0.0)
    return scores.softmax(dim=-1).masked_fill(empty, 0.0) @ v
    ### END SOLUTION


# %% check id="attention" points=2
check("attention_objectives/attention", attention)

# %% check id="attention" points=2 hidden
check("attention_objectives/attention", attention)

# %% [markdown]
# Why the square root? Without it the logits spread like $\sqrt d$ (your prediction), and the softmax of widely spread numbers is nearly one-hot.

# %%
widths = (4, 16, 64, 256, 1024)
effective = {"divided by sqrt(d)": [], "not divided": []}
for d in widths:
    q, k = (torch.randn(256, 32, d, generator=lab.generator) for _ in range(2))
    for name, scale in (("divided by sqrt(d)", 1.0), ("not divided", math.sqrt(d))):
        weights = attention(
            q * scale, k, torch.eye(32).expand(256, 32, 32)
        )  # values of the identity: out comes the weights
        entropy = -(weights * weights.clamp(min=1e-30).log()).sum(dim=-1).mean()
        effective[name].append(entropy.exp().item())
lab.claim(
    "without the square root attention narrows", effective["not divided"][-1] < 2 < effective["divided by sqrt(d)"][-1]
)
plots.plot_effective_keys(widths, effective, 32)

# %% [markdown]
# **What to see.** The exponential of the entropy is the number of keys a query really looks at. Scaled, it is about 20 of 32 at any width; unscaled, at $d = 1024$ each
# query looks at one key, the gradient through the softmax is nearly 0, and nothing learns where to look.
#
# ### Heads
#
# One attention gives one mean. *Multi-head* attention cuts queries, keys and values of width $D$ into $H$ heads of width $D/H$, attends in each, puts the results side by
# side again and mixes them with one more matrix. Keys and values may come from another sequence, the *memory*: that is cross attention. In self attention
# the memory is $x$ itself.

# %% [markdown] exercise
# ### Exercise 1.3: heads
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# `layer.query`, `layer.key`, `layer.value` and `layer.out` are linear layers of width $D$. Head $h$ owns columns $hD/H$ to $(h+1)D/H - 1$ of what the first three
# return. `rotate`, if given, is applied to queries and keys *inside each head*, (B, H, T, D/H): it tells positions apart.
#
# <details><summary>Hint</summary><code>unflatten(-1, (heads, -1))</code> gives (B, T, H, D/H). Attention wants the heads in front of the positions: <code>transpose(1, 2)</code>.</details>
# <details><summary>Hint 2</summary>On the way back the same transpose, then <code>flatten(2)</code>.</details>
# <details><summary>Help: the shapes fit and the numbers do not</summary><code>view(B, H, T, -1)</code> also has the right shape, and it cuts the numbers of different positions together.</details>


# %% answer id="multi_head"
def multi_head(x: Tensor, memory: Tensor, layer, heads: int, mask: Tensor | None = None, rotate=None) -> Tensor:
    """Multi-head attention (Vaswani et al. 2017, 3.2.2): queries from x, keys and values from memory.

    x: (B, T, D). memory: (B, S, D). heads: divides D. mask: bool, broadcastable to (B, heads, T, S). Returns (B, T, D).
    """

    ### BEGIN SOLUTION
    def split(z: Tensor) -> Tensor:
        return z.unflatten(-1, (heads, -1)).transpose(1, 2)

    q, k, v = split(layer.query(x)), split(layer.key(memory)), split(layer.value(memory))
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    return layer.out(attention(q, k, v, mask).transpose(1, 2).flatten(2))
    ### END SOLUTION


# %% check id="multi_head" points=2
check("attention_objectives/multi_head", multi_head)

# %% check id="multi_head" points=2 hidden
check("attention_objectives/multi_head", multi_head)

# %% [markdown]
# ### Masks
#
# Three of them make three families. *Full*: everybody sees everybody (BERT, and every encoder). *Causal*: position $i$ sees $j \le i$ (GPT). *Prefix*: the first $p$ positions, a
# question or a picture, see each other in full; what follows is causal (a *prefix language model*, Raffel et al. 2020, Fig. 3).

# %% [markdown] exercise
# ### Exercise 1.4: who may see whom
# difficulty 2/5 · importance 5/5 · 7 minutes · 3 points
#
# Return the mask of each kind: row $i$, column $j$.
#
# <details><summary>Hint</summary>Compare a column of positions i with a row of positions j.</details>
# <details><summary>Hint 2</summary>With a prefix, j is visible if it lies in the prefix *or* not behind i.</details>


# %% answer id="attention_mask"
def attention_mask(kind: str, length: int, prefix: int = 0) -> Tensor:
    """Entry [i, j]: whether position i may see position j.

    kind: "full", "causal" or "prefix". prefix: how many positions belong to the prefix; only "prefix" looks at it.
    Returns (length, length) bool.
    """
    ### BEGIN SOLUTION
    i, j = torch.arange(length)[:, None], torch.arange(length)
    if kind == "full":
        return torch.ones(length, length, dtype=torch.bool)
    return (j <= i) | (j < prefix) if kind == "prefix" else j <= i
    ### END SOLUTION


# %% check id="attention_mask" points=2
check("attention_objectives/attention_mask", attention_mask)

# %% check id="attention_mask" points=1 hidden
check("attention_objectives/attention_mask", attention_mask)

# %% [markdown] exercise
# ### Exercise 1.5: encoder and decoder
# difficulty 3/5 · importance 4/5 · 10 minutes · 3 points
#
# A translation model has two stacks and three attentions: the encoder reads the source, the decoder its own output so far, and through *cross attention* the
# encoder's result. Sentences come padded to the same length. Return the masks of all three. Nobody sees padding; the decoder sees no later token; the source is
# complete before the first word is written. What a padded position itself sees does not matter: treat it like any other row.
#
# <details><summary>Hint</summary>Padding removes <em>columns</em>: <code>real[:, None, :]</code>.</details>
# <details><summary>Help: the cross mask has the wrong shape, or is a triangle</summary>Its rows are target positions and its columns source positions. Time passes in the target only.</details>


# %% answer id="encoder_decoder_masks"
def encoder_decoder_masks(source: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Masks of an encoder-decoder model (Vaswani et al. 2017, 3.2.3).

    source: (B, S) and target: (B, T), bool, True where there is a token and False at padding. Returns bool masks of the encoder
    (B, S, S), the decoder (B, T, T) and the cross attention (B, T, S).
    """
    ### BEGIN SOLUTION
    S, T = source.shape[1], target.shape[1]
    encoder = source[:, None, :].expand(-1, S, S)
    cross = source[:, None, :].expand(-1, T, S)
    return encoder, target[:, None, :] & attention_mask("causal", T), cross
    ### END SOLUTION


# %% check id="encoder_decoder_masks" points=2
check("attention_objectives/encoder_decoder_masks", encoder_decoder_masks)

# %% check id="encoder_decoder_masks" points=1 hidden
check("attention_objectives/encoder_decoder_masks", encoder_decoder_masks)

# %% [markdown]
# ### The block
#
# Attention moves information between positions; the *feed-forward* layer works on each position alone; both add to the stream $x$ that runs through the network. Where
# the normalisation stands is the difference between three generations:
#
# | style | who | order |
# |---|---|---|
# | `"post"` | Vaswani et al. 2017, BERT | $x \leftarrow N_1(x + A(x))$, then $x \leftarrow N_2(x + F(x))$ |
# | `"pre"` | GPT-2, T5, ViT | $x \leftarrow x + A(N_1(x))$, then $x \leftarrow x + F(N_2(x))$ |
# | `"parallel"` | GPT-J, GPT-NeoX, Pythia | $x \leftarrow x + A(N_1(x)) + F(N_2(x))$ |

# %% [markdown] exercise
# ### Exercise 1.6: three orders
# difficulty 2/5 · importance 4/5 · 7 minutes · 3 points
#
# `parts.attend`, `parts.feed_forward`, `parts.norm_1` and `parts.norm_2` are functions from (B, T, D) to (B, T, D).
#
# <details><summary>Hint</summary>Two lines for "pre", two for "post", one for "parallel". In "pre" the feed-forward layer reads what attention has just added.</details>


# %% answer id="block"
def block(x: Tensor, parts: Parts, style: str) -> Tensor:
    """One transformer block. x: (B, T, D). style: "pre", "post" or "parallel". Returns (B, T, D)."""
    ### BEGIN SOLUTION
    if style == "parallel":
        return x + parts.attend(parts.norm_1(x)) + parts.feed_forward(parts.norm_2(x))
    if style == "post":
        x = parts.norm_1(x + parts.attend(x))
        return parts.norm_2(x + parts.feed_forward(x))
    x = x + parts.attend(parts.norm_1(x))
    return x + parts.feed_forward(parts.norm_2(x))
    ### END SOLUTION


# %% check id="block" points=2
check("attention_objectives/block", block)

# %% check id="block" points=1 hidden
check("attention_objectives/block", block)

# %% [markdown]
# ### Two trained models in your block
#
# The course ships a GPT-NeoX and a BERT, both trained on American presidents' State of the Union addresses. `logits_through` takes their weights out of transformers' classes
# and computes with *your* `multi_head` and `block`: only the style, the mask and the positions differ.

# %%
example = "We are grateful to the Congress for the extraordinary appropriations of the last year."
ids = masked_lm.tokenizer(example, return_tensors="pt").input_ids
for lm, kind in ((causal_lm, "causal"), (masked_lm, "full")):
    yours = logits_through(lm.model, ids, multi_head, block, attention_mask(kind, ids.shape[1]))
    with torch.no_grad():
        difference = (yours - lm.model(ids).logits).abs().max().item()
    lab.claim(
        f"{lm.name}: your block gives transformers' logits", difference < 1e-4, f"largest difference {difference:.1e}"
    )

# %% [markdown]
# **What to see.** Differences of about $10^{-6}$, the rounding of float32. You have written GPT-NeoX and BERT.
#
# ## 2. Leaks
#
# A causal model that sees one token too many has a wonderful loss and is worthless. Shapes do not show it, the loss does not show it; a *gradient* does. If output $i$ does not depend on input
# $j$, then $\partial\, \mathrm{out}_i / \partial\, \mathrm{in}_j$ is exactly 0.

# %% [markdown] exercise
# ### Exercise 2.1: the gradient test
# difficulty 3/5 · importance 5/5 · 10 minutes · 3 points
#
# `function` maps (T, d) to (T, e). Entry $(i, j)$ of the result says whether *any* entry of output row $i$ has a gradient with respect to *any* entry of input
# row $j$. Entries up to $10^{-6}$ in size are rounding.
#
# <details><summary>Hint</summary><code>torch.autograd.functional.jacobian(function, x)</code> has shape (T, e, T, d).</details>
# <details><summary>Hint 2</summary>Take absolute values <em>before</em> you reduce over e and d.</details>
# <details><summary>Help: after a LayerNorm everything looks independent</summary>The outputs of a LayerNorm add up to 0, always. The gradient of their sum is 0 as well: effects of opposite sign cancel.</details>


# %% answer id="reach"
def reach(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Which output row depends on which input row. x: (T, d); function(x): (T, e). Returns (T, T) bool, [output, input]."""
    ### BEGIN SOLUTION
    jacobian = torch.autograd.functional.jacobian(function, x)
    return jacobian.abs().amax(dim=(1, 3)) > 1e-6
    ### END SOLUTION


# %% check id="reach" points=2
check("attention_objectives/reach", reach)

# %% check id="reach" points=1 hidden
check("attention_objectives/reach", reach)

# %%
torch.manual_seed(seed)
probed = Transformer(VOCABULARY, context=12, width=16, layers=2, heads=2, multi_head=multi_head, block=block)
leaky = attention_mask("causal", 12).roll(1, dims=1) | attention_mask("causal", 12)  # the diagonal one place too far


def through_layers(mask: Tensor) -> Callable[[Tensor], Tensor]:
    """The tiny transformer from its first layer on, as a function of the vectors (T, D) at its positions."""

    def run(x: Tensor) -> Tensor:
        x = x[None]
        for layer in probed.layers:
            attend = lambda z, layer=layer: multi_head(z, z, layer, probed.heads, mask)  # noqa: E731
            x = block(x, Parts(attend, layer.feed_forward, layer.norm_1, layer.norm_2), "pre")
        return probed.norm(x)[0]

    return run


stream = torch.randn(12, 16, generator=lab.generator)
matrices = {
    "causal": reach(through_layers(attention_mask("causal", 12)), stream),
    "full": reach(through_layers(attention_mask("full", 12)), stream),
    "prefix of 5": reach(through_layers(attention_mask("prefix", 12, 5)), stream),
    "causal, off by one": reach(through_layers(leaky), stream),
}
lab.claim("causal attention reaches no later token", not matrices["causal"].triu(1).any().item())
lab.claim("a mask that is off by one leaks", bool(matrices["causal, off by one"].triu(1).any()))
plots.plot_matrices(matrices)

# %% [markdown]
# **What to see.** Three right pictures and a wrong one. In the wrong one a layer sees *one* token ahead, and two layers see two: leaks add up with depth. (A gradient test
# misses what has no gradient, such as a rounded or sampled number. Changing an input finds those, too.)
#
# ## 3. Objectives
#
# An objective is three things: inputs, labels, and a mask. Position $t$ of the output is asked for `labels[t]`; -100 means that nothing is asked there.
#
# | objective | inputs | labels | sees |
# |---|---|---|---|
# | causal | the text | the *next* token; the last position has none | causal |
# | masked | the text, chosen tokens replaced by `[MASK]` | the token itself, where it was chosen | full |
# | prefix | the text | the next token, where that lies behind the prefix | prefix |

# %% [markdown] exercise
# ### Exercise 3.1: one text, three questions
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# Return inputs, labels and mask. (BERT's 80/10/10 is left out here: every chosen token becomes `mask_id`.)
#
# <details><summary>Hint</summary>Causal labels: <code>ids[:, 1:]</code> and a column of -100.</details>
# <details><summary>Hint 2</summary>With a prefix of p tokens, the first question is asked at position p - 1: its label is token p.</details>
# <details><summary>Help: the prefix loss is too good to be true</summary>Within the prefix everybody sees everybody. Ask for a token of the prefix, and the answer is in view.</details>


# %% answer id="objective"
def objective(
    kind: str, ids: Tensor, mask_id: int, chosen: Tensor | None = None, prefix: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, labels and attention mask of one training step.

    kind: "causal", "masked" or "prefix". ids: (B, T). chosen: (B, T) bool, for "masked" only. prefix: at least 1 for "prefix".
    Returns inputs (B, T), labels (B, T) with -100 where nothing is asked, and the mask (T, T) of who sees whom.
    """
    ### BEGIN SOLUTION
    length = ids.shape[1]
    if kind == "masked":
        return torch.where(chosen, mask_id, ids), torch.where(chosen, ids, -100), attention_mask("full", length)
    labels = F.pad(ids[:, 1:], (0, 1), value=-100)
    if kind == "prefix":
        labels[:, : prefix - 1] = -100
    return ids, labels, attention_mask(kind, length, prefix)
    ### END SOLUTION


# %% check id="objective" points=2
check("attention_objectives/objective", objective)

# %% check id="objective" points=2 hidden
check("attention_objectives/objective", objective)

# %% [markdown] exercise
# ### Exercise 3.2: one loss for all of them
# difficulty 2/5 · importance 5/5 · 8 minutes · 4 points
#
# The mean of $-\log p(\text{label})$ over all positions of the batch where something is asked. If nothing is asked anywhere the loss is 0.
#
# <details><summary>Hint</summary>Sum first, count the questions, divide once. <code>clamp(min=1)</code> keeps an empty count from hurting.</details>
# <details><summary>Help: inf, where the model is certain and wrong</summary>The logarithm of a probability that was rounded to 0. <code>log_softmax</code> never leaves the logarithms.</details>


# %% answer id="objective_loss"
def objective_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy over the positions that are asked. logits: (B, T, V). labels: (B, T), -100: not asked. Returns a scalar."""
    ### BEGIN SOLUTION
    total = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum")
    return total / (labels != -100).sum().clamp(min=1)
    ### END SOLUTION


# %% check id="objective_loss" points=2
check("attention_objectives/objective_loss", objective_loss)

# %% check id="objective_loss" points=2 hidden
check("attention_objectives/objective_loss", objective_loss)

# %% [markdown] exercise
# ### Exercise 3.3: span corruption
# difficulty 3/5 · importance 3/5 · 10 minutes · 3 points
#
# T5 (Raffel et al. 2020, 3.1.4) cuts *spans* out of a text. In the input each span leaves one *sentinel* behind, a token that occurs nowhere else; the target lists
# sentinel 0, the tokens of span 0, sentinel 1, the tokens of span 1, ..., and ends on one more sentinel. A model writes the target as a prefix model does: it sees all
# of the input, and its own words so far. *Thank you for inviting me to your party* becomes *Thank you 〈0〉 me to 〈1〉* and *〈0〉 for inviting 〈1〉 your party 〈2〉*.
#
# <details><summary>Hint</summary>Walk from left to right and remember where the last span ended: what lies between goes to the input.</details>


# %% answer id="span_corruption"
def span_corruption(ids: Tensor, spans: list[tuple[int, int]], sentinels: list[int]) -> tuple[Tensor, Tensor]:
    """Input and target of T5's objective.

    ids: (T,). spans: (begin, length) of each, from left to right; between two of them there is at least one token.
    sentinels: one more than spans. Returns two 1-D tensors: the input, and the target with its closing sentinel.
    """
    ### BEGIN SOLUTION
    tokens, done = ids.tolist(), 0
    inputs, target = [], []
    for (begin, length), sentinel in zip(spans, sentinels, strict=False):
        inputs += [*tokens[done:begin], sentinel]
        done = begin + length
        target += [sentinel, *tokens[begin:done]]
    return torch.tensor(inputs + tokens[done:]), torch.tensor([*target, sentinels[len(spans)]])
    ### END SOLUTION


# %% check id="span_corruption" points=2
check("attention_objectives/span_corruption", span_corruption)

# %% check id="span_corruption" points=1 hidden
check("attention_objectives/span_corruption", span_corruption)

# %% [markdown]
# ### Three models from one start
#
# Now train the same tiny transformer (a token is a byte) under three objectives, from the same initial weights, with the same number of steps, on the same speeches. It is made of your
# `multi_head` and `block`. Then ask all three the same three things about speeches they have not seen:
# - **continue**: the next byte, given 32 before it. The masked model gets a `[MASK]` behind the text;
# - **fill**: one hidden byte, given 32 before it and 31 behind. The causal model reads from left to right, so it cannot use what is behind;
# - **represent**: is this letter part of a function word (*the, of, and, ...*)? A linear probe on the features at each letter has to tell; guessing the
#   more frequent answer is right in about two thirds of the cases.

# %%
LENGTH = 64
train_bytes, test_bytes = as_bytes(speeches, "train"), as_bytes(speeches, "test")


def question(kind: str, rows: int = 32) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, labels and mask of a fresh batch."""
    found = windows(train_bytes, rows, LENGTH, lab.generator)
    chosen = torch.rand(found.shape, generator=lab.generator) < 0.3
    prefix = int(torch.randint(8, 56, (), generator=lab.generator))
    return objective(kind, found, MASK, chosen, prefix)


def new_model(outputs: int | None = None) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(VOCABULARY, LENGTH, sizes.width, sizes.layers, 4, multi_head, block, outputs)


trained, curves = {}, {}
for kind in ("causal", "masked", "prefix"):
    model = new_model()

    def loss(model: Transformer = model, kind: str = kind) -> Tensor:
        inputs, labels, mask = question(kind)
        return objective_loss(model(inputs, mask), labels)

    curves[kind] = optimise(model, loss, sizes.steps, description=f"{kind} model")
    trained[kind] = model
plots.plot_losses(curves, "Training loss", "nats per asked byte")

# %%
held = windows(test_bytes, sizes.questions, LENGTH, torch.Generator().manual_seed(1))
probe_rows = windows(train_bytes, sizes.questions, LENGTH, torch.Generator().manual_seed(2))
full, half = attention_mask("full", LENGTH), LENGTH // 2


@torch.no_grad()
def letter_features(model: Transformer, rows: Tensor, mask: Tensor) -> list[Tensor]:
    """Features at the letters of some windows, before the first block and after each: (n, D)."""
    letters = in_function_word(rows)[1]
    return [state[letters] for state in model.hidden(rows, mask)]


def best_probe(model: Transformer, mask: Tensor) -> list[float]:
    """Accuracy of a linear probe on each layer."""
    labels = [in_function_word(rows) for rows in (probe_rows, held)]
    (train_y, test_y) = (label[letters] for label, letters in labels)
    layers = zip(letter_features(model, probe_rows, mask), letter_features(model, held, mask), strict=True)
    return [probe_accuracy(a, train_y, b, test_y) for a, b in layers]


@torch.no_grad()
def abilities(model: Transformer, kind: str) -> dict[str, float]:
    """Nats per byte of "continue" and "fill", and the accuracy of "represent"."""
    target = held[:, half]
    if kind == "masked":
        only_left, gap = held.clone(), held.clone()
        only_left[:, half:], gap[:, half] = MASK, MASK
        logits = {"continue": model(only_left, full)[:, half], "fill": model(gap, full)[:, half]}
    else:
        mask = attention_mask(kind, LENGTH, half)
        logits = dict.fromkeys(("continue", "fill"), model(held, mask)[:, half - 1])
    sees = attention_mask("causal" if kind == "causal" else "full", LENGTH)
    nats = {name: F.cross_entropy(found, target).item() for name, found in logits.items()}
    return nats | {"represent": max(best_probe(model, sees))}


results = {kind: abilities(model, kind) for kind, model in trained.items()}
for kind, found in results.items():
    for ability, value in found.items():
        lab.record(f"{ability}, {kind} model", value, headline=(kind, ability) == ("causal", "continue"))
lab.claim("the causal model continues best", results["causal"]["continue"] < results["masked"]["continue"] - 0.1)
plots.plot_abilities(results)

# %%
plots.plot_recorded(recorded("objectives"))

# %% [markdown]
# **What to see.** First the models trained here, then a recorded run of the same three over 1,600 steps (`data/attention_objectives`). The causal model
# continues best: in that run 1.30 nats per byte, against 2.19 of the masked one, which has never seen a text without an end. To *fill* a gap the masked model has more to go by,
# and after 1,600 steps it is ahead (1.24 against 1.30); after 500 it is not, here or there. It is asked about 30% of the bytes only, and its plateau is long. So an objective buys an ability, and it sets the
# price: how many questions there are in a batch. The prefix model continues less well than the causal one (1.44), since it is asked about fewer bytes and no beginnings. Its features, read with a full mask, are no
# better at the letters than the bytes themselves (0.75). (Nothing is asked *inside* a prefix, and a full mask over the whole text is not how it was trained: which of the two it is, this run does not tell.)
#
# ## 4. Generating
#
# A causal model gives a distribution over the next token. How to use it is not part of the model. *Temperature* $\tau$ sharpens or flattens: logits are divided by it.
# *Top-k* keeps the $k$ most probable tokens. *Nucleus* or *top-p* sampling (Holtzman et al. 2020) keeps the smallest set of most probable tokens that
# together have at least $p$. They are applied in this order, each to what the one before has left, renormalised.

# %% [markdown] exercise
# ### Exercise 4.1: the distribution that is sampled from
# difficulty 4/5 · importance 5/5 · 15 minutes · 4 points
#
# <details><summary>Hint</summary>Sort in descending order, decide in the sorted world who stays, and scatter the result back to where the tokens were.</details>
# <details><summary>Hint 2</summary>A token stays if the total of those <em>before</em> it is below p. So the token that crosses p stays, and at least one token always does.</details>
# <details><summary>Help: temperature 0 gives nan</summary>It is the limit: all probability on the largest logit. It needs a line of its own.</details>


# %% answer id="next_distribution"
def next_distribution(logits: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Probabilities of the next token after temperature, top-k and nucleus truncation, in this order.

    logits: (..., V), no two of a row equal. temperature: 0 is greedy. top_k: 0 keeps all. top_p: in (0, 1], 1 keeps all.
    Returns (..., V), which sum to 1.
    """
    ### BEGIN SOLUTION
    if temperature == 0:
        return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    p, order = (logits / temperature).softmax(dim=-1).sort(dim=-1, descending=True)
    if top_k:
        rank = torch.arange(p.shape[-1], device=p.device)
        p = p.masked_fill(rank >= top_k, 0.0)
        p = p / p.sum(dim=-1, keepdim=True)
    if top_p < 1:
        p = p.masked_fill(p.cumsum(dim=-1) - p >= top_p, 0.0)
        p = p / p.sum(dim=-1, keepdim=True)
    return torch.zeros_like(p).scatter(-1, order, p)
    ### END SOLUTION


# %% check id="next_distribution" points=2
check("attention_objectives/next_distribution", next_distribution)

# %% check id="next_distribution" points=2 hidden
check("attention_objectives/next_distribution", next_distribution)

# %% [markdown] exercise
# ### Exercise 4.2: one token after the other
# difficulty 2/5 · importance 5/5 · 8 minutes · 3 points
#
# `model(ids)` maps (B, T) to logits (B, T, V) and reads at most `context` tokens. `choose(logits)` picks the next tokens: (B, V) to (B,). Return prompt and
# continuation together.
#
# <details><summary>Hint</summary>Of the logits only the last position matters: it is about the token that comes next.</details>
# <details><summary>Help: an error after a while, or strange text</summary>When the text is longer than the context, show the model the <em>last</em> tokens.</details>


# %% answer id="generate"
def generate(model, prompt: Tensor, steps: int, choose: Callable[[Tensor], Tensor], context: int) -> Tensor:
    """Continue a batch of texts. prompt: (B, T). Returns (B, T + steps); no gradient is needed."""
    ### BEGIN SOLUTION
    ids = prompt
    for _ in range(steps):
        with torch.no_grad():
            logits = model(ids[:, -context:])[:, -1]
        ids = torch.cat([ids, choose(logits)[:, None]], dim=1)
    return ids
    ### END SOLUTION


# %% check id="generate" points=2
check("attention_objectives/generate", generate)

# %% check id="generate" points=1 hidden
check("attention_objectives/generate", generate)

# %% [markdown]
# What is a good setting? Continue the beginnings of held-out speeches and look at two numbers: how *likely* the model finds its own text, and how *lively* it is, the share of
# four-token sequences of a text that occur in it only once. A real speech has both numbers, too.


# %%
def speak(ids: Tensor) -> Tensor:
    return causal_lm.model(ids).logits


def sampler(**settings: float) -> Callable[[Tensor], Tensor]:
    def choose(logits: Tensor) -> Tensor:
        return torch.multinomial(next_distribution(logits, **settings), 1, generator=lab.generator).squeeze(1)

    return choose


begun = 16
texts = [held_out(speeches, causal_lm, begun + sizes.new_tokens, i) for i in range(sizes.texts)]
real = torch.stack(texts)
settings = {
    "greedy": {"temperature": 0.0},
    "temperature 0.5": {"temperature": 0.5},
    "temperature 0.8": {"temperature": 0.8},
    "temperature 1": {},
    "temperature 1.3": {"temperature": 1.3},
    "top-k 20": {"top_k": 20},
    "nucleus 0.8": {"top_p": 0.8},
    "nucleus 0.95": {"top_p": 0.95},
}
written = {}
with Progress("writing", len(settings), unit="settings") as progress:
    for name, setting in settings.items():
        written[name] = generate(speak, real[:, :begun], sizes.new_tokens, sampler(**setting), 128)
        progress.update(name)


@torch.no_grad()
def likelihood_and_liveliness(ids: Tensor) -> tuple[float, float]:
    """Mean log-probability of the new tokens, nats, and the mean share of their 4-grams that occur once."""
    log_p = speak(ids).log_softmax(dim=-1)[:, begun - 1 : -1].gather(2, ids[:, begun:, None])
    shares = []
    for row in ids[:, begun:].tolist():
        grams = [tuple(row[i : i + 4]) for i in range(len(row) - 3)]
        shares.append(sum(grams.count(gram) == 1 for gram in grams) / len(grams))
    return log_p.mean().item(), sum(shares) / len(shares)


character = {name: likelihood_and_liveliness(ids) for name, ids in written.items()}
character["the real speeches"] = likelihood_and_liveliness(real)
lab.record("4-grams that occur once, greedy", character["greedy"][1])
lab.claim(
    "greedy text is likelier than a real speech", character["greedy"][0] > character["the real speeches"][0] + 0.5
)
lab.claim("greedy text repeats itself", character["greedy"][1] < character["the real speeches"][1] - 0.1)
for name in ("greedy", "nucleus 0.95"):
    print(f"{name}: {causal_lm.tokenizer.decode(written[name][0])}\n")
plots.plot_character(character)

# %% [markdown]
# **What to see.** The most probable text is not the most human one. Greedy decoding is far more likely than any real speech, and goes round in circles; at temperature 1 the text is
# as lively as a speech and less likely: small errors of the model add up. In between lie the settings people use.
#
# ### Several different ones
#
# A beam keeps $k$ continuations. If they are *drawn*, they must be drawn **without replacement**, or the beam holds the same hypothesis several times. There is a
# trick (Gumbel 1954; Kool et al. 2019): add independent Gumbel noise $-\log(-\log u)$, $u$ uniform, to the log-probabilities. The largest entry is then a
# sample of the distribution, and the $k$ largest are $k$ samples without replacement, in the order in which they were drawn.

# %% [markdown] exercise
# ### Exercise 4.3: drawn without replacement
# difficulty 3/5 · importance 3/5 · 8 minutes · 3 points
#
# The first column has the distribution softmax(logits); each later one that of what is left, renormalised.
#
# <details><summary>Hint</summary>Noise for every entry of every row; then <code>topk</code>.</details>
# <details><summary>Help: the frequencies are nearly right</summary>Gumbel noise is added to <em>logarithms</em>. And it is skewed: minus the logarithm of minus the logarithm.</details>


# %% answer id="distinct_draws"
def distinct_draws(logits: Tensor, k: int) -> Tensor:
    """k different tokens for each row, drawn one after the other without replacement. logits: (N, V). Returns (N, k) ids."""
    ### BEGIN SOLUTION
    gumbel = -(-torch.rand_like(logits).log()).log()
    return (logits + gumbel).topk(k, dim=-1).indices
    ### END SOLUTION


# %% check id="distinct_draws" points=2
check("attention_objectives/distinct_draws", distinct_draws)

# %% check id="distinct_draws" points=1 hidden
check("attention_objectives/distinct_draws", distinct_draws)

# %%
with torch.no_grad():
    last = speak(real[:, :begun])[:, -1].repeat_interleave(50, dim=0)
with_replacement = torch.multinomial(last.softmax(dim=1), 8, replacement=True, generator=lab.generator)
different = {
    "with replacement": [len(set(row)) for row in with_replacement.tolist()],
    "without": [len(set(row)) for row in distinct_draws(last, 8).tolist()],
}
means = {name: sum(counts) / len(counts) for name, counts in different.items()}
print(
    f"different tokens in a beam of 8: {means['with replacement']:.2f} with replacement, {means['without']:.2f} without"
)
lab.record("different tokens in a beam of 8, with replacement", means["with replacement"])

# %% [markdown]
# ### The cache
#
# Each new token needs the keys and values of all earlier ones, and those do not change: a causal model computes them once and keeps them. Only the new rows go through the network.

# %% [markdown] exercise
# ### Exercise 4.4: predict first
# difficulty 2/5 · importance 3/5 · 4 minutes · 1 points
#
# Write 1,000 tokens, one at a time, from nothing. Step $t$ computes $t \times t$ products of a query and a key without a cache, and $t$ with one. How many times as many are that in all 1,000 steps?
#
# <details><summary>Hint</summary>The sum of the first n squares is n(n+1)(2n+1)/6, that of the first n numbers n(n+1)/2.</details>

# %% answer id="cache_gain" stub="cache_gain = ...  # products without a cache / products with one"
cache_gain = (2 * 1000 + 1) / 3

# %% check id="cache_gain" points=1
check("attention_objectives/cache_gain", cache_gain)

# %% [markdown] exercise
# ### Exercise 4.5: attention with a cache
# difficulty 4/5 · importance 4/5 · 15 minutes · 4 points
#
# The $n$ rows of q, k and v belong to the *new* tokens of each head; the cache holds keys (rotated already) and values of those before. `rotate(x, start)` turns rows to positions start,
# start + 1, ... New row $i$ may see the whole past and new rows up to $i$. Return the result and the cache for the next call.
#
# <details><summary>Hint</summary>The first new token stands at position <em>length of the cache</em>. Rotate first, then store: a key is turned once in its life.</details>
# <details><summary>Hint 2</summary>The mask is the last n rows of a causal mask of length past + n.</details>
# <details><summary>Help: one token at a time is right, several at once are not</summary>Where does your triangle begin? Row 0 of the new tokens sees past + 1 columns.</details>


# %% answer id="cached_attention"
def cached_attention(
    q: Tensor, k: Tensor, v: Tensor, cache: tuple[Tensor, Tensor] | None, rotate: Callable[[Tensor, int], Tensor]
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Causal attention of new tokens, with keys and values of the earlier ones from a cache.

    q, k, v: (B, H, n, d). cache: None, or keys and values (B, H, past, d). Returns (B, H, n, d) and the longer cache.
    """
    ### BEGIN SOLUTION
    past = 0 if cache is None else cache[0].shape[2]
    q, k = rotate(q, past), rotate(k, past)
    if cache is not None:
        k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
    return attention(q, k, v, attention_mask("causal", k.shape[2])[past:]), (k, v)
    ### END SOLUTION


# %% check id="cached_attention" points=2
check("attention_objectives/cached_attention", cached_attention)

# %% check id="cached_attention" points=2 hidden
check("attention_objectives/cached_attention", cached_attention)

# %%
document = held_out(speeches, causal_lm, sizes.cached_tokens, 0)[None]
reader, steps = CachedModel(causal_lm.model, cached_attention, block), []
seconds = {"with a cache": [], "from the start each time": []}
for t in range(document.shape[1]):
    begin = time.process_time()
    steps.append(reader.read(document[:, t : t + 1]))
    seconds["with a cache"].append(time.process_time() - begin)
checkpoints = range(15, document.shape[1], sizes.cached_tokens // 8)
for t in checkpoints:
    begin = time.process_time()
    logits_through(causal_lm.model, document[:, : t + 1], multi_head, block, attention_mask("causal", t + 1))
    seconds["from the start each time"].append(time.process_time() - begin)
at_once = logits_through(causal_lm.model, document, multi_head, block, attention_mask("causal", document.shape[1]))
difference = (torch.cat(steps, dim=1) - at_once).abs().max().item()
lab.claim("token by token, the cache gives the same logits", difference < 1e-3, f"largest difference {difference:.1e}")
plots.plot_cache(seconds["with a cache"], list(checkpoints), seconds["from the start each time"])

# %% [markdown]
# **What to see.** With the cache a token costs about the same wherever it stands; without, the cost grows with the text. What is paid instead is memory: keys and values of every layer.
#
# ## 5. Compressing
#
# A model that predicts well compresses well: a token of probability $p$ can be written with $-\log_2 p$ bits (Shannon 1948). An *arithmetic coder* does it for a whole text, to
# within 2 bits. It keeps an interval of numbers, at first everything. For each token it narrows the interval to the part that belongs to the
# token, as wide as the token is probable. In the end any number inside names the text.
#
# Encoder and decoder must divide the interval in exactly the same way, so probabilities become whole numbers first: *counts* out of a fixed total.

# %% [markdown] exercise
# ### Exercise 5.1: probabilities as counts
# difficulty 3/5 · importance 3/5 · 8 minutes · 3 points
#
# Return counts (int64) that add up to `total` exactly, each at least 1 (a token without a share of the interval could not be written at all), and close to
# `total * p`: coding with them must not cost more than 0.01 bits per token beyond the entropy, in the cases we try.
#
# <details><summary>Hint</summary>Give everybody 1, and share out what is left by probability, rounded down. The few that remain go to the most probable token.</details>


# %% answer id="frequencies"
def frequencies(p: Tensor, total: int) -> Tensor:
    """Whole numbers in proportion to probabilities. p: (V,) floats that sum to 1, some maybe 0; V is far below total. Returns (V,) int64."""
    ### BEGIN SOLUTION
    counts = 1 + (p.double() * (total - len(p))).floor().long()
    counts[p.argmax()] += total - counts.sum()
    return counts
    ### END SOLUTION


# %% check id="frequencies" points=2
check("attention_objectives/frequencies", frequencies)

# %% check id="frequencies" points=1 hidden
check("attention_objectives/frequencies", frequencies)

# %% [markdown]
# Now the coder. The interval $[\mathrm{low}, \mathrm{high}]$ is kept in whole numbers of 32 bits. Whenever both ends agree in their first bit, that bit is settled: write it down and double
# what is left. If they do not agree but close in on the middle from both sides, the next bits will be 01...1 or 10...0: widen the middle, and remember how many bits are *pending*.
# Here is the decoder of the course (Witten, Neal & Cleary 1987). Your encoder is its mirror image.

# %%
print(inspect.getsource(Decoder.narrow))

# %% [markdown] exercise
# ### Exercise 5.2: the encoder
# difficulty 5/5 · importance 4/5 · 25 minutes · 5 points
#
# Symbol after symbol owns an interval $[a, b)$ of `total`. Return the bits. They must decode, and there may be at most 2 more of them than $\sum \log_2 \frac{\mathrm{total}}{b - a}$.
# Behind the last bit the decoder reads zeros.
#
# <details><summary>Hint</summary>The same loop as in <code>narrow</code>. Where it takes HALF away, the bit is 1; where it takes nothing, 0; where it takes QUARTER, the bit is not known yet: count it.</details>
# <details><summary>Hint 2</summary>When a bit is settled, the pending ones follow it, and they are all its opposite. Then none is pending.</details>
# <details><summary>Hint 3</summary>At the end low < HALF ≤ high, and one of them lies outside of the middle half. One more bit, the pending ones and one more of these name a number inside: 01 if low lies in the first quarter, 10 if not.</details>
# <details><summary>Help: right for short texts, wrong for long ones</summary>Are there floats in it? They have 53 bits, and a text of a few words is past that. Use whole numbers only, <code>//</code> instead of <code>/</code>.</details>


# %% answer id="encode"
def encode(intervals: Tensor, total: int) -> list[int]:
    """Arithmetic coding with registers of 32 bits (Witten, Neal & Cleary 1987). intervals: (n, 2) int64, [a, b) of total. Returns 0s and 1s."""
    ### BEGIN SOLUTION
    half, quarter = 1 << 31, 1 << 30
    low, high, pending = 0, 2 * half - 1, 0
    bits: list[int] = []
    for a, b in intervals.tolist():
        width = high - low + 1
        low, high = low + width * a // total, low + width * b // total - 1
        while True:
            if high < half or low >= half:
                bit = int(low >= half)
                bits += [bit, *[1 - bit] * pending]
                pending, shift = 0, bit * half
            elif low >= quarter and high < 3 * quarter:
                pending, shift = pending + 1, quarter
            else:
                break
            low, high = 2 * (low - shift), 2 * (high - shift) + 1
    bit = int(low >= quarter)
    return [*bits, bit, *[1 - bit] * (pending + 1)]
    ### END SOLUTION


# %% check id="encode" points=3
check("attention_objectives/encode", encode)

# %% check id="encode" points=2 hidden
check("attention_objectives/encode", encode)

# %% [markdown]
# A held-out speech through the model, your counts and your coder, and back again. Beside it gzip's and xz's algorithms on the same bytes; and xz's once more, fed with speeches of the training set first: it then
# knows what the model knows, as far as its kind can.

# %%
passage = "\n".join(document.text for document in speeches.test)[: sizes.characters]
tokens, size = token_ids(causal_lm, passage), len(passage.encode())
intervals = text_intervals(causal_lm, tokens, frequencies)
bits = encode(intervals, TOTAL)
lab.claim("the text comes back", decoded_text(causal_lm, bits, len(tokens), frequencies) == passage, f"{size:,} bytes")
nats = -((intervals[:, 1] - intervals[:, 0]).double() / TOTAL).log().sum().item()
excess = len(bits) - nats / math.log(2)
lab.claim("within 2 bits of -log2 p", excess <= 2, f"{len(bits):,} bits, {excess:.2f} more than -log2 p")


def xz(data: bytes) -> int:
    return len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


known = "\n".join(document.text for document in speeches.train[-sizes.known_speeches :]).encode()
compressed = {
    "gzip": 8 * len(zlib.compress(passage.encode(), 9)) / size,
    "xz": 8 * xz(passage.encode()) / size,
    "xz, after reading speeches": 8 * (xz(known + passage.encode()) - xz(known)) / size,
    "model and your coder": len(bits) / size,
}
for name, value in compressed.items():
    lab.record(f"bits per byte, {name}", value, unit="bits/byte")
lab.claim("the model beats gzip and xz", compressed["model and your coder"] < min(list(compressed.values())[:3]))
weights = 2 * sum(parameter.numel() for parameter in causal_lm.model.parameters())
saved = (compressed["xz"] - compressed["model and your coder"]) / 8
print(
    f"Sent along once, the model's {weights / 1e6:.2f} MB of half-precision weights pay off against xz after {weights / saved / 1e6:.1f} MB of text."
)
plots.plot_compression(compressed)

# %% [markdown]
# **What to see.** The model needs about half of the bits of gzip and xz, 1.4 per byte, and the coder wastes less than one bit of the whole text. But be fair: the model has read 10 MB of speeches before. On 100 kB, zstd with the
# same training speeches as its dictionary comes to 1.77 (`python -m benchmarks.compression`; gzip 2.70, xz 2.45, the model 1.39), and if the weights had to be sent along, they would pay off against it only after 39 MB
# of text. Language modelling *is* compression; the bill includes the model.
#
# ### Surprise finds what does not belong
#
# The same number, $-\log p$ per token, is an anomaly score. How well does it separate normal from strange sentences? The *AUC* is the probability that a strange one scores higher than a normal one,
# ties counting half; no threshold has to be chosen.

# %% [markdown] exercise
# ### Exercise 5.3: AUC
# difficulty 2/5 · importance 3/5 · 7 minutes · 2 points
#
# <details><summary>Hint</summary>Compare every strange one with every normal one: a table of n × m comparisons, and its mean.</details>


# %% answer id="auc"
def auc(normal: Tensor, strange: Tensor) -> Tensor:
    """P(strange > normal) + P(strange = normal) / 2 over all pairs. normal: (n,), strange: (m,) scores. Returns a scalar."""
    ### BEGIN SOLUTION
    difference = strange[:, None] - normal
    return ((difference > 0).to(normal.dtype) + 0.5 * (difference == 0)).mean()
    ### END SOLUTION


# %% check id="auc" points=1
check("attention_objectives/auc", auc)

# %% check id="auc" points=1 hidden
check("attention_objectives/auc", auc)

# %%
pairs = neighbouring_sentences(speeches, "test", sizes.sentences, lab.generator)
whales = neighbouring_sentences(load_text("moby_dick"), "test", sizes.sentences, lab.generator)
normal = [first for first, _ in pairs]
surprise = {
    "speeches": sentence_surprise(causal_lm, normal),
    "words in another order": sentence_surprise(causal_lm, [scrambled(text, lab.generator) for text in normal]),
    "Moby Dick": sentence_surprise(causal_lm, [first for first, _ in whales]),
}
separation = {name: auc(surprise["speeches"], found).item() for name, found in surprise.items() if name != "speeches"}
for name, value in separation.items():
    lab.record(f"AUC of surprise, {name}", value)
lab.claim("surprise finds scrambled sentences", separation["words in another order"] > 0.9)
plots.plot_surprise(surprise, separation)

# %% [markdown]
# **What to see.** Scrambled sentences are found nearly always, sentences of a novel of the same century mostly. Nothing was trained for it. (A likelihood is no proof of normality, though: a
# text that repeats itself is *less* surprising than any honest one, see section 4.)
#
# ## 6. Pixels as words
#
# A transformer does not know that its tokens are words. iGPT (Chen et al. 2020) reads pictures as sequences: shrink them, reduce their colours to a *palette* found by k-means, and
# write the pixels down row by row. Then train with the causal or with the masked objective.

# %% [markdown] exercise
# ### Exercise 6.1: a palette
# difficulty 3/5 · importance 3/5 · 10 minutes · 3 points
#
# k-means: give every pixel to its nearest centre (Euclidean), move every centre to the mean of its pixels, and do both `steps` times. A centre without pixels stays where it is.
#
# <details><summary>Hint</summary><code>torch.cdist</code> gives all distances.</details>
# <details><summary>Help: nan</summary>The mean of no pixels. Leave such a centre alone.</details>


# %% answer id="palette"
def palette(pixels: Tensor, start: Tensor, steps: int) -> Tensor:
    """Centres after some steps of k-means (Lloyd 1982). pixels: (n, 3). start: (K, 3). Returns (K, 3), a new tensor."""
    ### BEGIN SOLUTION
    centres = start.clone()
    for _ in range(steps):
        nearest = torch.cdist(pixels, centres).argmin(dim=1)
        for k in range(len(centres)):
            if (nearest == k).any():
                centres[k] = pixels[nearest == k].mean(dim=0)
    return centres
    ### END SOLUTION


# %% check id="palette" points=2
check("attention_objectives/palette", palette)

# %% check id="palette" points=1 hidden
check("attention_objectives/palette", palette)

# %% [markdown] exercise
# ### Exercise 6.2: from pictures to sequences
# difficulty 2/5 · importance 3/5 · 7 minutes · 2 points
#
# Token of a pixel: the index of the nearest colour. Order: row by row from the top, each row from the left.
#
# <details><summary>Hint</summary>The channels come first in (n, 3, h, w). Move them to the end before you flatten.</details>
# <details><summary>Help: right for floats, wrong for uint8</summary>Bytes wrap around: 3 - 5 is 254. Make floats of them first.</details>


# %% answer id="to_sequence"
def to_sequence(images: Tensor, colors: Tensor) -> Tensor:
    """Pictures as sequences of palette indices. images: (n, 3, h, w) and colors: (K, 3), floats or uint8. Returns (n, h * w) int64."""
    ### BEGIN SOLUTION
    pixels = images.double().permute(0, 2, 3, 1).flatten(1, 2)
    return torch.cdist(pixels, colors.double().expand(len(images), -1, -1)).argmin(dim=2)
    ### END SOLUTION


# %% check id="to_sequence" points=1
check("attention_objectives/to_sequence", to_sequence)

# %% check id="to_sequence" points=1 hidden
check("attention_objectives/to_sequence", to_sequence)

# %%
SIDE, COLORS = 8, 16
photos = load_images("embedded", size=SIDE).subset(sizes.images, sizes.images)
pixels = photos.train_images.permute(0, 2, 3, 1).reshape(-1, 3).double()
some = pixels[torch.randperm(len(pixels), generator=lab.generator)[:10_000]]
colors = palette(some, some[:COLORS], 10)
sequences, test_sequences = to_sequence(photos.train_images, colors), to_sequence(photos.test_images, colors)

painters, image_curves = {}, {}
for kind in ("causal", "masked"):
    torch.manual_seed(seed)
    model = Transformer(COLORS + 1, SIDE * SIDE, sizes.image_width, sizes.image_layers, 4, multi_head, block)

    def loss(model: Transformer = model, kind: str = kind) -> Tensor:
        found = image_views(sequences, sizes.image_batch, SIDE, lab.generator)
        chosen = torch.rand(found.shape, generator=lab.generator) < 0.3
        inputs, labels, mask = objective(kind, found, COLORS, chosen)
        return objective_loss(model(inputs, mask), labels)

    image_curves[kind] = optimise(model, loss, sizes.image_steps, description=f"{kind} iGPT")
    painters[kind] = model
plots.plot_losses(image_curves, "Training loss on pixels", "nats per asked pixel")

# %% [markdown]
# Give the causal model the upper half of a picture it has not seen, and let it paint the lower half, twice:


# %%
backwards_only = attention_mask("causal", SIDE * SIDE)


def paint(ids: Tensor) -> Tensor:
    n = ids.shape[1]
    return painters["causal"](ids, backwards_only[:n, :n])[..., :COLORS]  # a mask is no colour


upper = test_sequences[: sizes.pictures, : SIDE * SIDE // 2]
completed = [generate(paint, upper, SIDE * SIDE // 2, sampler(), SIDE * SIDE) for _ in range(2)]
plots.plot_completions(test_sequences[: sizes.pictures], completed, colors, SIDE)

# %% [markdown]
# And what has the model learned about pictures on the way? Average the features of each layer over the 64 positions and ask a linear probe for the class, one of ten.


# %%
image_masks = {"causal": attention_mask("causal", SIDE * SIDE), "masked": attention_mask("full", SIDE * SIDE)}


@torch.no_grad()
def layer_probes(model: Transformer, kind: str) -> list[float]:
    mask = image_masks[kind]

    def features(found: Tensor) -> list[Tensor]:
        parts = [[state.mean(dim=1) for state in model.hidden(rows, mask)] for rows in found.split(500)]
        return [torch.cat(layer) for layer in zip(*parts, strict=True)]

    layers = zip(features(sequences), features(test_sequences), strict=True)
    return [probe_accuracy(a, photos.train_labels, b, photos.test_labels) for a, b in layers]


probes = {kind: layer_probes(model, kind) for kind, model in painters.items()}
for kind, found in probes.items():
    lab.record(f"probe on pixels, best layer, {kind}", max(found))
lab.claim("features beat averaged colours", max(probes["causal"]) > probes["causal"][0] + 0.03)
plots.plot_layers(probes)

# %% [markdown]
# **What to see.** Causal and masked features alike beat the mean colours they start from (23% of ten classes; chance is 10%), and deeper blocks know more. For the causal model the last
# block is the best, for the masked one it is about level with the block before: four blocks trained for minutes are no deep model, so look at your own table before you repeat what is known of deep ones. The completions continue colours and horizons, no objects: eight by eight
# pixels and 160 steps are little.
#
# ## 7. ELECTRA: a question at every position
#
# A masked model learns from the chosen tokens only. ELECTRA (Clark et al. 2020) has two networks. A small *generator*, an ordinary masked model, fills the gaps with samples. The *discriminator*, the model one keeps, looks
# at the filled text and says of **every** token whether it is the original. If the generator happens to draw the right token, that token *is* original. The generator is trained by likelihood: no
# gradient goes from the discriminator into it, and could not, since a sample is a whole number.

# %% [markdown] exercise
# ### Exercise 7.1: fill the gaps
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# Draw a token from the generator's distribution at each chosen position, and keep the others. Return the filled text, and which of its tokens differ from the original.
#
# <details><summary>Hint</summary><code>torch.distributions.Categorical(logits=...)</code> draws for all positions at once; <code>multinomial</code> wants two dimensions.</details>


# %% answer id="fill_in"
def fill_in(logits: Tensor, ids: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """The generator's text. logits: (B, T, V). ids: (B, T). chosen: (B, T) bool. Returns filled (B, T), like ids, and replaced (B, T) bool."""
    ### BEGIN SOLUTION
    drawn = torch.distributions.Categorical(logits=logits.detach()).sample()
    filled = torch.where(chosen, drawn, ids)
    return filled, filled != ids
    ### END SOLUTION


# %% check id="fill_in" points=2
check("attention_objectives/fill_in", fill_in)

# %% check id="fill_in" points=1 hidden
check("attention_objectives/fill_in", fill_in)

# %% [markdown] exercise
# ### Exercise 7.2: ELECTRA's loss
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# $$L = \underbrace{-\frac1{|M|}\sum_{t \in M} \log p_G(x_t)}_{\text{generator: chosen positions}} \;+\; \lambda\, \underbrace{\frac1{|R|}\sum_{t \in R} \mathrm{BCE}\big(D_t, [\text{token } t \text{ was replaced}]\big)}_{\text{discriminator: all real positions}}$$
#
# $D_t$ is a logit: large means *replaced*. Padding is asked nothing. At least one token is chosen.
#
# <details><summary>Hint</summary>Both halves are known: a cross-entropy at chosen positions, and <code>binary_cross_entropy_with_logits</code> at real ones.</details>
# <details><summary>Help: inf or nan for a discriminator that is sure</summary>The logarithm of a sigmoid that was rounded to 0. The "with_logits" form never leaves the logits.</details>


# %% answer id="electra_loss"
def electra_loss(
    generator: Tensor,
    discriminator: Tensor,
    ids: Tensor,
    chosen: Tensor,
    filled: Tensor,
    real: Tensor,
    weight: float = 50.0,
) -> Tensor:
    """ELECTRA's objective (Clark et al. 2020, Eq. 1 to 3).

    generator: (B, T, V) logits. discriminator: (B, T) logits of "replaced". ids, filled: (B, T), original and filled text.
    chosen, real: (B, T) bool; real is False at padding, which is never chosen. weight: lambda. Returns a scalar.
    """
    ### BEGIN SOLUTION
    likelihood = F.cross_entropy(generator[chosen], ids[chosen])
    replaced = (filled != ids).to(discriminator.dtype)
    return likelihood + weight * F.binary_cross_entropy_with_logits(discriminator[real], replaced[real])
    ### END SOLUTION


# %% check id="electra_loss" points=2
check("attention_objectives/electra_loss", electra_loss)

# %% check id="electra_loss" points=2 hidden
check("attention_objectives/electra_loss", electra_loss)

# %% [markdown]
# Equal *compute*, not equal steps: generator and discriminator together cost more per step than the masked model of section 3, so they take fewer steps. Which features are better at the
# letter question of section 3?

# %%
full = attention_mask("full", LENGTH)
discriminator = new_model(outputs=1)
torch.manual_seed(seed)
generator = Transformer(VOCABULARY, LENGTH, sizes.width // 2, 1, 4, multi_head, block)
both = torch.nn.ModuleList([generator, discriminator])
cost = {
    "masked": flops_per_token(trained["masked"]),
    "ELECTRA": flops_per_token(generator) + flops_per_token(discriminator),
}
electra_steps = round(sizes.steps * cost["masked"] / cost["ELECTRA"])
everywhere = torch.ones(32, LENGTH, dtype=torch.bool)


def loss() -> Tensor:
    found = windows(train_bytes, 32, LENGTH, lab.generator)
    chosen = torch.rand(found.shape, generator=lab.generator) < 0.3
    logits = generator(torch.where(chosen, MASK, found), full)
    filled, _ = fill_in(logits[..., :MASK], found, chosen)  # a mask is no byte: it is never drawn
    return electra_loss(logits, discriminator(filled, full).squeeze(-1), found, chosen, filled, everywhere)


electra_curve = optimise(both, loss, electra_steps, description="ELECTRA")
contest = {
    "causal": best_probe(trained["causal"], attention_mask("causal", LENGTH)),
    "masked": best_probe(trained["masked"], full),
    "ELECTRA": best_probe(discriminator, full),
    "untrained": best_probe(new_model(), full),
}
for name in ("masked", "ELECTRA", "untrained"):
    lab.record(f"letter probe at equal compute, {name}", max(contest[name]))
print(f"{sizes.steps} steps of the masked model cost as much as {electra_steps} of ELECTRA")
plots.plot_contest(contest)

# %% [markdown]
# **What to see.** At this budget ELECTRA loses, clearly: its features are no better than untrained ones (about 75%; masked 82%, causal 85%). It did not learn to represent anything in these
# few hundred steps, and why is not shown here (bytes instead of words, a short training, settings nobody tuned). A question at every position is not yet a signal at every position: most answers are "original". The paper's gain (GLUE 85.0
# against 82.2 of BERT) is from far longer training. A method's advantage is a statement about a scale, too.
#
# ## 8. SimCSE: dropout is the augmentation
#
# A sentence encoder should map sentences of similar meaning to near vectors. Unsupervised SimCSE (Gao et al. 2021) needs no pairs: encode the *same* sentence twice, with two dropout masks; the two vectors are a positive
# pair, the other sentences of the batch are negatives:
#
# $$L = -\frac1B \sum_i \log \frac{e^{\mathrm{sim}(z_i, z_i')/\tau}}{\sum_j \big(e^{\mathrm{sim}(z_i, z_j')/\tau} + e^{\mathrm{sim}(z_i, h_j)/\tau}\big)}$$
#
# with cosine similarity and, if there are any, *hard negatives* $h_j$ (Eq. 5 of the paper): every $h_j$ competes for every $i$.

# %% [markdown] exercise
# ### Exercise 8.1: two views
# difficulty 2/5 · importance 4/5 · 7 minutes · 2 points
#
# The encoder arrives in evaluation mode. Return two encodings with dropout on, each with masks of its own, and leave the encoder in the mode in which you found it.
#
# <details><summary>Hint</summary>Dropout is on in training mode. Two views need two draws: two calls, or one call on a doubled batch.</details>


# %% answer id="two_views"
def two_views(encoder: torch.nn.Module, batch: Tensor) -> tuple[Tensor, Tensor]:
    """Two encodings of the same batch that differ in their dropout masks. batch: (B, ...). Returns two (B, D), gradients attached."""
    ### BEGIN SOLUTION
    mode = encoder.training
    encoder.train()
    views = encoder(batch), encoder(batch)
    encoder.train(mode)
    return views
    ### END SOLUTION


# %% check id="two_views" points=1
check("attention_objectives/two_views", two_views)

# %% check id="two_views" points=1 hidden
check("attention_objectives/two_views", two_views)

# %% [markdown] exercise
# ### Exercise 8.2: SimCSE's loss
# difficulty 3/5 · importance 5/5 · 10 minutes · 4 points
#
# <details><summary>Hint</summary>A matrix of similarities (B, B), or (B, 2B) with hard negatives; the right answer of row i is column i. The rest is a cross-entropy.</details>
# <details><summary>Help: the loss is a little too small with hard negatives</summary>Each row competes with the hard negatives of <em>all</em> rows, not with its own alone.</details>


# %% answer id="simcse_loss"
def simcse_loss(z: Tensor, other: Tensor, hard: Tensor | None = None, temperature: float = 0.05) -> Tensor:
    """SimCSE's objective (Gao et al. 2021, Eq. 4 and 5). z, other: (B, D), two views. hard: (B, D) or None. Returns a scalar."""
    ### BEGIN SOLUTION
    candidates = other if hard is None else torch.cat([other, hard])
    logits = F.normalize(z, dim=1) @ F.normalize(candidates, dim=1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(z), device=z.device))
    ### END SOLUTION


# %% check id="simcse_loss" points=2
check("attention_objectives/simcse_loss", simcse_loss)

# %% check id="simcse_loss" points=2 hidden
check("attention_objectives/simcse_loss", simcse_loss)

# %% [markdown]
# Start from the embedded BERT, mean over its tokens, with dropout of 10% put in. Before and after: *alignment* of two views and *uniformity* (Wang & Isola 2020; lower is better for both), the singular values of the
# vectors, and a task that was never trained: find the sentence that *follows* in the speech among all others.


# %%
def evaluated(encoder: SentenceEncoder) -> dict[str, float]:
    with torch.no_grad():
        first, second = (encoder(encoder.batch([pair[i] for pair in pairs])) for i in range(2))
        views = two_views(encoder, encoder.batch(normal))
    return {
        "alignment": alignment(*views),
        "uniformity": uniformity(first),
        "neighbour among the nearest 10": retrieval(first, second, 10),
        "largest singular value": spectrum(first)[0].item(),
    }


training_text = [pair[0] for pair in neighbouring_sentences(speeches, "train", 20_000, lab.generator)]


def fine_tuned(dropout: float, hard: bool = False) -> SentenceEncoder:
    torch.manual_seed(seed)
    encoder = SentenceEncoder(masked_lm, dropout)
    g = torch.Generator().manual_seed(seed)

    def loss() -> Tensor:
        texts = [
            training_text[i] for i in torch.randint(len(training_text), (sizes.sentence_batch,), generator=g).tolist()
        ]
        z, other = two_views(encoder, encoder.batch(texts))
        worse = encoder(encoder.batch([scrambled(text, g) for text in texts])) if hard else None
        return simcse_loss(z, other, worse)

    optimise(encoder, loss, sizes.sentence_steps, rate=3e-4, description=f"SimCSE, dropout {dropout}{', hard' * hard}")
    encoder.set_dropout(0.1)  # all are judged under the same dropout
    return encoder


encoders = {
    "BERT as it is": SentenceEncoder(masked_lm, 0.1),
    "SimCSE": fine_tuned(0.1),
    "no dropout": fine_tuned(0.0),
    "hard negatives": fine_tuned(0.1, hard=True),
}
quality = {name: evaluated(encoder) for name, encoder in encoders.items()}
with torch.no_grad():
    spectra = {name: spectrum(encoder(encoder.batch(normal))) for name, encoder in encoders.items()}
    shuffled = [scrambled(text, lab.generator) for text in normal]
    order_blind = {
        name: F.cosine_similarity(e(e.batch(normal)), e(e.batch(shuffled))).mean().item()
        for name, e in encoders.items()
    }
for name, found in quality.items():
    for measure, value in found.items():
        lab.record(f"{measure}, {name}", value)
    lab.record(f"similarity to itself in another order, {name}", order_blind[name])
lab.claim(
    "SimCSE spreads the sentences", quality["SimCSE"]["uniformity"] < quality["BERT as it is"]["uniformity"] - 0.3
)
lab.claim("hard negatives teach word order", order_blind["hard negatives"] < order_blind["SimCSE"] - 0.05)
plots.plot_sentence_encoders(quality, spectra, order_blind)

# %% [markdown]
# **What to see.** SimCSE spreads the sentences: uniformity falls from about -1.4 to -3, and views of a sentence move apart a little (alignment 0.12 to 0.26). And the honest rows: *without* dropout uniformity falls nearly as far, and the
# neighbouring sentence is found hardly more often than before (16% among the nearest 10 of 400; chance is 2.5%). A better uniformity is no better encoder by itself. The singular values, relative to their sum, hardly move. The hard negatives do what they were made for: BERT and SimCSE find a sentence and
# its scrambled version nearly equal (0.95 and 0.89), with hard negatives the similarity is about 0.78, at the price of some uniformity.
#
# ## What this run found

# %%
lab.summary()
