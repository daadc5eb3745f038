"""The network that is adapted: a small ResNet, new or with the weights that were pretrained without labels."""

from safetensors.torch import load

from course_utils.data.recordings import content
from course_utils.encoders import Encoder, small_resnet
from course_utils.few_labels.files import FOLDER

WIDTH = 16  # of the recorded weights: 77 thousand parameters


def untrained(width: int = WIDTH) -> Encoder:
    """A new network, dim = 4 width."""
    return small_resnet(width)


def pretrained() -> Encoder:
    """The same network after SimCLR on the 5,000 embedded training images, without a label (`data/few_labels/`).

    Raises CourseError if the recorded weights are missing or corrupt.
    """
    encoder = untrained()
    encoder.load_state_dict(load(content(FOLDER, "encoder.safetensors")))
    return encoder
