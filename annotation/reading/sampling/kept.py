"""Figures a web process keeps between two requests."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Generic, TypeVar

from annotation.models import Dataset

T = TypeVar("T")
# Datasets of which a process keeps figures, and seconds for which those of a sample stand whatever was added.
MOST, SECONDS = 16, 60.0


class KeptByMark(Generic[T]):
    """What `measure` gives of a dataset, measured anew only once its mark changes; figures for which `lasts` holds not
    before SECONDS are over, for while experts work a mark changes with every answer."""

    def __init__(
        self,
        measure: Callable[[Dataset], T],
        mark: Callable[[Dataset], str],
        lasts: Callable[[T], bool],
        most: int = MOST,
    ) -> None:
        self.measure, self.mark, self.lasts, self.most = measure, mark, lasts, most
        self.kept: OrderedDict[tuple[int, datetime], tuple[str, float, T]] = OrderedDict()

    def of(self, dataset: Dataset) -> T:
        key = (dataset.pk, dataset.created_at)
        there = self.kept.get(key)
        if there and self.lasts(there[2]) and monotonic() - there[1] < SECONDS:
            return there[2]
        mark = self.mark(dataset)
        if there and there[0] == mark:
            return there[2]
        found = self.measure(dataset)
        self.kept[key] = (mark, monotonic(), found)
        while len(self.kept) > self.most:
            self.kept.popitem(last=False)
        return found
