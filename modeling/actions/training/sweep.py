"""Many recipes on one snapshot, each with several seeds. One fit, its folds inside, is one part: a training like any
other, so a sweep asked for again goes on where it was cancelled or failed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TypedDict

import numpy as np
from django.conf import settings

from annotation import frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.parts import Wait
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.snapshot import snapshot as freeze
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.core.likeness.grouping import group_items
from annotation.core.progress import Report
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Job, Snapshot, User
from annotation.reading.frozen_rows import rows_now
from annotation.reading.pool_evidence import state_of
from modeling.actions.training.train import recipe_settings, training_part
from modeling.core.fitting.choosing_recipes import Entrant, Place, RecipeChoice, choose
from modeling.core.fitting.complexity import plainness
from modeling.core.fitting.stored import MeanSize, RecipesFound, Settings, SweptRecipe
from modeling.core.learners import used_words
from modeling.core.proving.evaluation import METRICS
from modeling.figures.words.recipes import recipe_words
from modeling.models import ModelRun, Recipe, Sweep

MOST_FITS, MOST_SEEDS = 500, 20


class UnableToSweep(Refusal):
    """The sweep can't be done as asked."""


class SpecJson(TypedDict):
    """A Spec as a job keeps it."""

    learner: str
    settings: Settings
    name: str


class SweepParams(TypedDict):
    """snapshot: None freezes one when the job starts."""

    recipes: list[SpecJson]
    seeds: int
    snapshot: int | None


class SweepResult(RecipesFound):
    sweep: int
    snapshot: int


@dataclass(frozen=True)
class Spec:
    """A recipe of a sweep; the sweep has its own seeds. name: empty where nobody named it."""

    learner: str
    settings: Settings
    name: str = ""

    @property
    def words(self) -> str:
        return self.name or recipe_words(self.learner, self.settings)

    def as_json(self) -> SpecJson:
        return {"learner": self.learner, "settings": self.settings, "name": self.name}


def spec_of(recipe: Recipe) -> Spec:
    return Spec(recipe.learner, recipe.settings, recipe.name)


def grid_specs(dataset: Dataset, learner: str, pairs: dict[str, str], grid: Mapping[str, Sequence[str]]) -> list[Spec]:
    """Every combination of the values in `grid`, as typed, with `pairs` set in all; repeated values count once.

    Raises UnableToConfigure; UnableToSweep where a setting has no value or there are more combinations than fits.
    """
    distinct = {key: list(dict.fromkeys(values)) for key, values in grid.items()}
    empty = next((key for key, values in distinct.items() if not values), None)
    if empty is not None:
        raise UnableToSweep(f"{empty} has no value; give one or more, as in {empty}=1,3.")
    count = prod(map(len, distinct.values()))
    if count > MOST_FITS:
        raise UnableToSweep(f"These values make {count:,} recipes; a sweep has {MOST_FITS} fits at most.")
    made = [dict(zip(distinct, values, strict=True)) for values in product(*distinct.values())]
    return [Spec(learner, recipe_settings(dataset, learner, {**pairs, **one})) for one in made]


def values_of(text: str) -> list[str]:
    """1,3,10 → three values; 256,128|64 → two, the first with a comma in it."""
    return [value.strip() for value in text.split("|" if "|" in text else ",") if value.strip()]


def request_sweep(
    dataset: Dataset, specs: Iterable[Spec], seeds: int = 3, *, snapshot: Snapshot | None = None,
    user: User | None = None, background: bool = True,
) -> Job:  # fmt: skip
    """The job that sweeps. No `snapshot` freezes one at its start. Raises UnableToSweep before anything is queued."""
    chosen = _distinct(specs)
    if len(chosen) < 2:
        raise UnableToSweep("A sweep compares recipes: give two different ones or more.")
    if not 1 <= seeds <= MOST_SEEDS:
        raise UnableToSweep(f"{seeds} seeds are not possible; take 1 to {MOST_SEEDS}.")
    if len(chosen) * seeds > MOST_FITS:
        fits = f"{len(chosen)} recipes × {seeds} seeds are {len(chosen) * seeds:,} fits"
        raise UnableToSweep(f"{fits}; a sweep has {MOST_FITS} at most.")
    if snapshot and snapshot.purpose != Snapshot.TRAINING:
        raise UnableToSweep(f"Snapshot {snapshot.pk} is a production snapshot; nothing is ever trained on it.")
    params: SweepParams = {
        "recipes": [one.as_json() for one in chosen], "seeds": seeds, "snapshot": snapshot.pk if snapshot else None,
    }  # fmt: skip
    inputs = snapshot.sha256 if snapshot else state_of(dataset)
    return enqueue("sweep", dataset, params, inputs=inputs, user=user, background=background)


def again(job: Job, *, user: User | None = None, background: bool = True) -> Job:
    """A sweep that was cancelled or failed, once more on the rows it had frozen: what it finished is not done again."""
    begun = job.parts.order_by("id").first()
    asked: SweepParams = job.params
    pinned = begun.params["snapshot"] if begun else asked["snapshot"]
    rows = Snapshot.objects.filter(pk=pinned or 0).first()
    specs = [Spec(**one) for one in asked["recipes"]]
    return request_sweep(job.own_dataset, specs, asked["seeds"], snapshot=rows, user=user, background=background)


def run(job: Job, report: Report) -> Write | Wait:
    asked: SweepParams = job.params
    specs = [Spec(**one) for one in asked["recipes"]]
    if not job.parts.exists():
        report("freezing the training rows", 0.0)
        there = Snapshot.objects.filter(pk=asked["snapshot"] or 0).first()
        frozen = there or freeze(job.own_dataset, Snapshot.TRAINING, user=job.created_by)
        seeds = range(asked["seeds"])
        return Wait([training_part(frozen, one.learner, one.settings, seed) for seed in seeds for one in specs])
    report("comparing the recipes", 1.0)
    rows = Snapshot.objects.get(pk=job.parts.earliest("id").params["snapshot"])
    found = judge(rows, specs, job)

    def write() -> SweepResult:
        made = Sweep.objects.create(dataset=job.own_dataset, kind=Sweep.RECIPES, snapshot=rows, job=job, found=found)
        return {"sweep": made.pk, "snapshot": rows.pk, **found}

    return write


def judge(rows: Snapshot, specs: Sequence[Spec], job: Job) -> RecipesFound:
    """Everything the sweep found, JSON-ready: its recipes, those that compete first, the best one leading."""
    asked: SweepParams = job.params
    parts = list(job.parts.order_by("id"))
    runs = runs_of_parts(parts)
    fits = [[one for one in parts if _is_of(one, spec)] for spec in specs]
    tried = [[runs[one.pk] for one in of if one.pk in runs] for of in fits]
    why = [_out(of, done) for of, done in zip(fits, tried, strict=True)]
    competing = [at for at, reason in enumerate(why) if not reason]
    if not competing:
        raise UnableToWork(f"None of the {len(specs)} recipes can be judged. The first: {why[0]}")
    choice = _choice(rows, [tried[at] for at in competing], job.own_dataset)
    entries = [_entry(specs[at], tried[at], why[at]) for at in range(len(specs))]
    for at, place in zip(competing, choice.places, strict=True):
        _add_place(entries[at], place)
    entries[competing[choice.best]]["best"] = True
    entries[competing[choice.simplest]]["simplest"] = True
    plain = {id(entry): _plainness(runs) if runs else () for entry, runs in zip(entries, tried, strict=True)}
    entries.sort(key=lambda one: (bool(one["why"]), -one.get("score", 0.0), plain[id(one)]))
    return {
        "metric": metric_of(job.own_dataset), "n": rows.n_rows, "units": choice.places[0].behind.n,
        "seeds": asked["seeds"], "fits": len(parts), "done": len(runs), "level": choice.level,
        "simplest": specs[competing[choice.simplest]].words, "best": specs[competing[choice.best]].words,
        "recipes": entries,
    }  # fmt: skip


def metric_of(dataset: Dataset) -> str:
    """The deciding metric where it can be read off predicted classes, else accuracy."""
    return dataset.metric if dataset.metric in METRICS else "accuracy"


def runs_of_parts(parts: Iterable[Job]) -> dict[int, ModelRun]:
    """Job id → the run it made, of the parts that are done."""
    made = {one.pk: one.outcome["run"] for one in parts if one.status == Job.DONE}
    runs = ModelRun.objects.select_related("recipe", "predictions").in_bulk(made.values())
    return {pk: runs[run] for pk, run in made.items() if run in runs}


def predicted_classes(run: ModelRun) -> np.ndarray:
    """The likeliest class of each row out of fold, int (n,), in the order of the snapshot's items."""
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, run.predictions.arrays))
    return arrays["probability"].argmax(axis=1)


def _is_of(part: Job, spec: Spec) -> bool:
    return part.params["learner"] == spec.learner and part.params["settings"] == spec.settings


def _distinct(specs: Iterable[Spec]) -> list[Spec]:
    """Without repetitions; of two that say the same the named one."""
    kept: list[Spec] = []
    for spec in sorted(specs, key=lambda one: not one.name):
        if not any((one.learner, one.settings) == (spec.learner, spec.settings) for one in kept):
            kept.append(spec)
    return kept


def _out(parts: Sequence[Job], runs: Sequence[ModelRun]) -> str:
    """Why the recipe does not compete, a sentence; empty where it does."""
    lost = [one for one in parts if one.status != Job.DONE]
    if lost:
        return f"{len(lost)} of {len(parts)} fits ended without a run: {lost[0].error or f'{lost[0].status}.'}"
    if len(runs) < len(parts):
        return f"{len(parts) - len(runs)} of {len(parts)} runs are no longer there."
    bad = next((run for run in runs if not run.converged), None)
    if bad:
        return f"Run {bad.pk}: {bad.solver_status}"
    chance = next((run for run in runs if run.at_chance), None)
    return f"Run {chance.pk} is no better than chance." if chance else ""


def _choice(rows: Snapshot, tried: Sequence[Sequence[ModelRun]], dataset: Dataset) -> RecipeChoice:
    frame = rows_now(rows)
    truth = frames.codes(frame["label"], dataset.class_names)
    groups = group_items(frames.content_table(frame["content"], dataset.typed_fields), dataset.typed_fields).of
    entrants = [Entrant(np.stack([predicted_classes(run) for run in runs]), _plainness(runs)) for runs in tried]
    return choose(truth, entrants, groups, len(dataset.class_names), metric_of(dataset))


def _plainness(runs: Sequence[ModelRun]) -> tuple[float, ...]:
    """Of the mean run, so that one seed's luck does not decide."""
    seconds = _mean(run.cpu_seconds for run in runs)
    return plainness(runs[0].recipe.learner, runs[0].resolved, _mean_size(runs), seconds or 0.0)


def _mean_size(runs: Sequence[ModelRun]) -> MeanSize:
    sizes = [run.metrics["size"] for run in runs if "size" in run.metrics]
    return {
        "features": _mean(one["features"] for one in sizes),
        "parameters": _mean(one["parameters"] for one in sizes),
    }


def _entry(spec: Spec, runs: Sequence[ModelRun], why: str) -> SweptRecipe:
    train, size = _mean(run.metrics["train"]["accuracy"] for run in runs), _mean_size(runs)
    return {
        "name": spec.name, "learner": spec.learner, "settings": spec.settings,
        "words": recipe_words(spec.learner, spec.settings), "runs": [run.pk for run in runs], "why": why,
        "train_accuracy": train, "features": size["features"], "parameters": size["parameters"],
        "cpu_seconds": _mean(run.cpu_seconds for run in runs),
        "predict_seconds": _mean(run.predict_seconds for run in runs), "best": False, "simplest": False,
        "settled": [used_words(spec.learner, run.resolved, run.metrics.get("curve")) for run in runs],
    }  # fmt: skip


def _add_place(entry: SweptRecipe, place: Place) -> None:
    entry["score"], entry["low"], entry["high"] = place.score.value, place.score.low, place.score.high
    entry["by_seed"], entry["close"] = list(place.by_seed), place.close
    entry["behind"], entry["behind_low"], entry["behind_high"] = place.behind.value, place.behind.low, place.behind.high


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
