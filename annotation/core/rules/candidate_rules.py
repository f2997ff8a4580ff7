"""What a hasty annotator could go by: yes-or-no facts about items, each with the rule that says it in words."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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


@dataclass(eq=False)
class Vocabulary:
    """Every word of n texts, and which of them has it. words: (w,), in lower case, in alphabetical order; texts: CSC
    (n, w), an entry where the text has the word."""

    words: list[str]
    texts: sparse.csc_matrix
    _holding: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @cached_property
    def _joined(self) -> tuple[str, np.ndarray]:
        lengths = np.array([len(word) + 1 for word in self.words], dtype=np.int64)
        return "\n".join(self.words), np.cumsum(lengths) - lengths

    def holding(self, letters: str) -> np.ndarray:
        """Columns of the words that hold `letters`, which hold nothing but letters of words: wherever these stand in a
        text, they stand within one of its words."""
        if letters not in self._holding:
            (joined, starts), places, at = self._joined, [], -1
            while (at := joined.find(letters, at + 1)) >= 0:
                places.append(at)
            self._holding[letters] = np.unique(np.searchsorted(starts, places, side="right") - 1)
        return self._holding[letters]


@dataclass(frozen=True)
class CandidateRules:
    """matrix: float32 CSC (n, m) of 0 and 1. clauses: what each column says. n_words: the first so many columns are
    single words, which may be joined to one rule. vocabulary: None where there is no text or no word."""

    matrix: sparse.csc_matrix
    clauses: tuple[Clause, ...]
    n_words: int
    vocabulary: Vocabulary | None = None

    @cached_property
    def column(self) -> dict[Clause, int]:
        """Clause → its column."""
        return {clause: at for at, clause in enumerate(self.clauses)}

    def where(self, clause: Clause) -> np.ndarray:
        """Positions of the items for which the clause holds, ascending; of a word's letters too, inside others."""
        if clause.kind != "letters":
            return _rows(self.matrix, np.array([self.column[clause]]))
        assert self.vocabulary
        return _rows(self.vocabulary.texts, self.vocabulary.holding(clause.name))


def _rows(matrix: sparse.csc_matrix, columns: np.ndarray) -> np.ndarray:
    """Rows that have an entry in any of the columns, ascending."""
    parts = [matrix.indices[matrix.indptr[one] : matrix.indptr[one + 1]] for one in columns.tolist()]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


def find_candidate_rules(
    table: pd.DataFrame, fields: Sequence[Field], sources: np.ndarray | None = None, least: int = 5
) -> CandidateRules:
    """The rules that hold for at least `least` of the n items and not for all: the commonest words, words mentioned
    more than once, lengths, places in the order of import, sources, values and ranges of fields."""
    n = len(table)
    parts: list[tuple[sparse.csc_matrix, list[Clause]]] = []
    vocabulary = None
    if n and any(field.type == "text" for field in fields):
        texts = joined_text(table, fields)
        counts, words = _counted(texts)
        vocabulary = Vocabulary(words, counts.astype(bool)) if words else None
        parts += _words(counts, words, least)
        parts.append(_columns(n, _lengths(texts), least))
    n_words = parts[0][0].shape[1] if parts else 0
    parts.append(_columns(n, [*_places(n), *_sources(sources), *_fields(table, fields)], least))
    matrix = sparse.hstack([part for part, _ in parts], format="csc", dtype=np.float32)
    clauses = tuple(clause for _, clauses in parts for clause in clauses)
    return CandidateRules(matrix, clauses, n_words, vocabulary)


def _counted(texts: Sequence[str]) -> tuple[sparse.csc_matrix, list[str]]:
    """How often each text has each word, int32 (n, w), and the words in alphabetical order."""
    counter = CountVectorizer(token_pattern=WORD, dtype=np.int32)
    try:
        counts = counter.fit_transform(texts).tocsc()
    except ValueError:
        return sparse.csc_matrix((len(texts), 0), dtype=np.int32), []
    return counts, counter.get_feature_names_out().tolist()


def _words(counts: sparse.csc_matrix, every: list[str], least: int) -> list[tuple[sparse.csc_matrix, list[Clause]]]:
    """The WORDS words with the most mentions of those in `least` texts, and being mentioned more than once."""
    common = np.flatnonzero(counts.getnnz(axis=0) >= min(least, counts.shape[0]))
    mentioned = np.asarray(counts[:, common].sum(axis=0)).ravel()
    common = np.sort(common[np.argsort(-mentioned, kind="stable")[:WORDS]])
    counts, words = counts[:, common], [every[one] for one in common.tolist()]
    parts = [(counts > 0, [Clause("word", word) for word in words])]
    for times in TIMES:
        above = counts > times
        often = np.flatnonzero(above.getnnz(axis=0) >= least)
        parts.append((above[:, often], [Clause("count", words[one], times) for one in often]))
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
