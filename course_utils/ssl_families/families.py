"""The families: which networks each has, what it does with a batch, and what it can say about its own health.

Every rule that the notebook asks for (losses, queue, teacher, centre, codes, masks) comes in as an argument: nothing of that is written here.
A family is used by `course_utils.ssl_families.train.pretrain`:

    loss = family.loss(*views)        # `family.views` random views of one batch, by `family.augmentation`
    family.after_step(progress)       # once the optimizer has moved the trained part; progress in [0, 1]
    family.health()                   # numbers of the last batch, without labels
"""

import copy
import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax, normalize, softmax

from course_utils.encoders import Encoder
from course_utils.machine import bf16_helps
from course_utils.ssl_families.augment import CROPS, VIEWS, Augmentation
from course_utils.ssl_families.encoders import PatchEncoder, Prototypes, Transformer, mlp, position_codes

Loss = Callable[..., Tensor]


class Family(nn.Module):
    """What all families share. `encoder` is what is judged afterwards; `seen` holds tensors of the last batch."""

    views = 2
    augmentation: Augmentation = VIEWS

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.seen: dict[str, Tensor] = {}
        self.generator: Generator | None = None

    def loss(self, *views: Tensor) -> Tensor:
        """The loss of `views` random views (n, 3, h, w) of one batch: a scalar with a gradient."""
        raise NotImplementedError

    def after_step(self, progress: float) -> None:
        """What follows an optimizer step; `progress` is the share of the training that is done."""

    def health(self) -> dict[str, float]:
        """Numbers without labels, of the last batch."""
        return {}

    def run(self, module: nn.Module, x: Tensor) -> Tensor:
        """`module(x)` in bfloat16 where that is faster, handed on as float32."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=bf16_helps(x.device.type)):
            return module(x).float()


def spread(z: Tensor) -> float:
    """Standard deviation of the coordinates of z / |z| over a batch (n, dim), times sqrt(dim).

    1: the directions fill the space; 0: all inputs have the same direction (Chen & He 2021, section 4.1).
    """
    return (normalize(z.float(), dim=1).std(dim=0).mean() * math.sqrt(z.shape[1])).item()


class Staleness:
    """A monitor for `pretrain`: how alike are the keys of some images (n, 3, h, w) now and `ages` steps ago? Mean cosines."""

    def __init__(self, images: Tensor, ages: tuple[int, ...] = (1, 2, 4, 8, 16)) -> None:
        self.images, self.ages = images.float() / 255, ages
        self.keys: list[Tensor] = []

    @torch.no_grad()
    def __call__(self, family: "MoCo") -> dict[str, float]:
        self.images = self.images.to(family.queue.device)
        self.keys.append(normalize(family.run(family.teacher, self.images), dim=1))
        self.keys = self.keys[-1 - max(self.ages) :]
        known = [age for age in self.ages if age < len(self.keys)]
        return {f"cosine, age {age}": (self.keys[-1] * self.keys[-1 - age]).sum(1).mean().item() for age in known}


def teacher_of(student: nn.Module) -> nn.Module:
    """A copy of `student` that no gradient reaches."""
    return copy.deepcopy(student).requires_grad_(False)


class Rotation(Family):
    """Which of four quarter turns was it? (Gidaris et al. 2018). `rotate_batch(images)` gives 4n images and their labels."""

    views = 1
    augmentation = CROPS

    def __init__(self, encoder: Encoder, rotate_batch: Callable[[Tensor], tuple[Tensor, Tensor]]) -> None:
        super().__init__(encoder)
        self.rotate_batch = rotate_batch
        self.classifier = nn.Linear(encoder.dim, 4)

    def loss(self, *views: Tensor) -> Tensor:
        images, labels = self.rotate_batch(views[0])
        logits = self.classifier(self.run(self.encoder, images))
        self.seen = {"right": (logits.argmax(1) == labels).float()}
        return cross_entropy(logits, labels)

    def health(self) -> dict[str, float]:
        return {"pretext accuracy": self.seen["right"].mean().item()}


class MoCo(Family):
    """A query against its key and a queue of old keys (He et al. 2020; the MLP head is MoCo v2's, Chen et al. 2020b).

    `moco_loss(q, k, queue, temperature)`, `enqueue(queue, position, keys)`, `momentum_update(teacher, student, m)`.
    """

    queue: Tensor

    def __init__(
        self,
        encoder: Encoder,
        moco_loss: Loss,
        enqueue: Callable[[Tensor, int, Tensor], int],
        momentum_update: Callable[..., object],
        *,
        queue: int = 1024,
        m: float = 0.99,
        temperature: float = 0.1,
        hidden: int = 128,
        dim: int = 64,
    ) -> None:
        super().__init__(encoder)
        self.student = nn.Sequential(encoder, mlp(encoder.dim, hidden, dim))
        self.teacher = teacher_of(self.student)
        self.moco_loss, self.enqueue, self.momentum_update = moco_loss, enqueue, momentum_update
        self.m, self.temperature, self.position = m, temperature, 0
        self.register_buffer("queue", normalize(torch.randn(queue, dim), dim=1))

    def loss(self, *views: Tensor) -> Tensor:
        q = self.run(self.student, views[0])
        with torch.no_grad():
            k = normalize(self.run(self.teacher, views[1]), dim=1)
        loss = self.moco_loss(q, k, self.queue, self.temperature)
        with torch.no_grad():
            best = (normalize(q, dim=1) @ self.queue.T).amax(1)
            self.seen = {"found": ((normalize(q, dim=1) * k).sum(1) > best).float(), "z": q.detach(), "k": k}
        return loss

    def after_step(self, progress: float) -> None:
        self.position = self.enqueue(self.queue, self.position, self.seen["k"])  # only now: no key is its own negative
        self.momentum_update(self.teacher, self.student, self.m)

    def health(self) -> dict[str, float]:
        return {"positive found": self.seen["found"].mean().item(), "spread of z": spread(self.seen["z"])}


class BYOL(Family):
    """Predict the teacher's vector of the other view; no negatives (Grill et al. 2020).

    `byol_loss(p_1, p_2, z_1, z_2)`, `momentum_update(teacher, student, m)`, `momentum_schedule(step, steps, base)`. `predictor=False`
    leaves the predictor out; `m=0` makes the teacher the student itself: together they collapse.
    """

    def __init__(
        self,
        encoder: Encoder,
        byol_loss: Loss,
        momentum_update: Callable[..., object],
        momentum_schedule: Callable[..., float],
        *,
        predictor: bool = True,
        m: float = 0.99,
        hidden: int = 128,
        dim: int = 64,
    ) -> None:
        super().__init__(encoder)
        self.student = nn.Sequential(encoder, mlp(encoder.dim, hidden, dim))
        self.predictor = mlp(dim, hidden, dim) if predictor else nn.Identity()
        self.teacher = teacher_of(self.student)
        self.byol_loss, self.momentum_update, self.momentum_schedule, self.m = (
            byol_loss,
            momentum_update,
            momentum_schedule,
            m,
        )

    def loss(self, *views: Tensor) -> Tensor:
        both = torch.cat(views)
        z = self.run(self.student, both)
        with torch.no_grad():
            target = self.run(self.teacher, both)
        self.seen = {"z": z.detach()}
        return self.byol_loss(*self.predictor(z).chunk(2), *target.chunk(2))

    def after_step(self, progress: float) -> None:
        m = self.momentum_schedule(round(1000 * progress), 1000, self.m) if self.m else 0.0
        self.momentum_update(self.teacher, self.student, m)

    def health(self) -> dict[str, float]:
        return {"spread of z": spread(self.seen["z"])}


class DINO(Family):
    """Agree with a sharpened, centred teacher on soft classes (Caron et al. 2021); two views, no small crops.

    `dino_loss(student, teacher, center, student_temp, teacher_temp)`, `update_center(center, teacher, momentum)`, and the teacher's
    update and schedule as in BYOL. `centering=False` and `teacher_temp=student_temp` are the two ways to collapse.
    """

    center: Tensor

    def __init__(
        self,
        encoder: Encoder,
        dino_loss: Loss,
        update_center: Callable[..., Tensor],
        momentum_update: Callable[..., object],
        momentum_schedule: Callable[..., float],
        *,
        classes: int = 128,
        student_temp: float = 0.1,
        teacher_temp: float = 0.04,
        centering: bool = True,
        center_momentum: float = 0.9,
        m: float = 0.99,
        hidden: int = 128,
        dim: int = 64,
    ) -> None:
        super().__init__(encoder)
        self.student = nn.Sequential(encoder, mlp(encoder.dim, hidden, dim), Prototypes(dim, classes))
        self.teacher = teacher_of(self.student)
        self.dino_loss, self.update_center = dino_loss, update_center
        self.momentum_update, self.momentum_schedule, self.m = momentum_update, momentum_schedule, m
        self.student_temp, self.teacher_temp = student_temp, teacher_temp
        self.centering, self.center_momentum = centering, center_momentum
        self.register_buffer("center", torch.zeros(classes))

    def loss(self, *views: Tensor) -> Tensor:
        both = torch.cat(views)
        student = torch.stack(self.run(self.student, both).chunk(2))
        with torch.no_grad():
            teacher = torch.stack(self.run(self.teacher, both).chunk(2))
        loss = self.dino_loss(student, teacher, self.center, self.student_temp, self.teacher_temp)
        self.seen = {
            "p": softmax((teacher - self.center) / self.teacher_temp, dim=-1).flatten(0, 1),
            "log s": log_softmax(student.detach().flip(0) / self.student_temp, dim=-1).flatten(0, 1),
        }
        if self.centering:  # after the loss has used the old centre
            self.center = self.update_center(self.center, teacher, self.center_momentum)
        return loss

    def after_step(self, progress: float) -> None:
        self.momentum_update(self.teacher, self.student, self.momentum_schedule(round(1000 * progress), 1000, self.m))

    def health(self) -> dict[str, float]:
        p, log_s = self.seen["p"], self.seen["log s"]
        inside, across = entropies(p)
        kl = (torch.xlogy(p, p) - p * log_s).sum(1).mean().item()
        return {"entropy of one image": inside, "entropy of the mean": across, "KL(teacher, student)": kl}


class SwAV(Family):
    """Predict one view's cluster code from the other view, under equal use of all clusters (Caron et al. 2020).

    `sinkhorn(scores, epsilon, iterations)`, `swapped_loss(scores_1, scores_2, codes_1, codes_2, temperature)`. `balanced=False` replaces
    Sinkhorn's codes by the plain softmax of the same scores.
    """

    def __init__(
        self,
        encoder: Encoder,
        sinkhorn: Callable[..., Tensor],
        swapped_loss: Loss,
        *,
        clusters: int = 64,
        epsilon: float = 0.05,
        iterations: int = 3,
        temperature: float = 0.1,
        balanced: bool = True,
        hidden: int = 128,
        dim: int = 64,
    ) -> None:
        super().__init__(encoder)
        self.student = nn.Sequential(encoder, mlp(encoder.dim, hidden, dim), Prototypes(dim, clusters))
        self.sinkhorn, self.swapped_loss = sinkhorn, swapped_loss
        self.epsilon, self.iterations, self.temperature, self.balanced = epsilon, iterations, temperature, balanced

    def codes(self, scores: Tensor) -> Tensor:
        """Which cluster each image belongs to, as shares: (n, clusters), rows that add up to 1."""
        if self.balanced:
            return self.sinkhorn(scores, self.epsilon, self.iterations)
        return softmax(scores / self.epsilon, dim=1)

    def loss(self, *views: Tensor) -> Tensor:
        scores_1, scores_2 = self.run(self.student, torch.cat(views)).chunk(2)
        with torch.no_grad():
            codes_1, codes_2 = self.codes(scores_1.detach()), self.codes(scores_2.detach())
        self.seen = {"p": softmax(scores_1.detach() / self.epsilon, dim=1)}
        return self.swapped_loss(scores_1, scores_2, codes_1, codes_2, self.temperature)

    def health(self) -> dict[str, float]:
        inside, across = entropies(self.seen["p"])
        return {"entropy of one image": inside, "entropy of the mean": across, "clusters in use": math.exp(across)}


class MAE(Family):
    """Fill in the hidden patches (He et al. 2022): the encoder sees `keep` of them, a smaller decoder predicts the pixels of the rest.

    `random_masking(tokens, noise, keep)`, `restore_order(visible, mask_token, ids_restore)`, `mae_loss(predicted, target, mask)`;
    `patchify` is that of the encoder. `on_visible=True` grades the visible patches instead, which can be copied.
    """

    views = 1
    augmentation = CROPS
    encoder: PatchEncoder
    position: Tensor

    def __init__(
        self,
        encoder: PatchEncoder,
        random_masking: Callable[..., tuple[Tensor, Tensor, Tensor]],
        restore_order: Callable[..., Tensor],
        mae_loss: Loss,
        *,
        keep: int = 16,
        on_visible: bool = False,
        decoder_dim: int = 48,
        decoder_depth: int = 1,
    ) -> None:
        super().__init__(encoder)
        self.random_masking, self.restore_order, self.mae_loss = random_masking, restore_order, mae_loss
        self.keep, self.on_visible = keep, on_visible
        self.enter = nn.Linear(encoder.dim, decoder_dim)
        self.mask_token = nn.Parameter(0.02 * torch.randn(decoder_dim))
        self.register_buffer("position", position_codes(math.isqrt(encoder.length), decoder_dim))
        self.decoder = Transformer(decoder_dim, decoder_depth, heads=4)
        self.leave = nn.Linear(decoder_dim, 3 * encoder.patch**2)

    def predict(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Predicted patches (n, length, pixels) and the mask (n, length), 1 where a patch was hidden; images (n, 3, h, w)."""
        encoder = self.encoder
        tokens = encoder.tokens(images)
        noise = torch.rand(tokens.shape[:2], generator=self.generator, device=images.device)
        visible, mask, ids_restore = self.random_masking(tokens, noise, self.keep)
        latent = self.run(encoder.transformer, visible)
        tokens = self.restore_order(self.enter(latent), self.mask_token, ids_restore) + self.position
        return self.leave(self.run(self.decoder, tokens)), mask

    def loss(self, *views: Tensor) -> Tensor:
        predicted, mask = self.predict(views[0])
        target = self.encoder.patchify(views[0], self.encoder.patch)
        hidden = self.mae_loss(predicted, target, mask)
        self.seen = {"hidden": hidden.detach()}
        return self.mae_loss(predicted, target, 1 - mask) if self.on_visible else hidden

    def health(self) -> dict[str, float]:
        return {"hidden variance explained": 1 - self.seen["hidden"].item()}


def entropies(p: Tensor) -> tuple[float, float]:
    """Mean entropy of the rows of p (n, classes), and the entropy of their mean, in nats."""
    mean = p.mean(0)
    return -torch.xlogy(p, p).sum(1).mean().item(), -torch.xlogy(mean, mean).sum().item()
