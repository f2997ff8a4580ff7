"""What a hasty annotator could go by: yes-or-no facts about items, each with the rule that says it in words."""

import dataclasses
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from annotation.core.fields import Field
from annotation.core.likeness.grouping import joined_text
from annotation.core.rules.typed_rules import Clause, lengths

WORD = re.compile(r"(?u)\b\w+\b")
WORDS = 4000
TIMES = (1, 2, 3, 5, 8)
LENGTHS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500)
PLACES = 20
VALUES = 50


@dataclass(eq=False)
class Vocabulary:
    """Every word of n texts, and which of them has it. words: (w,), in lower case, in alphabetical order; texts: CSR
    (n, w), an entry where the text has the word."""

    words: list[str]
    texts: sparse.csr_matrix
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

    def where(self, letters: str) -> np.ndarray:
        """Positions of the texts that hold `letters`, ascending."""
        held = np.zeros(len(self.words), dtype=bool)
        held[self.holding(letters)] = True
        cells = np.flatnonzero(held[self.texts.indices])
        return np.unique(np.searchsorted(self.texts.indptr, cells, side="right") - 1)


@dataclass(frozen=True, eq=False)
class CandidateRules:
    """What can be said of n items in m clauses. facts: float32 CSC (n, f) of 0 and 1; of: float64 CSC (f, m): a clause
    holds where any of its facts does, and an item has one of them at most. So many clauses about one value, such as
    lengths, cost an item one entry and not one for each. n_words: the first so many facts and clauses are single words,
    which may be joined to one rule. vocabulary: None where there is no text or no word."""

    facts: sparse.csc_matrix
    of: sparse.csc_matrix
    clauses: tuple[Clause, ...]
    n_words: int
    vocabulary: Vocabulary | None = None

    @cached_property
    def column(self) -> dict[Clause, int]:
        """Clause → its column."""
        return {clause: at for at, clause in enumerate(self.clauses)}

    @cached_property
    def by_item(self) -> sparse.csr_matrix:
        """The facts as CSR (n, f)."""
        return self.facts.tocsr()

    def counted(self, rows: sparse.csr_matrix) -> np.ndarray:
        """In how many of the items of each row each clause holds, float64 (r, m). rows: float32 (r, n) of 0 and 1."""
        facts = (rows @ self.by_item).toarray().astype(np.float64)
        return (self.of.T @ facts.T).T

    def facts_of(self, column: int) -> np.ndarray:
        """Columns of the facts that make the clause."""
        return self.of.indices[self.of.indptr[column] : self.of.indptr[column + 1]]

    def shows(self, column: int) -> np.ndarray:
        """Positions of the items for which the clause of this column holds, ascending."""
        ends, rows = self.facts.indptr, self.facts.indices
        parts = [rows[ends[one] : ends[one + 1]] for one in self.facts_of(column).tolist()]
        return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int32)

    def where(self, clause: Clause) -> np.ndarray:
        """Positions of the items for which the clause holds, ascending; of a word's letters too, inside others."""
        if clause.kind != "letters":
            return self.shows(self.column[clause])
        assert self.vocabulary
        return self.vocabulary.where(clause.name)


@dataclass(frozen=True, eq=False)
class _Part:
    """Some of the facts and clauses, as in `CandidateRules`."""

    facts: sparse.csc_matrix
    of: sparse.csc_matrix
    clauses: list[Clause]

    def holding(self, least: int) -> "_Part":
        """The clauses that hold for at least `least` items and not for all."""
        items = self.facts.getnnz(axis=0) @ self.of
        kept = np.flatnonzero((items >= least) & (items < self.facts.shape[0]))
        return _Part(self.facts, self.of[:, kept], [self.clauses[one] for one in kept.tolist()])


def find_candidate_rules(
    table: pd.DataFrame, fields: Sequence[Field], sources: np.ndarray | None = None, least: int = 5
) -> CandidateRules:
    """The rules that hold for at least `least` of the n items and not for all: the commonest words, words mentioned
    more than once, lengths, places in the order of import, sources, values and ranges of fields."""
    n = len(table)
    parts: list[_Part] = []
    vocabulary = None
    if n and any(field.type == "text" for field in fields):
        texts = joined_text(table, fields)
        counts, words = _counted(texts)
        parts += _words(counts, words, least)
        seen = sparse.csr_matrix((np.ones(counts.nnz, dtype=bool), counts.indices, counts.indptr), counts.shape)
        vocabulary = Vocabulary(words, seen) if words else None
        parts.append(_lengths(texts).holding(least))
    n_words = len(parts[0].clauses) if parts else 0
    parts += [one.holding(least) for one in [_places(n), *_sources(sources), *_fields(table, fields)]]
    return CandidateRules(
        sparse.hstack([part.facts for part in parts], format="csc", dtype=np.float32),
        sparse.block_diag([part.of for part in parts], format="csc", dtype=np.float64),
        tuple(clause for part in parts for clause in part.clauses), n_words, vocabulary,
    )  # fmt: skip


def _counted(texts: Sequence[str]) -> tuple[sparse.csr_matrix, list[str]]:
    """How often each text has each word, int32 (n, w), and the words in alphabetical order."""
    number: dict[str, int] = {}
    cells, counts, ends = array("i"), array("i"), array("q", [0])
    for text in texts:
        for word, times in Counter(WORD.findall(text.lower())).items():
            cells.append(number.setdefault(word, len(number)))
            counts.append(times)
        ends.append(len(cells))
    words = sorted(number)
    place = np.empty(len(words), dtype=np.int32)
    place[[number[word] for word in words]] = np.arange(len(words))
    columns = place[np.frombuffer(cells, dtype=np.int32)] if words else np.empty(0, dtype=np.int32)
    data = np.frombuffer(counts, dtype=np.int32) if words else np.empty(0, dtype=np.int32)
    return sparse.csr_matrix((data, columns, np.frombuffer(ends, dtype=np.int64)), (len(texts), len(words))), words


def _words(counts: sparse.csr_matrix, every: list[str], least: int) -> list[_Part]:
    """The WORDS words with the most mentions of those in `least` texts, and being mentioned more than once."""
    texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
    common = np.flatnonzero(texts_with >= min(least, counts.shape[0]))
    mentioned = np.bincount(counts.indices, counts.data, minlength=counts.shape[1])[common]
    common = np.sort(common[np.argsort(-mentioned, kind="stable")[:WORDS]])
    common_counts, words = counts[:, common].tocsc(), [every[one] for one in common.tolist()]
    parts = [_each(_ones_like(common_counts), [Clause("word", word) for word in words])]
    for times in TIMES:
        above = common_counts > times
        often = np.flatnonzero(above.getnnz(axis=0) >= least)
        parts.append(_each(above[:, often], [Clause("count", words[one], times) for one in often]))
    return parts


def _ones_like(matrix: sparse.csc_matrix) -> sparse.csc_matrix:
    return sparse.csc_matrix((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), matrix.shape)


def _each(facts: sparse.csc_matrix, clauses: list[Clause]) -> _Part:
    """Every fact is a clause."""
    return _Part(facts, sparse.identity(len(clauses), format="csc"), clauses)


def _lengths(texts: Sequence[str]) -> _Part:
    shorter, longer = ([(limit, Clause(kind, "", limit)) for limit in LENGTHS] for kind in ("shorter", "longer"))
    return _ordered(lengths(texts), shorter, longer)


def _places(n: int) -> _Part:
    cuts = sorted({n * part // PLACES for part in range(1, PLACES)})
    first, last = ([(cut, Clause(kind, "", cut)) for cut in cuts] for kind in ("first", "last"))
    return _ordered(np.arange(n), first, [(n - cut - 1, clause) for cut, clause in last])


def _sources(sources: np.ndarray | None) -> list[_Part]:
    if sources is None:
        return []
    common = pd.Series(sources)[lambda one: one != ""].value_counts().index[:VALUES]
    return [_equal(pd.Series(sources), common, [Clause("source", str(name)) for name in common])]


def _fields(table: pd.DataFrame, fields: Sequence[Field]) -> Iterable[_Part]:
    for field in fields:
        column = table[field.name]
        if field.type == "number":
            known = column.dropna().to_numpy(np.float64)
            cuts = np.unique(np.quantile(known, np.arange(1, 10) / 10)).tolist() if len(known) else []
            above, below = ([(cut, Clause(kind, field.name, cut)) for cut in cuts] for kind in ("above", "below"))
            yield _ordered(column.to_numpy(np.float64), below, above, above_first=True)
        if field.type == "category":
            common = column[column != ""].value_counts().index[:VALUES]
            yield _equal(column, common, [Clause("equals", field.name, value=str(one)) for one in common])


def _equal(values: pd.Series, names: pd.Index, clauses: list[Clause]) -> _Part:
    """One fact for each of the names."""
    return _each(_one_of(pd.Categorical(values, categories=names).codes, len(names)), clauses)


def _ordered(
    values: np.ndarray, below: Sequence[tuple[float, Clause]], above: Sequence[tuple[float, Clause]],
    above_first: bool = False,
) -> _Part:  # fmt: skip
    """Clauses that hold where a value is below, or above, a limit: of each limit and each gap between two one fact. A
    missing value is on neither side of any."""
    limits = np.unique([limit for limit, _ in [*below, *above]])
    at = np.searchsorted(limits, values, "left") + np.searchsorted(limits, values, "right")
    at = np.where(np.isnan(values), -1, at)
    bins = np.arange(2 * len(limits) + 1)
    lower = [(bins < 2 * np.searchsorted(limits, limit) + 1, clause) for limit, clause in below]
    higher = [(bins > 2 * np.searchsorted(limits, limit) + 1, clause) for limit, clause in above]
    both = higher + lower if above_first else lower + higher
    of = np.stack([where for where, _ in both], axis=1) if both else np.zeros((len(bins), 0))
    return _Part(_one_of(at, len(bins)), sparse.csc_matrix(of, dtype=np.float64), [clause for _, clause in both])


def _one_of(codes: np.ndarray, count: int) -> sparse.csc_matrix:
    """Float32 CSC (n, count), a one where an item has the code; −1 = none."""
    rows = np.flatnonzero(codes >= 0)
    cells = (np.ones(len(rows), np.float32), (rows, codes[rows].astype(np.int32)))
    return sparse.csc_matrix(cells, (len(codes), count))
