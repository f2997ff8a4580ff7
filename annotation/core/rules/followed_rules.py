"""Which rule does each annotator follow? Every candidate is tried on every annotator and class by sparse products, and
looked into on the items that the annotator answered: what is done for all of them together grows with the votes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from annotation.core.judging.evidence import Evidence
from annotation.core.rules.candidate_rules import CandidateRules
from annotation.core.rules.typed_rules import Clause, TypedRule

BLOCK = 256
JOINED = 3


@dataclass(frozen=True, eq=False)
class FollowedRule:
    """Annotator `annotator` says class `label` (codes) where `rule` holds.

    It is judged by its base, `asked` items: those the annotator answered; where they only ever gave this one class
    (`speaks`), all items that anybody answered, since staying silent is their other answer. items: int (applied,),
    positions of those where the rule holds, ascending. given: votes for the class where it holds; said: votes for the
    class. fit: correlation of rule and votes (phi), 1 = exactly. usual: that of the rule with what others say of the
    same items. model: that of the out-of-fold model's class with the votes, nan = no model. p: chance to see the rule
    followed so much more than by others; `tried` is how many rules were tried on all annotators and classes.
    """

    annotator: int
    label: int
    rule: TypedRule
    items: np.ndarray
    asked: int
    speaks: bool
    given: int
    said: int
    fit: float
    usual: float
    model: float
    p: float
    tried: int

    @property
    def applied(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class VoteMatrices:
    """Counting votes as matrices: of each annotator (A, n) any class; of each (annotator, class) pair one row, in the
    order of the annotators. anybody: bool (n,), the item has a vote."""

    frame: pd.DataFrame
    any: sparse.csr_matrix
    pairs: np.ndarray
    by_pair: sparse.csr_matrix
    anybody: np.ndarray


def read_votes(evidence: Evidence, least: int) -> VoteMatrices:
    """The votes of `evidence`; pairs int (p, 2) of the annotator and class codes that occur at least `least` times."""
    frame = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
    item, annotator, label = (frame[name].to_numpy(np.int64) for name in ("item", "annotator", "label"))
    n, n_classes, n_annotators = len(evidence.labels), len(evidence.classes), len(evidence.annotators)
    code = annotator * n_classes + label
    often, row = np.unique(code, return_inverse=True)
    shape, ones = (len(often), n), np.ones(len(item), dtype=np.float32)
    by_pair = sparse.csr_matrix((ones, (row, item)), shape)
    kept = np.flatnonzero(by_pair.getnnz(axis=1) >= least)
    anything = sparse.csr_matrix((ones, (annotator, item)), (n_annotators, n))
    pairs = np.stack(np.divmod(often[kept], n_classes), axis=1)
    return VoteMatrices(frame, anything, pairs, by_pair[kept], np.bincount(item, minlength=n) > 0)


def phi(hits: np.ndarray, applied: np.ndarray, said: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Correlation of two yes-or-no facts from their counts, in [−1, 1], 0 where one never changes (Yule 1912)."""
    below = applied * (n - applied) * said * (n - said)
    return np.where(below > 0, (n * hits - applied * said) / np.sqrt(np.maximum(below, 1e-9)), 0.0)


def phi_of(hits: float, applied: float, said: float, n: float) -> float:
    return float(phi(*(np.array(count, dtype=np.float64) for count in (hits, applied, said, n))))


def best_candidates(votes: VoteMatrices, candidates: CandidateRules) -> Iterator[tuple[int, int, float]]:
    """(pair, candidate, phi) of the best candidate for every pair of `votes`."""
    silent = speaks(votes)
    if not candidates.clauses:
        return
    everywhere = candidates.counted(sparse.csr_matrix(votes.anybody, dtype=np.float32))[0]
    for start in range(0, len(votes.pairs), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(votes.pairs)))
        hits = candidates.counted(votes.by_pair[rows])
        # what an annotator answered is counted once, however many classes they gave
        who, of = np.unique(votes.pairs[rows, 0], return_inverse=True)
        answered = votes.any[who]
        applied = candidates.counted(answered)[of]
        n = np.asarray(answered.sum(axis=1), dtype=np.float64)[of]
        applied[silent[rows]], n[silent[rows]] = everywhere, votes.anybody.sum()
        said = np.asarray(votes.by_pair[rows].sum(axis=1), dtype=np.float64)
        fit = phi(hits, applied, said, n)
        best = fit.argmax(axis=1)
        yield from zip(rows.tolist(), best.tolist(), fit[np.arange(len(rows)), best].tolist(), strict=True)


def speaks(votes: VoteMatrices) -> np.ndarray:
    """Bool (p,): the annotator of the pair never gave another class, and left items unanswered."""
    own, total = votes.by_pair.getnnz(axis=1), votes.any.getnnz(axis=1)[votes.pairs[:, 0]]
    return (own == total) & (total < votes.anybody.sum())


def find_followed_rules(
    evidence: Evidence, candidates: CandidateRules, least: int, least_fit: float, gain: float
) -> list[FollowedRule]:
    """The best rule of every annotator and class whose phi reaches `least_fit`, words joined where each adds `gain`;
    without `usual`, `model` and `p`, which `compare_with_others` fills in."""
    votes = read_votes(evidence, least)
    silent, bases = speaks(votes), _Bases(votes, candidates)
    tried = len(votes.pairs) * len(candidates.clauses)
    found = []
    for pair, candidate, fit in best_candidates(votes, candidates):
        if fit < least_fit * 0.75:
            continue
        annotator, label = votes.pairs[pair].tolist()
        base = bases.of(-1 if silent[pair] else annotator)
        said = base.among(votes.by_pair[[pair]].indices)
        rule, holds = _refined(base, candidates.clauses[candidate], said, gain)
        reached = base.fit(holds, said)
        if reached >= least_fit:
            found.append(
                FollowedRule(
                    annotator, label, rule, base.items[holds].astype(np.int32), len(said), bool(silent[pair]),
                    int((holds & said).sum()), int(said.sum()), reached, float("nan"), float("nan"), 1.0, tried,
                )
            )  # fmt: skip
    return found


class _Bases:
    """What rules are judged by, for one annotator after the other."""

    def __init__(self, votes: VoteMatrices, candidates: CandidateRules) -> None:
        self.votes, self.candidates = votes, candidates
        self._mentions = candidates.vocabulary.texts if candidates.vocabulary else None
        self._last: dict[int, _Base] = {}

    def of(self, annotator: int) -> "_Base":
        """The items an annotator answered; of −1, those anybody did. All pairs of an annotator come together."""
        if annotator not in self._last:
            answered = self.votes.anybody if annotator < 0 else self.votes.any[[annotator]].indices
            items = np.flatnonzero(answered) if annotator < 0 else np.sort(answered)
            mentions = None if self._mentions is None else self._mentions[items].tocsc()
            base = _Base(self.candidates, items, self.candidates.by_item[items].tocsc(), mentions)
            self._last = {-1: self._last[-1]} if -1 in self._last else {}
            self._last[annotator] = base
        return self._last[annotator]


@dataclass(frozen=True, eq=False)
class _Base:
    """The items int (b,), ascending, that rules are judged by. facts: CSC (b, f), those of the candidates; mentions:
    CSC (b, w), the vocabulary, None where there is none. Masks of rules and votes are bool (b,)."""

    candidates: CandidateRules
    items: np.ndarray
    facts: sparse.csc_matrix
    mentions: sparse.csc_matrix | None

    @cached_property
    def words(self) -> sparse.csr_matrix:
        """The candidates that are single words (n_words, b)."""
        return self.facts[:, : self.candidates.n_words].T.tocsr()

    def among(self, positions: np.ndarray) -> np.ndarray:
        inside = np.zeros(len(self.items), dtype=bool)
        inside[np.searchsorted(self.items, positions)] = True
        return inside

    def where(self, clause: Clause) -> np.ndarray:
        holds = np.zeros(len(self.items), dtype=bool)
        if clause.kind != "letters":
            matrix, columns = self.facts, self.candidates.facts_of(self.candidates.column[clause]).tolist()
        elif self.mentions is not None and self.candidates.vocabulary:
            matrix, columns = self.mentions, self.candidates.vocabulary.holding(clause.name).tolist()
        for one in columns:
            holds[matrix.indices[matrix.indptr[one] : matrix.indptr[one + 1]]] = True
        return holds

    def fit(self, holds: np.ndarray, said: np.ndarray) -> float:
        return phi_of((holds & said).sum(), holds.sum(), said.sum(), len(said))


def _refined(base: _Base, first: Clause, said: np.ndarray, gain: float) -> tuple[TypedRule, np.ndarray]:
    """A candidate as a rule, by letters where that fits better, joined with more words while that adds `gain`."""
    holds = base.where(first)
    if first.kind != "word":
        return TypedRule((first,)), holds
    rule, holds = _by_letters(TypedRule((first,)), first, np.zeros_like(holds), said, base)
    for _ in range(JOINED - 1):
        joined = _joined(base, rule, holds, said)
        if joined is None or base.fit(joined[1], said) < base.fit(holds, said) + gain:
            break
        rule, holds = _pruned(*joined, said, base)
    return rule, holds


def _pruned(rule: TypedRule, holds: np.ndarray, said: np.ndarray, base: _Base) -> tuple[TypedRule, np.ndarray]:
    """Without the clauses that a later, better one made needless."""
    for clause in rule.clauses[:-1]:
        rest = tuple(one for one in rule.clauses if one != clause)
        parts = [base.where(one) for one in rest]
        without = np.logical_and.reduce(parts) if rule.every else np.logical_or.reduce(parts)
        if base.fit(without, said) >= base.fit(holds, said) - 1e-9:
            rule, holds = replace(rule, clauses=rest), without
    return rule, holds


def _joined(base: _Base, rule: TypedRule, holds: np.ndarray, said: np.ndarray) -> tuple[TypedRule, np.ndarray] | None:
    """The best rule with one word more: "or" that word, or for a rule of one word also "and" it."""
    totals = [np.array(one, dtype=np.float64) for one in (said.sum(), len(said))]
    options = []
    for every in [False, True] if len(rule.clauses) == 1 else [rule.every]:
        where = (holds if every else ~holds).astype(np.float32)
        hits, applied = base.words @ (where * said), base.words @ where
        if not every:
            hits, applied = hits + (holds & said).sum(), applied + holds.sum()
        fit = phi(hits.astype(np.float64), applied.astype(np.float64), *totals)
        options.append((float(fit.max(initial=-1)), every, int(fit.argmax()) if len(fit) else -1))
    _, every, word = max(options)
    if word < 0:
        return None
    clause = base.candidates.clauses[word]
    longer = TypedRule((*rule.clauses, clause), every)
    return (longer, holds & base.where(clause)) if every else _by_letters(longer, clause, holds, said, base)


def _by_letters(
    rule: TypedRule, last: Clause, holds: np.ndarray, said: np.ndarray, base: _Base
) -> tuple[TypedRule, np.ndarray]:
    """`rule`, whose last clause is the word `last` and whose others hold where `holds`, or the one that looks for its
    letters inside words."""
    letters = Clause("letters", last.name)
    whole, wide = holds | base.where(last), holds | base.where(letters)
    if base.fit(wide, said) > base.fit(whole, said) + 1e-9:
        return replace(rule, clauses=(*rule.clauses[:-1], letters)), wide
    return rule, whole
