"""How large the models are and how long they train in each profile."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    steps, width, layers: the byte models; questions: windows that judge them; texts, new_tokens: what is generated; cached_tokens: read
    through the cache; characters: compressed; known_speeches: of the training set, that xz reads first; sentences: pairs for surprise and
    retrieval; images (train and test), image_*: iGPT; pictures: completed ones; sentence_*: SimCSE.
    """

    steps: int
    width: int
    layers: int
    questions: int
    texts: int
    new_tokens: int
    cached_tokens: int
    characters: int
    known_speeches: int
    sentences: int
    images: int
    image_width: int
    image_layers: int
    image_steps: int
    image_batch: int
    pictures: int
    sentence_steps: int
    sentence_batch: int


PROFILES = {
    "smoke": Profile(
        steps=3, width=16, layers=1, questions=40, texts=2, new_tokens=8, cached_tokens=24, characters=1500,
        known_speeches=1, sentences=20, images=60, image_width=16, image_layers=2, image_steps=2, image_batch=8,
        pictures=3, sentence_steps=2, sentence_batch=8,
    ),
    "quick": Profile(
        steps=500, width=64, layers=2, questions=1000, texts=12, new_tokens=100, cached_tokens=256, characters=30_000,
        known_speeches=4, sentences=400, images=2000, image_width=64, image_layers=4, image_steps=160, image_batch=32,
        pictures=8, sentence_steps=40, sentence_batch=32,
    ),
    "gpu": Profile(
        steps=20_000, width=256, layers=6, questions=2000, texts=40, new_tokens=110, cached_tokens=1024,
        characters=100_000, known_speeches=20, sentences=2000, images=5000, image_width=128, image_layers=12,
        image_steps=10_000, image_batch=128, pictures=8, sentence_steps=1000, sentence_batch=128,
    ),
}  # fmt: skip
