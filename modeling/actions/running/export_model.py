"""A run's model as a file of its own, with a card: what it learned from, what it scores, what it cannot do."""

import json
from pathlib import Path
from typing import TypedDict

import numpy as np
from django.conf import settings
from django.db.models import Count, Q

from annotation import frames
from annotation.actions.files.write_table import UnableToExport, drafted
from annotation.core.artifacts import load_bytes
from annotation.models import Item, Snapshot
from annotation.reading.frozen_rows import rows_now
from annotation.reading.prediction_sets import aligned
from modeling.core.fitting.model_artifacts import zipped
from modeling.core.proving.scoring import scores
from modeling.core.telling.card import card_text, limits_of
from modeling.core.telling.stored import Card, CardComparison, CardCosts
from modeling.figures.words.comparisons import proved, proved_span, unit_words
from modeling.figures.words.recipes import left_out_words, recipe_words
from modeling.models import Comparison, ModelRun


class ExportedModel(TypedDict):
    """What was written where; model: the name of the model's file in the zip."""

    run: int
    file: str
    bytes: int
    model: str


def export_model(run: ModelRun, path: Path) -> ExportedModel:
    """Write the model and its card as a .zip, whole or not at all. Raises UnableToExport or UnableToLoad."""
    if path.suffix != ".zip":
        raise UnableToExport(f"{path.name} ends in {path.suffix!r}; name a file that ends in .zip.")
    data = packed(run)
    with drafted(path) as draft:
        draft.write_bytes(data)
    return {"run": run.pk, "file": str(path), "bytes": len(data), "model": model_name(run)}


def packed(run: ModelRun) -> bytes:
    """The zip's bytes: the model as it is stored, card.json and card.md. The same facts are the same bytes."""
    card = card_of(run)
    model = load_bytes(settings.ARTIFACTS_DIR, run.artifact)
    facts = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
    return zipped({model_name(run): model, "card.json": facts.encode(), "card.md": card_text(card).encode()})


def model_name(run: ModelRun) -> str:
    return f"model{Path(run.artifact).suffix}"


def card_of(run: ModelRun) -> Card:
    """Every fact of the card, JSON-ready."""
    dataset, rows = run.dataset, run.snapshot
    frame = rows_now(rows)
    truth = frames.codes(frame["label"], dataset.class_names)
    held_out = aligned(run.predictions, frame["item"].to_numpy(), dataset.class_names)
    counts = np.bincount(truth, minlength=len(dataset.class_names))
    by_class = dict(zip(dataset.class_names, counts.tolist(), strict=True))
    priced = run.costs.select_related("costs").order_by("-id").first()
    costs: CardCosts | None = (
        {"unit": priced.costs.unit, "version": priced.costs.version, **priced.report} if priced else None
    )
    return {
        "dataset": {"slug": dataset.slug, "name": dataset.name, "question": dataset.question}, "run": run.pk,
        "model": model_name(run), "recipe": recipe_words(run.recipe.learner, run.resolved),
        "trained_at": run.created_at.isoformat(timespec="seconds"), "rows": rows.n_rows, "rows_by_class": by_class,
        "data_sha256": rows.sha256, "classes": list(dataset.class_names), "resolved": run.resolved,
        "fields": [[field.name, field.type] for field in dataset.typed_fields],
        "parameter_hash": run.parameter_hash, "solver_status": run.solver_status, "converged": run.converged,
        "at_chance": run.at_chance, "metrics": [one.as_json() for one in scores(truth, held_out)],
        "calibration": None, "costs": costs, "comparisons": comparisons_with(run),
        "left_out": rows.left_out, "limits": _limits(run, by_class), "environment": run.environment,
    }  # fmt: skip


def comparisons_with(run: ModelRun) -> list[CardComparison]:
    """What was read on production with this run on either side, the newest first."""
    found = Comparison.objects.filter(Q(before_run=run) | Q(after_run=run)).exclude(verdict="refused").order_by("-id")
    return [_compared(one, run) for one in found.select_related("before", "after", "before_run", "after_run")]


def _compared(comparison: Comparison, run: ModelRun) -> CardComparison:
    proof = comparison.proof
    side, other = ("after", "before") if comparison.after_run_id == run.pk else ("before", "after")
    against = getattr(comparison, f"{other}_run") or getattr(comparison, other)
    difference = proof["difference"]
    return {
        "comparison": comparison.pk, "side": side, "other": str(against), "verdict": comparison.verdict,
        "difference": proved(difference), "interval": proved_span(difference), "counted_in": unit_words(difference),
        "figures": difference, "n": proof["n"], "look": comparison.look, "planned_looks": proof["planned_looks"],
        "labelled_by": proof["production_labels"]["annotators"], "production_sha256": comparison.snapshot.sha256,
    }  # fmt: skip


def _limits(run: ModelRun, by_class: dict[str, int]) -> list[str]:
    items = Item.objects.filter(dataset=run.dataset)
    counted = dict(items.values_list("split").annotate(n=Count("id")).order_by())
    learned = _sources(run.snapshot)
    production = set(items.filter(split=Item.PRODUCTION).values_list("source", flat=True).distinct())
    left_out = run.snapshot.left_out
    reasons = {reason: n for reason, n in left_out.items() if reason != "contested"}
    return limits_of(
        left_out=left_out_words(reasons), pool=counted.get(Item.POOL, 0), contested=left_out.get("contested", 0),
        converged=run.converged, status=run.solver_status, at_chance=run.at_chance, rows_by_class=by_class,
        unseen=sorted(filter(None, production - learned)), sources=sorted(filter(None, learned)),
        chosen=[key for key, value in run.recipe.settings.items() if value == "cv" and run.like_id is None],
    )  # fmt: skip


def _sources(rows: Snapshot) -> set[str]:
    return set(rows.rows.order_by().values_list("item__source", flat=True).distinct())
