"""Old and new labels with old and new settings on the same rows: what each gained in production, as a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias, TypedDict

import numpy as np
from django.db.models import F, OuterRef, Subquery

from annotation import bulk
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.parts import Part, Wait
from annotation.actions.jobs.work import Write
from annotation.actions.snapshot import matched
from annotation.core.progress import Report
from annotation.models import Dataset, Job, Snapshot, SnapshotRow, User, class_now
from annotation.reading.classes.order_then import changed_classes
from annotation.reading.frozen_rows import rows_now
from modeling.actions.proving.leaked_rows import leaked, unprovable
from modeling.actions.proving.predict_production import Predicted, ProductionRows, keep, predict_side, read_rows
from modeling.actions.training.train import TrainingParams, without_rows
from modeling.core.fitting.seeds import draws
from modeling.core.proving.attribution import LEVEL, NEW, OLD, Attributed, UnableToAttribute, attribute
from modeling.core.proving.stored import AttributionCell, AttributionFound, AttributionResult
from modeling.figures.words.recipes import differing_settings
from modeling.models import Attribution, Look, ModelRun
from modeling.reading.comparison_sides import Side
from modeling.reading.looks import looks_at, steered_by

SIDES = {OLD: "old", NEW: "new"}
LEAST_SEEDS, MOST_SEEDS = 2, 20
# Settings that hold a model back, by whatever learner; all others are features, sizes and ways of learning.
PENALTIES = {"C", "l1_ratio", "rule", "dropout", "weight_decay", "patience", "max_epochs"}
# What resolved settings say that is no setting.
NO_SETTING = {"seed", "classes", "fields"}
# A cell by its labels and settings, OLD or NEW each, and a training seed.
Place: TypeAlias = tuple[int, int, int]


class AttributionParams(TypedDict):
    """Ids of runs; settings_of: the run whose settings are the new ones."""

    before: int
    after: int
    settings_of: int
    snapshot: int
    seeds: int


def request_attribution(
    dataset: Dataset, before: ModelRun, after: ModelRun, production: Snapshot, *, settings_of: ModelRun | None = None,
    seeds: int = 5, user: User | None = None, background: bool = True,
) -> Job:  # fmt: skip
    """The job that attributes: the labels of *before* and *after*, the settings of *before* and of `settings_of`
    (default: *after*). The same question is the same job and no new look. Raises UnableToAttribute."""
    tuned = settings_of or after
    if production.purpose != Snapshot.PRODUCTION:
        raise UnableToAttribute(f"Snapshot {production.pk} is a training snapshot; this needs a production snapshot.")
    if not LEAST_SEEDS <= seeds <= MOST_SEEDS:
        raise UnableToAttribute(f"{seeds} seeds are not possible; take {LEAST_SEEDS} to {MOST_SEEDS}.")
    for run in (before, after, tuned):
        _refuse_unconverged(run)
    if not differing(before, tuned):
        raise UnableToAttribute(
            f"Run {before.pk} and run {tuned.pk} have the same settings: nothing but labels can have gained anything. "
            "Name a run with the other regularization; it may have learned from any labels."
        )
    if not _labels_differ(before.snapshot, after.snapshot):
        raise UnableToAttribute(
            f"Run {before.pk} and run {after.pk} learned from the same labels of the rows they share: nothing but "
            "settings can have gained anything. Name a run from after the relabelling."
        )
    params: AttributionParams = {
        "before": before.pk, "after": after.pk, "settings_of": tuned.pk, "snapshot": production.pk, "seeds": seeds,
    }  # fmt: skip
    return enqueue("attribution", dataset, params, user=user, background=background)


def differing(before: ModelRun, after: ModelRun) -> list[str]:
    """Settings in which two runs differ, as sentences."""
    old, new = ({key: run.resolved.get(key) for key in _settings(run)} for run in (before, after))
    return differing_settings(old, new)


def run(job: Job, report: Report) -> Write | Wait:
    asked: AttributionParams = job.params
    runs = ModelRun.objects.select_related("recipe", "snapshot__dataset").in_bulk(
        [asked["before"], asked["after"], asked["settings_of"]]
    )
    before, after, tuned = (runs[asked[key]] for key in ("before", "after", "settings_of"))
    report("freezing the rows both learned from", 0.0)
    old = matched(after.snapshot, before.snapshot)
    grid = _Grid((old, matched(old, after.snapshot)), (before, tuned), asked["seeds"])
    if not job.parts.exists() and (lacking := grid.lacking()):
        return Wait([grid.part(place) for place in lacking])
    fits = grid.trained(job)
    production = Snapshot.objects.select_related("dataset").get(pk=asked["snapshot"])
    report("predicting production", 0.8)
    rows = read_rows(production)
    said = {place: predict_side(Side(one, None), rows) for place, one in fits.items()}
    found = _found(grid, fits, said, rows)
    return lambda: _write(job, production, before, after, found, list(dict.fromkeys(said.values())))


@dataclass(frozen=True, eq=False)
class _Grid:
    """labels: the same rows with the old and with the new labels; settings: the runs whose settings are the old and
    the new ones."""

    labels: tuple[Snapshot, Snapshot]
    settings: tuple[ModelRun, ModelRun]
    n_seeds: int

    @property
    def seeds(self) -> list[int]:
        """One where neither learner draws: another seed would be the same model."""
        return list(range(self.n_seeds)) if any(draws(like.resolved) for like in self.settings) else [0]

    def places(self) -> list[Place]:
        return list(product((OLD, NEW), (OLD, NEW), self.seeds))

    def seed_at(self, place: Place) -> int:
        """What draws nothing is fitted once, with the seed it has."""
        like = self.settings[place[1]]
        return place[2] if draws(like.resolved) else like.recipe.seed

    def lacking(self) -> list[Place]:
        """One place for each fit that is not there yet."""
        missing = {(*place[:2], self.seed_at(place)): place for place in self.places() if not self._there(place)}
        return list(missing.values())

    def part(self, place: Place) -> Part:
        rows, like = self.labels[place[0]], self.settings[place[1]]
        params: TrainingParams = {
            "learner": like.recipe.learner, "settings": like.resolved, "like": like.pk, "snapshot": rows.pk,
        }  # fmt: skip
        return Part("training", params, inputs=rows.sha256 + changed_classes(rows.dataset), seed=self.seed_at(place))

    def trained(self, job: Job) -> dict[Place, ModelRun]:
        """The run at each place. Raises UnableToAttribute where one is not there or cannot be believed."""
        parts = {(one.params["snapshot"], one.params["like"], one.seed): one for one in job.parts.all()}
        found = {}
        for place in self.places():
            rows, like = self.labels[place[0]], self.settings[place[1]]
            part = parts.get((rows.pk, like.pk, self.seed_at(place)))
            fit = _made_by(part) or self._there(place)
            if fit is None:
                why = part.error or f"{part.status}." if part else "it was deleted."
                words = f"the {SIDES[place[0]]} labels with the {SIDES[place[1]]} settings"
                raise UnableToAttribute(f"A fit of {words} ended without a run: {why}")
            _refuse_unconverged(fit)
            found[place] = fit
        return found

    def _there(self, place: Place) -> ModelRun | None:
        rows, like = self.labels[place[0]], self.settings[place[1]]
        wanted = {**without_rows(like.resolved), "seed": self.seed_at(place)}
        runs = ModelRun.objects.filter(snapshot=rows, recipe__learner=like.recipe.learner).order_by("id")
        return next((one for one in runs if without_rows(one.resolved) == wanted), None)


def _made_by(part: Job | None) -> ModelRun | None:
    if part is None or part.status != Job.DONE:
        return None
    return ModelRun.objects.select_related("recipe", "snapshot").filter(pk=part.outcome["run"]).first()


def _found(
    grid: _Grid, fits: dict[Place, ModelRun], said: dict[Place, Predicted], rows: ProductionRows
) -> AttributionFound:
    """All but which look it is."""
    right = np.array([
        [[said[labels, settings, seed].classes == rows.truth for seed in grid.seeds] for settings in SIDES]
        for labels in SIDES
    ])  # fmt: skip
    dataset, lost = rows.snapshot.dataset, leaked(rows, [Side(fits[OLD, OLD, grid.seeds[0]], None)])
    if refusal := unprovable(rows, lost):
        raise UnableToAttribute(refusal)
    scored = rows.where(~lost)
    judged = attribute(right[..., ~lost], scored.groups, scored.weights)
    learned, relabelled = _relabelled(*grid.labels)
    old, new = grid.settings
    differ = {key for key in _settings(old) | _settings(new) if old.resolved.get(key) != new.resolved.get(key)}
    return {
        **judged.gains(), "n": len(scored.frame), "units": judged.whole.n, "leaked": int(lost.sum()),
        "rows": learned, "relabelled": relabelled,
        "seeds": grid.seeds, "level": LEVEL, "cells": _cells(grid, fits, judged), "differing": differing(old, new),
        "regularization": differ <= PENALTIES, "settings_run": new.pk, "metric": dataset.metric, "looks": 0,
        "planned_looks": dataset.planned_looks, "exploratory": "",
    }  # fmt: skip


def _cells(grid: _Grid, fits: dict[Place, ModelRun], judged: Attributed) -> list[AttributionCell]:
    return [
        {
            "labels": SIDES[labels], "settings": SIDES[settings],
            "runs": list(dict.fromkeys(fits[labels, settings, seed].pk for seed in grid.seeds)),
            "accuracy": judged.cells[labels][settings].as_json(),
        }
        for labels, settings in product(SIDES, SIDES)
    ]  # fmt: skip


def _write(
    job: Job, production: Snapshot, before: ModelRun, after: ModelRun, found: AttributionFound,
    said: Sequence[Predicted],
) -> AttributionResult:  # fmt: skip
    """Insert what was found, as the look that it is by now."""
    bulk.lock_dataset(production.dataset)
    for one in said:
        keep(one, production)
    found["looks"] = looks_at(production) + 1
    found["exploratory"] = _exploratory(production, found)
    made = Attribution.objects.create(
        snapshot=production, before_run=before, after_run=after, job=job, found=found
    )  # fmt: skip
    Look.objects.create(snapshot=production, kind=Look.ATTRIBUTION, attribution=made)
    return {"attribution": made.pk, **found}


def _exploratory(production: Snapshot, found: AttributionFound) -> str:
    if steered_by(production).exists():
        return "Decisions were steered by this very production set."
    if found["looks"] > found["planned_looks"]:
        return f"This production set has been read {found['looks']} times; {found['planned_looks']} looks were planned."
    return ""


def _refuse_unconverged(fit: ModelRun) -> None:
    if not fit.converged:
        raise UnableToAttribute(
            f"Run {fit.pk} did not converge ({fit.solver_status}); what it gains or loses says nothing of labels or "
            "settings. A stronger penalty helps."
        )


def _settings(fit: ModelRun) -> set[str]:
    return set(without_rows(fit.resolved)) - NO_SETTING


def _labels_differ(before: Snapshot, after: Snapshot) -> bool:
    """Of an item that both have."""
    was = SnapshotRow.objects.filter(snapshot=before, item=OuterRef("item")).values(then=class_now())
    both = SnapshotRow.objects.filter(snapshot=after).annotate(was=Subquery(was), now=class_now())
    return both.filter(was__isnull=False).exclude(was=F("now")).exists()


def _relabelled(old: Snapshot, new: Snapshot) -> tuple[int, int]:
    """Rows learned from, and how many of them carry another label."""
    was, now = rows_now(old), rows_now(new)
    both = was.merge(now, on="item", suffixes=("_was", "_now"))
    return len(now), int((both["label_was"] != both["label_now"]).sum())
