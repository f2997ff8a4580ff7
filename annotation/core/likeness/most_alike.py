"""The items most like one of them, by what they say."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from annotation.core.features.matrices import terms, text_embeddings, vectors
from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field


def most_alike(
    table: pd.DataFrame, fields: Sequence[Field], row: int, k: int, *, quick: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of n most like `row`: positions int (≤ k,) and likeness float (≤ k,) in (0, 1], 1 = they say the same;
    best first, equals in row order, never `row` itself nor one with nothing in common.

    Likeness is the cosine of terms (sublinear TF-IDF; Salton & Buckley 1988) and that of embeddings, half each; with
    `quick` of terms alone. Neither hears a negation.
    """
    read = typed(table, fields)
    said = terms(read, fields)
    if said is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    alike = np.asarray((said @ said[row].T).todense(), dtype=np.float64).ravel()
    if not quick:
        dense = vectors(read, fields, text_embeddings(read, fields))
        alike = (alike + dense @ dense[row]) / 2
    return best(alike, row, k)


def best(alike: np.ndarray, row: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions and values of the k highest of float (n,) above 0, highest first, without `row`."""
    positions = np.flatnonzero(alike > 0)
    positions = positions[positions != row]
    if len(positions) > k:  # only those that may be among them are sorted
        bar = np.partition(alike[positions], len(positions) - k)[len(positions) - k]
        positions = positions[alike[positions] >= bar]
    positions = positions[np.argsort(-alike[positions], kind="stable")][:k]
    return positions, np.minimum(alike[positions], 1.0)
