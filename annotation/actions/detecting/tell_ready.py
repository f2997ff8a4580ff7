"""Experts are told when cases come into a queue that had none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from annotation.actions.people.notify import experts_of, notify, page_path
from annotation.models import Case, Dataset


@contextmanager
def told_when_ready(dataset: Dataset, now: datetime, coming: int = 0) -> Iterator[None]:
    """Around what opens cases, in its transaction: all experts get a notice where the queue was empty before.
    coming: cases that later transactions will add."""
    waiting = dataset.cases.open().filter(awaits=Case.EXPERTS)
    was_empty = not waiting.exists()
    yield
    if was_empty and (n := waiting.count()):
        n += coming
        text = "1 case waits for an answer." if n == 1 else f"{n:,} cases wait for an answer."
        notify(dataset, experts_of(dataset), text, page_path(dataset, "queue"), now)
