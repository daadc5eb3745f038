"""What the notebook on five families imports: families, training, evaluation and pictures. Losses and update rules are the student's."""

from course_utils.encoders import features, resnet18_cifar, small_resnet
from course_utils.ssl_families.augment import Augmentation
from course_utils.ssl_families.encoders import PatchEncoder
from course_utils.ssl_families.evaluate import Worth, best_seconds, count_flops, nmi, worth
from course_utils.ssl_families.families import BYOL, DINO, MAE, Family, MoCo, Rotation, Staleness, SwAV
from course_utils.ssl_families.profiles import PROFILES
from course_utils.ssl_families.train import History, Recipe, pretrain

__all__ = [
    "BYOL",
    "DINO",
    "MAE",
    "PROFILES",
    "Augmentation",
    "Family",
    "History",
    "MoCo",
    "PatchEncoder",
    "Recipe",
    "Rotation",
    "Staleness",
    "SwAV",
    "Worth",
    "best_seconds",
    "count_flops",
    "features",
    "nmi",
    "pretrain",
    "resnet18_cifar",
    "small_resnet",
    "worth",
]
