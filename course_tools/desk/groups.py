"""Answers that say much the same, side by side: TF-IDF of their words and formulas, its main directions (LSA), Ward's clusters.

How many groups there are, the silhouette decides. All is deterministic: a page that is loaded again has the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WORD = r"\\?[^\W_]+"  # a command of TeX is a word
MOST, DIRECTIONS, TERMS = 12, 50, 5


@dataclass(frozen=True)
class Group:
    """members: indices of answers, the most typical first; terms: words that this group has and others have less."""

    members: tuple[int, ...]
    terms: tuple[str, ...] = ()


def groups(texts: Sequence[str]) -> list[Group]:
    """The largest group first; each answer is in one."""
    places: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        places.setdefault(" ".join(text.split()), []).append(index)
    distinct = list(places)
    parts = _parts(distinct) if len(distinct) > 3 else [Group((i,)) for i in range(len(distinct))]
    found = [Group(tuple(i for k in part.members for i in places[distinct[k]]), part.terms) for part in parts]
    return sorted(found, key=lambda group: (-len(group.members), group.members))


def _parts(texts: Sequence[str]) -> list[Group]:
    """Groups of distinct texts."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import normalize

    vectorizer = TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no word in any of them
        return [Group(tuple(range(len(texts))))]
    size = min(DIRECTIONS, len(texts) - 1, counts.shape[1])
    points = normalize(TruncatedSVD(size, random_state=0).fit_transform(counts))
    cuts = [AgglomerativeClustering(k).fit_predict(points) for k in range(2, min(MOST, len(texts) - 1) + 1)]
    labels = max(cuts, key=lambda cut: silhouette_score(points, cut))
    names = vectorizer.get_feature_names_out()
    plain = np.array(
        [name.lstrip("\\").isalpha() and len(name) > 1 and name not in ENGLISH_STOP_WORDS for name in names]
    )
    mean = np.asarray(counts.mean(axis=0)).ravel()
    found = []
    for label in range(labels.max() + 1):
        inside = np.flatnonzero(labels == label)
        typical = inside[np.argsort(-points[inside] @ points[inside].mean(axis=0), kind="stable")]
        excess = np.where(plain, np.asarray(counts[inside].mean(axis=0)).ravel() - mean, 0)
        terms = [str(names[k]) for k in np.argsort(-excess)[:TERMS] if excess[k] > 0]
        found.append(Group(tuple(int(i) for i in typical), tuple(terms)))
    return found
