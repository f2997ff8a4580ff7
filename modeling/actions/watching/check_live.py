"""Whether the model in use holds its accuracy as outcomes come in, and whether production drifts, as a job."""

from typing import TypedDict

import numpy as np
import pandas as pd
from django.conf import settings
from django.utils import timezone

from annotation import bulk, frames
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.actions.people.notify import leads_of, notify, page_path
from annotation.core.artifacts import load_bytes
from annotation.core.features.embeddings import embed
from annotation.core.likeness.grouping import group_items, joined_text
from annotation.core.progress import Report
from annotation.core.refusal import Refusal
from annotation.models import Dataset, Job, User
from annotation.reading.prediction_sets import aligned
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict_now
from modeling.core.watching.drift import Watched, shifts
from modeling.core.watching.over_time import (
    FAMILIES,
    REFERENCE,
    Outcomes,
    first_weeks,
    judge,
    judge_sources,
    judge_weeks,
    mondays,
)
from modeling.core.watching.stored import LiveJson, ReferenceJson
from modeling.figures.words.over_time import ALL, alert_words, batches_below
from modeling.models import LiveAlert, ModelInUse
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.watching.live_outcomes import KIND, model_words, production_outcomes, state_of_outcomes


class UnableToCheck(Refusal):
    """There is no model in use, or nothing to check it on."""


class LiveParams(TypedDict):
    in_use: int


def request_live_check(dataset: Dataset, *, user: User | None = None, background: bool = True) -> Job:
    """The job that checks the model in use. With no item, outcome or production set since it is the same job."""
    live = model_in_use(dataset)
    if live is None:
        raise UnableToCheck(f"Nobody has named the model in use of {dataset.slug!r}; name it on a comparison's page.")
    params: LiveParams = {"in_use": live.pk}
    return enqueue(KIND, dataset, params, inputs=state_of_outcomes(dataset), user=user, background=background)


def run(job: Job, report: Report) -> Write:
    asked: LiveParams = job.params
    dataset = job.own_dataset
    live = ModelInUse.objects.select_related("run__recipe", "predictions").get(pk=asked["in_use"])
    report("reading what came in", 0.05)
    came = production_outcomes(dataset)
    if not came["received"].notna().any():
        raise UnableToCheck(
            f"No production item of {dataset.slug!r} has a date; import them with the column that says when they were "
            "received."
        )
    report("predicting it", 0.1)
    probabilities = _probabilities(live, came)
    predicted = ~np.isnan(probabilities[:, 0])
    dated = came["received"].notna().to_numpy()
    report("near-duplicates", 0.5)
    table = frames.content_table(came["content"], dataset.typed_fields)
    groups = np.asarray(group_items(table, dataset.typed_fields).of)
    report("week by week", 0.7)
    found = _found(live, came, probabilities, groups, dated & predicted)
    report("drift", 0.8)
    kept = np.flatnonzero(dated & predicted)
    _add_drift(found, dataset, came.iloc[kept], table.iloc[kept], probabilities[kept], groups[kept])
    found["undated"], found["unpredicted"] = int((~dated).sum()), int((~predicted).sum())
    told = {name: alert_words(found, name, one) for name, one in batches_below(found).items()}
    return lambda: _write(live, found, told)


def _write(live: ModelInUse, found: LiveJson, told: dict[str, str]) -> LiveJson:
    """Each batch that fell is told of once, to every lead."""
    dataset, now = live.dataset, timezone.now()
    bulk.lock_dataset(dataset)
    for batch, sentence in told.items():
        kept = batches_below(found)[batch]
        _, new = LiveAlert.objects.get_or_create(in_use=live, batch=batch, defaults={"found": kept, "created_at": now})
        if new:
            found["alerts"].append(batch)
            notify(dataset, leads_of(dataset), sentence, page_path(dataset, "over-time"), now)
    return found


def _probabilities(live: ModelInUse, came: pd.DataFrame) -> np.ndarray:
    """What the model in use says of each row, float (n, K); nan where a set from elsewhere lacks it."""
    dataset = live.dataset
    if live.predictions:
        return aligned(live.predictions, came["item"].to_numpy(), dataset.class_names)
    if live.run is None:
        raise ValueError(f"The model in use {live.pk} names neither a run nor a set.")
    model = load_model(load_bytes(settings.ARTIFACTS_DIR, live.run.artifact))
    return predict_now(model, frames.content_table(came["content"], dataset.typed_fields), dataset.classes)


def _found(
    live: ModelInUse, came: pd.DataFrame, probabilities: np.ndarray, groups: np.ndarray, usable: np.ndarray
) -> LiveJson:
    """Accuracy by week and source, but for rows of frozen sets: together they say what the others are held to."""
    truth = frames.codes(came["label"], live.dataset.class_names)
    right, frozen = probabilities.argmax(axis=1) == truth, came["frozen"].to_numpy()
    week = mondays(came["received"].where(usable).dt.tz_localize(None).to_numpy()) if usable.any() else np.zeros(0)
    source = came["source"].to_numpy(dtype=object)
    known = Outcomes(right, week, source, groups)
    later = known.of(usable & (truth >= 0) & ~frozen)
    held = known.of(~np.isnan(probabilities[:, 0]) & (truth >= 0) & frozen)
    reference, tested = _reference(held, later)
    threshold = reference["share"]["low"] if reference else None
    all_later = later.of(tested)
    return {
        "in_use": live.pk, "model": model_words(live), "reference": reference,
        "since": judge(all_later, int(usable.sum()), ALL, threshold, FAMILIES),
        "weeks": judge_weeks(later, week[usable], tested, threshold),
        "sources": judge_sources(later, source[usable & (source != "")], tested, threshold),
        "shifts": [], "tests": 0, "compared_to": "", "frozen": len(held.right), "undated": 0, "unpredicted": 0,
        "alerts": [],
    }  # fmt: skip


def _reference(held: Outcomes, later: Outcomes) -> tuple[ReferenceJson | None, np.ndarray]:
    """What the model is held to, and which of the later outcomes, bool (n,), are held to it: the frozen sets where they
    have inputs enough, else the first weeks."""
    if len(held.inputs) >= REFERENCE:
        share = held.by_input().as_json()
        return {"of": "production sets", "until": "", "share": share}, np.ones(len(later.right), dtype=bool)
    first = first_weeks(later.week, later.groups)
    if not first.any():
        return None, ~first
    share, until = later.of(first).by_input().as_json(), str(later.week[first].max())
    return {"of": "first weeks", "until": until, "share": share}, ~first


def _add_drift(
    found: LiveJson, dataset: Dataset, came: pd.DataFrame, table: pd.DataFrame, probabilities: np.ndarray,
    groups: np.ndarray,
) -> None:  # fmt: skip
    """Fields, sources, what is predicted and how surely, and the outcomes outside frozen sets, of all that was received
    with a date."""
    week = mondays(came["received"].dt.tz_localize(None).to_numpy())
    first = first_weeks(week, groups)
    if not first.any():
        return
    classes = np.array(dataset.class_names, dtype=object)
    outcome = came["label"].where(~came["frozen"]).fillna("").to_numpy(dtype=object)
    watched = [
        *_fields(dataset, table), Watched("source", "category", came["source"].to_numpy(dtype=object)),
        Watched("predicted class", "category", classes[probabilities.argmax(axis=1)]),
        Watched("confidence", "number", probabilities.max(axis=1)), Watched("outcome", "category", outcome),
    ]  # fmt: skip
    found["shifts"], found["tests"] = shifts(watched, week, first, groups)
    found["compared_to"] = str(week[first].max())


def _fields(dataset: Dataset, table: pd.DataFrame) -> list[Watched]:
    """Each typed field, and of texts their length and what they are about."""
    kinds = {field.name: field.type for field in dataset.typed_fields}
    found = [
        Watched(name, "number" if kind == "number" else "category", table[name].to_numpy())
        for name, kind in kinds.items() if kind != "text"
    ]  # fmt: skip
    if "text" in kinds.values():
        texts = joined_text(table, dataset.typed_fields)
        found.append(Watched("length of the text", "number", np.array([len(text) for text in texts], dtype=float)))
        found.append(Watched("what texts are about", "text", embed(texts)))
    return found
