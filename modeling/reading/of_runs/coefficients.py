"""Every weight of a linear run: sorted, searched, paged by key, and line by line for a file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings

from annotation.core.artifacts import load_bytes
from annotation.core.refusal import Refusal
from modeling.core.fitting.coefficients import Weights, weights_of
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.stored import AlikeNames, Coefficients
from modeling.models import ModelRun

PAGE = 50
SORTS = ("size", "name", "rows")
COLUMNS = ("class", "feature", "weight", "rows", "columns", "stands_for", "goes_with")


class UnableToListWeights(Refusal):
    """The model has no weight for each feature, or it cannot be read."""


@dataclass(frozen=True)
class WeightsAsked:
    """Which weights, empty = all: of one class, and whose feature's name holds `words`. sort: one of SORTS. after: the
    key of the line that ends the page before."""

    label: str = ""
    words: str = ""
    sort: str = "size"
    after: str = ""


@dataclass(frozen=True)
class WeightLine:
    """One weight that is not 0. rows: in how many the feature is there, None where the run was not asked to count.
    stands_for: the names that go with it and count less; goes_with: the one it goes with, "" where it leads or stands
    alone; columns: the fields behind it."""

    label: str
    feature: str
    weight: float
    rows: int | None
    columns: tuple[str, ...]
    stands_for: Sequence[str]
    goes_with: str


@dataclass(frozen=True)
class WeightPage:
    """n: weights of the whole list. after: key of the next page, "" at the end."""

    n: int
    lines: tuple[WeightLine, ...]
    after: str


@dataclass(frozen=True, eq=False)
class RunWeights:
    """weights; rows (p,) or None; alike: who stands for others and who goes with whom, by name of feature or column;
    shown: the classes listed: of two the second, whose weights are the first's too, reversed."""

    weights: Weights
    rows: np.ndarray | None
    alike: Sequence[AlikeNames]

    @property
    def shown(self) -> list[int]:
        return [1] if len(self.weights.classes) == 2 else list(range(len(self.weights.classes)))


def weights_of_run(run: ModelRun) -> RunWeights:
    """Raises UnableToListWeights for a model without weights, and UnableToLoad where it cannot be read."""
    name = run.metrics.get("coefficients")
    if not name:
        raise UnableToListWeights(f"Run {run.pk} is not linear: its features have no weights of their own to list.")
    return _read(run.artifact, name)


@lru_cache(maxsize=2)
def _read(artifact: str, name: str) -> RunWeights:
    """By the names of two files, which are what is in them: what was read once cannot have changed."""
    stored: Coefficients = json.loads(load_bytes(settings.ARTIFACTS_DIR, name))
    weights = weights_of(load_model(load_bytes(settings.ARTIFACTS_DIR, artifact)))
    if weights is None:
        raise UnableToListWeights("The model that was stored has no weights to list; train it again.")
    rows = stored.get("rows")
    slim = replace(weights, weight=weights.weight.astype(np.float32))
    return RunWeights(slim, None if rows is None else np.array(rows), stored.get("alike", []))


def list_weights(found: RunWeights, asked: WeightsAsked, size: int = PAGE) -> WeightPage:
    """A page of weights, those behind the key; a key that is none is the beginning."""
    label, feature = _chosen(found, asked)
    start = _behind(asked.after, label, feature)
    lines = tuple(_lines(found, label[start : start + size], feature[start : start + size]))
    more = start + size < len(label)
    last = f"{label[start + size - 1]},{feature[start + size - 1]}" if more else ""
    return WeightPage(len(label), lines, last)


def weight_rows(found: RunWeights, asked: WeightsAsked) -> Iterator[list[Any]]:
    """The same list whole, as lines of a file under COLUMNS."""
    for one in _lines(found, *_chosen(found, asked)):
        yield [
            one.label, one.feature, f"{one.weight:.6g}", "" if one.rows is None else one.rows, " | ".join(one.columns),
            " | ".join(one.stands_for), one.goes_with,
        ]  # fmt: skip


def _chosen(found: RunWeights, asked: WeightsAsked) -> tuple[np.ndarray, np.ndarray]:
    """Positions of class and feature of each weight asked for, in order; equals by class and feature."""
    names, classes = found.weights.names, found.weights.classes
    shown = [at for at in found.shown if not asked.label or classes[at] == asked.label]
    part = asked.words.casefold()
    wanted = np.flatnonzero([part in name.casefold() for name in names]) if part else np.arange(len(names))
    weight = found.weights.weight[shown][:, wanted]
    of, at = np.nonzero(weight)
    label, feature = np.array(shown, dtype=int)[of], wanted[at]
    order = np.argsort(_sorted_by(found, asked.sort, feature, weight[of, at]), kind="stable")
    return label[order], feature[order]


def _sorted_by(found: RunWeights, sort: str, feature: np.ndarray, weight: np.ndarray) -> np.ndarray:
    if sort == "name":
        place = np.empty(len(found.weights.names), dtype=int)
        by_name = sorted(range(len(place)), key=lambda at: str(found.weights.names[at]).casefold())
        place[by_name] = np.arange(len(place))
        return place[feature]
    if sort == "rows" and found.rows is not None:
        return -found.rows[feature]
    return -np.abs(weight)


def _behind(after: str, label: np.ndarray, feature: np.ndarray) -> int:
    one, _, other = after.partition(",")
    if not (one.isascii() and one.isdigit() and other.isascii() and other.isdigit() and len(after) < 20):
        return 0
    there = np.flatnonzero((label == int(one)) & (feature == int(other)))
    return int(there[0]) + 1 if len(there) else 0


def _lines(found: RunWeights, label: np.ndarray, feature: np.ndarray) -> Iterator[WeightLine]:
    leads = {(one["column"], one["name"]): [name for name, _ in one["others"]] for one in found.alike}
    follows = {(one["column"], name): one["name"] for one in found.alike for name, _ in one["others"]}
    weights = found.weights
    for of, at in zip(label.tolist(), feature.tolist(), strict=True):
        name, columns = str(weights.names[at]), weights.columns[at]
        keys = [(False, name), (True, columns[0] if len(columns) == 1 else "")]
        yield WeightLine(
            weights.classes[of], name, float(weights.weight[of, at]),
            None if found.rows is None else int(found.rows[at]), columns,
            next((leads[key] for key in keys if key in leads), ()),
            next((follows[key] for key in keys if key in follows), ""),
        )  # fmt: skip
