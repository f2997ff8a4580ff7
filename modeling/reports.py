"""What a comparison says, in sentences: what was done between its two sides, and whether it was only that."""

from dataclasses import dataclass

from modeling.core.fitting.stored import Scores
from modeling.core.proving.stored import SideScores
from modeling.figures.charts.dots import Bar
from modeling.figures.words.comparisons import comparison_heading
from modeling.figures.words.recipes import differing_settings
from modeling.models import Comparison
from modeling.reading.comparing.between import decisions_between


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

    @property
    def has_figures(self) -> bool:
        """Whether any label was read: a refused comparison has read none."""
        return figures_of(self.comparison)


def figures_of(comparison: Comparison) -> bool:
    """Whether there are figures to show: what was refused before a label was read has none."""
    difference = comparison.proof.get("difference")
    return bool(difference) and difference["value"] is not None


def report_on(comparison: Comparison) -> Report:
    before, after = comparison.before_run, comparison.after_run
    settings = differing_settings(before.resolved, after.resolved) if before and after else None
    relabelled = decisions_between(before, after).count() if before and after else 0
    heading = comparison_heading(_subject(comparison, settings, relabelled), comparison.proof)
    return Report(comparison, relabelled, settings, heading)


def _subject(comparison: Comparison, settings: list[str] | None, relabelled: int) -> str:
    before, after = comparison.before_run, comparison.after_run
    if not (before and after) or settings or before.snapshot_id == after.snapshot_id:
        return f"{name_of(comparison, 'after')} against {name_of(comparison, 'before')}".capitalize()
    if relabelled:
        return f"Relabelling {relabelled:,} case{'' if relabelled == 1 else 's'}"
    return "Learning from the new labels"


def name_of(comparison: Comparison, side: str) -> str:
    """run 3, or the name of a prediction set."""
    run = getattr(comparison, f"{side}_run")
    return str(run) if run else getattr(comparison, side).name


def bars_of(comparison: Comparison) -> list[Bar]:
    """Accuracy on production: before as first trained where that differs, before, after."""
    proof, bars = comparison.proof, []
    if trained := proof.get("as_trained"):
        bars.append(_bar("Before, as first trained", trained, proof["n"], ""))
    bars.append(_bar("Before, on today’s rows" if bars else "Before", proof["before"], proof["n"], "before"))
    return [*bars, _bar("After", proof["after"], proof["n"], "after")]


def _bar(name: str, scores: SideScores | Scores, n: int, series: str) -> Bar:
    return Bar(name, scores["accuracy"], scores["accuracy_low"], scores["accuracy_high"], n, series)
