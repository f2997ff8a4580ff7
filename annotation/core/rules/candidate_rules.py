"""What a hasty annotator could go by: yes-or-no facts about items, each with the rule that says it in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from annotation.core.fields import Field
from annotation.core.likeness.grouping import joined_text
from annotation.core.rules.typed_rules import Clause, lengths

WORD = r"(?u)\b\w+\b"
WORDS = 4000
TIMES = (1, 2, 3, 5, 8)
LENGTHS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500)
PLACES = 20
VALUES = 50


@dataclass(frozen=True)
class CandidateRules:
    """matrix: float32 CSC (n, m) of 0 and 1. clauses: what each column says. n_words: the first so many columns are
    single words, which may be joined to one rule."""

    matrix: sparse.csc_matrix
    clauses: tuple[Clause, ...]
    n_words: int


def find_candidate_rules(
    table: pd.DataFrame, fields: Sequence[Field], sources: np.ndarray | None = None, least: int = 5
) -> CandidateRules:
    """The rules that hold for at least `least` of the n items and not for all: the commonest words, words mentioned
    more than once, lengths, places in the order of import, sources, values and ranges of fields."""
    n = len(table)
    parts: list[tuple[sparse.csc_matrix, list[Clause]]] = []
    if n and any(field.type == "text" for field in fields):
        texts = joined_text(table, fields)
        parts += _words(texts, least)
        parts.append(_columns(n, _lengths(texts), least))
    n_words = parts[0][0].shape[1] if parts else 0
    parts.append(_columns(n, [*_places(n), *_sources(sources), *_fields(table, fields)], least))
    matrix = sparse.hstack([part for part, _ in parts], format="csc", dtype=np.float32)
    return CandidateRules(matrix, tuple(clause for _, clauses in parts for clause in clauses), n_words)


def _words(texts: Sequence[str], least: int) -> list[tuple[sparse.csc_matrix, list[Clause]]]:
    try:
        counter = CountVectorizer(token_pattern=WORD, min_df=min(least, len(texts)), max_features=WORDS)
        counts = counter.fit_transform(texts).tocsc()
    except ValueError:
        return [(sparse.csc_matrix((len(texts), 0), dtype=np.float32), [])]
    words = counter.get_feature_names_out()
    parts = [(counts > 0, [Clause("word", str(word)) for word in words])]
    for times in TIMES:
        above = counts > times
        often = np.flatnonzero(above.getnnz(axis=0) >= least)
        parts.append((above[:, often], [Clause("count", str(words[one]), times) for one in often]))
    return parts


def _lengths(texts: Sequence[str]) -> list[tuple[np.ndarray, Clause]]:
    length = lengths(texts)
    shorter = [(length < limit, Clause("shorter", "", limit)) for limit in LENGTHS]
    return shorter + [(length > limit, Clause("longer", "", limit)) for limit in LENGTHS]


def _places(n: int) -> list[tuple[np.ndarray, Clause]]:
    place, cuts = np.arange(n), sorted({n * part // PLACES for part in range(1, PLACES)})
    first = [(place < cut, Clause("first", "", cut)) for cut in cuts]
    return first + [(place >= n - cut, Clause("last", "", cut)) for cut in cuts]


def _sources(sources: np.ndarray | None) -> list[tuple[np.ndarray, Clause]]:
    if sources is None:
        return []
    common = pd.Series(sources)[lambda one: one != ""].value_counts().index[:VALUES]
    return [(np.asarray(sources == name), Clause("source", str(name))) for name in common]


def _fields(table: pd.DataFrame, fields: Sequence[Field]) -> list[tuple[np.ndarray, Clause]]:
    found: list[tuple[np.ndarray, Clause]] = []
    for field in fields:
        column = table[field.name]
        if field.type == "number":
            known = column.dropna().to_numpy(np.float64)
            cuts = np.unique(np.quantile(known, np.arange(1, 10) / 10)).tolist() if len(known) else []
            found += [((column > cut).to_numpy(), Clause("above", field.name, cut)) for cut in cuts]
            found += [((column < cut).to_numpy(), Clause("below", field.name, cut)) for cut in cuts]
        if field.type == "category":
            common = column[column != ""].value_counts().index[:VALUES]
            found += [((column == one).to_numpy(), Clause("equals", field.name, value=str(one))) for one in common]
    return found


def _columns(n: int, found: list[tuple[np.ndarray, Clause]], least: int) -> tuple[sparse.csc_matrix, list[Clause]]:
    useful = [(holds, clause) for holds, clause in found if least <= holds.sum() < n]
    if not useful:
        return sparse.csc_matrix((n, 0), dtype=np.float32), []
    matrix = sparse.csc_matrix(np.stack([holds for holds, _ in useful], axis=1), dtype=np.float32)
    return matrix, [clause for _, clause in useful]
