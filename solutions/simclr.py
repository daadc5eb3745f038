# %% [markdown]
# # 1 · SimCLR: learning to see without labels
#
# 175 minutes · 50 points
#
# Take a picture, damage it twice in two different ways, and ask a network: *which of these hundreds of pictures is the other half of this
# one?* Nobody says what is in the picture. To answer, the network has to find out what survives cropping and recolouring, and that turns
# out to be most of what a label would have told it.
#
# **You will be able to**
# - write the NT-Xent loss of SimCLR (Chen et al. 2020) from its definition, fast and numerically safe;
# - say what the temperature, the projection head and each augmentation are for, and show it by an experiment;
# - judge a representation without labels (rank of the positive, alignment, uniformity) and with few (probe, nearest neighbours);
# - recognise the shortcuts a contrastive network takes when it can.
#
# **How to work.** Each exercise has a check. It says what is wrong in words, keeps the numbers, and gives part of the points; the rest is
# decided by hidden tests on other inputs when your notebook is graded. Your functions leave their inputs as they were; similarities,
# losses and measures (sections 2, 3 and 7) also keep float64 and let gradients through.
# Hints are folded; the help texts start from what you see. Run the cells in order. Everything below runs on a laptop CPU without a download; set `profile` to `"gpu"` for the real thing.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": the published setting
seed = 0
dataset = "auto"  # "embedded": 7,000 images that come with the course · "cifar10", "stl10": your copy · "auto": the profile's

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks import check
from course_utils.data import load_images
from course_utils.simclr import (
    PROFILES,
    features,
    few_labels,
    label_efficiency,
    linear_probe,
    pca_2d,
    plots,
    train_simclr,
    train_supervised,
)

# %% locked id="preflight"
lab = start("simclr", profile=profile, seed=seed, dataset=dataset)
sizes = PROFILES[lab.profile]
augment = sizes.simclr.augmentation
data = load_images(sizes.dataset if dataset == "auto" else dataset).subset(sizes.train_images, sizes.test_images)
data

# %% [markdown]
# ## 1. Two views of one picture
#
# SimCLR's labels are free: two random views of one image belong together, views of different images do not. Which views we choose decides
# what the network learns to ignore. A crop removes *where* and *how large*, a flip *left or right*, colour jitter and grayscale *the
# light and the paint*, a blur *the fine texture*.

# %% [markdown] exercise
# ### Exercise 1.1: one coin per image
# difficulty 1/5 · importance 3/5 · 8 minutes · 3 points
#
# Augmentations run on whole batches, but every image must draw its own luck: with one coin for the batch, all images would be gray
# together, and "gray or not" would tell nothing apart.
#
# Write `random_grayscale`. The gray value of a pixel is $0.299\,R + 0.587\,G + 0.114\,B$ (what the eye finds bright), in all three channels.
#
# <details><summary>Hint</summary>Draw `torch.rand(B)` once and compare it with p: that is one yes or no per image.</details>
# <details><summary>Hint 2</summary>Compute the gray version of every image, then choose with <code>torch.where</code>; the yes-or-no needs shape (B, 1, 1, 1).</details>
# <details><summary>Help: I get "share made something else"</summary>Then single pixels, or single channels, toss coins of their own. Look at the shape of your coins.</details>

# %% answer id="random_grayscale"
def random_grayscale(images: Tensor, p: float) -> Tensor:
    """Turn each image gray with probability p, independently of the others.

    images: (B, 3, H, W) in [0, 1]. Returns a new tensor of the same shape.
    """
    ### BEGIN SOLUTION
    luma = torch.tensor([0.299, 0.587, 0.114], device=images.device).view(1, 3, 1, 1)
    gray = (images * luma).sum(dim=1, keepdim=True).expand_as(images)
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < p
    return torch.where(chosen, gray, images)
    ### END SOLUTION

# %% check id="random_grayscale" points=2
check("simclr/random_grayscale", random_grayscale)

# %% check id="random_grayscale" points=1 hidden
check("simclr/random_grayscale", random_grayscale)

# %% [markdown]
# The course's `Augmentation` does the same for all of SimCLR's transformations: a batch goes in, every image draws its own crop, flip and
# colours. Here it leaves the last step, the coin for gray, to yours.

# %%
sample = data.train_images[:10]
view_1, view_2 = (random_grayscale(view, p=0.2) for view in replace(augment, gray=0.0).two_views(sample, lab.generator))
plots.show_views(sample, view_1, view_2)

# %% [markdown]
# **What to see.** Columns are images, the two lower rows their views. You recognise each pair at once: by shape and texture, hardly by
# colour or position. That is the skill the network will have to acquire.
#
# ### A shortcut
#
# Suppose we only cropped. Two crops of a frog are both green, so a network could match them by colour alone and never look at a frog. How far
# would that get it? Let us build the laziest encoder there is: a colour histogram.

# %% [markdown] exercise
# ### Exercise 1.2: the colour histogram
# difficulty 2/5 · importance 3/5 · 10 minutes · 3 points
#
# For each image and each channel, count which share of the pixels falls into each of `bins` equal intervals of $[0, 1]$. Concatenate the
# three channels: red bins first, then green, then blue. A pixel of exactly 1.0 belongs to the last bin.
#
# <details><summary>Hint</summary>The bin of a value v is the whole part of v · bins. Which value ends up one bin too far?</details>
# <details><summary>Hint 2</summary><code>F.one_hot(index, bins)</code> has shape (B, 3, H, W, bins) and whole numbers; as floats, their mean over the pixels is a share.</details>
# <details><summary>Help: my shares add up to 1/3 per channel</summary>Divide by the pixels of one channel, H·W, not by all numbers of the image.</details>

# %% answer id="color_histogram"
def color_histogram(images: Tensor, bins: int = 8) -> Tensor:
    """Share of pixels per intensity bin, channel by channel.

    images: (B, 3, H, W) in [0, 1]. Returns (B, 3 * bins); the bins of one channel add up to 1.
    """
    ### BEGIN SOLUTION
    index = (images * bins).long().clamp(max=bins - 1)
    return F.one_hot(index, bins).float().mean(dim=(2, 3)).flatten(1)
    ### END SOLUTION

# %% check id="color_histogram" points=2
check("simclr/color_histogram", color_histogram)

# %% check id="color_histogram" points=1 hidden
check("simclr/color_histogram", color_histogram)

# %% [markdown]
# Two crops of one picture, and two of another, with their histograms:

# %%
crop_only = replace(augment, color=0.0, gray=0.0)
crops = crop_only(data.train_images[[7, 7, 4, 4]], lab.generator)
histograms = color_histogram(crops, bins=8).view(4, 3, 8)
plots.plot_crop_histograms(crops, histograms, ["one picture", "the same", "another", "the same"])

# %% [markdown]
# Now let the histogram play SimCLR's game. Among 256 images, how often is the most similar histogram that of the other view?

# %%
def partner_found_by_color(augmentation, images: Tensor) -> float:
    """Share of images whose most similar colour histogram among the other views is that of their partner."""
    a, b = (F.normalize(color_histogram(view), dim=1) for view in augmentation.two_views(images, lab.generator))
    return ((a @ b.T).argmax(dim=1) == torch.arange(len(a))).float().mean().item()


crowd = data.train_images[:256]
found = {
    "crop only": partner_found_by_color(crop_only, crowd),
    "crop and colour": partner_found_by_color(augment, crowd),
}
for name, share in found.items():
    lab.record(f"partner_found_by_color, {name}", share)
lab.claim("colour jitter takes most of the colour shortcut away", found["crop only"] > 2 * found["crop and colour"])
plots.plot_scores(
    {name: {"share of images": share} for name, share in found.items()},
    chance=1 / len(crowd),
    title="Partner found among 256 by its colour histogram",
    xlabel="found, %",
)

# %% [markdown]
# **What to see.** With crops alone a histogram, which has never seen a shape, finds the partner many times more often than chance. Colour jitter takes most of
# that away. In the paper neither transformation suffices by itself; crop and colour together stand out (Chen et al. 2020, section 3.1).
# We shall train without each of them in section 10.
#
# ## 2. Similarity
#
# SimCLR compares *directions*: the cosine of two vectors is the dot product of their normalised versions, between -1 and 1.

# %% [markdown] exercise
# ### Exercise 2.1: cosine similarity, all pairs at once
# difficulty 1/5 · importance 5/5 · 6 minutes · 2 points
#
# <details><summary>Hint</summary>Normalise the rows first; then all pairs are one matrix product.</details>
# <details><summary>Help: a vector of zeros gives nan</summary>0/0. <code>F.normalize</code> divides by max(norm, 1e-12); do the same, or use it.</details>

# %% answer id="cosine_similarity"
def cosine_similarity(a: Tensor, b: Tensor) -> Tensor:
    """Cosine of every row of a with every row of b.

    a: (N, D), b: (M, D). Returns (N, M), entries in [-1, 1]; rows of zeros have similarity 0.
    """
    ### BEGIN SOLUTION
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T
    ### END SOLUTION

# %% check id="cosine_similarity" points=1
check("simclr/cosine_similarity", cosine_similarity)

# %% check id="cosine_similarity" points=1 hidden
check("simclr/cosine_similarity", cosine_similarity)

# %% [markdown]
# ## 3. The loss
#
# Stack both views of $N$ images into $2N$ vectors: first all first views, then all second views, so the partner of vector $i$ is
# $i + N$ (or $i - N$). Each vector in turn is the *anchor*. The others are candidates, $2N - 1$ of them: its partner, and $2N - 2$
# vectors of other images. "Which one is my partner?" is a classification problem with $2N-1$ classes, and NT-Xent is its
# cross-entropy, with similarities divided by a temperature $\tau$ as logits (Chen et al. 2020, Eq. 1):
#
# $$\ell_{i,j} = -\log \frac{\exp(s_{ij}/\tau)}{\sum_{k \ne i} \exp(s_{ik}/\tau)}, \qquad
# \mathcal L = \frac{1}{2N} \sum_{i=1}^{2N} \ell_{i,\,\mathrm{partner}(i)} .$$

# %% [markdown] exercise
# ### Exercise 3.1: predict first
# difficulty 2/5 · importance 4/5 · 5 minutes · 1 points
#
# Suppose the network has collapsed: it maps every picture to the same vector. There are $N = 128$ images. What is $\mathcal L$, in nats?
# Write your number before you write any loss.
#
# <details><summary>Hint</summary>All logits are equal, whatever the temperature. What does a uniform guess cost, and among how many candidates?</details>

# %% answer id="collapsed_loss" stub="collapsed_loss = ...  # in nats, for N = 128 images"
collapsed_loss = math.log(2 * 128 - 1)

# %% check id="collapsed_loss" points=1
check("simclr/collapsed_loss", collapsed_loss)

# %% [markdown] exercise
# ### Exercise 3.2: one anchor
# difficulty 2/5 · importance 4/5 · 10 minutes · 3 points
#
# Write $\ell_{i,j}$ for one anchor, word for word as in the formula. Slow is fine; this will be the judge of the fast one.
#
# <details><summary>Hint</summary>Row i of <code>cosine_similarity(z, z) / temperature</code> holds all the logits you need, and one too many.</details>
# <details><summary>Help: 8 equal vectors give 2.0794 and the check says 1.9459</summary>2.0794 = log 8: the anchor counted itself among its candidates.</details>

# %% answer id="nt_xent_pair"
def nt_xent_pair(z: Tensor, i: int, j: int, temperature: float) -> Tensor:
    """The loss of anchor i with partner j (Chen et al. 2020, Eq. 1).

    z: (2N, D), not normalised. i and j: any two different positions. Returns a scalar in nats.
    """
    ### BEGIN SOLUTION
    logits = cosine_similarity(z[i : i + 1], z)[0] / temperature
    candidates = torch.arange(len(z), device=z.device) != i
    return torch.logsumexp(logits[candidates], dim=0) - logits[j]
    ### END SOLUTION

# %% check id="nt_xent_pair" points=2
check("simclr/nt_xent_pair", nt_xent_pair)

# %% check id="nt_xent_pair" points=1 hidden
check("simclr/nt_xent_pair", nt_xent_pair)

# %% [markdown] exercise
# ### Exercise 3.3: NT-Xent, vectorised
# difficulty 3/5 · importance 5/5 · 20 minutes · 6 points
#
# Now all $2N$ anchors at once, by matrix operations, without a loop. It must survive $\tau = 0.005$, keep gradients through **both** views,
# leave its inputs alone, and keep float64 if it is given float64.
#
# <details><summary>Hint</summary>Which entry of each row must never win? Set its logit, not its exponential.</details>
# <details><summary>Hint 2</summary>A row's label is the position of its partner: N, N+1, ..., 2N-1, 0, 1, ..., N-1.</details>
# <details><summary>Pseudocode</summary>z = both views stacked, (2N, D) · logits = all cosines / temperature · diagonal = minus infinity · cross-entropy with the labels of hint 2</details>
# <details><summary>Help: I get 5.5452 and the check says 5.5413</summary>5.5452 = log 256 = log 2N: one candidate too many. Who is comparing itself with itself?</details>
# <details><summary>Help: inf or nan at temperature 0.005</summary>exp(200) does not fit a float32. Let <code>F.cross_entropy</code> or <code>torch.logsumexp</code> take the exponentials; they subtract the largest logit first.</details>

# %% answer id="nt_xent"
def nt_xent(z_i: Tensor, z_j: Tensor, temperature: float = 0.5) -> Tensor:
    """NT-Xent loss of two views (Chen et al. 2020, Eq. 1), averaged over the 2N anchors.

    z_i, z_j: (N, D) embeddings, not normalised; row k of both comes from image k.
    temperature: > 0. Returns a scalar in nats.
    """
    ### BEGIN SOLUTION
    z = torch.cat([z_i, z_j])
    logits = cosine_similarity(z, z) / temperature
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    partner = torch.arange(len(z), device=z.device).roll(len(z_i))
    return F.cross_entropy(logits.masked_fill(itself, -torch.inf), partner)
    ### END SOLUTION

# %% check id="nt_xent" points=3
check("simclr/nt_xent", nt_xent)

# %% check id="nt_xent" points=3 hidden
check("simclr/nt_xent", nt_xent)

# %% [markdown]
# Two independent computations of one number should agree to rounding:

# %%
z_i, z_j = torch.randn(2, 16, 32, generator=lab.generator)
z = torch.cat([z_i, z_j])
slowly = torch.stack([nt_xent_pair(z, i, (i + 16) % 32, 0.2) for i in range(32)]).mean()
print(f"one anchor at a time {slowly:.6f} · vectorised {nt_xent(z_i, z_j, 0.2):.6f}")
print(f"collapsed, N = 128: {nt_xent(torch.ones(128, 8), torch.ones(128, 8)):.4f}, you predicted {collapsed_loss:.4f}")

# %% [markdown]
# ## 4. What the temperature does
#
# The loss of one anchor depends on its similarities $s_k$ alone. Its derivative says which candidates are pushed away, and how hard.

# %% [markdown] exercise
# ### Exercise 4.1: the gradient, by hand
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# For one anchor with candidates' similarities $s_1, \dots, s_K$ (the anchor itself is not among them) and the partner at position
# `positive`, derive $\partial \ell / \partial s_k$ on paper and write it down. No autograd.
#
# <details><summary>Hint</summary>Write the loss as logsumexp(s/τ) - s_positive/τ. The derivative of logsumexp is the softmax.</details>
# <details><summary>Help: my gradient does not add up to zero</summary>It must: adding the same amount to every similarity changes nothing. Only one entry lacks its -1.</details>

# %% answer id="similarity_gradient"
def similarity_gradient(similarities: Tensor, positive: int, temperature: float) -> Tensor:
    """Derivative of one anchor's NT-Xent loss with respect to its similarities (cf. Chen et al. 2020, Table 2).

    similarities: (K,), in [-1, 1]. Returns (K,).
    """
    ### BEGIN SOLUTION
    chosen = F.one_hot(torch.tensor(positive), len(similarities))
    return (torch.softmax(similarities / temperature, dim=0) - chosen) / temperature
    ### END SOLUTION

# %% check id="similarity_gradient" points=2
check("simclr/similarity_gradient", similarity_gradient)

# %% check id="similarity_gradient" points=1 hidden
check("simclr/similarity_gradient", similarity_gradient)

# %%
negatives = torch.linspace(-1, 1, 101)
shares = {}
for temperature in (0.05, 0.1, 0.2, 0.5, 1.0):
    push = similarity_gradient(torch.cat([torch.tensor([0.8]), negatives]), 0, temperature)[1:]
    shares[temperature] = push / push.sum()
plots.plot_temperature(negatives, shares)

# %% [markdown]
# **What to see.** Each curve shows how one anchor's push is shared among its negatives. At $\tau = 1$ the most similar negative gets about 7 times the push of the least similar; at $\tau = 0.05$ nearly all of it falls on the few most similar: the *hard* negatives, some of which
# show the same kind of thing. Of the four temperatures in the paper's Table 5, $\tau = 0.05$ solves the matching game best (90.5% right) with a worse
# representation (59.7% top-1) than $\tau = 0.1$ (87.8% and 64.4%): winning the game is not the goal.
#
# ## 5. Encoder and head
#
# The encoder $f$ turns a picture into features $h = f(x)$, what we are after. The loss sees $z = g(h)$, where $g$ is a small network that is
# thrown away after training. It takes the blow: the loss asks $z$ to forget colour and position, and $h$ need not.

# %% [markdown] exercise
# ### Exercise 5.1: the projection head
# difficulty 1/5 · importance 4/5 · 6 minutes · 2 points
#
# Two `nn.Linear` layers (with biases) and one ReLU between them.
#
# <details><summary>Hint</summary><code>nn.Sequential</code> takes the layers in order.</details>

# %% answer id="projection_head"
def projection_head(dim_in: int, dim_hidden: int, dim_out: int) -> nn.Module:
    """The head g of SimCLR: (B, dim_in) -> (B, dim_out) through one hidden layer of ReLUs (Chen et al. 2020, section 2.1)."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.ReLU(), nn.Linear(dim_hidden, dim_out))
    ### END SOLUTION

# %% check id="projection_head" points=1
check("simclr/projection_head", projection_head)

# %% check id="projection_head" points=1 hidden
check("simclr/projection_head", projection_head)

# %% [markdown]
# ## 6. Training

# %% [markdown] exercise
# ### Exercise 6.1: one training step
# difficulty 2/5 · importance 5/5 · 12 minutes · 4 points
#
# Old gradients away, both views through encoder and head, loss, gradients, step. Return the loss as a plain Python number: a tensor would
# keep the whole graph of this step alive.
#
# It pays to send both views through the encoder **together**, as one batch of $2B$: one large forward pass is faster than two small ones.
#
# <details><summary>Hint</summary>The order is: zero_grad, forward, loss, backward, step.</details>
# <details><summary>Hint 2</summary><code>torch.cat</code> before the encoder, <code>.chunk(2)</code> after the head.</details>

# %% answer id="train_step"
def train_step(encoder, head, optimizer, view_1, view_2, loss_fn, temperature) -> float:
    """One step of SimCLR training on two views, each (B, 3, H, W).

    encoder, head: modules. optimizer: over the parameters of both. loss_fn(z_1, z_2, temperature) -> scalar tensor.
    Returns the loss before the step, as a float.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    z_1, z_2 = head(encoder(torch.cat([view_1, view_2]))).chunk(2)
    loss = loss_fn(z_1, z_2, temperature)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION

# %% check id="train_step" points=2
check("simclr/train_step", train_step)

# %% check id="train_step" points=2 hidden
check("simclr/train_step", train_step)

# %% [markdown]
# The training loop proper (learning-rate schedule, batches, mixed precision where the device gains from it) is in
# `course_utils/simclr/train.py`: about a page, worth reading. It calls *your* `train_step` with *your* `nt_xent`. To watch it learn we first need something to watch.
#
# ## 7. Is it learning? Three signs that need no labels
#
# The loss alone says little: its value depends on $N$ and $\tau$, and a shortcut can lower it. Three quantities are easier to read.

# %% [markdown] exercise
# ### Exercise 7.1: the rank of the positive
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# For each of the $2N$ anchors: at which place does its partner come among the $2N-1$ candidates, sorted from most to least similar? 1 is
# best; guessing gives about $N$ on average.
#
# <details><summary>Hint</summary>No sorting needed: the rank is 1 + the number of candidates more similar than the partner.</details>
# <details><summary>Help: all my ranks are one too large</summary>The anchor itself has similarity 1 and is always ahead of its partner. It is not a candidate.</details>

# %% answer id="positive_rank"
def positive_rank(z_i: Tensor, z_j: Tensor) -> Tensor:
    """Rank of each anchor's partner among the other 2N - 1 vectors, by cosine similarity; 1 is the most similar.

    z_i, z_j: (N, D), not normalised. Returns (2N,) integers: first the anchors of z_i, then those of z_j.
    """
    ### BEGIN SOLUTION
    z = torch.cat([z_i, z_j])
    similarity = cosine_similarity(z, z).fill_diagonal_(-torch.inf)
    everyone = torch.arange(len(z), device=z.device)
    of_partner = similarity[everyone, everyone.roll(len(z_i))]
    return 1 + (similarity > of_partner[:, None]).sum(dim=1)
    ### END SOLUTION

# %% check id="positive_rank" points=2
check("simclr/positive_rank", positive_rank)

# %% check id="positive_rank" points=1 hidden
check("simclr/positive_rank", positive_rank)

# %% [markdown] exercise
# ### Exercise 7.2: alignment and uniformity
# difficulty 2/5 · importance 3/5 · 12 minutes · 4 points
#
# On the unit sphere a good representation does two things (Wang & Isola 2020): partners lie close (*alignment*), and vectors of different
# images spread out (*uniformity*):
#
# $$\text{alignment} = \operatorname*{mean}_k \lVert u_k - v_k \rVert^2, \qquad
# \text{uniformity} = \log \operatorname*{mean}_{k < l} \, e^{-t \lVert u_k - u_l \rVert^2},$$
#
# with normalised vectors $u, v$. Less is better for both; collapse gives perfect alignment and the worst uniformity, 0.
#
# <details><summary>Hint</summary><code>torch.pdist(u)</code> gives the distance of every pair once, without the diagonal.</details>
# <details><summary>Help: uniformity of equal vectors is right, all others are a little too large</summary>Then the pairs (k, k), at distance 0, are in your mean.</details>

# %% answer id="alignment"
def alignment(z_i: Tensor, z_j: Tensor) -> Tensor:
    """Mean squared distance of partners on the unit sphere (Wang & Isola 2020). z_i, z_j: (N, D). Returns a scalar in [0, 4]."""
    ### BEGIN SOLUTION
    return (F.normalize(z_i, dim=1) - F.normalize(z_j, dim=1)).pow(2).sum(dim=1).mean()
    ### END SOLUTION

# %% check id="alignment" points=1
check("simclr/alignment", alignment)

# %% check id="alignment" points=1 hidden
check("simclr/alignment", alignment)

# %% answer id="uniformity"
def uniformity(z: Tensor, t: float = 2.0) -> Tensor:
    """Log of the mean Gaussian potential over pairs of different vectors (Wang & Isola 2020). z: (N, D). Returns a scalar <= 0."""
    ### BEGIN SOLUTION
    return torch.pdist(F.normalize(z, dim=1)).pow(2).mul(-t).exp().mean().log()
    ### END SOLUTION

# %% check id="uniformity" points=1
check("simclr/uniformity", uniformity)

# %% check id="uniformity" points=1 hidden
check("simclr/uniformity", uniformity)

# %% [markdown]
# **Recall** (no points; answer before you look back). An untrained network gives all pictures nearly the same vector. Near which loss, in nats, does
# training begin, with $N = 8$ images in a batch?

# %% recall id="first_loss"
lab.recall("first_loss", math.log(2 * 8 - 1))

# %% [markdown]
# Now train. Every 25 steps we stop and measure the three signs on one fixed batch, two views of each image.

# %%
def simclr_step(encoder, head, optimizer, view_1, view_2, temperature):
    return train_step(encoder, head, optimizer, view_1, view_2, nt_xent, temperature)


monitors = {
    "mean rank of the positive": lambda z_i, z_j: positive_rank(z_i, z_j).float().mean(),
    "alignment": alignment,
    "uniformity": lambda z_i, z_j: uniformity(torch.cat([z_i, z_j])),
}
torch.manual_seed(seed)
encoder = sizes.encoder()
head = projection_head(encoder.dim, sizes.head_hidden, sizes.head_dim)
history = train_simclr(
    encoder, head, data.pretraining_images, simclr_step, sizes.simclr, seed=seed, device=lab.device, monitors=monitors
)
ranks = [rank for _, rank in history.monitors["mean rank of the positive"]]
lab.record("last loss", history.losses[-1], unit="nats")
lab.record("rank of the positive, first", ranks[0])
lab.record("rank of the positive, last", ranks[-1])
lab.record("training speed", history.images_per_second, unit="images/s")
lab.claim("training brings the positive forward", ranks[-1] < ranks[0] / 2, f"mean rank {ranks[0]:.1f} -> {ranks[-1]:.1f}")
plots.plot_training(history)

# %% [markdown]
# **What to see.** The loss starts near $\log(2N-1)$, what collapse costs, and the other curves say why: an untrained network *is* nearly
# collapsed, perfectly aligned (0) and not uniform at all (0). Then the vectors spread, partners drift apart a little on the way, and the partner
# still comes forward in the ranking: what counts is to be closer than the others.
#
# ## 8. What did it learn?
#
# Freeze the encoder and ask how much a very simple classifier can read from its features. Two such classifiers are standard: nearest
# neighbours and a linear probe.

# %% [markdown] exercise
# ### Exercise 8.1: nearest neighbours
# difficulty 3/5 · importance 4/5 · 12 minutes · 3 points
#
# For each query, take the `k` vectors of the bank with the largest cosine similarity. Each votes for its label with weight
# $\exp(s / \tau)$, so that a close neighbour outvotes a far one; the label with the largest sum wins.
#
# <details><summary>Hint</summary><code>similarity.topk(k, dim=1)</code> gives the values and the positions at once.</details>
# <details><summary>Hint 2</summary>Add up votes with <code>torch.zeros(M, num_classes).scatter_add_(1, labels_of_neighbours, weights)</code>.</details>

# %% answer id="knn_predict"
def knn_predict(
    bank: Tensor, bank_labels: Tensor, queries: Tensor, k: int, num_classes: int, temperature: float = 0.1
) -> Tensor:
    """Weighted k-nearest-neighbour prediction by cosine similarity (Wu et al. 2018).

    bank: (N, D), bank_labels: (N,) integers, queries: (M, D). Returns (M,) predicted labels.
    """
    ### BEGIN SOLUTION
    similarity, nearest = cosine_similarity(queries, bank).topk(k, dim=1)
    weights = (similarity / temperature).exp()
    votes = torch.zeros(len(queries), num_classes, dtype=weights.dtype, device=weights.device)
    return votes.scatter_add_(1, bank_labels[nearest], weights).argmax(dim=1)
    ### END SOLUTION

# %% check id="knn_predict" points=2
check("simclr/knn_predict", knn_predict)

# %% check id="knn_predict" points=1 hidden
check("simclr/knn_predict", knn_predict)

# %% [markdown] exercise
# ### Exercise 8.2: scale the features, without peeking
# difficulty 2/5 · importance 4/5 · 8 minutes · 2 points
#
# A linear probe is regularised, so features should have one scale: mean 0, standard deviation 1 (the population's, dividing by $N$). Test
# images were not there when we chose the scale.
#
# <details><summary>Hint</summary>Whose mean and standard deviation may you use for the test rows?</details>
# <details><summary>Help: a constant feature gives nan</summary>Its standard deviation is 0. Divide by at least <code>eps</code>.</details>

# %% answer id="standardize"
def standardize(train: Tensor, test: Tensor, eps: float = 1e-6) -> tuple[Tensor, Tensor]:
    """Both sets, each feature scaled to mean 0 and standard deviation 1 on the training rows. train: (N, D), test: (M, D)."""
    ### BEGIN SOLUTION
    mean = train.mean(dim=0)
    std = train.std(dim=0, unbiased=False).clamp(min=eps)
    return (train - mean) / std, (test - mean) / std
    ### END SOLUTION

# %% check id="standardize" points=1
check("simclr/standardize", standardize)

# %% check id="standardize" points=1 hidden
check("simclr/standardize", standardize)

# %% [markdown]
# **Recall** (no points; answer before you look back). The loss was computed on $z = g(h)$. Why do we read from $h$ all the same?
#
# - **a**: $h$ has more dimensions than $z$.
# - **b**: the loss asks $z$ to forget what differs between two views, and a label may need it.
# - **c**: $h$ is what the loss brings close for two views of one picture.

# %% recall id="head"
lab.recall("head", "b")

# %% [markdown]
# The question is never "how good", it is "better than what". Four things to beat: the raw pixels; the same network untrained; the same network trained
# from scratch *with* all labels; and, inside SimCLR, the head's output $z$.

# %%
def embed(encoder) -> tuple[Tensor, Tensor]:
    """Features h of the training and the test images: (N, dim), (M, dim)."""
    return features(encoder, data.train_images, lab.device), features(encoder, data.test_images, lab.device)


train_h, test_h = embed(encoder)

# %%
def judge(train_x: Tensor, test_x: Tensor) -> dict[str, float]:
    """Test accuracy of both classifiers on frozen features."""
    train_x, test_x = standardize(train_x.flatten(1).float(), test_x.flatten(1).float())
    predicted = knn_predict(train_x, data.train_labels, test_x, k=20, num_classes=len(data.classes))
    return {
        "linear probe": linear_probe(train_x, data.train_labels, test_x, data.test_labels).accuracy,
        "20-NN": (predicted == data.test_labels).float().mean().item(),
    }


scores = {"raw pixels": judge(data.train_images, data.test_images)}
torch.manual_seed(seed)
scores["untrained network"] = judge(*embed(sizes.encoder()))
scores["SimCLR, h"] = judge(train_h, test_h)
scores["SimCLR, z = g(h)"] = judge(*(features(head, h, lab.device) for h in (train_h, test_h)))
torch.manual_seed(seed)
supervised = sizes.encoder()
train_supervised(supervised, data.train_images, data.train_labels, sizes.supervised, seed=seed, device=lab.device)
scores["supervised from scratch"] = judge(*embed(supervised))

for name, score in scores.items():
    lab.record(f"linear probe, {name}", score["linear probe"], headline=name == "SimCLR, h")
    lab.record(f"20-NN, {name}", score["20-NN"])
for rival in ("raw pixels", "untrained network"):
    for how in ("linear probe", "20-NN"):
        ours, theirs = scores["SimCLR, h"][how], scores[rival][how]
        lab.claim(f"SimCLR beats the {rival}, {how}", ours > theirs + 0.03, f"{ours:.3f} against {theirs:.3f}")
plots.plot_scores(scores, chance=1 / len(data.classes))

# %% [markdown]
# **What to see.** SimCLR's features, made without a single label, beat the pixels and the untrained network clearly, with both classifiers. The
# untrained network is far above chance, which is why it belongs in every such table. $h$ does at least as well as $z$ (in
# the paper, on ImageNet, better by more than 10 points). With all labels, and on this few images, training
# with them still wins; longer training, larger networks and more unlabelled pictures can narrow that gap.
#
# Numbers are one thing; look at what the network thinks is similar. (Blue frame: same class as the query.)

# %%
shown = torch.arange(0, len(test_h), len(test_h) // 6)[:6]
nearest = cosine_similarity(test_h[shown], train_h).topk(8, dim=1).indices
plots.plot_neighbours(
    data.test_images[shown], data.train_images[nearest], data.test_labels[shown], data.train_labels[nearest], data.classes
)

# %%
plots.plot_map(pca_2d(standardize(train_h, test_h)[1]), data.test_labels, data.classes)

# %% [markdown]
# **What to see.** Neighbours share scene and silhouette: something over water, an animal among leaves. The mistakes are mostly of that kind. On the map, the
# two directions in which $h$ varies most, vehicles lean to one side and animals to the other, though no label was ever used; the rest of the
# difference is in the dimensions a flat map cannot show.
#
# ## 9. Few labels
#
# Unlabelled pictures are cheap, labels are not. How many labels per class do the probe on $h$ and a probe on pixels need?

# %%
counts = lab.pick(smoke=(1, 5), quick=(1, 2, 5, 10, 20, 50, 100), gpu=(1, 5, 10, 50, 100, 500))
curves = {}
for name, (train_x, test_x) in {
    "SimCLR, h": standardize(train_h, test_h),
    "raw pixels": standardize(data.train_images.flatten(1).float(), data.test_images.flatten(1).float()),
}.items():
    curves[name] = label_efficiency(train_x, data.train_labels, test_x, data.test_labels, counts, draws=3, seed=seed)
means = {name: {n: sum(found) / len(found) for n, found in curve.items()} for name, curve in curves.items()}
lab.claim(
    "at every number of labels h beats the pixels",
    all(means["SimCLR, h"][n] > means["raw pixels"][n] for n in counts),
    f"{counts[-1]} a class: {means['SimCLR, h'][counts[-1]]:.3f} against {means['raw pixels'][counts[-1]]:.3f}",
)
plots.plot_label_curve(curves)

# %% [markdown]
# **What to see.** At every number of labels the curve of $h$ is above that of the pixels. In a published run (STL-10, ResNet-18, UvA deep learning
# tutorial 17), a probe on SimCLR features with 50 labels per class reaches 77.2%, the same network trained from scratch with all 500 labels
# per class 73.3%.
#
# The cheapest way to use unlabelled pictures *after* training is to label them with the probe itself, where it is sure: pseudo-labels.

# %% [markdown] exercise
# ### Exercise 9.1: pseudo-labels
# difficulty 2/5 · importance 3/5 · 8 minutes · 2 points
#
# Keep the rows whose largest class probability is at least `threshold`; their label is the most probable class.
#
# <details><summary>Hint</summary>Logits are not probabilities. <code>softmax(dim=1).max(dim=1)</code> gives value and position.</details>

# %% answer id="pseudo_labels"
def pseudo_labels(logits: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Rows the classifier is sure about, and what it says of them.

    logits: (N, C). Returns (K,) indices of the rows in increasing order, and (K,) labels; K may be 0.
    """
    ### BEGIN SOLUTION
    confidence, label = logits.softmax(dim=1).max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze(1)
    return sure, label[sure]
    ### END SOLUTION

# %% check id="pseudo_labels" points=1
check("simclr/pseudo_labels", pseudo_labels)

# %% check id="pseudo_labels" points=1 hidden
check("simclr/pseudo_labels", pseudo_labels)

# %%
train_x, test_x = standardize(train_h, test_h)
labelled = few_labels(data.train_labels, 10, torch.Generator().manual_seed(seed))
x, y = train_x[labelled], data.train_labels[labelled]
teacher = linear_probe(x, y, test_x, data.test_labels)
sure, guess = pseudo_labels(teacher.logits(train_x), threshold=0.8)
student = linear_probe(torch.cat([x, train_x[sure]]), torch.cat([y, guess]), test_x, data.test_labels)
right = (guess == data.train_labels[sure]).float().sum()
print(f"{len(y)} labels; of {len(sure)} pseudo-labels {right:.0f} are right")
print(f"test accuracy: labels only {teacher.accuracy:.3f}, with pseudo-labels {student.accuracy:.3f}")

# %% [markdown]
# **What to see.** Pseudo-labels are right more often than the probe is on average, but not right enough for a miracle: a probe that learns from its own
# confident mistakes keeps them. They help when classes are well separated, and hurt when they are not. (On ImageNet with 1% of the labels:
# pseudo-labels alone 51.6% top-5, SimCLR 75.5%, same ResNet-50; Chen et al. 2020, Table 7.)
#
# ## 10. Take something away
#
# Which part of the recipe carries the result? Predict the order before you run: no colour jitter, no crop, a high temperature, no head.

# %% [markdown]
# **Recall** (no points; answer before you look back). A colour histogram could find the other crop of the same picture. Which augmentation took most of
# that away?
#
# - **a**: the crop
# - **b**: the flip
# - **c**: the colour jitter
# - **d**: the blur

# %% recall id="shortcut"
lab.recall("shortcut", "c")

# %%
def ablation(name: str, use_head: bool = True, temperature: float = sizes.ablation.temperature, **switches) -> tuple[float, float]:
    """Train a new network on a changed recipe; returns its last loss and its 20-NN accuracy."""
    changed = replace(sizes.ablation, temperature=temperature, augmentation=replace(augment, **switches))
    torch.manual_seed(seed)
    encoder = sizes.small_encoder()
    head = projection_head(encoder.dim, sizes.head_hidden, sizes.head_dim) if use_head else nn.Identity()
    run = train_simclr(
        encoder, head, data.pretraining_images, simclr_step, changed, seed=seed, device=lab.device, description=name
    )
    return sum(run.losses[-10:]) / len(run.losses[-10:]), judge(*embed(encoder))["20-NN"]


ablations = {
    "full recipe": ablation("full recipe"),
    "no colour": ablation("no colour", color=0.0, gray=0.0),
    "no crop": ablation("no crop", crop=False),
    "temperature 1": ablation("temperature 1", temperature=1.0),
    "no head": ablation("no head", use_head=False),
}
for name, (_, accuracy) in ablations.items():
    lab.record(f"20-NN, ablation {name}", accuracy)
(full_loss, full), (colorless_loss, colorless), (_, cropless) = (
    ablations[name] for name in ("full recipe", "no colour", "no crop")
)
lab.claim("without colour the features are worse", colorless < full - 0.02, f"{colorless:.3f} against {full:.3f}")
lab.claim("without crop the features are worse", cropless < full - 0.02, f"{cropless:.3f} against {full:.3f}")
lab.claim("without colour the LOSS is lower", colorless_loss < full_loss, f"{colorless_loss:.2f} < {full_loss:.2f}")
plots.plot_ablation(ablations)

# %% [markdown]
# **What to see.** Without colour jitter the loss is *lower* and the features are *worse*: the network found the histogram. The loss of a contrastive
# task measures how easy we made the task. (These runs are shorter than the one above and, in "quick", of a smaller network: compare them with each other only.)
#
# Batch size is the other famous knob: more images, more negatives. In the paper larger batches help most when training is short, and the
# gap shrinks with more epochs (Figure 9). Set `batch_size` in the recipe and see.

# %% [markdown] exercise
# ### Exercise 10.1: what an augmentation assumes (written)
# difficulty 3/5 · importance 5/5 · 10 minutes · 3 points
#
# Each augmentation says: *this difference does not matter*. The features then lose it, whether the task needs it or not. You are to pretrain with the recipe of this
# notebook (crop, flip, colour jitter, gray) for three tasks. For each: which augmentation destroys what the task needs, why does the loss not warn you, and what would you do instead?
#
# 1. Ripe and unripe tomatoes on a conveyor belt.
# 2. Handwritten digits, 0 to 9. (The flip is left to right.)
# 3. Counting the people in photographs of public squares.
#
# <details><summary>Hint</summary>For each task, two pictures that have different labels. Which transformation turns one into the other?</details>
# <details><summary>Hint 2</summary>The loss is low if partners are found. What does a network that has lost the difference still know about them?</details>

# %% [markdown] manual id="assumptions" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. Colour jitter and gray: ripeness *is* the colour, and two views of one tomato with different hues are declared the same. Leave out hue and gray, keep brightness and
#    contrast (the lamp over the belt), and fight the colour shortcut by stronger crops or by pairs of pictures of the same tomato.
# 2. The flip: a mirrored digit is no digit, and two digits can look alike in a mirror (2 and 5, written angularly). Leave it out; small shifts, rotations and changes of
#    stroke width are what does not matter here. Hard crops hurt too: the upper loop of an 8 is a 0, and of a 9 as well.
# 3. The crop: it removes people, and both crops are declared to hold the same number. Use views that keep the whole square (colour, flip, blur, small shifts), or another task than matching.
#
# The loss does not warn in any of them. It is low as soon as partners can be told from other pictures, and for that the remaining
# differences (background, texture, position on the belt) are enough. It falls, if anything, because the task got easier. Only a few labels show it: a probe or nearest neighbours with and
# without the augmentation.
#
# **An answer worth 1 point.** "1 colour, 2 flip, 3 crop. Leave them out." What is destroyed is named; neither why, nor what else to do, nor how anybody would notice.
#
# **Rubric.**
#
# - 1 point: for all three tasks, the transformation that destroys what the label depends on, and two pictures or a reason that shows it.
# - 1 point: why the loss does not warn: it measures how well partners are told from others, not whether the task's difference is kept.
# - 1 point: for each task something sensible in its place, and a way to notice with few labels (a probe or neighbours, with and without).
#
# Other transformations count if the reason is good (a crop that cuts digits). Half points are fine.
# ### END SOLUTION

# %% [markdown] exercise
# ### Exercise 10.2: two runs, two losses (written)
# difficulty 3/5 · importance 5/5 · 12 minutes · 3 points
#
# A colleague reports: "Both runs train the same network on the same pictures with $N = 256$. Run A, temperature 0.5, ends with a loss of 4.35. Run B, temperature 0.1,
# ends with 0.90. So B has learned far more, and we continue with B."
#
# 1. What would each loss be if all embeddings were equal, and what if partners were equal and everything else at right angles? Which of the two runs is nearer to that?
# 2. Does *that* tell you which features are better? Why, or why not?
# 3. Describe the comparison that you would believe: what is measured, on which pictures, what is kept equal.
#
# <details><summary>Hint</summary>Exercise 3.1 for equal embeddings. At right angles: cosine 1 for the partner, 0 for the other 510.</details>

# %% [markdown] manual id="two_losses" points=3
# ### BEGIN SOLUTION
# **A full answer.**
#
# 1. All equal: $\log 511 = 6.24$, at both temperatures. Partners equal, the rest at right angles: $\log(1 + 510\,e^{-1/\tau})$, that is $4.25$ for A and $0.02$ for B.
#    A is 0.10 above it, B 0.88: by this measure A has solved its task, and B has not, though B's number is smaller. Losses at different temperatures have different scales.
# 2. No. Near the optimum of *its* task means that partners are found, and how good features that gives depends on what the task demands: without colour jitter the loss is lower and
#    the features are worse. The temperature changes the task as well (it decides which negatives count).
# 3. Freeze both encoders; $h$ of the same labelled pictures; the same probe (or 20 nearest neighbours), scaled by the training pictures and chosen without a look at the test pictures; accuracy on
#    pictures that neither training nor probe has seen. Equal: network, data, augmentations, steps and batch, and the effort that went into tuning each; several seeds, and the spread printed
#    beside the difference. An untrained network and pixels as the floor.
#
# **An answer worth 1 point.** "The losses cannot be compared, because the temperature differs. One should use a linear probe." True, without a number, and without what makes the comparison fair.
#
# **Rubric.**
#
# - 1 point: 6.24 for both; 4.25 and 0.02; A is the nearer one.
# - 1 point: being near the optimum of a task says nothing about the features; with the example of the colours, or another reason why the task differs.
# - 1 point: frozen features, a probe or neighbours on held-out labelled pictures, and at least two things that must be equal or repeated (seeds, steps, tuning, scaling without a peek).
# ### END SOLUTION

# %% [markdown]
# ## 11. Beyond
#
# **Do we need negatives?** BYOL and SimSiam train without any. Then what keeps all pictures from getting the same vector? A small predictor $p$ on one
# side, and a gradient that is stopped on the other.

# %% [markdown] exercise
# ### Exercise 11.1: SimSiam
# difficulty 3/5 · importance 3/5 · 12 minutes · 3 points
#
# With predictions $p_i, p_j$ and targets $z_i, z_j$ (Chen & He 2021): $\mathcal L = -\tfrac12 \cos(p_i, \mathrm{sg}(z_j)) - \tfrac12 \cos(p_j, \mathrm{sg}(z_i))$,
# averaged over the batch. $\mathrm{sg}$ stops the gradient: its argument counts as a constant.
#
# <details><summary>Hint</summary><code>z.detach()</code> is the same numbers without a history.</details>

# %% answer id="simsiam_loss"
def simsiam_loss(p_i: Tensor, p_j: Tensor, z_i: Tensor, z_j: Tensor) -> Tensor:
    """SimSiam's symmetric negative cosine similarity with stopped gradients (Chen & He 2021, Eq. 4). All (N, D). Returns a scalar."""
    ### BEGIN SOLUTION
    first = F.cosine_similarity(p_i, z_j.detach(), dim=1).mean()
    second = F.cosine_similarity(p_j, z_i.detach(), dim=1).mean()
    return -(first + second) / 2
    ### END SOLUTION

# %% check id="simsiam_loss" points=2
check("simclr/simsiam_loss", simsiam_loss)

# %% check id="simsiam_loss" points=1 hidden
check("simclr/simsiam_loss", simsiam_loss)

# %% [markdown]
# Collapse is easy to measure: for unit vectors in $d$ dimensions that spread in all directions the standard deviation of each coordinate is about
# $1/\sqrt d$; for one repeated vector it is 0. Train for a moment with the stop-gradient and without it:

# %%
def simsiam_spread(loss_fn, steps: int, width: int = 64) -> list[float]:
    """Standard deviation of the normalised z's coordinates, times sqrt(width), at each step of a short training."""
    torch.manual_seed(seed)
    backbone = sizes.small_encoder()
    backbone = nn.Sequential(backbone, nn.Linear(backbone.dim, width), nn.BatchNorm1d(width)).to(lab.device)
    predictor = nn.Sequential(nn.Linear(width, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, width)).to(lab.device)
    optimizer = torch.optim.SGD([*backbone.parameters(), *predictor.parameters()], lr=0.4, momentum=0.9)
    draw = torch.Generator().manual_seed(seed)
    spread = []
    for _ in range(steps):
        batch = data.train_images[torch.randint(len(data.train_images), (64,), generator=draw)]
        z = backbone(torch.cat(augment.two_views(batch, draw)).to(lab.device))
        loss = loss_fn(*predictor(z).chunk(2), *z.chunk(2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        spread.append(F.normalize(z.detach(), dim=1).std(dim=0).mean().item() * math.sqrt(width))
    return spread


def without_stop(p_i: Tensor, p_j: Tensor, z_i: Tensor, z_j: Tensor) -> Tensor:
    return -(F.cosine_similarity(p_i, z_j, dim=1).mean() + F.cosine_similarity(p_j, z_i, dim=1).mean()) / 2


steps = lab.pick(smoke=3, quick=60, gpu=500)
spreads = {"with stop-gradient": simsiam_spread(simsiam_loss, steps), "without": simsiam_spread(without_stop, steps)}
last = {name: spread[-1] for name, spread in spreads.items()}
lab.claim(
    "without the stop-gradient z collapses",
    last["without"] < 0.6 * last["with stop-gradient"],
    f"spread {last['without']:.2f} against {last['with stop-gradient']:.2f}",
)
plots.plot_lines(spreads, xlabel="step", ylabel="spread of z (1: all directions, 0: collapse)", title="What the stop-gradient prevents")

# %% [markdown]
# **Where this goes.**
# - **MoCo** keeps a long queue of old vectors as negatives, so their number no longer depends on the batch; a slowly moving copy of the encoder keeps
#   old and new vectors comparable.
# - **SimCSE** does this lecture's trick on sentences: the two views are the same sentence under two dropout masks.
# - **MAE** drops the comparison altogether: hide most patches of a picture and predict their pixels. Nearest neighbours
#   are not its strength.
# - The next notebook, **InfoNCE**, asks what the loss you wrote is in terms of probability, and how much the number of negatives can ever tell.
#
# ## What this run found

# %%
lab.summary()
