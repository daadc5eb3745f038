# %% [markdown]
# # 1 · SimCLR: learning to see without labels
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
# decided by hidden tests on other inputs when your notebook is graded. Hints are folded; the help texts start from what you see.
# Run the cells in order. Everything below runs on a laptop CPU without a download; set `profile` to `"gpu"` for the real thing.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": the published setting
seed = 0
dataset = "embedded"  # 7,000 images that come with the course · "cifar10" and "stl10" read a local copy (see `course doctor`)

# %% locked id="imports"
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks import check
from course_utils.data import load_images
from course_utils.session import start
from course_utils.simclr import (
    PROFILES,
    Augmentation,
    features,
    label_efficiency,
    linear_probe,
    pca_2d,
    plots,
    train_simclr,
    train_supervised,
)

# %% locked id="preflight"
lab = start("simclr", profile=profile, seed=seed, dataset=dataset)
recipe = PROFILES[lab.profile]
data = load_images(dataset)
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
# colours. Yours is the last step here.

# %%
augment = Augmentation(**recipe.augmentation)
no_gray = Augmentation(**recipe.augmentation | {"gray": 0.0})
sample = data.train_images[:8]
view_1, view_2 = (random_grayscale(view, p=0.2) for view in no_gray.two_views(sample, lab.generator))
plots.show_views(sample, view_1, view_2);

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
# <details><summary>Hint 2</summary><code>F.one_hot(index, bins)</code> has shape (B, 3, H, W, bins); a mean over the pixels turns it into shares.</details>
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
# Now let the histogram play SimCLR's game. Among 256 images, how often is the most similar histogram that of the other view?

# %%
crop_only = Augmentation(**recipe.augmentation | {"color": 0.0, "gray": 0.0})
crowd = data.train_images[:256]


def histogram_finds_partner(augmentation: Augmentation) -> float:
    a, b = (F.normalize(color_histogram(view), dim=1) for view in augmentation.two_views(crowd, lab.generator))
    return ((a @ b.T).argmax(dim=1) == torch.arange(len(a))).float().mean().item()


cheat = {"crop only": histogram_finds_partner(crop_only), "crop and colour": histogram_finds_partner(augment)}
plots.plot_shares(cheat, chance=1 / len(crowd), ylabel="partner found by colour alone", title="The colour shortcut");
lab.record("histogram_crop_only", cheat["crop only"])
lab.record("histogram_crop_and_color", cheat["crop and colour"])
lab.claim("colour jitter takes the colour shortcut away", cheat["crop only"] > 2 * cheat["crop and colour"])

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

    z: (2N, D), not normalised. i != j. Returns a scalar in nats.
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
    """Derivative of one anchor's NT-Xent loss with respect to its similarities (Chen et al. 2020, Table 2).

    similarities: (K,), in [-1, 1]. Returns (K,).
    """
    ### BEGIN SOLUTION
    gradient = torch.softmax(similarities / temperature, dim=0)
    gradient[positive] -= 1
    return gradient / temperature
    ### END SOLUTION

# %% check id="similarity_gradient" points=2
check("simclr/similarity_gradient", similarity_gradient)

# %% check id="similarity_gradient" points=1 hidden
check("simclr/similarity_gradient", similarity_gradient)

# %%
negatives = torch.linspace(-1, 1, 101)
similarities = torch.cat([torch.tensor([0.8]), negatives])
pushes = {
    temperature: similarity_gradient(similarities, 0, temperature)[1:]
    for temperature in (0.05, 0.1, 0.2, 0.5, 1.0)
}
plots.plot_temperature(negatives, {t: push / push.sum() for t, push in pushes.items()});

# %% [markdown]
# **What to see.** Each curve shows how one anchor's push is shared among its negatives. At $\tau = 1$ all are pushed alike; at $\tau = 0.05$ nearly all of it falls on the few most similar: the *hard* negatives, some of which
# show the same kind of thing. In the paper, $\tau = 0.05$ solves the matching game best (90.5% right) with a worse representation (59.7% top-1)
# than $\tau = 0.1$ (87.8% and 64.4%): winning the game is not the goal (Table 5).
#
# ## 5. Encoder and head
#
# The encoder $f$ turns a picture into features $h = f(x)$, what we are after. The loss sees $z = g(h)$, where $g$ is a small network that is
# thrown away after training. It takes the blow: the loss asks $z$ to forget colour and position, and $h$ need not.

# %% [markdown] exercise
# ### Exercise 5.1: the projection head
# difficulty 1/5 · importance 4/5 · 6 minutes · 2 points
#
# Two linear layers (with biases) and one ReLU between them.
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
# Now train. Every so often we stop and look at 256 test images, two views each.

# %%
watched = data.test_images[:256].to(lab.device)
watched_views = augment.two_views(watched, torch.Generator(lab.device).manual_seed(1))


def watch(encoder, head) -> dict[str, float]:
    u, v = (head(features(encoder, view)) for view in watched_views)
    return {
        "rank of the positive": positive_rank(u, v).float().mean().item(),
        "alignment": alignment(u, v).item(),
        "uniformity": uniformity(torch.cat([u, v])).item(),
    }


torch.manual_seed(seed)
encoder = recipe.encoder()
head = projection_head(encoder.dim, recipe.hidden, recipe.dim)
untrained = features(encoder, data.test_images, lab.device)
history = train_simclr(
    encoder, head, data.pretraining_images, step=train_step, loss_fn=nt_xent, augment=augment, recipe=recipe, seed=seed, device=lab.device, watch=watch
)
plots.plot_training(history, floor=math.log(2 * recipe.batch_size - 1));

# %%
ranks = [seen["rank of the positive"] for seen in history.watched]
print(f"rank of the positive among {2 * len(watched) - 1}: {ranks[0]:.1f} before, {ranks[-1]:.1f} after training")
lab.record("loss_last", history.last_loss)
lab.record("rank_before", ranks[0])
lab.record("rank_after", ranks[-1])
lab.claim("training brings the positive forward", ranks[-1] < ranks[0] / 2, f"{ranks[-1]:.1f} < {ranks[0]:.1f} / 2")

# %% [markdown]
# **What to see.** The loss falls from near $\log(2N-1)$, the value you predicted for collapse. The partner's rank
# climbs to the front; uniformity falls as the vectors spread.
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
# The question is never "how good", it is "better than what". Four things to beat: the raw pixels; the same network untrained; the same network trained *with*
# all labels from scratch, on the same number of steps; and, inside SimCLR, the head's output $z$.

# %%
train_y, test_y = data.train_labels, data.test_labels


def judge(train_x: Tensor, test_x: Tensor) -> dict[str, float]:
    """Test accuracy of both classifiers on frozen features."""
    train_x, test_x = train_x.flatten(1).float().cpu(), test_x.flatten(1).float().cpu()
    predicted = knn_predict(train_x, train_y, test_x, k=min(20, len(train_x)), num_classes=len(data.classes))
    scaled_train, scaled_test = standardize(train_x, test_x)
    return {
        "linear probe": linear_probe(scaled_train, train_y, scaled_test, test_y),
        "20-NN": (predicted == test_y).float().mean().item(),
    }


def judge_encoder(encoder) -> dict[str, float]:
    return judge(features(encoder, data.train_images, lab.device), features(encoder, data.test_images, lab.device))


torch.manual_seed(seed)
random_encoder = recipe.encoder()
supervised = recipe.encoder()
train_supervised(supervised, data.train_images, train_y, num_classes=len(data.classes), recipe=recipe, seed=seed, device=lab.device)
train_h, test_h = (features(encoder, images, lab.device) for images in (data.train_images, data.test_images))
with torch.no_grad():
    train_z, test_z = head(train_h), head(test_h)

scores = {
    "raw pixels": judge(data.train_images, data.test_images),
    "untrained network": judge_encoder(random_encoder),
    "SimCLR, h": judge(train_h, test_h),
    "SimCLR, z = g(h)": judge(train_z, test_z),
    "supervised from scratch": judge_encoder(supervised),
}
plots.plot_scores(scores, chance=1 / len(data.classes));

# %%
for name, score in scores.items():
    print(f"{name:<26} linear probe {score['linear probe']:.3f} · 20-NN {score['20-NN']:.3f}")
simclr, pixels, untrained_score = (scores[name] for name in ("SimCLR, h", "raw pixels", "untrained network"))
lab.record("linear_probe", simclr["linear probe"], headline=True)
lab.record("knn", simclr["20-NN"])
lab.record("linear_probe_pixels", pixels["linear probe"])
lab.record("linear_probe_untrained", untrained_score["linear probe"])
lab.record("linear_probe_supervised", scores["supervised from scratch"]["linear probe"])
for other, theirs in {"raw pixels": pixels, "an untrained network": untrained_score}.items():
    for metric in ("linear probe", "20-NN"):
        lab.claim(f"SimCLR beats {other} ({metric})", simclr[metric] > theirs[metric] + 0.03, f"{simclr[metric]:.3f} against {theirs[metric]:.3f}")

# %% [markdown]
# **What to see.** SimCLR's features, made without a single label, beat the pixels and the untrained network clearly, with both classifiers. (An untrained
# convolutional network is *worse* than pixels for a linear probe, and still far better than chance: always include it.)
#
# Numbers are one thing; look at what the network thinks is similar.

# %%
shown = torch.arange(0, len(test_y), max(1, len(test_y) // 6))[:6]
nearest = cosine_similarity(test_h[shown], train_h).topk(6, dim=1).indices
plots.plot_neighbours(data.test_images[shown], data.train_images[nearest]);

# %%
plots.plot_map(pca_2d(test_h), test_y, data.classes);

# %% [markdown]
# **What to see.** Neighbours share shape and scene more than colour; the mistakes (a cat for a dog, a ship for an aeroplane) are sensible ones. On the map of the two
# main directions of $h$, vehicles and animals separate though no label was ever used.
#
# ## 9. Few labels
#
# Unlabelled pictures are cheap, labels are not. How many labels per class do the probe on $h$ and a probe on pixels need?

# %%
few = lab.pick(smoke=(1, 5), quick=(1, 2, 5, 10, 20, 50, 100), gpu=(1, 2, 5, 10, 20, 50, 100, 500))
curves = {
    name: label_efficiency(*standardize(train_x.flatten(1).float(), test_x.flatten(1).float()), train_y, test_y, per_class=few, draws=lab.pick(smoke=1, quick=3, gpu=5), seed=seed)
    for name, train_x, test_x in (
        ("SimCLR, h", train_h.cpu(), test_h.cpu()),
        ("raw pixels", data.train_images, data.test_images),
    )
}
plots.plot_label_curve(curves, chance=1 / len(data.classes));

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
from course_utils.simclr import fit_probe, labelled_subset

per_class = lab.pick(smoke=5, quick=10, gpu=10)
scaled_train, scaled_test = standardize(train_h.cpu(), test_h.cpu())
labelled = labelled_subset(train_y, per_class, torch.Generator().manual_seed(seed))
probe = fit_probe(scaled_train[labelled], train_y[labelled], len(data.classes))
sure, guessed = pseudo_labels(probe(scaled_train), threshold=0.8)
bolder = fit_probe(torch.cat([scaled_train[labelled], scaled_train[sure]]), torch.cat([train_y[labelled], guessed]), len(data.classes))
accuracy = {name: (p(scaled_test).argmax(1) == test_y).float().mean().item() for name, p in (("labels only", probe), ("with pseudo-labels", bolder))}
right = (guessed == train_y[sure]).float().mean().item() if len(sure) else float("nan")
print(f"{len(labelled)} labels, {len(sure)} pseudo-labels of which {right:.0%} are right")
print(" · ".join(f"{name} {value:.3f}" for name, value in accuracy.items()))

# %% [markdown]
# **What to see.** Pseudo-labels are right more often than the probe is on average, but not right enough for a miracle: a probe that learns from its own
# confident mistakes keeps them. They help when classes are well separated, and hurt when they are not. (On ImageNet with 1% of the labels:
# pseudo-labels alone 51.6% top-5, SimCLR 75.5%, same ResNet-50; Chen et al. 2020, Table 7.)
#
# ## 10. Take something away
#
# Which part of the recipe carries the result? Predict the order before you run: no colour jitter, no crop, a high temperature, no head.

# %%
def variant(without: dict, temperature: float, use_head: bool = True) -> tuple[dict[str, float], float]:
    torch.manual_seed(seed)
    trained = recipe.encoder()
    top = projection_head(trained.dim, recipe.hidden, recipe.dim) if use_head else nn.Identity()
    changed = Augmentation(**recipe.augmentation | without)
    run = train_simclr(
        trained, top, data.pretraining_images, step=train_step, loss_fn=nt_xent, augment=changed, recipe=recipe.ablation(temperature), seed=seed, device=lab.device
    )
    return judge_encoder(trained), run.last_loss


ablations = {
    "full recipe": variant({}, recipe.temperature),
    "no colour": variant({"color": 0.0, "gray": 0.0}, recipe.temperature),
    "no crop": variant({"crop": False}, recipe.temperature),
    "temperature 1": variant({}, 1.0),
    "no head": variant({}, recipe.temperature, use_head=False),
}
plots.plot_ablation({name: score for name, (score, _) in ablations.items()}, chance=1 / len(data.classes));

# %%
for name, (score, loss) in ablations.items():
    print(f"{name:<16} linear probe {score['linear probe']:.3f} · 20-NN {score['20-NN']:.3f} · last loss {loss:.2f}")
    lab.record(f"ablation_{name.replace(' ', '_')}", score["linear probe"])
whole = ablations["full recipe"]
for name in ("no colour", "no crop"):
    lab.claim(f"{name} is worse than the full recipe", ablations[name][0]["linear probe"] < whole[0]["linear probe"] - 0.02)
lab.claim("no colour has the LOWER loss: the shortcut", ablations["no colour"][1] < whole[1])

# %% [markdown]
# **What to see.** Without colour jitter the loss is *lower* and the features are *worse*: the network found the histogram. The loss of a contrastive
# task measures how easy we made the task. (These runs are shorter than the one above, so compare them with each other only.)
#
# Batch size is the other famous knob: more images, more negatives. In the paper larger batches help most when training is short, and the
# gap shrinks with more epochs (Figure 9). Set `batch_size` in the recipe and see.
#
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
def simsiam_spread(loss_fn, steps: int) -> list[float]:
    """Mean standard deviation of the coordinates of the normalised z, times sqrt(d), during a short training."""
    torch.manual_seed(seed)
    dim = 64
    backbone = nn.Sequential(recipe.encoder(), nn.LazyLinear(dim), nn.BatchNorm1d(dim, affine=False)).to(lab.device)
    predictor = nn.Sequential(nn.Linear(dim, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, dim)).to(lab.device)
    draw = torch.Generator().manual_seed(seed)
    spread = []
    for step in range(steps):
        batch = data.train_images[torch.randint(len(data.train_images), (128,), generator=draw)].to(lab.device)
        z = backbone(torch.cat(augment.two_views(batch)))
        if step == 0:
            optimizer = torch.optim.SGD([*backbone.parameters(), *predictor.parameters()], lr=0.05, momentum=0.9)
        loss = loss_fn(*predictor(z).chunk(2), *z.chunk(2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        spread.append(F.normalize(z.detach(), dim=1).std(dim=0).mean().item() * math.sqrt(dim))
    return spread


def without_stop(p_i: Tensor, p_j: Tensor, z_i: Tensor, z_j: Tensor) -> Tensor:
    return -(F.cosine_similarity(p_i, z_j, dim=1).mean() + F.cosine_similarity(p_j, z_i, dim=1).mean()) / 2


steps = lab.pick(smoke=3, quick=60, gpu=500)
spreads = {"with stop-gradient": simsiam_spread(simsiam_loss, steps), "without": simsiam_spread(without_stop, steps)}
plots.plot_lines(spreads, xlabel="step", ylabel="spread of z (1 = all directions, 0 = collapse)", title="SimSiam with and without its stop-gradient");

# %% [markdown]
# **Where this goes.**
# - **MoCo** keeps a queue of 65,536 old vectors as negatives, so their number no longer depends on the batch; a slowly moving copy of the encoder keeps
#   old and new vectors comparable.
# - **SimCSE** does this lecture's trick on sentences: the two views are the same sentence under two dropout masks.
# - **MAE** drops the comparison altogether: hide most patches of a picture and predict their pixels. It shines after fine-tuning, less with nearest
#   neighbours.
# - The next notebook, **InfoNCE**, asks what the loss you wrote is in terms of probability, and how much the number of negatives can ever tell.
#
# ## What you have now

# %%
print(f"linear probe {simclr['linear probe']:.3f} (pixels {pixels['linear probe']:.3f}) · rank {ranks[0]:.0f} -> {ranks[-1]:.1f} · {data.name}, profile {lab.profile}")
