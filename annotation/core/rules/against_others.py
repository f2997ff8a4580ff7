"""Rules that annotators follow, beside what others, and the model, say of the same items."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from scipy.stats import binomtest, hypergeom

from annotation.core.judging.evidence import Evidence
from annotation.core.rules.candidate_rules import CandidateRules
from annotation.core.rules.followed_rules import FollowedRule, phi_of, read_votes
from annotation.core.rules.others_say import MostSaid, most_said


def compare_with_others(
    evidence: Evidence, found: Sequence[FollowedRule], candidates: CandidateRules, overlap: int = 20
) -> list[FollowedRule]:
    """The same rules with `usual`, `model` and `p`, the chance not yet corrected.

    What others say of an item is the label most of them gave it; where fewer than `overlap` items have another vote,
    what others said of other items. The model counts as one more voice: a careful annotator among careless ones goes by
    a telling word more than they do, and no more than the model. Whichever goes along with the rule more is `usual`.
    """
    if not found:
        return []
    voices = _Voices(evidence, candidates)
    return [_compared(one, voices, overlap) for one in found]


@dataclass(frozen=True, eq=False)
class _OnBase:
    """What is said of the items (b,) that a rule is judged by: whether it holds and whether the annotator gave its
    class, bool; the class most others gave, −1 = none, and the model's, None = no model."""

    holds: np.ndarray
    mine: np.ndarray
    theirs: np.ndarray
    model: np.ndarray | None


class _Voices:
    """The votes in the order of the annotators, and what is said of all n items."""

    def __init__(self, evidence: Evidence, candidates: CandidateRules) -> None:
        frame = read_votes(evidence, 1).frame.sort_values("annotator", kind="stable")
        self.item, self.label = (frame[name].to_numpy(np.int64) for name in ("item", "label"))
        who = frame["annotator"].to_numpy(np.int64)
        self.starts = np.searchsorted(who, np.arange(len(evidence.annotators) + 1))
        self.said: MostSaid = most_said(self.item, self.label, len(evidence.labels))
        self.model = None if evidence.probabilities is None else evidence.probabilities.argmax(axis=1)
        self.candidates, self.anybody = candidates, np.flatnonzero(self.said.voted)
        clear = self.said.clear[self.said.clear >= 0]
        self.of_class, self.known = np.bincount(clear, minlength=len(evidence.classes)), len(clear)
        self._mark = np.zeros(len(evidence.labels), dtype=bool)

    def own(self, one: FollowedRule) -> slice:
        """Where the annotator's votes are."""
        return slice(self.starts[one.annotator], self.starts[one.annotator + 1])

    def marked(self, positions: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Whether each of the items `at` is among `positions`; without a walk over all n."""
        self._mark[positions] = True
        inside = self._mark[at]
        self._mark[positions] = False
        return inside

    def on_base(self, one: FollowedRule) -> _OnBase:
        own = self.own(one)
        items, theirs, mine = self.item[own], self.said.without[own], self.label[own] == one.label
        if one.speaks:
            clear = self.said.clear.copy()
            clear[items] = theirs
            mine = self.marked(items[mine], self.anybody)
            items, theirs = self.anybody, clear[self.anybody]
        model = None if self.model is None else self.model[items]
        return _OnBase(self.marked(one.items, items), mine, theirs, model)

    def elsewhere(self, one: FollowedRule) -> tuple[int, int, int, int]:
        """Of all items on which most others agree: where the rule holds and they say its class, where it holds, where
        they say its class, and how many there are. The annotator's own votes are taken out of the sums."""
        own = self.own(one)
        items, theirs, clear = self.item[own], self.said.without[own], self.said.clear
        holds = self._where(one)
        there, mine = clear[holds], self.marked(holds, items)
        before, after = clear[items], theirs
        counts = np.array([(there == one.label).sum(), (there >= 0).sum(), self.of_class[one.label], self.known])
        for sign, said in ((-1, before), (1, after)):
            hit, known = said == one.label, said >= 0
            counts += sign * np.array([(hit & mine).sum(), (known & mine).sum(), hit.sum(), known.sum()])
        hits, applied, given, known_there = counts.tolist()
        return hits, applied, given, known_there

    def _where(self, one: FollowedRule) -> np.ndarray:
        """Positions of all items for which the rule holds."""
        parts = [self.candidates.where(clause) for clause in one.rule.clauses]
        return reduce(np.intersect1d if one.rule.every else np.union1d, parts)


def _compared(one: FollowedRule, voices: _Voices, overlap: int) -> FollowedRule:
    base = voices.on_base(one)
    known, theirs = base.theirs >= 0, base.theirs == one.label
    if known.sum() >= overlap:
        usual = _fit(base.holds[known], theirs[known])
        p = _paired(base.holds[known], base.mine[known], theirs[known])
    else:
        hits, applied, said, n = voices.elsewhere(one)
        usual = phi_of(hits, applied, said, n) if n else 1.0
        p = _unpaired(base, n - applied - said + 2 * hits, n)
    if base.model is None:
        return replace(one, usual=usual, p=p)
    model = base.model == one.label
    usual, p = max(usual, _fit(base.holds, model)), max(p, _paired(base.holds, base.mine, model))
    return replace(one, usual=usual, model=_fit(model, base.mine), p=p)


def _fit(holds: np.ndarray, said: np.ndarray) -> float:
    return phi_of((holds & said).sum(), holds.sum(), said.sum(), len(said))


def _paired(holds: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> float:
    """Chance that of the items on which only one of both goes by the rule so many are mine (McNemar 1947, exact)."""
    me, others = mine == holds, theirs == holds
    only_me, only_others = int((me & ~others).sum()), int((others & ~me).sum())
    n = only_me + only_others
    return float(binomtest(only_me, n, 0.5, "greater").pvalue) if n else 1.0


def _unpaired(base: _OnBase, followed: int, n: int) -> float:
    """Chance that the rule is followed so much oftener on my items than on the n of others, who follow it on `followed`
    of theirs (Fisher 1922, exact)."""
    me = int((base.mine == base.holds).sum())
    return float(hypergeom.sf(me - 1, len(base.mine) + n, me + followed, len(base.mine)))
