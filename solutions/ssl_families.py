# %% [markdown]
# # 5 · Five families of self-supervision, one budget
#
# 169 minutes · 58 points
#
# SimCLR compares views. It is one of many ways to make a task out of nothing but pictures. Here you build five families: tasks made
# up by hand (rotations, jigsaws), a queue of negatives (MoCo), a teacher that is the student's own past (BYOL, DINO), clusters as labels
# (DeepCluster, SwAV) and masked images (MAE). All of them get the same pictures and the same number of floating-point operations.
#
# Every family has its own way to cheat: a constant vector, one cluster, a watermark in the corner. The loss often does not tell. What you
# will keep from this notebook is a picture: for each family a healthy and a broken training, side by side, with the number that would have warned.
#
# **You will be able to**
# - write the rule at the heart of each family from its definition, with the gradient stopped where it must be;
# - say what prevents collapse in each, and show it by taking that part away;
# - name the diagnostic to log beside each loss, and read it without labels;
# - compare families at equal compute, with a spread over seeds, and say honestly which wins.
#
# **How to work.** Each exercise has a check. It says what is wrong in words, keeps the numbers, and gives part of the points; the rest is
# decided by hidden tests on other inputs when your notebook is graded. Your functions leave their inputs as they were, except
# where an exercise asks to change them; losses and measures keep float64. Hints are folded; the help texts start from what you see.
# Run the cells in order. Everything below runs on a laptop CPU without a download; set `profile` to `"gpu"` for ResNet-18 on all of CIFAR-10.

# %% parameters
profile = "quick"  # "smoke": seconds, to see that it runs · "quick": minutes on a CPU · "gpu": the published setting
seed = 0
dataset = "auto"  # "embedded": 7,000 images that come with the course · "cifar10": your copy · "auto": the profile's

# %% locked id="imports"
from course_utils.session import start  # first: it prepares torch for shared machines

import itertools
import math
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks import check
from course_utils.data import load_images
from course_utils.ssl_families import (
    BYOL,
    DINO,
    MAE,
    PROFILES,
    MoCo,
    PatchEncoder,
    Rotation,
    Staleness,
    SwAV,
    best_seconds,
    count_flops,
    features,
    jigsaw,
    nmi,
    plots,
    pretrain,
    recorded,
    worth,
)

# %% locked id="preflight"
lab = start("ssl_families", profile=profile, seed=seed, dataset=dataset)
sizes = PROFILES[lab.profile]
data = load_images(sizes.dataset if dataset == "auto" else dataset).subset(sizes.train_images, sizes.test_images)
data

# %% [markdown]
# ## 1. Tasks made up by hand
#
# The first idea of self-supervision is to damage a picture in a known way and to ask what was done. The answer is a free label. To see
# which way up a picture is, a network has to know something about what stands and what flies.

# %% [markdown] exercise
# ### Exercise 1.1: four quarter turns
# difficulty 1/5 · importance 3/5 · 5 minutes · 2 points
#
# RotNet (Gidaris et al. 2018) trains on every image in all four orientations. Write `rotate_batch`: first the batch as it is (label 0),
# then the whole batch turned by 90° counter-clockwise (label 1), by 180° (2) and by 270° (3).
#
# <details><summary>Hint</summary><code>torch.rot90</code> turns any two dimensions; which two are height and width here?</details>
# <details><summary>Hint 2</summary>The labels are 0, 0, ..., 1, 1, ...: <code>repeat_interleave</code>.</details>
# <details><summary>Help: turns 1 and 3 are exchanged</summary>The order of <code>dims</code> decides the direction. Counter-clockwise: the right edge becomes the top.</details>

# %% answer id="rotate_batch"
def rotate_batch(images: Tensor) -> tuple[Tensor, Tensor]:
    """Every image in four orientations (Gidaris et al. 2018).

    images: (B, C, H, H). Returns (4B, C, H, H): all by 0, then all by 90, 180 and 270 degrees counter-clockwise; and int64 labels (4B,).
    """
    ### BEGIN SOLUTION
    turned = torch.cat([torch.rot90(images, quarter, dims=(2, 3)) for quarter in range(4)])
    return turned, torch.arange(4, device=images.device).repeat_interleave(len(images))
    ### END SOLUTION

# %% check id="rotate_batch" points=1
check("ssl_families/rotate_batch", rotate_batch)

# %% check id="rotate_batch" points=1 hidden
check("ssl_families/rotate_batch", rotate_batch)

# %% [markdown] exercise
# ### Exercise 1.2: a jigsaw's answers
# difficulty 3/5 · importance 2/5 · 10 minutes · 3 points
#
# A jigsaw task cuts the image into pieces, shuffles them and asks: which shuffle was it? Nine pieces have 362,880 orders, and many of them differ
# by one swap, which nobody can see. Noroozi & Favaro (2016) therefore choose a small set of orders that are far apart. The distance of two
# orders is the number of places where they differ (Hamming).
#
# Build the set greedily. The first order is $0, 1, \dots, n-1$. Each next one has the largest *sum* of distances to all that were chosen
# before, and was not chosen yet; among equals take the first in lexicographic order.
#
# <details><summary>Hint</summary><code>itertools.permutations(range(n))</code> gives all orders, in lexicographic order. Keep a running sum of distances for all of them.</details>
# <details><summary>Hint 2</summary>After each choice, add one comparison: where does every order differ from the one just chosen? A chosen order must never win again.</details>
# <details><summary>Help: an order occurs twice</summary>Its own distance is 0, but its distance to the others may still be the largest sum. Set its sum to -1 for good.</details>

# %% answer id="permutation_set"
def permutation_set(pieces: int, count: int) -> Tensor:
    """`count` orders of 0, ..., pieces - 1 that are far apart: greedy by the sum of Hamming distances (Noroozi & Favaro 2016).

    count <= pieces!. Returns (count, pieces), int64; the first row is the identity.
    """
    ### BEGIN SOLUTION
    orders = torch.tensor(list(itertools.permutations(range(pieces))), dtype=torch.int64)
    total = torch.zeros(len(orders), dtype=torch.int64)
    chosen = [0]
    while len(chosen) < count:
        total += (orders != orders[chosen[-1]]).sum(dim=1)
        total[chosen[-1]] = -(len(orders) ** 2)  # never again
        chosen.append(int(total.argmax()))
    return orders[chosen]
    ### END SOLUTION

# %% check id="permutation_set" points=2
check("ssl_families/permutation_set", permutation_set)

# %% check id="permutation_set" points=1 hidden
check("ssl_families/permutation_set", permutation_set)

# %% [markdown]
# ### The shortcut
#
# Does one have to know what a frog is to put a frog together? Cut each image into 2 x 2 pieces, shuffle them, and try a solver that has learned nothing: of all
# 24 orders it takes the one whose *seams* match best, the mean difference between pixels that would become neighbours. Then leave a gap
# between the pieces, as Noroozi & Favaro and Doersch et al. (2015) do. **Predict first:** how often is the solver right, with and without a gap? Chance is 1 in 24.

# %%
orders = permutation_set(4, 24)
puzzles = data.test_images[: sizes.puzzles]
solved = {gap: jigsaw.solve_by_seams(puzzles, orders, gap=gap, generator=lab.generator) for gap in (0, 2, 4, 8)}
for gap, share in solved.items():
    lab.record(f"jigsaw solved by its seams, gap {gap}", share)
lab.claim(
    "a gap takes most of the seams' shortcut away",
    solved[0] > 0.5 and solved[8] < solved[0] / 2,
    f"{solved[0]:.2f} without a gap, {solved[8]:.2f} with 8 pixels",
)
plots.plot_jigsaw(puzzles[:4], orders[[0, 5, 11, 17]], solved, chance=1 / 24)

# %% [markdown]
# **What to see.** Without a gap, matching edges solves most puzzles: a network would find this long before it finds frogs. A gap takes the
# shared edge away, and most of the advantage with it; what is left is colour that runs on across the gap. Doersch et al. (2015) found a subtler leak: the lens bends
# colours outwards, so a patch betrays where in the picture it was cut. They dropped colour channels to remove it.
#
# The rotation task has shortcuts too. Suppose the camera stamps every photograph with a small date in the lower right corner. Train
# three times: on clean pictures with random crops; on stamped pictures as they are; on stamped pictures with random crops, which often cut the stamp away.

# %%
def train(name: str, family, recipe=sizes.recipe, images: Tensor = data.pretraining_images, monitor=None):
    """Pretrain a family on the budget; returns its record and what its frozen features are worth (nearest neighbours and probe)."""
    history = pretrain(family, images, recipe, seed=seed, device=lab.device, monitor=monitor, description=name)
    return history, judge(family.encoder)


def judge(encoder: nn.Module):
    """Test accuracies of a nearest-neighbour classifier and of a linear probe on frozen features."""
    train_h, test_h = (features(encoder, images, lab.device) for images in (data.train_images, data.test_images))
    return worth(train_h, data.train_labels, test_h, data.test_labels, k=sizes.neighbours)


def new_encoder() -> nn.Module:
    """The same untrained network for every family."""
    torch.manual_seed(seed)
    return sizes.encoder()


untrained = judge(new_encoder())
families, healthy, broken = {}, {}, {}  # by name: the trained family, its (record, worth), and those of its failures

upright = Rotation(new_encoder(), rotate_batch)
healthy["rotation"] = train("rotation", upright)
families["rotation"] = upright
stamped = jigsaw.stamp(data.pretraining_images)
leaking = Rotation(new_encoder(), rotate_batch)
leaking.augmentation = replace(leaking.augmentation, scale=(1.0, 1.0), flip=0.0)
broken["rotation"] = train("rotation, stamped", leaking, sizes.broken, stamped)
mending = Rotation(new_encoder(), rotate_batch)
mending.augmentation = replace(mending.augmentation, scale=(0.1, 0.5))
mended = train("rotation, stamped and cropped", mending, sizes.broken, stamped)

# %%
shown = {
    "clean": healthy["rotation"],
    "stamped": broken["rotation"],
    "stamped, small crops": mended,
    "untrained": (None, untrained),
}
(leak, leaked), (_, better) = broken["rotation"], mended
lab.record("pretext accuracy, stamped", leak.last("pretext accuracy"))
lab.claim(
    "the stamp solves the rotation task and teaches nothing",
    leak.last("pretext accuracy") > 0.95 and leaked.knn < untrained.knn + 0.02,
    f"rotation found {leak.last('pretext accuracy'):.2f}, 20-NN {leaked.knn:.3f}; untrained {untrained.knn:.3f}",
)
lab.claim("small crops mend it", better.knn > leaked.knn + 0.02, f"20-NN {better.knn:.3f} against {leaked.knn:.3f}")
plots.plot_shortcut(stamped[:12], shown)

# %% [markdown]
# **What to see.** With the stamp the task is solved perfectly within a few dozen steps, and the loss looks better than any other in this notebook. The features
# are no better than those of an untrained network: who can read the date need not look at the picture. Small crops, which mostly cut the stamp away, make the task *harder* and the
# features better. A pretext accuracy near 100% is not a success but a question: what does the network look at?
#
# ## 2. MoCo: more negatives than the batch can hold
#
# In SimCLR the negatives are the other images of the batch, so many negatives need a large batch. MoCo (He et al. 2020) keeps the vectors of earlier batches
# in a *queue*. They were computed by older weights; if those weights change fast, the queue is a mixture of incomparable vectors. So the keys
# come from a second network, the *teacher* (MoCo says momentum encoder), which follows the student slowly:
#
# $$\theta_\text{teacher} \leftarrow m\,\theta_\text{teacher} + (1-m)\,\theta_\text{student}.$$

# %% [markdown] exercise
# ### Exercise 2.1: the momentum update
# difficulty 2/5 · importance 5/5 · 8 minutes · 3 points
#
# Update the teacher *in place*, so that everything which holds it sees the change. No gradient, and the student stays as it is. Parameters
# follow the rule above. Buffers are no weights: the running means of batch norm and its counter of batches are *copied*, so that the teacher
# has the student's newest statistics.
#
# <details><summary>Hint</summary><code>module.parameters()</code> and <code>module.buffers()</code> come in the same order for both networks.</details>
# <details><summary>Hint 2</summary>Under <code>torch.no_grad()</code>, <code>p.mul_(m).add_(...)</code> and <code>b.copy_(...)</code> change a tensor in place.</details>
# <details><summary>Help: a leaf Variable that requires grad is being used in an in-place operation</summary>The update is bookkeeping, not part of the graph: <code>torch.no_grad()</code>.</details>

# %% answer id="momentum_update"
def momentum_update(teacher: nn.Module, student: nn.Module, m: float) -> nn.Module:
    """Move the teacher's parameters towards the student's, in place, and copy its buffers (He et al. 2020, Eq. 2).

    Both have the same layers; 0 <= m <= 1. Returns the teacher.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
            old.mul_(m).add_(new, alpha=1 - m)
        for old, new in zip(teacher.buffers(), student.buffers(), strict=True):
            old.copy_(new)
    return teacher
    ### END SOLUTION

# %% check id="momentum_update" points=2
check("ssl_families/momentum_update", momentum_update)

# %% check id="momentum_update" points=1 hidden
check("ssl_families/momentum_update", momentum_update)

# %% [markdown] exercise
# ### Exercise 2.2: the queue
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# The queue is a tensor of K rows used as a ring: new keys overwrite the oldest rows, and after the last row comes row 0. Write the keys
# into rows `position`, `position + 1`, ... in place, and return where the next keys will go. A queue is memory, not computation: no gradient
# may flow into it, whatever the keys carry.
#
# <details><summary>Hint</summary>The row of key i is (position + i) modulo K. A tensor can be indexed by a tensor of rows.</details>
# <details><summary>Help: the last keys get lost, or an error about shapes at the end of the ring</summary>A slice does not wrap around: <code>queue[6:10]</code> of 8 rows has two.</details>

# %% answer id="enqueue"
def enqueue(queue: Tensor, position: int, keys: Tensor) -> int:
    """Write keys into the ring, in place, over its oldest rows; returns the next position.

    queue: (K, D); position: row of the oldest entry, 0 <= position < K; keys: (B, D), B <= K, stored as they are.
    """
    ### BEGIN SOLUTION
    rows = (position + torch.arange(len(keys), device=queue.device)) % len(queue)
    queue[rows] = keys.detach()
    return (position + len(keys)) % len(queue)
    ### END SOLUTION

# %% check id="enqueue" points=2
check("ssl_families/enqueue", enqueue)

# %% check id="enqueue" points=1 hidden
check("ssl_families/enqueue", enqueue)

# %% [markdown] exercise
# ### Exercise 2.3: MoCo's loss
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# Row $i$ of `q` is the student's vector of one view, row $i$ of `k` the teacher's vector of the other. Each query has K + 1 candidates: its own key, and
# the K rows of the queue. With cosines and a temperature,
#
# $$\mathcal L = -\frac1B \sum_i \log \frac{\exp(\cos(q_i, k_i)/\tau)}{\exp(\cos(q_i, k_i)/\tau) + \sum_{j=1}^{K} \exp(\cos(q_i, \text{queue}_j)/\tau)} .$$
#
# The keys of the other images in the batch are *not* candidates. Gradients flow into `q` and nowhere else.
#
# <details><summary>Hint</summary>Build logits of shape (B, K + 1) with the positive in column 0. Which class is then the right one, for every row?</details>
# <details><summary>Hint 2</summary>The positives are B numbers, not a B x B matrix: a product of rows, summed.</details>
# <details><summary>Help: gradient reaches argument 2 or 3</summary>The teacher and the queue are constants here: <code>detach</code> them.</details>

# %% answer id="moco_loss"
def moco_loss(q: Tensor, k: Tensor, queue: Tensor, temperature: float = 0.1) -> Tensor:
    """InfoNCE of queries against their keys and a queue of negatives (He et al. 2020, Eq. 1).

    q, k: (B, D), queue: (K, D); none of them needs to be normalised. Returns a scalar in nats, with a gradient for q only.
    """
    ### BEGIN SOLUTION
    q, k, queue = F.normalize(q, dim=1), F.normalize(k.detach(), dim=1), F.normalize(queue.detach(), dim=1)
    positive = (q * k).sum(dim=1, keepdim=True)
    logits = torch.cat([positive, q @ queue.T], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long, device=q.device))
    ### END SOLUTION

# %% check id="moco_loss" points=2
check("ssl_families/moco_loss", moco_loss)

# %% check id="moco_loss" points=2 hidden
check("ssl_families/moco_loss", moco_loss)

# %% [markdown]
# ### Training it
#
# One step of MoCo, in order: queries from the student, keys from the teacher (no gradient), the loss against the queue *as it is*; then the optimizer moves the student, the keys enter the
# queue, and the teacher follows. Were the keys enqueued before the loss, each query would meet its own key as a negative, and the loss could never fall below log 2.
# `course_utils.ssl_families.MoCo` does these steps with your three functions.
#
# **Predict first.** With m = 0 the teacher *is* the student of the last step: always up to date. Why should that be worse? We watch how the key of one
# picture changes: its cosine with the key the same picture had some steps ago, which is what sits in the queue.

# %%
def moco(**changes) -> MoCo:
    """MoCo with your functions; changes replace settings of the profile."""
    return MoCo(new_encoder(), moco_loss, enqueue, momentum_update, **sizes.moco | changes)


watched = data.train_images[:64]
whole = moco()
healthy["MoCo"] = train("MoCo", whole, monitor=Staleness(watched))
families["MoCo"] = whole
broken["MoCo"] = train("MoCo, m = 0", moco(m=0.0), sizes.broken, monitor=Staleness(watched))

# %%
def early(history, age: int) -> float:
    """Mean cosine of keys with those of `age` steps before, over the first part of the training, while the rate is high."""
    values = [value for step, value in history.health.get(f"cosine, age {age}", []) if step <= 120]
    return sum(values) / max(1, len(values))


ages = (1, 2, 4, 8, 16)
watches = {"m = 0.99": healthy["MoCo"][0], "m = 0": broken["MoCo"][0]}
alike = {name: {age: early(run, age) for age in ages} for name, run in watches.items()}
lab.claim(
    "with m = 0 the keys in the queue are stale",
    alike["m = 0"][16] < alike["m = 0.99"][16] - 0.05,
    f"cosine after 16 steps {alike['m = 0'][16]:.2f}, with m = 0.99 {alike['m = 0.99'][16]:.2f}",
)
swept = {m: recorded.accuracies("MoCo", "healthy" if m == 0.99 else f"m={m:g}") for m in (0.0, 0.9, 0.99, 0.999)}
plots.plot_momentum(alike, swept)

# %% [markdown]
# **What to see.** A teacher with m = 0.99 keeps the keys of one picture almost where they were sixteen steps ago, the age of the oldest
# key in this queue; with m = 0 they drift, and queries are compared with vectors of another day. On the right, recorded trainings of three seeds. At
# m = 0 accuracy is 35%, at 0.9 41%, at 0.99 43%, at 0.999 42%: a slow teacher is worth eight points, and how slow matters little.

# %% [markdown]
# ## 3. A teacher without negatives
#
# BYOL (Grill et al. 2020) drops the negatives: the student, through a small *predictor*, predicts the teacher's vector of the other view. All
# pictures could get the same vector at no cost at all. Why that does not happen is subtle (a predictor, a stopped gradient and a slow
# teacher together), and when one of them is missing it does happen.

# %% [markdown] exercise
# ### Exercise 3.1: BYOL's loss
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# With predictions $p$ of the student and targets $z$ of the teacher, for two views (Grill et al. 2020, Eq. 2):
#
# $$\mathcal L = \left\| \frac{p_1}{\|p_1\|} - \frac{z_2}{\|z_2\|} \right\|^2 + \left\| \frac{p_2}{\|p_2\|} - \frac{z_1}{\|z_1\|} \right\|^2,$$
#
# averaged over the batch. The targets are constants.
#
# <details><summary>Hint</summary>For unit vectors the squared distance is 2 - 2 cos.</details>
# <details><summary>Help: half of the expected value</summary>Both directions are added, not averaged; and the squared distance is a sum over dimensions, not a mean.</details>

# %% answer id="byol_loss"
def byol_loss(p_1: Tensor, p_2: Tensor, z_1: Tensor, z_2: Tensor) -> Tensor:
    """BYOL's symmetric loss (Grill et al. 2020, Eq. 2). All (N, D): predictions p, targets z. Returns a scalar in [0, 8]."""
    ### BEGIN SOLUTION
    def one_way(p: Tensor, z: Tensor) -> Tensor:
        return (F.normalize(p, dim=1) - F.normalize(z.detach(), dim=1)).square().sum(dim=1).mean()

    return one_way(p_1, z_2) + one_way(p_2, z_1)
    ### END SOLUTION

# %% check id="byol_loss" points=2
check("ssl_families/byol_loss", byol_loss)

# %% check id="byol_loss" points=1 hidden
check("ssl_families/byol_loss", byol_loss)

# %% [markdown] exercise
# ### Exercise 3.2: a teacher that settles down
# difficulty 1/5 · importance 2/5 · 5 minutes · 2 points
#
# Early on the teacher should follow fast, at the end hardly move: $m = 1 - (1 - m_0)\,\tfrac12\left(\cos(\pi\,\text{step}/\text{steps}) + 1\right)$
# (Grill et al. 2020, section 3.3; DINO has the same).
#
# <details><summary>Hint</summary>At step 0 it is the base, at the last step exactly 1.</details>

# %% answer id="momentum_schedule"
def momentum_schedule(step: int, steps: int, base: float = 0.99) -> float:
    """The teacher's momentum at `step` of `steps`: a cosine from `base` to 1. Returns a plain number."""
    ### BEGIN SOLUTION
    return 1 - (1 - base) * (math.cos(math.pi * step / steps) + 1) / 2
    ### END SOLUTION

# %% check id="momentum_schedule" points=1
check("ssl_families/momentum_schedule", momentum_schedule)

# %% check id="momentum_schedule" points=1 hidden
check("ssl_families/momentum_schedule", momentum_schedule)

# %%
def byol(**changes) -> BYOL:
    """BYOL with your functions; changes replace settings of the profile."""
    return BYOL(new_encoder(), byol_loss, momentum_update, momentum_schedule, **sizes.byol | changes)


whole, without = byol(), byol(predictor=False, m=0.0)
healthy["BYOL"] = train("BYOL", whole)
broken["BYOL"] = train("BYOL, no predictor, no slow teacher", without, sizes.broken)
families["BYOL"], families["BYOL, bare"] = whole, without
(well, _), (bare, _) = healthy["BYOL"], broken["BYOL"]
lab.record("spread of z, BYOL", well.last("spread of z"))
lab.record("spread of z, BYOL without predictor and slow teacher", bare.last("spread of z"), tolerance=0.1)
lab.claim(
    "without predictor and slow teacher BYOL collapses, at a lower loss",
    bare.last("spread of z") < 0.25 * well.last("spread of z") and bare.losses[-1] < 0.2 * well.losses[-1],
    f"spread {bare.last('spread of z'):.2f} against {well.last('spread of z'):.2f}, loss {bare.losses[-1]:.3f} against {well.losses[-1]:.3f}",
)
plots.plot_health([("BYOL", {"predictor, slow teacher": well, "neither": bare}, "spread of z")])

# %% [markdown]
# **What to see.** Without predictor and with m = 0 the loss goes to 0 at once: perfect agreement, because all pictures get the same vector. By the loss alone the
# collapsed run looks far better. The spread of the normalised vectors (1: all directions in use, 0: one) tells them apart within
# fifty steps, without a label.

# %% [markdown]
# ### DINO: classes that nobody named
#
# DINO (Caron et al. 2021) compares distributions instead of vectors. The last layer gives K scores, read as logits of K classes that mean nothing at first; the student
# learns by cross-entropy to agree with the teacher's distribution of the other view. Again a constant answer would do, in two ways:
# always the same class, or always all classes alike. Two tricks lean against each other. *Centring* subtracts from the teacher's scores their running
# mean, so that no class can win everywhere. *Sharpening* divides them by a smaller temperature than the student's, so that no answer stays uniform.

# %% [markdown] exercise
# ### Exercise 3.3: DINO's loss
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# `student` holds the scores of S views, `teacher` those of T ≤ S views; view $i$ of both is the same picture cut out of the image. With
# $P_t = \operatorname{softmax}((\text{teacher}_t - c)/\tau_t)$ and $P_s = \operatorname{softmax}(\text{student}_s/\tau_s)$, take the cross-entropy $-\sum_k P_t^{(k)} \log P_s^{(k)}$ of every pair $(t, s)$ of *different* views, and
# average over images and pairs. The teacher and the centre are constants.
#
# <details><summary>Hint</summary>Use <code>log_softmax</code> for the student. Loop over t and s, skip t == s, count the pairs.</details>
# <details><summary>Hint 2</summary>At K classes and equal scores everywhere the loss is log K, whatever the temperatures.</details>
# <details><summary>Help: the value is too small by a factor</summary>Two views have 2 pairs, not 4: the average is over the pairs that you kept.</details>

# %% answer id="dino_loss"
def dino_loss(
    student: Tensor, teacher: Tensor, center: Tensor, student_temp: float = 0.1, teacher_temp: float = 0.04
) -> Tensor:
    """Cross-entropy between a centred, sharpened teacher and the student, over pairs of different views (Caron et al. 2021, Alg. 1).

    student: (S, N, K), teacher: (T, N, K), T <= S, center: (K,). Returns a scalar in nats, with a gradient for the student only.
    """
    ### BEGIN SOLUTION
    target = ((teacher.detach() - center.detach()) / teacher_temp).softmax(dim=-1)
    log_p = (student / student_temp).log_softmax(dim=-1)
    pairs = [(t, s) for t in range(len(teacher)) for s in range(len(student)) if t != s]
    return sum(-(target[t] * log_p[s]).sum(dim=1).mean() for t, s in pairs) / len(pairs)
    ### END SOLUTION

# %% check id="dino_loss" points=2
check("ssl_families/dino_loss", dino_loss)

# %% check id="dino_loss" points=2 hidden
check("ssl_families/dino_loss", dino_loss)

# %% [markdown] exercise
# ### Exercise 3.4: the centre
# difficulty 1/5 · importance 3/5 · 4 minutes · 2 points
#
# The centre is a running mean of the teacher's raw scores, over views and images: $c \leftarrow \mu\,c + (1-\mu)\,\overline{\text{teacher}}$. Return
# a new tensor; the old centre stays, and nothing carries a gradient. (The loss uses the old centre; the training loop calls this afterwards.)
#
# <details><summary>Hint</summary>One mean over two dimensions leaves K numbers.</details>

# %% answer id="update_center"
def update_center(center: Tensor, teacher: Tensor, momentum: float = 0.9) -> Tensor:
    """The running mean of the teacher's scores (Caron et al. 2021, Eq. 4).

    center: (K,), teacher: (T, N, K). Returns a new (K,) tensor without a gradient.
    """
    ### BEGIN SOLUTION
    return momentum * center.detach() + (1 - momentum) * teacher.detach().mean(dim=(0, 1))
    ### END SOLUTION

# %% check id="update_center" points=1
check("ssl_families/update_center", update_center)

# %% check id="update_center" points=1 hidden
check("ssl_families/update_center", update_center)

# %% [markdown] exercise
# ### Exercise 3.5: two entropies
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# A healthy teacher is sure about each picture and uses many classes. Both are entropies: the *mean of the entropies* of the rows, and the *entropy of
# the mean* row. Their difference is the mutual information of picture and class; it is 0 in both collapses. Write them, in nats, with
# $0 \log 0 = 0$.
#
# **Predict first**, for K classes: which two numbers does a one-hot collapse give, and which the uniform one?
#
# <details><summary>Hint</summary><code>torch.xlogy(p, p)</code> is p log p, and 0 at 0.</details>
# <details><summary>Help: the second number equals the first</summary>The order matters: average the rows first, then take the entropy of that one row.</details>

# %% answer id="two_entropies"
def two_entropies(p: Tensor) -> tuple[Tensor, Tensor]:
    """Mean entropy of the rows, and entropy of the mean row, in nats. p: (N, K), rows that add up to 1. Returns two scalars."""
    ### BEGIN SOLUTION
    mean = p.mean(dim=0)
    return -torch.xlogy(p, p).sum(dim=1).mean(), -torch.xlogy(mean, mean).sum()
    ### END SOLUTION

# %% check id="two_entropies" points=2
check("ssl_families/two_entropies", two_entropies)

# %% check id="two_entropies" points=1 hidden
check("ssl_families/two_entropies", two_entropies)

# %% [markdown]
# **What the training should show.** Healthy: the entropy of one image falls below log K while the entropy of the mean stays high. Without centring both fall: one
# class takes over. Without sharpening both rise to log K. The KL divergence between teacher and student, what is left to learn, goes towards 0 in both collapses (Caron et al. 2021, Figure 7).

# %%
def dino(**changes) -> DINO:
    """DINO with your functions; changes replace settings of the profile."""
    parts = (dino_loss, update_center, momentum_update, momentum_schedule)
    return DINO(new_encoder(), *parts, **sizes.dino | changes)


whole = dino()
healthy["DINO"] = train("DINO", whole)
families["DINO"] = whole
broken["DINO, no centring"] = train("DINO, no centring", dino(centering=False), sizes.broken)
broken["DINO, no sharpening"] = train("DINO, no sharpening", dino(teacher_temp=0.2), sizes.broken)

# %%
most = math.log(families["DINO"].center.numel())
told = {
    "healthy": healthy["DINO"][0],
    "no centring": broken["DINO, no centring"][0],
    "no sharpening": broken["DINO, no sharpening"][0],
}
inside = {name: run.last("entropy of one image") / most for name, run in told.items()}
across = {name: run.last("entropy of the mean") / most for name, run in told.items()}
for name in told:
    lab.record(f"entropy of one image / log K, DINO {name}", inside[name])
    lab.record(f"entropy of the mean / log K, DINO {name}", across[name])
lab.claim(
    "healthy: sure about one image, many classes in use",
    across["healthy"] > 0.75 and inside["healthy"] < across["healthy"] - 0.1,
    f"{inside['healthy']:.2f} and {across['healthy']:.2f} of log K",
)
lab.claim(
    "without centring one class takes over",
    across["no centring"] < 0.3,
    f"entropy of the mean {across['no centring']:.2f} of log K",
)
lab.claim(
    "without sharpening every answer is uniform",
    inside["no sharpening"] > 0.95,
    f"entropy of one image {inside['no sharpening']:.2f} of log K",
)
lab.claim(
    "in both collapses picture and class share less information",
    across["healthy"] - inside["healthy"]
    > 2 * max(across[name] - inside[name] for name in ("no centring", "no sharpening")),
    ", ".join(f"{name} {across[name] - inside[name]:.2f}" for name in told),
)
plots.plot_entropies(told, families["DINO"].center.numel())

# %% [markdown]
# **What to see.** Three trainings, told apart without one label. The collapses end at opposite corners, 0 and log K, and share what matters: the two entropies meet, so the class says
# nothing about the picture. Look at the losses in the last picture of this notebook: of the three, the one-hot collapse has the lowest.

# %% [markdown]
# ## 4. Clusters as labels
#
# If only we had labels... DeepCluster (Caron et al. 2018) makes them: cluster the features, train on the cluster numbers as if they were classes, cluster
# again. What if a cluster loses all its points? It would be a class without examples, and after some rounds all images might be in one.

# %% [markdown] exercise
# ### Exercise 4.1: no cluster stays empty
# difficulty 3/5 · importance 3/5 · 12 minutes · 3 points
#
# Every point belongs to the nearest centroid (Euclidean; of equals the first). Then deal with empty clusters, in the order of their numbers: each takes the one point that
# lies farthest from the centroid it belongs to, among points that would not leave *their* cluster empty. A point that was moved stays where it is.
#
# <details><summary>Hint</summary><code>torch.cdist</code> gives all distances; keep each point's smallest one.</details>
# <details><summary>Hint 2</summary>For each empty cluster: mask out points that are alone in their cluster (<code>torch.bincount</code>), take the <code>argmax</code> of the distances.</details>
# <details><summary>Help: a moved point is taken again</summary>It is alone in its new cluster, so the mask already protects it, if you count anew each time.</details>

# %% answer id="assign"
def assign(x: Tensor, centroids: Tensor) -> Tensor:
    """Cluster of each point, none of them empty. x: (N, D), centroids: (K, D), N >= K. Returns (N,) int64 in 0, ..., K - 1."""
    ### BEGIN SOLUTION
    distance, label = torch.cdist(x, centroids).min(dim=1)
    for cluster in range(len(centroids)):
        size = torch.bincount(label, minlength=len(centroids))
        if size[cluster] == 0:
            movable = torch.where(size[label] > 1, distance, -1.0)
            label[movable.argmax()] = cluster
    return label
    ### END SOLUTION

# %% check id="assign" points=2
check("ssl_families/assign", assign)

# %% check id="assign" points=1 hidden
check("ssl_families/assign", assign)

# %% [markdown]
# Now cluster what MoCo has learned, as DeepCluster would: your `assign`, new centroids, again. The clusters have never seen a label. How much they agree
# with the classes is the *normalised mutual information* (NMI): 0 if they have nothing to do with each other, 1 if they are the same up to names.

# %%
def cluster(h: Tensor, clusters: int = 10, rounds: int = 15) -> Tensor:
    """k-means with your `assign` on features (n, dim), scaled; begins at random points."""
    x = (h - h.mean(0)) / h.std(0).clamp(min=1e-6)
    centroids = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[:clusters]]
    for _ in range(rounds):
        label = assign(x, centroids)
        sums = torch.zeros_like(centroids).index_add_(0, label, x)
        centroids = sums / torch.bincount(label, minlength=clusters)[:, None]
    return label


agreement = {}
for name, encoder in {"untrained": new_encoder(), "MoCo": families["MoCo"].encoder}.items():
    found = cluster(features(encoder, data.test_images, lab.device))
    agreement[name] = nmi(found, data.test_labels)
    lab.record(f"NMI of 10 clusters with the classes, {name}", agreement[name])
lab.claim(
    "clusters of MoCo's features agree better with the classes than those of an untrained network",
    agreement["MoCo"] > agreement["untrained"] + 0.02,
    f"NMI {agreement['MoCo']:.3f} against {agreement['untrained']:.3f}",
)
plots.plot_members([data.test_images[found == c][:14] for c in range(6)], [f"cluster {c}" for c in range(6)])

# %% [markdown]
# **What to see.** Six of the ten clusters of MoCo's features. Each has a theme, more often a scene or a silhouette than a class: skies and water, animals on grass, vehicles from the side. An NMI of
# 0.1 to 0.2 is far from the classes, and more than the untrained network's.

# %% [markdown]
# SwAV (Caron et al. 2020) does the same without stopping: each batch is assigned to *prototypes* on the fly. The scores are the cosines of B vectors with K prototypes. The
# codes $Q$ are those that agree best with the scores while *every prototype gets the same share of the batch*, smoothed by an
# entropy of weight $\epsilon$. The solution has the form $Q = \operatorname{diag}(u)\, e^{\text{scores}/\epsilon} \operatorname{diag}(v)$, and Sinkhorn's algorithm finds it: make the columns right, make the rows right, and again.

# %% [markdown] exercise
# ### Exercise 4.2: Sinkhorn
# difficulty 4/5 · importance 5/5 · 15 minutes · 4 points
#
# Begin with $e^{\text{scores}/\epsilon}$. In each iteration, first scale the columns (prototypes) to equal sums, then the rows (images) to sum 1. After
# the last iteration each row is a distribution. It must survive $\epsilon = 0.001$, where $e^{1/\epsilon}$ is far beyond any float: work with logarithms.
# Codes are targets: no gradient.
#
# <details><summary>Hint</summary>Dividing by a sum is subtracting a <code>logsumexp</code>. Which dimension first?</details>
# <details><summary>Hint 2</summary>To which number the columns are scaled does not matter, only that it is the same for all: the rows are scaled afterwards anyway.</details>
# <details><summary>Help: inf or nan at small epsilon</summary>Take the exponential once, at the very end.</details>

# %% answer id="sinkhorn"
def sinkhorn(scores: Tensor, epsilon: float = 0.05, iterations: int = 3) -> Tensor:
    """Soft codes under which all prototypes are used alike (Caron et al. 2020, Eq. 3; Cuturi 2013).

    scores: (B, K). Returns (B, K) without a gradient: rows sum to 1, columns tend to B / K with more iterations.
    """
    ### BEGIN SOLUTION
    log_q = scores.detach() / epsilon
    for _ in range(iterations):
        log_q = log_q - log_q.logsumexp(dim=0, keepdim=True)
        log_q = log_q - log_q.logsumexp(dim=1, keepdim=True)
    return log_q.exp()
    ### END SOLUTION

# %% check id="sinkhorn" points=2
check("ssl_families/sinkhorn", sinkhorn)

# %% check id="sinkhorn" points=2 hidden
check("ssl_families/sinkhorn", sinkhorn)

# %% [markdown]
# Look at what balance does. 48 images, 12 prototypes, and scores that all like prototype 0 best: the beginning of a collapse.

# %%
tilted = 0.3 * torch.randn(48, 12, generator=lab.generator).clamp(-2, 2)
tilted[:, 0] += 0.4
codes = {"softmax of the scores": (tilted / 0.05).softmax(dim=1), "Sinkhorn, 3 rounds": sinkhorn(tilted, 0.05, 3)}
plots.plot_codes(codes)

# %% [markdown]
# **What to see.** The softmax sends many images to prototype 0. Sinkhorn lets each prototype take about its share, and keeps, under that constraint, the
# images that like it best. A network trained on the left codes makes prototype 0 still stronger; trained on the right ones it cannot.

# %% [markdown] exercise
# ### Exercise 4.3: swapped prediction
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# From the scores of one view, predict the codes of the other: the cross-entropy between codes and $\operatorname{softmax}(\text{scores}/\tau)$, averaged over the batch and over both
# directions (Caron et al. 2020, Eq. 2). The codes are constants.
#
# <details><summary>Hint</summary><code>F.cross_entropy</code> takes distributions as targets too.</details>
# <details><summary>Help: the loss is low at once</summary>You predict the codes of the same view. Swapped is the point.</details>

# %% answer id="swapped_prediction_loss"
def swapped_prediction_loss(
    scores_1: Tensor, scores_2: Tensor, codes_1: Tensor, codes_2: Tensor, temperature: float = 0.1
) -> Tensor:
    """Cross-entropy of each view's prediction with the other view's codes. All (B, K). Returns a scalar in nats."""
    ### BEGIN SOLUTION
    first = F.cross_entropy(scores_1 / temperature, codes_2.detach())
    second = F.cross_entropy(scores_2 / temperature, codes_1.detach())
    return (first + second) / 2
    ### END SOLUTION

# %% check id="swapped_prediction_loss" points=2
check("ssl_families/swapped_prediction_loss", swapped_prediction_loss)

# %% check id="swapped_prediction_loss" points=1 hidden
check("ssl_families/swapped_prediction_loss", swapped_prediction_loss)

# %%
def swav(**changes) -> SwAV:
    """SwAV with your functions; changes replace settings of the profile."""
    return SwAV(new_encoder(), sinkhorn, swapped_prediction_loss, **sizes.swav | changes)


whole, without = swav(), swav(balanced=False)
healthy["SwAV"] = train("SwAV", whole)
broken["SwAV"] = train("SwAV without equal use", without, sizes.broken)
families["SwAV"], families["SwAV, unbalanced"] = whole, without

# %%
landed = {}
for name, key in (("with Sinkhorn", "SwAV"), ("plain softmax", "SwAV, unbalanced")):
    scores = features(families[key].student, data.test_images, lab.device)
    landed[name] = torch.bincount(scores.argmax(dim=1), minlength=scores.shape[1])
    lab.record(f"NMI of the prototypes with the classes, {name}", nmi(scores.argmax(dim=1), data.test_labels))
    lab.record(f"share of the largest cluster, {name}", (landed[name].max() / landed[name].sum()).item())
lab.claim(
    "without equal use everything lands in one cluster",
    landed["plain softmax"].max() > 0.95 * landed["plain softmax"].sum()
    and landed["with Sinkhorn"].max() < 0.3 * landed["with Sinkhorn"].sum(),
    f"largest cluster {landed['plain softmax'].max() / landed['plain softmax'].sum():.0%}"
    f" against {landed['with Sinkhorn'].max() / landed['with Sinkhorn'].sum():.0%}",
)
plots.plot_clusters(landed)

# %% [markdown]
# **What to see.** Without equal use one prototype takes all pictures within a few dozen steps, and the loss is almost 0: the code of every view is known in
# advance. With Sinkhorn the loss stays high, and the clusters mean something. Equal use is not a fact about the world (classes are rarely equally frequent);
# it is what makes the task unsolvable by a constant.
#
# ## 5. Masked images
#
# MAE (He et al. 2022) compares nothing. It hides three quarters of the patches of a picture and asks for their pixels. The encoder, a Transformer,
# sees only the visible quarter; a small decoder gets the encoder's tokens, a mask token for each hidden patch, and all positions.

# %% [markdown] exercise
# ### Exercise 5.1: an image as a sequence
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# Cut images into square patches: row by row from the top left; within a patch pixel by pixel, also row by row, and the channels of a pixel next to each
# other.
#
# <details><summary>Hint</summary>Reshape to (B, C, rows, size, columns, size), put the axes in the order in which the numbers are to be read, reshape again.</details>
# <details><summary>Hint 2</summary>Read order: row of patches, column of patches, row in the patch, column in the patch, channel.</details>
# <details><summary>Help: square images work and others do not</summary>Rows of patches come from the height, columns from the width.</details>

# %% answer id="patchify"
def patchify(images: Tensor, size: int) -> Tensor:
    """Images as sequences of flat patches. images: (B, C, H, W), H and W multiples of size. Returns (B, H/size * W/size, size * size * C)."""
    ### BEGIN SOLUTION
    b, c, h, w = images.shape
    blocks = images.reshape(b, c, h // size, size, w // size, size)
    return blocks.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, size * size * c)
    ### END SOLUTION

# %% check id="patchify" points=2
check("ssl_families/patchify", patchify)

# %% check id="patchify" points=1 hidden
check("ssl_families/patchify", patchify)

# %% [markdown] exercise
# ### Exercise 5.2: and back
# difficulty 2/5 · importance 3/5 · 6 minutes · 2 points
#
# Put the patches of square images together again: `unpatchify(patchify(images, size), size)` is `images`.
#
# <details><summary>Hint</summary>The same axes, in the opposite direction. How many rows of patches has a square image of L patches?</details>

# %% answer id="unpatchify"
def unpatchify(patches: Tensor, size: int) -> Tensor:
    """Square images from their patches. patches: (B, L, size * size * C), L a square number. Returns (B, C, side, side)."""
    ### BEGIN SOLUTION
    rows = math.isqrt(patches.shape[1])
    blocks = patches.reshape(len(patches), rows, rows, size, size, -1)
    return blocks.permute(0, 5, 1, 3, 2, 4).reshape(len(patches), -1, rows * size, rows * size)
    ### END SOLUTION

# %% check id="unpatchify" points=1
check("ssl_families/unpatchify", unpatchify)

# %% check id="unpatchify" points=1 hidden
check("ssl_families/unpatchify", unpatchify)

# %% [markdown] exercise
# ### Exercise 5.3: hide and remember
# difficulty 3/5 · importance 5/5 · 12 minutes · 4 points
#
# `noise` has one random number for each patch: the `keep` patches with the smallest numbers stay, *in the order of their noise*. Return these tokens; a mask that is
# 1 where a patch is hidden and 0 where it is visible, in the order of the image; and `ids_restore`, which says where each patch of the image went: patch $i$ is at place `ids_restore[i]` of the shuffled
# sequence (visible ones first).
#
# <details><summary>Hint</summary><code>noise.argsort(dim=1)</code> says which patch stands at each place of the shuffled sequence. You also need the opposite.</details>
# <details><summary>Hint 2</summary>The inverse of a permutation is its own argsort. A patch is visible if its place is below <code>keep</code>.</details>
# <details><summary>Help: everything is right for two patches and wrong for more</summary>A swap is its own inverse, a longer permutation is not: you return the order instead of its inverse.</details>

# %% answer id="random_masking"
def random_masking(tokens: Tensor, noise: Tensor, keep: int) -> tuple[Tensor, Tensor, Tensor]:
    """Keep the patches of smallest noise (He et al. 2022).

    tokens: (B, L, D), noise: (B, L). Returns visible tokens (B, keep, D), mask (B, L) of the tokens' dtype, ids_restore (B, L) int64.
    """
    ### BEGIN SOLUTION
    order = noise.argsort(dim=1)
    ids_restore = order.argsort(dim=1)
    visible = tokens.gather(1, order[:, :keep, None].expand(-1, -1, tokens.shape[2]))
    return visible, (ids_restore >= keep).to(tokens.dtype), ids_restore
    ### END SOLUTION

# %% check id="random_masking" points=2
check("ssl_families/random_masking", random_masking)

# %% check id="random_masking" points=2 hidden
check("ssl_families/random_masking", random_masking)

# %% [markdown] exercise
# ### Exercise 5.4: the decoder's sequence
# difficulty 3/5 · importance 4/5 · 10 minutes · 3 points
#
# The decoder needs a full sequence in the order of the image: each visible token at its own place, and the same `mask_token` at all others.
#
# <details><summary>Hint</summary>Append mask tokens to the visible ones until there are L, then look up, for each patch of the image, the place where it went.</details>
# <details><summary>Help: tokens stand at wrong places</summary><code>ids_restore</code> is used as it is, in a <code>gather</code>; sorting it again undoes it.</details>

# %% answer id="restore_order"
def restore_order(visible: Tensor, mask_token: Tensor, ids_restore: Tensor) -> Tensor:
    """The full sequence in the order of the image. visible: (B, keep, D), mask_token: (D,), ids_restore: (B, L). Returns (B, L, D)."""
    ### BEGIN SOLUTION
    b, keep, dim = visible.shape
    hidden = mask_token.expand(b, ids_restore.shape[1] - keep, dim)
    return torch.cat([visible, hidden], dim=1).gather(1, ids_restore[:, :, None].expand(-1, -1, dim))
    ### END SOLUTION

# %% check id="restore_order" points=2
check("ssl_families/restore_order", restore_order)

# %% check id="restore_order" points=1 hidden
check("ssl_families/restore_order", restore_order)

# %% [markdown] exercise
# ### Exercise 5.5: MAE's loss
# difficulty 3/5 · importance 5/5 · 10 minutes · 4 points
#
# Squared error, averaged over the pixels of a patch and over the *hidden* patches of the whole batch. With `normalize` each target patch is first brought to mean 0 and
# variance 1 by its own pixels: $(x - \bar x)/\sqrt{s^2 + 10^{-6}}$, with the sample variance $s^2$ (dividing by n - 1). That makes a faint texture count as
# much as a strong edge (He et al. 2022, section 4.1). The target is a constant.
#
# <details><summary>Hint</summary>First an error for each patch, (B, L); then a mean in which visible patches weigh nothing.</details>
# <details><summary>Hint 2</summary>Divide by the number of hidden patches, not by the number of all.</details>
# <details><summary>Help: a patch of one colour gives nan</summary>Its variance is 0; the small number goes inside the root.</details>

# %% answer id="mae_loss"
def mae_loss(predicted: Tensor, target: Tensor, mask: Tensor, normalize: bool = True) -> Tensor:
    """Mean squared error on hidden patches (He et al. 2022).

    predicted, target: (B, L, P); mask: (B, L), 1 = hidden, at least one. Returns a scalar, with a gradient for `predicted` only.
    """
    ### BEGIN SOLUTION
    target = target.detach()
    if normalize:
        mean, variance = target.mean(dim=-1, keepdim=True), target.var(dim=-1, keepdim=True)
        target = (target - mean) / (variance + 1e-6).sqrt()
    error = (predicted - target).square().mean(dim=-1)
    return (error * mask).sum() / mask.sum()
    ### END SOLUTION

# %% check id="mae_loss" points=2
check("ssl_families/mae_loss", mae_loss)

# %% check id="mae_loss" points=2 hidden
check("ssl_families/mae_loss", mae_loss)

# %% [markdown]
# ### Training it
#
# The parts are yours; `course_utils.ssl_families.MAE` puts them together: embed the patches, hide, encode, restore the order, decode, compare. The broken
# variant grades the *visible* patches instead, the classic slip of a mask turned around.

# %%
def mae(**changes) -> MAE:
    """MAE with your functions, on a small Vision Transformer; changes replace settings of the profile."""
    torch.manual_seed(seed)
    encoder = PatchEncoder(patchify, **sizes.vit)
    return MAE(encoder, random_masking, restore_order, mae_loss, **sizes.mae | changes)


untrained_vit = judge(mae().encoder)
whole = mae()
healthy["MAE"] = train("MAE", whole, sizes.mae_recipe)
families["MAE"] = whole
broken["MAE"] = train("MAE, visible patches graded", mae(on_visible=True), replace(sizes.mae_recipe, flops=sizes.broken.flops))
(well, _), (copying, _) = healthy["MAE"], broken["MAE"]
number = "hidden variance explained"
lab.record("hidden variance explained, MAE", well.last(number))
lab.claim(
    "graded on what it sees, MAE learns to copy: a low loss, and hidden patches stay unknown",
    copying.losses[-1] < well.losses[-1] and copying.last(number) < well.last(number) - 0.1,
    f"loss {copying.losses[-1]:.2f} against {well.losses[-1]:.2f}, hidden variance explained {copying.last(number):.2f} against {well.last(number):.2f}",
)

# %% [markdown]
# Reconstructions. The network predicts each patch relative to its own mean and contrast; to draw it we borrow these from the true patch, as the paper's
# figures do. So look at shapes that run on from patch to patch, not at colours.

# %%
model, size = families["MAE"].eval(), families["MAE"].encoder.patch
pictures = data.test_images[10:20].float() / 255
with torch.no_grad():
    predicted, mask = (x.cpu() for x in model.predict(pictures.to(lab.device)))
patches, hidden = patchify(pictures, size), mask[:, :, None]
drawn = predicted * (patches.var(dim=-1, keepdim=True) + 1e-6).sqrt() + patches.mean(dim=-1, keepdim=True)
seen = unpatchify(patches * (1 - hidden) + 0.9 * hidden, size)
filled = unpatchify(patches * (1 - hidden) + drawn * hidden, size)
plots.plot_reconstructions(pictures, seen, filled.clamp(0, 1))

# %% [markdown]
# **What to see.** What is in the visible patches runs on a little into the hidden ones: an edge, a horizon, light against dark. Nothing sharp comes out of
# so short a training, and it is the task that counts, not the pictures. The broken variant has the lower loss, because it grades what can be copied.
#
# Why hide so much? It makes the task hard, since a single hidden patch could be interpolated; and it makes the encoder cheap. **Predict first:** the encoder sees a quarter of the tokens. Which
# share of its FLOPs is left, less than a quarter or more? (Attention is quadratic in the tokens, everything else linear.)

# %%
tokens = model.encoder.tokens(pictures[:1].to(lab.device)).detach().repeat(sizes.timed_images, 1, 1)
flops, seconds = {}, {}
for name, part in (("all patches", tokens), ("visible quarter", tokens[:, : tokens.shape[1] // 4])):
    encode = torch.no_grad()(partial(model.encoder.transformer, part))
    flops[name], seconds[name] = count_flops(encode), best_seconds(encode)
lab.record("FLOPs of the encoder on a quarter, relative", flops["visible quarter"] / flops["all patches"])
lab.claim("the quarter costs less than a quarter", flops["visible quarter"] < 0.25 * flops["all patches"])
plots.plot_cost(flops, seconds)

# %% [markdown]
# **What to see.** A little less than a quarter in FLOPs: with so few tokens attention is a small part, and the linear layers scale exactly. Time follows as
# far as the machine is kept busy by the shorter sequence.

# %% [markdown]
# ## 6. One table
#
# Before the table, one more number, which works for every family, needs no label and no loss: how many dimensions do the features really use?

# %% [markdown] exercise
# ### Exercise 6.1: effective rank
# difficulty 2/5 · importance 4/5 · 8 minutes · 3 points
#
# Divide the singular values of the feature matrix by their sum, so that they read as probabilities, and take the exponential of their entropy
# (Roy & Vetterli 2007; RankMe, Garrido et al. 2023, uses it to choose among trainings without labels). One direction only gives 1, D equally strong directions give D.
#
# <details><summary>Hint</summary><code>torch.linalg.svdvals</code>; <code>torch.xlogy</code> knows that 0 log 0 = 0.</details>
# <details><summary>Help: my value is too small</summary>The singular values are divided by their sum, not squared.</details>

# %% answer id="effective_rank"
def effective_rank(x: Tensor) -> Tensor:
    """exp of the entropy of the singular values, scaled to sum 1. x: (N, D), not all zero, taken as it is. Returns a scalar in [1, min(N, D)]."""
    ### BEGIN SOLUTION
    values = torch.linalg.svdvals(x)
    share = values / values.sum()
    return torch.exp(-torch.xlogy(share, share).sum())
    ### END SOLUTION

# %% check id="effective_rank" points=2
check("ssl_families/effective_rank", effective_rank)

# %% check id="effective_rank" points=1 hidden
check("ssl_families/effective_rank", effective_rank)

# %% [markdown]
# Everything on one table. The same pictures, the same number of floating-point operations (counted on one step of each family: forward, teacher, backward), the same
# classifiers. Squares are recorded trainings of wider networks on one GPU, with 20 TFLOPs each, three seeds (`data/ssl_families/`); circles are yours, one seed; crosses are untrained networks, of which MAE has its own,
# because its encoder is a Transformer. **Predict first:** which family wins, and which loses?

# %%
live = {name: healthy[name][1] for name in ("rotation", "MoCo", "BYOL", "DINO", "SwAV", "MAE")}
baseline = {name: untrained_vit if name == "MAE" else untrained for name in live}
kept = {name: [run.worth for run in recorded.select(name, "healthy")] for name in live}
print(f"{'family':<12}{'steps':>7}{'GFLOPs a step':>15}{'TFLOPs':>9}{'seconds':>9}{'20-NN':>8}{'probe':>8}")
for name, (run, value) in healthy.items():
    print(
        f"{name:<12}{len(run.losses):>7}{run.step_flops / 1e9:>15.2f}{run.flops / 1e12:>9.2f}{run.seconds:>9.0f}"
        f"{value.knn:>8.3f}{value.probe:>8.3f}"
    )
for name, value in live.items():
    lab.record(f"20-NN, {name}", value.knn, headline=name == "MoCo")
    lab.record(f"linear probe, {name}", value.probe)
gain = {n: min(live[n].knn - baseline[n].knn, live[n].probe - baseline[n].probe) for n in live}
ahead = [name for name in live if recorded.beats(name, spread=2.0)]
print("recorded, in the mean of the seeds ahead of the untrained network by two standard deviations:", ", ".join(ahead))
lab.claim(
    "every family but MAE beats its untrained network, with both classifiers",
    all(gain[name] > 0 for name in live if name != "MAE"),
    ", ".join(f"{name} {value:+.3f}" for name, value in gain.items()),
)
lab.claim(
    "recorded, with a larger budget: every family does, in the mean of three seeds, by more than two standard deviations",
    set(ahead) == set(live),
)
plots.plot_table(live, baseline, kept)

# %% [markdown]
# **What to see.** At your budget (1.2 TFLOPs in "quick") MoCo leads, SwAV and DINO follow, rotation and BYOL come behind, and MAE loses: its features are no better than those of its
# untrained Transformer, and the probe reads them worse. The recorded runs, larger networks with sixteen times the budget, tell another story: now MAE is third by nearest neighbours and level with the
# others by probe. Comparing pays at once, reconstructing pays late. So the order belongs to the budget, the pictures and the networks; the spread over seeds
# is the smallest of the uncertainties. The untrained network is far above chance (10%), which is why it belongs in the table.
#
# Which number would have warned? The effective rank of the vectors $z$ that each loss sees (for families that have one), healthy and broken:

# %%
def rank_of_z(family) -> float:
    """Effective rank of the projector's output on test images, one row an image, each of length 1."""
    z = features(nn.Sequential(family.student[0], family.student[1]), data.test_images[:500], lab.device)
    return effective_rank(F.normalize(z, dim=1)).item()


ranks = {name: rank_of_z(family) for name, family in families.items() if hasattr(family, "student")}
for name, value in ranks.items():
    lab.record(f"effective rank of z, {name}", value)
    print(f"{name:<20}{value:6.1f}")
lab.claim(
    "collapse shows in the effective rank",
    ranks["BYOL, bare"] < 0.5 * ranks["BYOL"] and ranks["SwAV, unbalanced"] < ranks["SwAV"],
    f"BYOL {ranks['BYOL, bare']:.1f} against {ranks['BYOL']:.1f}",
)

# %% [markdown]
# And the picture to keep: for each family its losses above, and below the number to log beside it. Blue is healthy.

# %%
plots.plot_health(
    [
        ("rotation", {"clean": healthy["rotation"][0], "stamped": broken["rotation"][0]}, "pretext accuracy"),
        ("MoCo", {"m = 0.99": healthy["MoCo"][0], "m = 0": broken["MoCo"][0]}, "positive found"),
        ("BYOL", {"healthy": healthy["BYOL"][0], "bare": broken["BYOL"][0]}, "spread of z"),
        ("DINO", told, "entropy of the mean"),
        ("SwAV", {"balanced": healthy["SwAV"][0], "softmax": broken["SwAV"][0]}, "clusters in use"),
        ("MAE", {"hidden graded": healthy["MAE"][0], "visible graded": broken["MAE"][0]}, "hidden variance explained"),
    ]
)

# %% [markdown]
# **What to see.** In the upper row a broken run mostly looks *better* than the healthy one: its loss is lower. The lower row tells them apart, without labels and early.
#
# | family | can be cheated by | what prevents it | log this |
# |---|---|---|---|
# | rotation, jigsaw | seams, stamps, lens colours | gaps, crops, dropped channels | pretext accuracy: suspicious near 100% |
# | MoCo | keys of different days | a slow teacher | how often the positive is found; cosine of old keys |
# | BYOL | one vector for all | predictor, stopped gradient, slow teacher | spread of z |
# | DINO | one class, or all alike | centring and sharpening | entropy of one image, entropy of the mean |
# | DeepCluster, SwAV | one cluster | equal use | clusters in use |
# | MAE | copying | loss on hidden patches only, many of them | hidden variance explained |
#
# **Where this goes.** At full size the order changes. ResNet-18 on CIFAR-10, 200 epochs, 200-NN on test images (lightly's benchmark; best epoch): BYOL 86.8, SimCLR 84.8, MoCo 84.7, SwAV 84.2,
# DINO 81.3; set `profile = "gpu"` to hold your own functions against these. On ImageNet after 100 epochs (the same source) MAE's ViT-B has a nearest-neighbour accuracy of 11.2% and a linear probe of 46.0%, DINO's ViT-S 67.5% and
# 73.3%; fine-tuned, MAE leads with 81.3% against 79.8%. What a representation is *worth* depends on how you ask.
#
# ## What this run found

# %%
lab.summary()
