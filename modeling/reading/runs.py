"""Runs as a table: filtered, sorted, paged by key, and as a file. Every figure is out of fold or of rows learned from;
production has no column here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast

from annotation.models import Dataset
from modeling.core.learners import used_words
from modeling.figures.words.recipes import recipe_words
from modeling.models import ModelRun, Recipe

PAGE = 50
COLUMNS = {
    "run": "whole", "recipe": "text", "learner": "text", "words": "text", "settled_on": "text", "seed": "whole",
    "snapshot": "whole", "rows": "whole", "train_accuracy": "number", "accuracy": "number", "accuracy_low": "number",
    "accuracy_high": "number", "macro_f1": "number", "balanced_accuracy": "number", "log_loss": "number",
    "features": "whole", "parameters": "whole", "converged": "text", "at_chance": "text", "seconds": "number",
    "cpu_seconds": "number", "predict_seconds_per_1000": "number", "parameter_hash": "text", "created_at": "text",
}  # fmt: skip


def _figure(side: str, name: str) -> Cast:
    return Cast(KeyTransform(name, KeyTransform(side, "metrics")), FloatField())


SORTS: dict[str, Any] = {
    "run": F("id"), "rows": F("snapshot__n_rows"), "train": _figure("train", "accuracy"),
    "accuracy": _figure("validation", "accuracy"),
    "gap": _figure("train", "accuracy") - _figure("validation", "accuracy"),
    "log_loss": _figure("validation", "log_loss"), "seconds": F("seconds"),
}  # fmt: skip


@dataclass(frozen=True)
class RunFilter:
    """What of the table is wanted; empty = all. sort: of SORTS, with - in front the largest first. after: the run that
    ends the page before."""

    learner: str = ""
    recipe: Recipe | None = None
    snapshot: int | None = None
    converged: str = ""
    sort: str = "-run"
    after: int | None = None


@dataclass(frozen=True)
class Page:
    """runs of one page; after: the id to go on from, None on the last page; n: how many there are in all."""

    runs: Sequence[ModelRun]
    after: int | None
    n: int


def wanted_runs(dataset: Dataset, asked: RunFilter) -> QuerySet[ModelRun]:
    """Filtered and in order; `key` is what they are ordered by."""
    runs = ModelRun.objects.filter(snapshot__dataset=dataset)
    if asked.learner:
        runs = runs.filter(recipe__learner=asked.learner)
    if asked.recipe:
        runs = runs.filter(recipe__learner=asked.recipe.learner, recipe__settings=asked.recipe.settings)
    if asked.snapshot:
        runs = runs.filter(snapshot=asked.snapshot)
    if asked.converged:
        good = Q(converged=True, at_chance=False)
        runs = runs.filter(good if asked.converged == "yes" else ~good)
    down = "-" if asked.sort.startswith("-") else ""
    return runs.annotate(key=SORTS[asked.sort.removeprefix("-")]).order_by(f"{down}key", f"{down}id")


def list_runs(dataset: Dataset, asked: RunFilter, size: int = PAGE) -> Page:
    runs = wanted_runs(dataset, asked)
    n = runs.count()
    key = SORTS[asked.sort.removeprefix("-")]
    last = runs.filter(pk=asked.after).values_list(key, flat=True).first() if asked.after else None
    if last is not None:
        side = "lt" if asked.sort.startswith("-") else "gt"
        runs = runs.filter(Q(**{f"key__{side}": last}) | Q(key=last, **{f"id__{side}": asked.after}))
    found = list(runs.select_related("recipe", "snapshot__labels_of", "job__created_by", "like")[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None, n)


def facts_of(run: ModelRun) -> dict[str, Any]:
    """The columns of one run, JSON-ready."""
    train, out = run.metrics["train"], run.metrics["validation"]
    size = run.metrics.get("size", {})
    facts = {
        "run": run.pk, "recipe": run.recipe.name, "learner": run.recipe.learner,
        "words": recipe_words(run.recipe.learner, run.recipe.settings),
        "settled_on": used_words(run.recipe.learner, run.resolved, run.metrics.get("curve")), "seed": run.recipe.seed,
        "snapshot": run.snapshot_id, "rows": run.snapshot.n_rows, "train_accuracy": train["accuracy"],
        "accuracy": out["accuracy"], "accuracy_low": out["accuracy_low"], "accuracy_high": out["accuracy_high"],
        "macro_f1": out["macro_f1"], "balanced_accuracy": out["balanced_accuracy"], "log_loss": out["log_loss"],
        "features": size.get("features"), "parameters": size.get("parameters"),
        "converged": _yes(run.converged), "at_chance": _yes(run.at_chance), "seconds": run.seconds,
        "cpu_seconds": run.cpu_seconds, "predict_seconds_per_1000": run.predict_seconds,
        "parameter_hash": run.parameter_hash, "created_at": run.created_at.isoformat(timespec="seconds"),
    }  # fmt: skip
    return {name: facts[name] for name in COLUMNS}


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
