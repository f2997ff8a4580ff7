"""Which rule does each annotator follow? Every candidate is tried on every annotator and class by sparse products."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import binomtest, hypergeom

from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.grouping import joined_text
from annotation.core.rules.candidate_rules import CandidateRules
from annotation.core.rules.typed_rules import Clause, TypedRule

BLOCK = 256
JOINED = 3


@dataclass(frozen=True)
class FollowedRule:
    """Annotator `annotator` says class `label` (codes) where `rule` holds.

    holds: bool (n,), where the rule holds. base: bool (n,), the items judged by: those the annotator answered; where
    they only ever gave this one class (`speaks`), all items that anybody answered, since staying silent is their other
    answer. given: votes for the class where the rule holds; applied: items of the base where it holds; said: votes for
    the class. fit: correlation of rule and votes (phi), 1 = exactly. usual: that of the rule with what others say of
    the same items. model: that of the out-of-fold model's class with the votes, nan = no model. p: chance to see the
    rule followed so much more than by others; `tried` is how many rules were tried on all annotators and classes.
    """

    annotator: int
    label: int
    rule: TypedRule
    holds: np.ndarray
    base: np.ndarray
    speaks: bool
    given: int
    applied: int
    said: int
    fit: float
    usual: float
    model: float
    p: float
    tried: int


@dataclass(frozen=True)
class VoteMatrices:
    """Counting votes as matrices: of each annotator (A, n) any class; of each (annotator, class) pair one row."""

    frame: pd.DataFrame
    any: sparse.csr_matrix
    pairs: np.ndarray
    by_pair: sparse.csr_matrix
    counts: np.ndarray


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
    counts = np.bincount(item * n_classes + label, minlength=n * n_classes).reshape(n, n_classes).astype(np.int32)
    anything = sparse.csr_matrix((ones, (annotator, item)), (n_annotators, n))
    return VoteMatrices(frame, anything, np.stack(np.divmod(often[kept], n_classes), axis=1), by_pair[kept], counts)


def phi(hits: np.ndarray, applied: np.ndarray, said: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Correlation of two yes-or-no facts from their counts, in [−1, 1], 0 where one never changes (Yule 1912)."""
    below = applied * (n - applied) * said * (n - said)
    return np.where(below > 0, (n * hits - applied * said) / np.sqrt(np.maximum(below, 1e-9)), 0.0)


def best_candidates(votes: VoteMatrices, candidates: CandidateRules) -> Iterator[tuple[int, int, float]]:
    """(pair, candidate, phi) of the best candidate for every pair of `votes`."""
    silent = _speaks(votes)
    anybody = votes.counts.sum(axis=1) > 0
    everywhere = candidates.matrix.T @ anybody.astype(np.float32)
    for start in range(0, len(votes.pairs), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(votes.pairs)))
        hits = (votes.by_pair[rows] @ candidates.matrix).toarray().astype(np.float64)
        answered = votes.any[votes.pairs[rows, 0]]
        applied = (answered @ candidates.matrix).toarray().astype(np.float64)
        n = np.asarray(answered.sum(axis=1), dtype=np.float64)
        applied[silent[rows]], n[silent[rows]] = everywhere, anybody.sum()
        said = np.asarray(votes.by_pair[rows].sum(axis=1), dtype=np.float64)
        fit = phi(hits, applied, said, n)
        best = fit.argmax(axis=1) if fit.shape[1] else np.zeros(len(rows), dtype=int)
        for row, candidate in zip(range(len(rows)), best, strict=True):
            if fit.shape[1]:
                yield int(rows[row]), int(candidate), float(fit[row, candidate])


def _speaks(votes: VoteMatrices) -> np.ndarray:
    """Bool (p,): the annotator of the pair never gave another class, and left items unanswered."""
    own, total = votes.by_pair.getnnz(axis=1), votes.any.getnnz(axis=1)[votes.pairs[:, 0]]
    return (own == total) & (total < (votes.counts.sum(axis=1) > 0).sum())


def find_followed_rules(
    evidence: Evidence, candidates: CandidateRules, least: int, least_fit: float, gain: float
) -> list[FollowedRule]:
    """The best rule of every annotator and class whose phi reaches `least_fit`, words joined where each adds `gain`;
    without `usual`, `model` and `p`, which `compare_with_others` fills in."""
    votes = read_votes(evidence, least)
    speaks, anybody = _speaks(votes), votes.counts.sum(axis=1) > 0
    texts = joined_text(evidence.table, evidence.fields) if candidates.n_words else []
    letters = [text.lower() for text in texts]
    tried = len(votes.pairs) * len(candidates.clauses)
    found = []
    for pair, candidate, fit in best_candidates(votes, candidates):
        if fit < least_fit * 0.75:
            continue
        annotator, label = votes.pairs[pair].tolist()
        said = votes.by_pair[[pair]].toarray().ravel() > 0
        base = anybody if speaks[pair] else votes.any[[annotator]].toarray().ravel() > 0
        rule, holds = _refined(candidates, candidate, said, base, letters, gain)
        one = _counted(annotator, label, rule, holds, base, bool(speaks[pair]), said, tried)
        if one.fit >= least_fit:
            found.append(one)
    return found


def _counted(
    annotator: int, label: int, rule: TypedRule, holds: np.ndarray, base: np.ndarray, speaks: bool, said: np.ndarray,
    tried: int,
) -> FollowedRule:  # fmt: skip
    given, applied = int((holds & said).sum()), int((holds & base).sum())
    fit = _phi_of(given, applied, float(said.sum()), float(base.sum()))
    nan = float("nan")
    return FollowedRule(
        annotator, label, rule, holds, base, speaks, given, applied, int(said.sum()), fit, nan, nan, 1.0, tried
    )


def _refined(
    candidates: CandidateRules, candidate: int, said: np.ndarray, base: np.ndarray, letters: list[str], gain: float
) -> tuple[TypedRule, np.ndarray]:
    """A candidate as a rule, by letters where that fits better, joined with more words while that adds `gain`."""
    holds = candidates.matrix[:, [candidate]].toarray().ravel() > 0
    first = candidates.clauses[candidate]
    if first.kind != "word":
        return TypedRule((first,)), holds
    rule, holds = _by_letters(TypedRule((first,)), first, holds, np.zeros_like(holds), said, base, letters)
    for _ in range(JOINED - 1):
        joined = _joined(candidates, rule, holds, said, base, letters)
        if joined is None or _fit(joined[1], said, base) < _fit(holds, said, base) + gain:
            break
        rule, holds = _pruned(*joined, said, base, candidates, letters)
    return rule, holds


def _pruned(
    rule: TypedRule,
    holds: np.ndarray,
    said: np.ndarray,
    base: np.ndarray,
    candidates: CandidateRules,
    letters: list[str],
) -> tuple[TypedRule, np.ndarray]:
    """Without the clauses that a later, better one made needless."""
    for clause in rule.clauses[:-1]:
        rest = tuple(one for one in rule.clauses if one != clause)
        parts = [_where(one, candidates, letters) for one in rest]
        without = np.logical_and.reduce(parts) if rule.every else np.logical_or.reduce(parts)
        if _fit(without, said, base) >= _fit(holds, said, base) - 1e-9:
            rule, holds = replace(rule, clauses=rest), without
    return rule, holds


def _where(clause: Clause, candidates: CandidateRules, letters: list[str]) -> np.ndarray:
    if clause.kind == "letters":
        return np.array([clause.name in text for text in letters], dtype=bool)
    return candidates.matrix[:, [candidates.clauses.index(clause)]].toarray().ravel() > 0


def _joined(
    candidates: CandidateRules,
    rule: TypedRule,
    holds: np.ndarray,
    said: np.ndarray,
    base: np.ndarray,
    letters: list[str],
) -> tuple[TypedRule, np.ndarray] | None:
    """The best rule with one word more: "or" that word, or for a rule of one word also "and" it."""
    words = candidates.matrix[:, : candidates.n_words]
    totals = [np.array(one.sum(), dtype=np.float64) for one in (said, base)]
    ways = [False, True] if len(rule.clauses) == 1 else [rule.every]
    options = []
    for every in ways:
        where = (base & holds if every else base & ~holds).astype(np.float32)
        hits, applied = words.T @ (where * said), words.T @ where
        if not every:
            hits, applied = hits + (holds & said).sum(), applied + (holds & base).sum()
        fit = phi(hits.astype(np.float64), applied.astype(np.float64), *totals)
        options.append((float(fit.max(initial=-1)), every, int(fit.argmax()) if len(fit) else -1))
    _, every, word = max(options)
    if word < 0:
        return None
    more = candidates.matrix[:, [word]].toarray().ravel() > 0
    longer = TypedRule((*rule.clauses, candidates.clauses[word]), every)
    if every:
        return longer, holds & more
    return _by_letters(longer, candidates.clauses[word], more, holds, said, base, letters)


def _by_letters(
    rule: TypedRule, last: Clause, more: np.ndarray, holds: np.ndarray, said: np.ndarray, base: np.ndarray,
    letters: list[str],
) -> tuple[TypedRule, np.ndarray]:  # fmt: skip
    """`rule`, whose last clause `last` holds where `more` does, or the one that looks for its letters inside words."""
    letter = Clause("letters", last.name)
    wide = np.array([last.name in text for text in letters], dtype=bool)
    if _fit(holds | wide, said, base) > _fit(holds | more, said, base) + 1e-9:
        return replace(rule, clauses=(*rule.clauses[:-1], letter)), holds | wide
    return rule, holds | more


def _fit(holds: np.ndarray, said: np.ndarray, base: np.ndarray) -> float:
    counts = ((holds & said).sum(), (holds & base).sum(), said.sum(), base.sum())
    return _phi_of(*map(float, counts))


def _phi_of(hits: float, applied: float, said: float, n: float) -> float:
    return float(phi(np.array(hits), np.array(applied), np.array(said), np.array(n)))


def compare_with_others(evidence: Evidence, found: list[FollowedRule], overlap: int = 20) -> list[FollowedRule]:
    """The same rules with `usual`, `model` and `p`, the chance not yet corrected.

    What others say of an item is the label most of them gave it; where fewer than `overlap` items have another vote,
    what others said of other items. The model counts as one more voice: a careful annotator among careless ones goes by
    a telling word more than they do, and no more than the model. Whichever goes along with the rule more is `usual`.
    """
    if not found:
        return []
    votes = read_votes(evidence, 1)
    said = None if evidence.probabilities is None else evidence.probabilities.argmax(axis=1)
    return [_compared(one, votes, said, overlap) for one in found]


def _compared(one: FollowedRule, votes: VoteMatrices, model: np.ndarray | None, overlap: int) -> FollowedRule:
    own = votes.frame[votes.frame["annotator"] == one.annotator]
    item, label = own["item"].to_numpy(np.int64), own["label"].to_numpy(np.int64)
    mine = np.zeros(len(one.base), dtype=bool)
    mine[item[label == one.label]] = True
    counts = votes.counts.copy()
    np.subtract.at(counts, (item, label), 1)
    reads = float("nan") if model is None else _fit(model == one.label, mine, one.base)
    theirs = most_said(counts)
    known, theirs = theirs >= 0, theirs == one.label
    shared = one.base & known
    if shared.sum() >= overlap:
        usual, p = _fit(one.holds, theirs, shared), _paired(one, mine, theirs, shared)
    else:
        usual, p = (_fit(one.holds, theirs, known) if known.any() else 1.0), _unpaired(one, mine, theirs, known)
    if model is not None:
        usual = max(usual, _fit(one.holds, model == one.label, one.base))
        p = max(p, _paired(one, mine, model == one.label, one.base))
    return replace(one, usual=usual, model=reads, p=p)


def most_said(counts: np.ndarray) -> np.ndarray:
    """The class with most votes, int (n,), of counts (n, K); −1 where there is none or several have most."""
    most = counts.max(axis=1, initial=0)
    clear = (most > 0) & ((counts == most[:, None]).sum(axis=1) == 1)
    return np.where(clear, counts.argmax(axis=1) if counts.shape[1] else -1, -1)


def _paired(one: FollowedRule, mine: np.ndarray, theirs: np.ndarray, where: np.ndarray) -> float:
    """Chance that of the items on which only one of both goes by the rule so many are mine (McNemar 1947, exact)."""
    me, others = mine == one.holds, theirs == one.holds
    only_me, only_others = int((me & ~others & where).sum()), int((others & ~me & where).sum())
    n = only_me + only_others
    return float(binomtest(only_me, n, 0.5, "greater").pvalue) if n else 1.0


def _unpaired(one: FollowedRule, mine: np.ndarray, theirs: np.ndarray, elsewhere: np.ndarray) -> float:
    """Chance that the rule is followed so much oftener on my items than on those of others (Fisher 1922, exact)."""
    me, others = (mine == one.holds)[one.base], (theirs == one.holds)[elsewhere]
    total, in_class = len(me) + len(others), int(me.sum() + others.sum())
    return float(hypergeom.sf(int(me.sum()) - 1, total, in_class, len(me)))
