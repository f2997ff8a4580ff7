"""What errors cost, as a new version; and by what a dataset's comparisons are decided."""

from collections.abc import Sequence

import numpy as np
from django.db import transaction

from annotation import bulk
from annotation.models import CostMatrix, Dataset, User
from modeling.core.proving.costs import UnableToPrice, cost_matrix
from modeling.reading.costs import costs_of, matrix_of

Pair = tuple[str, str, float]


def set_costs(
    dataset: Dataset, *, default: float = 1.0, pairs: Sequence[Pair] = (), unit: str = "EUR", user: User | None = None,
    based_on: int | None = None,
) -> CostMatrix:  # fmt: skip
    """Append the next version: `default` for any error, 0 for what is right, `pairs` (true, predicted, cost) instead.

    The same costs again are the same version. `based_on`: the version its author saw, 0 = none. Raises UnableToPrice.
    """
    unit = unit.strip()
    if not unit or len(unit) > 12 or not unit.isprintable():
        raise UnableToPrice(f"{unit!r} cannot be the unit; give 1 to 12 characters, such as EUR or minutes.")
    wanted = cost_matrix(dataset.class_names, default, pairs)
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        newest = dataset.costs
        if newest and newest.unit == unit and np.array_equal(matrix_of(newest), wanted):
            return newest
        version = newest.version if newest else 0
        if based_on is not None and version != based_on:
            raise UnableToPrice(f"Version {version} was saved while you wrote; read it first, then save yours again.")
        return CostMatrix.objects.create(
            dataset=dataset, version=version + 1, default=default, pairs=[list(pair) for pair in pairs], unit=unit,
            author=user,
        )  # fmt: skip


def set_metric(dataset: Dataset, metric: str) -> None:
    """By what comparisons are decided from now on. Raises UnableToPrice where it is none, or nobody has set costs."""
    if metric not in Dataset.METRICS:
        raise UnableToPrice(f"{metric!r} is not a deciding metric; choose one of {', '.join(Dataset.METRICS)}.")
    if metric == Dataset.EXPECTED_COST:
        costs_of(dataset)
    dataset.metric = metric
    dataset.save(update_fields=["metric"])


def set_worthwhile(dataset: Dataset, points: float | None, cost: float | None = None) -> None:
    """The smallest difference worth having from now on: in points of accuracy or macro F1, and in costs per 1,000
    items; None leaves it as it is. Raises UnableToPrice."""
    if points is not None and not 0.1 <= points <= 50:
        raise UnableToPrice(f"{points:g} points can't be the difference worth having; give 0.1 to 50.")
    if cost is not None and not 0 < cost < float("inf"):
        raise UnableToPrice(f"{cost:g} can't be the saving worth having; give more than 0.")
    if points is not None:
        dataset.worthwhile = points / 100
    if cost is not None:
        dataset.worthwhile_cost = cost
    dataset.save(update_fields=["worthwhile", "worthwhile_cost"])


def read_pair(typed: str, classes: Sequence[str]) -> Pair:
    """TRUE:PREDICTED=VALUE; class names may hold colons and equals signs themselves. Raises UnableToPrice."""
    names, equals, value = typed.rpartition("=")
    try:
        cost = float(value)
    except ValueError:
        equals = ""
    places = [at for at, letter in enumerate(names) if letter == ":"]
    if not equals or not places:
        raise UnableToPrice(f"--cost {typed!r} is not TRUE:PREDICTED=VALUE, such as bad:good=5.")
    cuts = [(names[:at], names[at + 1 :]) for at in places]
    truth, predicted = next((cut for cut in cuts if cut[0] in classes and cut[1] in classes), cuts[0])
    return truth, predicted, cost
