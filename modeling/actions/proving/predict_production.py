"""What a side says of the production rows: predicted without a lock, kept under a name of its own."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from django.conf import settings

from annotation import frames
from annotation.actions.jobs.work import UnableToWork
from annotation.core.artifacts import load_bytes
from annotation.core.likeness.grouping import group_items
from annotation.models import PredictionSet, Snapshot
from annotation.reading.frozen_rows import rows_now
from modeling.actions.training.train import save_probabilities
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict
from modeling.models import ModelRun
from modeling.reading.comparison_sides import Side, probabilities_for


@dataclass(frozen=True, eq=False)
class ProductionRows:
    """The rows of a production snapshot, read once: `frame` as frames.snapshot_rows, `table` of typed columns, `truth`
    int (n,) by the dataset's classes, `groups` int (n,) of near-duplicates, `weights` float (n,), None = all alike."""

    snapshot: Snapshot
    frame: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        return frames.content_table(self.frame["content"], self.snapshot.dataset.typed_fields)

    @cached_property
    def truth(self) -> np.ndarray:
        return frames.codes(self.frame["label"], self.snapshot.dataset.class_names)

    @cached_property
    def groups(self) -> np.ndarray:
        return group_items(self.table, self.snapshot.dataset.typed_fields).of

    @cached_property
    def weights(self) -> np.ndarray | None:
        given = dict(self.snapshot.rows.filter(weight__isnull=False).values_list("item_id", "weight"))
        return self.frame["item"].map(given).fillna(1.0).to_numpy(float) if given else None

    def where(self, kept: np.ndarray) -> "ProductionRows":
        """Those of them that are `kept`, bool (n,); themselves, with what was worked out, where all are."""
        if kept.all():
            return self
        return ProductionRows(self.snapshot, self.frame[kept].reset_index(drop=True))


@dataclass(frozen=True, eq=False)
class Predicted:
    """What one side says of the rows. probabilities: float (n, K); predictions: the set that holds them, which has no
    id before it is kept."""

    side: Side
    predictions: PredictionSet
    probabilities: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """The likeliest class of each row, int (n,)."""
        return self.probabilities.argmax(axis=1)

    def where(self, kept: np.ndarray) -> "Predicted":
        """The same of the rows `kept`, bool (n,)."""
        return replace(self, probabilities=self.probabilities[kept])


def read_rows(production: Snapshot) -> ProductionRows:
    return ProductionRows(production, rows_now(production))


def predict_side(side: Side, rows: ProductionRows) -> Predicted:
    """The side's own set, the one kept for its run, or a new one whose probabilities are a file and no row yet. Raises
    UnableToFind where a set lacks rows."""
    found = side.predictions or _kept_for(side.own_run, rows.snapshot) or _predicted(side.own_run, rows)
    return Predicted(side, found, probabilities_for(found, rows.frame))


def keep(predicted: Predicted, production: Snapshot) -> PredictionSet:
    """The stored set, made now where there is none; inside a transaction that holds the dataset."""
    new = predicted.predictions
    if new.pk:
        return new
    run = predicted.side.own_run
    there = _kept_for(run, production)
    if there is None:
        new.name = _name(run, production)
        new.save(force_insert=True)
        return new
    if there.arrays != new.arrays:
        raise UnableToWork(f"{there.name!r} was kept meanwhile with other figures; ask for the comparison again.")
    return there


def _predicted(run: ModelRun, rows: ProductionRows) -> PredictionSet:
    dataset = rows.snapshot.dataset
    model = load_model(load_bytes(settings.ARTIFACTS_DIR, run.artifact))
    # in the names of its own classes, which are carried over wherever the set is read
    then = run.predictions.classes
    probabilities = predict(model, rows.table, then)
    arrays = save_probabilities(rows.frame["item"].to_numpy(), probabilities)
    return PredictionSet(dataset=dataset, classes=list(then), arrays=arrays, n=len(rows.frame))


def _kept_for(run: ModelRun, production: Snapshot) -> PredictionSet | None:
    if run.pk is None:
        return None
    return production.dataset.prediction_sets.filter(name=_name(run, production)).first()


def _name(run: ModelRun, production: Snapshot) -> str:
    return f"run {run.pk} on production snapshot {production.pk}"
