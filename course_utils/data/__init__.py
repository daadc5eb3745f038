"""The data the notebooks read: embedded by default, real on request, never one in place of the other."""

from course_utils.data.images import ImageDataset, load_images

__all__ = ["ImageDataset", "load_images"]
