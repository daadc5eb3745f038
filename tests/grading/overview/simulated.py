"""Classes whose items are known: answers drawn from the graded response model."""

import numpy as np


def parameters(items: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Discriminations (items,) around 1.2 and thresholds (items, 2), those of all points at least 0.4 above the others."""
    thresholds = np.sort(generator.normal(-0.5, 0.8, (items, 2)), axis=1) + np.array([0.0, 0.4])
    return np.exp(generator.normal(0.2, 0.4, items)), thresholds


def grades(a: np.ndarray, b: np.ndarray, students: int, generator: np.random.Generator) -> np.ndarray:
    """(students, items), 0 to 2."""
    ability = generator.normal(size=(students, 1, 1))
    reached = 1 / (1 + np.exp(-a[:, None] * (ability - b)))
    return (generator.random((students, len(a), 1)) < reached).sum(axis=-1)
