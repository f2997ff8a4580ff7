"""Table -> per-class probabilities for items, out of anybody's own model."""

from collections.abc import Sequence

import numpy as np

from annotation.core.files.checking import (
    Faults,
    UnableToParse,
    as_number,
    check_columns,
    converted,
    names,
    refuse_unfit,
)
from annotation.core.files.tables import Table

SUM_TOLERANCE = 0.02  # three classes written with two decimals each come to 0.99 or 1.01
NOT_A_PROBABILITY = "is not a probability; write a number from 0 to 1"


def check_prediction_columns(columns: Sequence[str], id: str, classes: Sequence[str]) -> None:
    """Raises UnableToParse where a class has no column of its name, or the id column is one of them."""
    missing = [name for name in classes if name not in columns]
    if missing:
        here = ", ".join(f"'{name}'" for name in columns[:10])
        raise UnableToParse(f"each class needs a column of its name; the file has {here}", column=missing[0])
    check_columns(columns, {"id": [id], "class": list(classes)})


def parse_predictions(table: Table, id: str, classes: Sequence[str]) -> tuple[Faults, list[str], np.ndarray]:
    """(faults, ids (n,), probabilities float32 (n, K)) of a part of a file; faulty rows hold anything.

    Each row's probabilities are from 0 to 1 and sum to 1 within SUM_TOLERANCE; what rounding left is divided out. They
    are checked, not mended: a row that sums to 3 is no distribution, and which one was meant is not ours to guess.
    """
    faults = Faults(table)
    refuse_unfit(faults, (id, *classes))
    ids = names(faults, id, needed=True)
    columns = [converted(faults, name, _probability, NOT_A_PROBABILITY) for name in classes]
    for name, values in zip(classes, columns, strict=True):
        for position, value in enumerate(values):
            if value is None:
                faults.add(position, f"the cell is empty; {NOT_A_PROBABILITY.partition('; ')[2]}", name)
    filled = [[0.0 if value is None else value for value in values] for values in columns]
    given = np.array(filled, dtype=np.float64).reshape(len(classes), len(table)).T
    sums = given.sum(axis=1)
    for position in np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE).tolist():
        said = f"the probabilities of the row sum to {sums[position]:.4g}, not to 1; give one for every class"
        faults.add(position, said, classes[0])
    return faults, ids, (given / np.where(sums > 0, sums, 1)[:, None]).astype(np.float32)


def _probability(text: str) -> float:
    if not 0 <= (value := as_number(text)) <= 1:
        raise ValueError(text)
    return value
