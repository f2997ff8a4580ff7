"""Parts of the dataset in which doubtful labels concentrate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.label_error import LabelError
from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion, only_findings
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.rules.slicing import Cut, Slice, concentrated, cuts_of, naming_words
from annotation.core.wording import FindingKind, percent, quoted, short


@dataclass(frozen=True)
class Slices:
    """Doubtful labels, or labels experts reversed, concentrate in a part of the dataset.

    It suspects no single label: it points to a source, a field's value or a cluster of texts. Twice, where experts have
    decided: by what the out-of-fold model doubts (labels that `label_error` flags), and by what experts reversed of the
    labels they judged. A slice is a finding where its rate is at least `times` that of the rest and `least` above it,
    at a false discovery rate of `level` over every slice tried.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities"})
    prior: ClassVar[float] = 0.1
    kinds: ClassVar[dict[str, FindingKind]] = {
        "slice_reversed": FindingKind(
            "Parts of the dataset whose labels experts reverse", "judged labels", "were reversed",
            "Open the rest of it to experts; then look at who labelled this part, and how.",
        ),
        "slice": FindingKind(
            "Parts of the dataset with many doubtful labels", "labels", "are doubtful",
            "Let experts decide on its queue; then look at who labelled this part, and how.",
        ),
    }  # fmt: skip
    flag_above: float = 0.0
    min_items: int = 20
    min_hits: int = 5
    times: float = 1.5
    least: float = 0.05
    level: float = 0.01
    most: int = 20
    doubtful: LabelError = LabelError()
    doubtful_above: float = 0.8

    def judge(self, evidence: Evidence) -> Judgement:
        """Findings alone: slices by reversed labels first, then those by doubt; each the largest excess first."""
        cuts = cuts_of(evidence)
        if not cuts:
            raise NotApplicable("No source, field or cluster of texts cuts the dataset into parts.")
        doubt, undecided = self.doubtful.read(evidence).score, evidence.as_annotated >= 0
        doubtful = doubt > self.doubtful_above
        found = []
        if evidence.decided is not None and evidence.reversed is not None:
            judged = evidence.decided & (evidence.labels >= 0)
            for one in self._report(cuts, evidence.reversed, judged):
                found.append(self._finding(evidence, one, "reversed", _queue(one.inside & undecided, doubt)))
        for one in self._report(cuts, doubtful, undecided):
            found.append(self._finding(evidence, one, "doubtful", _queue(one.inside & undecided & doubtful, doubt)))
        return only_findings(len(doubt), found)

    def _report(self, cuts: list[Cut], hits: np.ndarray, among: np.ndarray) -> list[Slice]:
        found = concentrated(cuts, hits, among, self.min_items, self.min_hits, self.times, self.least, self.level)
        return found[: self.most]

    def _finding(self, evidence: Evidence, one: Slice, by: str, queue: np.ndarray) -> Suspicion:
        name, words = self._name(evidence, one)
        share, rest = wilson(one.hits, one.n), one.rest_hits / one.rest_n
        what = "labels experts judged were reversed" if by == "reversed" else "labels are doubtful"
        title = "Experts reverse many labels in" if by == "reversed" else "Doubtful labels concentrate in"
        return Suspicion(
            kind="slice_reversed" if by == "reversed" else "slice",
            key=f"slice:{by}:{words}",
            title=f"{title} {name}",
            reason=(
                f"In {name} {one.hits} of {one.n} {what} ({percent(share.value)}), elsewhere {percent(rest)} of "
                f"{one.rest_n}; of {one.tried} slices tried, chance alone would hardly give this one."
            ),
            rule={"cut": one.cut.kind, "field": one.cut.name, "level": words, "by": by},
            items=queue, n=one.n, value=share.value, low=share.low, high=share.high,
        )  # fmt: skip

    def _name(self, evidence: Evidence, one: Slice) -> tuple[str, str]:
        """The slice in a sentence, and as it stands in the key."""
        level = one.cut.levels[one.level]
        if one.cut.kind == "source":
            return f"the source {quoted(level, 80)}", f"source={level}"
        if one.cut.kind == "field":
            return f"{short(one.cut.name, 40)} {quoted(level, 80)}", f"{one.cut.name}={level}"
        words = naming_words(evidence, one.inside) or ("unnamed",)
        return f"texts with {', '.join(map(quoted, words))}", "cluster=" + "+".join(sorted(words))


def _queue(items: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """Positions of the items, bool (n,), the most doubtful first."""
    queue = np.flatnonzero(items)
    return queue[np.argsort(-doubt[queue], kind="stable")]
