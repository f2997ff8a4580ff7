"""A comparison with all it is about, as it is handed to somebody who never saw the app."""

from collections import Counter

from annotation.models import Dataset, SnapshotRow
from modeling.core.proving.report_json import DoneJson, ProductionJson, ReportJson, SideJson
from modeling.figures.words.cannot_say import Limits, cannot_say
from modeling.figures.words.plain_sentence import plain_sentence
from modeling.figures.words.recipes import recipe_words
from modeling.models import Comparison
from modeling.reading.comparing.between import Between

SOURCES = 5


def report_json(comparison: Comparison, heading: str, settings: list[str] | None, done: Between | None) -> ReportJson:
    """The proof as it is kept, and what was compared on what. heading, settings: as `reports.Report`."""
    dataset, proof = comparison.snapshot.dataset, comparison.proof
    production = _production(comparison)
    limits = Limits(
        proof, production["share"], settings, Dataset.METRICS[dataset.metric], len(production["sources"]),
        done.searched if done else 0,
    )  # fmt: skip
    return {
        **proof, "comparison": comparison.pk, "dataset": dataset.name, "question": dataset.question,
        "made_at": comparison.created_at.isoformat(), "heading": heading, "in_one_sentence": plain_sentence(proof),
        "sides": {"before": _side(comparison, "before"), "after": _side(comparison, "after")},
        "settings_differ": settings, "production": production, "done": _done(done), "cannot_say": cannot_say(limits),
    }  # fmt: skip


def _side(comparison: Comparison, side: str) -> SideJson:
    run, predictions = getattr(comparison, f"{side}_run"), getattr(comparison, side)
    if run is None:
        return {"name": predictions.name, "run": None, "recipe": None, "rows": None, "snapshot": None, "sha256": None}
    return {
        "name": str(run), "run": run.pk, "recipe": recipe_words(run.recipe.learner, run.resolved),
        "rows": run.snapshot.n_rows, "snapshot": run.snapshot_id, "sha256": run.snapshot.sha256,
    }  # fmt: skip


def _production(comparison: Comparison) -> ProductionJson:
    snapshot, labels = comparison.snapshot, comparison.proof["production_labels"]
    names = SnapshotRow.objects.filter(snapshot=snapshot).values_list("item__source", flat=True)
    sources = Counter(name or "no source" for name in names)
    return {
        "snapshot": snapshot.pk, "sha256": snapshot.sha256, "frozen_at": snapshot.created_at.isoformat(),
        "rows": snapshot.n_rows, "sources": dict(sources.most_common(SOURCES)), "labelled_by": labels["annotators"],
        "shared": labels["shared"], "share": labels["share"],
    }  # fmt: skip


def _done(done: Between | None) -> DoneJson | None:
    if done is None:
        return None
    return {"decisions": done.n, "by": dict(done.by), "ways": done.ways, "labels_changed": done.labels_changed}
