"""Experts are told when cases come into a queue that had none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.urls import reverse

from annotation.actions.people.notify import experts_of, notify
from annotation.core.wording import counted
from annotation.models import Case, Dataset


@contextmanager
def told_when_ready(dataset: Dataset, now: datetime) -> Iterator[None]:
    """Around what opens cases, in its transaction: all experts get a notice where the queue was empty before."""
    waiting = dataset.cases.open().filter(awaits=Case.EXPERTS)
    was_empty = not waiting.exists()
    yield
    if was_empty and (n := waiting.count()):
        text = f"{counted(n, 'case')} {'waits' if n == 1 else 'wait'} for an answer."
        notify(dataset, experts_of(dataset), text, reverse("queue", args=[dataset.slug]), now)
