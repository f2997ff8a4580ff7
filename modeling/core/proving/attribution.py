"""How much of a gain came from labels and how much from settings: two players, in both orders (Shapley 1953)."""

from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval
from annotation.core.refusal import Refusal
from modeling.core.proving.paired import GroupedMean, estimate, share_by_group
from modeling.core.proving.stored import AttributedGains

OLD, NEW = 0, 1
LEVEL = 0.95


class UnableToAttribute(Refusal):
    """Old and new labels and settings cannot be told apart here."""


@dataclass(frozen=True)
class Attributed:
    """Differences in accuracy, in [−2, 2], above 0 = new is better, each with its interval; `n` counts groups.

    cells: [labels][settings], OLD or NEW each, the accuracy in [0, 1]. whole: new labels and settings less old ones.
    labels, settings: what each adds, the mean of adding it first and adding it second (labels_first, …); they sum to
    `whole`.
    interaction: what the new labels add with the new settings less what they add with the old. over: new labels alone
    less new settings alone, which is labels − settings.
    """

    cells: tuple[tuple[Interval, Interval], tuple[Interval, Interval]]
    whole: Interval
    labels: Interval
    settings: Interval
    interaction: Interval
    over: Interval
    labels_first: Interval
    labels_second: Interval
    settings_first: Interval
    settings_second: Interval

    def gains(self) -> AttributedGains:
        """All but the cells, JSON-ready."""
        return {
            "whole": self.whole.as_json(), "labels": self.labels.as_json(), "settings": self.settings.as_json(),
            "interaction": self.interaction.as_json(), "over": self.over.as_json(),
            "labels_first": self.labels_first.as_json(), "labels_second": self.labels_second.as_json(),
            "settings_first": self.settings_first.as_json(), "settings_second": self.settings_second.as_json(),
        }  # fmt: skip


def attribute(right: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None) -> Attributed:
    """Whether each fit predicts each row rightly → what labels and settings gained.

    right: bool (2, 2, S, n), by labels and settings (OLD, NEW), S training seeds and n rows; fits of one seed are
    compared with one another. groups: int (n,), near-duplicates, which are one unit. weights: (n,), above 0.

    Intervals at 95 %: Student's t over groups, with the spread of the seeds' means added (`paired.estimate`). Both
    hold a share of what rows and seeds vary in together, so that they err on the wide side.
    """
    hits = right.astype(np.float64)
    (old, tuned), (fixed, both) = hits
    judged = _Judge(groups, weights)
    return Attributed(
        cells=((judged.share(old), judged.share(tuned)), (judged.share(fixed), judged.share(both))),
        whole=judged.difference(both - old),
        labels=judged.difference(((fixed - old) + (both - tuned)) / 2),
        settings=judged.difference(((tuned - old) + (both - fixed)) / 2),
        interaction=judged.difference((both - tuned) - (fixed - old), largest=2.0),
        over=judged.difference(fixed - tuned),
        labels_first=judged.difference(fixed - old),
        labels_second=judged.difference(both - tuned),
        settings_first=judged.difference(tuned - old),
        settings_second=judged.difference(both - fixed),
    )


@dataclass(frozen=True)
class _Judge:
    groups: np.ndarray
    weights: np.ndarray | None

    def difference(self, values: np.ndarray, largest: float = 1.0) -> Interval:
        """values: (S, n), in [−largest, largest]."""
        return self._mean(values, largest).interval(LEVEL, -largest, largest)

    def share(self, hits: np.ndarray) -> Interval:
        """hits: (S, n), in [0, 1]. Of several seeds one made group is all right and one all wrong, as a difference has
        one of each sign."""
        if len(hits) == 1:
            return share_by_group(hits[0], self.groups, self.weights, level=LEVEL)
        found = self._mean(2 * hits - 1, 1.0).interval(LEVEL, -1.0, 1.0)
        return Interval((found.value + 1) / 2, (found.low + 1) / 2, (found.high + 1) / 2, found.n)

    def _mean(self, values: np.ndarray, largest: float) -> GroupedMean:
        of_seeds = np.average(values, axis=1, weights=self.weights)
        return estimate(values.mean(axis=0), self.groups, self.weights, largest=largest, between=of_seeds)
