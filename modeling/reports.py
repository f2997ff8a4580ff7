"""What a comparison says, in sentences: what was done between its two sides, and whether it was only that."""

from dataclasses import dataclass

import pandas as pd
from django.db.models import F, OuterRef, Subquery

from annotation.models import Decision, Item, SnapshotRow
from annotation.reading.cases import excerpt_of
from modeling.core.fitting.stored import Scores
from modeling.core.proving.proof import EXPECTED_COST, rows_to_distinguish
from modeling.core.proving.stored import SideScores
from modeling.figures.charts.dots import Bar
from modeling.figures.words.comparisons import comparison_heading
from modeling.figures.words.recipes import differing_settings
from modeling.models import Comparison, ModelRun
from modeling.reading.comparison_sides import probabilities_for

FLIPS = 50
# What to say a production set can tell apart where the two sides do not differ at all.
ONE_POINT = 0.01


@dataclass(frozen=True)
class Report:
    """`relabelled`: decisions between the labels of the two sides. `settings`: in what the resolved settings of the two
    runs differ, empty = in nothing; None where a side is no run, so that nobody knows."""

    comparison: Comparison
    relabelled: int
    settings: list[str] | None
    heading: str

    @property
    def between(self) -> str:
        """What stands between the two sides, short."""
        if self.settings is None:
            return "not both runs"
        if self.settings:
            return "other settings"
        n = self.relabelled
        return f"{n:,} decision{'' if n == 1 else 's'} between" if n else "same settings"


@dataclass(frozen=True)
class Flip:
    """A production row that one side gets right and the other wrong."""

    item: Item
    excerpt: str
    truth: str
    before: str
    after: str

    @property
    def gained(self) -> bool:
        return self.after == self.truth


def report_on(comparison: Comparison) -> Report:
    before, after = comparison.before_run, comparison.after_run
    settings = differing_settings(before.resolved, after.resolved) if before and after else None
    relabelled = _decisions_between(before, after) if before and after else 0
    proof = comparison.proof
    heading = comparison_heading(
        _subject(comparison, settings, relabelled), comparison.verdict, proof["difference"], proof.get("reason")
    )
    return Report(comparison, relabelled, settings, heading)


def _subject(comparison: Comparison, settings: list[str] | None, relabelled: int) -> str:
    before, after = comparison.before_run, comparison.after_run
    if not (before and after) or settings or before.snapshot_id == after.snapshot_id:
        return f"{_name(comparison, 'after')} against {_name(comparison, 'before')}".capitalize()
    if relabelled:
        return f"Relabelling {relabelled:,} case{'' if relabelled == 1 else 's'}"
    return "Learning from the new labels"


def _name(comparison: Comparison, side: str) -> str:
    run = getattr(comparison, f"{side}_run")
    return str(run) if run else getattr(comparison, side).name


def _decisions_between(before: ModelRun, after: ModelRun) -> int:
    """Decisions that stand, from when *before*'s labels were frozen until *after*'s were frozen."""
    frozen_at = (before.snapshot.labels_of or before.snapshot).created_at
    decisions = Decision.objects.standing().filter(case__dataset=after.snapshot.dataset)
    return decisions.filter(created_at__gt=frozen_at, created_at__lte=after.snapshot.created_at).count()


def labels_changed(comparison: Comparison) -> int | None:
    """Rows both runs learned from whose label differs; None where a side is no run."""
    if not comparison.before_run or not comparison.after_run:
        return None
    earlier = SnapshotRow.objects.filter(snapshot=comparison.before_run.snapshot, item=OuterRef("item"))
    rows = SnapshotRow.objects.filter(snapshot=comparison.after_run.snapshot)
    both = rows.annotate(earlier_label=Subquery(earlier.values("label_class")[:1])).filter(earlier_label__isnull=False)
    return both.exclude(earlier_label=F("label_class")).count()


def bars_of(comparison: Comparison) -> list[Bar]:
    """Accuracy on production: before as first trained where that differs, before, after."""
    proof, bars = comparison.proof, []
    if trained := proof.get("as_trained"):
        bars.append(_bar("Before, as first trained", trained, proof["n"], ""))
    bars.append(_bar("Before, on today’s rows" if bars else "Before", proof["before"], proof["n"], "before"))
    return [*bars, _bar("After", proof["after"], proof["n"], "after")]


def _bar(name: str, scores: SideScores | Scores, n: int, series: str) -> Bar:
    return Bar(name, scores["accuracy"], scores["accuracy_low"], scores["accuracy_high"], n, series)


def rows_needed(comparison: Comparison) -> tuple[int, float] | None:
    """(production rows, difference in accuracy) it would take to tell that difference from none, at 80 % power.

    The difference is the one seen, or one point where none was seen; None where even that many rows never differ, and
    where costs decide, which no difference in accuracy stands for.
    """
    proof = comparison.proof
    if proof["difference"]["metric"] == EXPECTED_COST:
        return None
    discordant = (proof["wrong_to_right"] + proof["right_to_wrong"]) / proof["n"]
    seen = (proof["wrong_to_right"] - proof["right_to_wrong"]) / proof["n"] or ONE_POINT
    if discordant < abs(seen):
        return None
    return rows_to_distinguish(discordant, seen, proof["planned_looks"]), seen


def flips(comparison: Comparison) -> list[Flip]:
    """The first FLIPS rows that flipped, those that went wrong first. Raises UnableToLoad where an artifact is gone."""
    rows = comparison.snapshot.rows.order_by("item_id").values_list("item_id", "label_class__name")
    frame = pd.DataFrame(list(rows), columns=["item", "truth"])
    for side in ("before", "after"):
        predictions = getattr(comparison, side)
        frame[side] = [predictions.classes[code] for code in probabilities_for(predictions, frame).argmax(axis=1)]
    was, now = frame["before"] == frame["truth"], frame["after"] == frame["truth"]
    first = pd.concat([frame[was & ~now], frame[now & ~was]]).head(FLIPS)
    items = Item.objects.in_bulk(first["item"].tolist())
    dataset = comparison.snapshot.dataset
    return [
        Flip(items[row.item], excerpt_of(dataset, items[row.item].content, 240), row.truth, row.before, row.after)
        for row in first.itertuples()
    ]
