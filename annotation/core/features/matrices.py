"""What each item says as one sparse row (terms) and one dense row (vectors), whatever its fields are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.random_projection import SparseRandomProjection

from annotation.core.features.hashing import hashed_terms
from annotation.core.features.vectorizer import vectorizer
from annotation.core.fields import Field
from annotation.core.likeness.grouping import joined_text

WIDEST = 256


def terms(table: pd.DataFrame, fields: Sequence[Field]) -> sparse.csr_matrix | None:
    """Words, characters, ranges and categories: float32 CSR (n, features), non-negative, rows of length 1; None where
    no field says anything."""
    blocks = [block for block in (_text_terms(table, fields), _typed_terms(table, fields)) if block is not None]
    if not blocks or not any(block.nnz for block in blocks):
        return None
    return normalize(sparse.hstack(blocks, format="csr")).astype(np.float32)


def vectors(table: pd.DataFrame, fields: Sequence[Field], embeddings: np.ndarray | None) -> np.ndarray:
    """Float32 (n, d), rows of length 1 (all zeros where nothing is said): the embeddings of the text, and the ranges
    and categories beside them; more than WIDEST of those are projected (Achlioptas 2003)."""
    blocks = [] if embeddings is None else [embeddings]
    typed_terms = _typed_terms(table, fields)
    if typed_terms is not None:
        wide = typed_terms.shape[1] > WIDEST
        shrunk = SparseRandomProjection(WIDEST, random_state=0).fit_transform(typed_terms) if wide else typed_terms
        blocks.append(normalize(shrunk).toarray())
    if not blocks:
        return np.zeros((len(table), 1), dtype=np.float32)
    return normalize(np.hstack(blocks)).astype(np.float32)


def _text_terms(table: pd.DataFrame, fields: Sequence[Field]) -> sparse.csr_matrix | None:
    if not any(field.type == "text" for field in fields):
        return None
    return hashed_terms(joined_text(table, fields))


def _typed_terms(table: pd.DataFrame, fields: Sequence[Field]) -> sparse.csr_matrix | None:
    typed = [field for field in fields if field.type != "text"]
    if not typed or table.empty:
        return None
    return normalize(sparse.csr_matrix(vectorizer(typed).fit_transform(table)))
