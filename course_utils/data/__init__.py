"""The data the notebooks read: embedded by default, real on request, never one in place of the other."""

from course_utils.data.images import ImageDataset, load_images
from course_utils.data.text import Document, TextCorpus, load_text, sentences

__all__ = ["Document", "ImageDataset", "TextCorpus", "load_images", "load_text", "sentences"]
