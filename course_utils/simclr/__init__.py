"""What the SimCLR notebook imports: augmentation, encoders, training, evaluation and pictures. The loss is the student's."""

from course_utils.encoders import features, resnet18_cifar, resnet50_cifar, small_resnet
from course_utils.simclr.augment import Augmentation
from course_utils.simclr.evaluate import few_labels, label_efficiency, linear_probe, pca_2d
from course_utils.simclr.profiles import PROFILES
from course_utils.simclr.train import History, Recipe, train_simclr, train_supervised

__all__ = [
    "PROFILES",
    "Augmentation",
    "History",
    "Recipe",
    "features",
    "few_labels",
    "label_efficiency",
    "linear_probe",
    "pca_2d",
    "resnet18_cifar",
    "resnet50_cifar",
    "small_resnet",
    "train_simclr",
    "train_supervised",
]
