"""Parts of the dataset in which doubtful labels concentrate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.label_error import LabelError
from annotation.core.detectors.suspicion import Suspicion, percent, short, stable_key
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.rules.slicing import Slice, concentrated, cuts_of, naming_words


@dataclass(frozen=True)
class Slices:
    """Doubtful labels, or labels experts reversed, concentrate in a part of the dataset.

    It suspects no single label: it points to a source, a field's value or a cluster of texts. Twice, where experts have
    decided: by what the out-of-fold model doubts (labels that `label_error` flags), and by what experts reversed of the
    labels they judged. A slice is told where its rate is at least `times` that of the rest and `least` above it, at a
    false discovery rate of `level` over every slice tried.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "probabilities"})
    flag_above: float = 0.0
    min_items: int = 20
    min_hits: int = 5
    times: float = 1.5
    least: float = 0.05
    level: float = 0.01
    most: int = 20
    doubtful: LabelError = LabelError()

    def score(self, evidence: Evidence) -> np.ndarray:
        """Zeros (n,): a label is not wrong for the company it keeps."""
        return np.zeros(len(evidence.labels))

    def suggest(self, evidence: Evidence) -> np.ndarray:
        return np.full(len(evidence.labels), -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        return ["A slice of the dataset is doubted, and no single label for it."] * len(items)

    def findings(self, evidence: Evidence) -> list[Suspicion]:
        """Slices by reversed labels first, then those by doubt; each the largest excess first."""
        if not (evidence.labels >= 0).any():
            return []
        cuts, doubt = cuts_of(evidence), self.doubtful.score(evidence)
        undecided = evidence.as_annotated >= 0
        doubtful = doubt > self.doubtful.flag_above
        found = []
        if evidence.decided is not None and evidence.reversed is not None:
            judged = evidence.decided & (evidence.labels >= 0)
            for one in self._report(cuts, evidence.reversed, judged):
                queue = np.flatnonzero(one.inside & undecided)
                found.append(self._finding(evidence, one, "reversed", queue[np.argsort(-doubt[queue], kind="stable")]))
        for one in self._report(cuts, doubtful, undecided):
            queue = np.flatnonzero(one.inside & undecided & doubtful)
            found.append(self._finding(evidence, one, "doubtful", queue[np.argsort(-doubt[queue], kind="stable")]))
        return found

    def _report(self, cuts: list, hits: np.ndarray, among: np.ndarray) -> list[Slice]:
        found = concentrated(cuts, hits, among, self.min_items, self.min_hits, self.times, self.least, self.level)
        return found[: self.most]

    def _finding(self, evidence: Evidence, one: Slice, by: str, queue: np.ndarray) -> Suspicion:
        name, words = self._name(evidence, one)
        share, rest = wilson(one.hits, one.n), one.rest_hits / one.rest_n
        what = "labels experts judged were reversed" if by == "reversed" else "labels are doubtful"
        title = "Experts reverse many labels in" if by == "reversed" else "Doubtful labels concentrate in"
        return Suspicion(
            kind="slice_reversed" if by == "reversed" else "slice",
            key=stable_key("slice", f"{by}:{words}"),
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
            return f"the source “{short(level)}”", f"source={level}"
        if one.cut.kind == "field":
            return f"{short(one.cut.name, 40)} “{short(level)}”", f"{one.cut.name}={level}"
        words = naming_words(evidence, one.inside) or ("unnamed",)
        return f"texts with {', '.join(words)}", "cluster=" + "+".join(sorted(words))
