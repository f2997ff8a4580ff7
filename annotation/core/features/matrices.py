"""What each item says, whatever its fields are: one sparse row (terms), one dense row (vectors), typed columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.random_projection import SparseRandomProjection

from annotation.core.features.embeddings import embed
from annotation.core.features.hashing import hashed_terms
from annotation.core.features.vectorizer import vectorizer
from annotation.core.fields import Field
from annotation.core.likeness.grouping import joined_text

WIDEST = 256
# Rows worked out at a time.
ROWS = 20_000
# A missing number is below all others: a tree parts it from them.
MISSING = -1e9


# Compared by identity: arrays have no one equality.
@dataclass(frozen=True, eq=False)
class Features:
    """n items as models read them. terms: as `terms`; vectors: as `vectors`; columns: as `columns`."""

    terms: sparse.csr_matrix
    vectors: np.ndarray
    columns: np.ndarray | None


def read_features(table: pd.DataFrame, fields: Sequence[Field], embeddings: np.ndarray | None) -> Features | None:
    """The features of the rows of a `typed` table; None where no field says anything. embeddings: float (n, d) of the
    texts, or None where there is no text."""
    sparse_rows = terms(table, fields)
    if sparse_rows is None:
        return None
    return Features(sparse_rows, vectors(table, fields, embeddings), columns(table, fields))


def text_embeddings(
    table: pd.DataFrame, fields: Sequence[Field], dtype: type[np.floating] = np.float32
) -> np.ndarray | None:
    """(n, 256) of `dtype`, the embeddings of the rows' texts; None where no field is text."""
    if not any(field.type == "text" for field in fields):
        return None
    return embed(joined_text(table, fields), dtype)


def terms(table: pd.DataFrame, fields: Sequence[Field]) -> sparse.csr_matrix | None:
    """Words, characters, ranges and categories: float32 CSR (n, features), non-negative, rows of length 1; None where
    no field says anything."""
    blocks = [block for block in (_text_terms(table, fields), _typed_terms(table, fields)) if block is not None]
    if not blocks or not any(block.nnz for block in blocks):
        return None
    if len(blocks) == 1:
        return blocks[0].astype(np.float32, copy=False)
    return normalize(sparse.hstack(blocks, format="csr", dtype=np.float32), copy=False)


def vectors(table: pd.DataFrame, fields: Sequence[Field], embeddings: np.ndarray | None) -> np.ndarray:
    """Float (n, d), rows of length 1 (all zeros where nothing is said): the embeddings of the text, and the ranges and
    categories beside them; more than WIDEST of those are projected (Achlioptas 2003). As precise as `embeddings`, or
    float32."""
    typed_terms = _typed_terms(table, fields)
    if typed_terms is None:
        # of length 1 already, and a second one is a gigabyte at a million texts
        return np.zeros((len(table), 1), dtype=np.float32) if embeddings is None else embeddings
    wide = typed_terms.shape[1] > WIDEST
    projection = SparseRandomProjection(WIDEST, random_state=0).fit(typed_terms) if wide else None
    text = np.zeros((len(table), 0), dtype=np.float32) if embeddings is None else embeddings
    rows = np.empty((len(table), text.shape[1] + min(typed_terms.shape[1], WIDEST)), dtype=text.dtype)
    for start in range(0, len(rows), ROWS):
        some = slice(start, start + ROWS)
        shrunk = projection.transform(typed_terms[some]) if projection else typed_terms[some]
        rows[some] = normalize(np.hstack([text[some].astype(np.float32), normalize(shrunk).toarray()]))
    return rows


def columns(table: pd.DataFrame, fields: Sequence[Field]) -> np.ndarray | None:
    """Float32 (n, d), the typed fields as trees part them: numbers as they are (MISSING where there is none), of a
    category how many rows share its value, and the value's number in order of appearance. None where all is text."""
    parts: list[np.ndarray] = []
    for field in fields:
        if field.type == "number":
            parts.append(table[field.name].fillna(MISSING).to_numpy(np.float32))
        elif field.type == "category":
            codes = pd.factorize(table[field.name])[0]
            parts += [np.bincount(codes)[codes].astype(np.float32), codes.astype(np.float32)]
    return np.column_stack(parts) if parts else None


def _text_terms(table: pd.DataFrame, fields: Sequence[Field]) -> sparse.csr_matrix | None:
    if not any(field.type == "text" for field in fields):
        return None
    return hashed_terms(joined_text(table, fields))


def _typed_terms(table: pd.DataFrame, fields: Sequence[Field]) -> sparse.csr_matrix | None:
    typed = [field for field in fields if field.type != "text"]
    if not typed or table.empty:
        return None
    return normalize(sparse.csr_matrix(vectorizer(typed).fit_transform(table)))
