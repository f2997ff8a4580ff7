"""How much rows are like others: production rows like those a model learned from, rows that flipped like those whose
label was changed."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from annotation.core.features.matrices import terms, text_embeddings, vectors
from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field

# Rows asked about at once.
BLOCK = 256
# Below this two rows share a few words.
LEAST = 0.15
NEAREST, BETWEEN, FARTHEST = "most like a training item", "between", "least like any training item"


def most_alike_among(
    asked: pd.DataFrame, among: pd.DataFrame, fields: Sequence[Field], k: int
) -> list[list[tuple[int, float]]]:
    """Per row of `asked` the up to k rows of `among` most like it: (position, likeness in (LEAST, 1]), best first,
    equals in row order. Likeness is that of `most_alike`: the cosine of terms and that of embeddings, half each."""
    found: list[list[tuple[int, float]]] = []
    for alike in _likeness(asked, among, fields):
        best = np.argsort(-alike, axis=1, kind="stable")[:, :k]
        values = np.take_along_axis(alike, best, axis=1)
        found += [
            [(int(at), float(like)) for at, like in zip(*row, strict=True) if like > LEAST]
            for row in zip(best, values, strict=True)
        ]
    return found or [[] for _ in range(len(asked))]


def likeness_to_nearest(asked: pd.DataFrame, among: pd.DataFrame, fields: Sequence[Field]) -> np.ndarray:
    """Float (n,) in [0, 1]: how like each row of `asked` is to the row of `among` that is most like it, 0 = nothing in
    common with any."""
    blocks = [alike.max(axis=1, initial=0.0) for alike in _likeness(asked, among, fields)]
    return np.concatenate(blocks) if blocks else np.zeros(len(asked))


def thirds(likeness: np.ndarray) -> np.ndarray:
    """The third each of n rows is in by its likeness (n,): names (n,) with the least and highest likeness there, as
    "between (likeness .41 to .55)". Equal rows are in one third, so that there may be fewer than three."""
    if not len(likeness):
        return np.zeros(0, dtype=object)
    edges = np.quantile(likeness, [1 / 3, 2 / 3])
    code, named = np.searchsorted(edges, likeness, side="right"), np.empty(len(likeness), dtype=object)
    for number, name in enumerate((FARTHEST, BETWEEN, NEAREST)):
        inside = code == number
        if inside.any():
            low, high = likeness[inside].min(), likeness[inside].max()
            named[inside] = f"{name} (likeness {_short(low)} to {_short(high)})"
    return named


def _short(likeness: float) -> str:
    return f"{likeness:.2f}".removeprefix("0")


def _likeness(asked: pd.DataFrame, among: pd.DataFrame, fields: Sequence[Field]) -> Iterator[np.ndarray]:
    """Likeness float (≤ BLOCK, m) in [0, 1] of the rows of `asked`, in blocks; nothing where there is none."""
    if asked.empty or among.empty:
        return
    both = typed(pd.concat([asked, among], ignore_index=True), fields)
    said = terms(both, fields)
    if said is None:
        return
    dense, n = vectors(both, fields, text_embeddings(both, fields)), len(asked)
    there_terms, there = said[n:].T.tocsc(), dense[n:].T
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        by_terms = (said[rows] @ there_terms).toarray()
        yield np.clip((by_terms + dense[rows] @ there) / 2, 0.0, 1.0)
