"""Transactions in which a job writes before its end, so that nobody waits long for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from annotation.core.progress import Report


@contextmanager
def fenced(report: Report, stage: str, share: float) -> Iterator[None]:
    """A transaction that only the attempt which owns the job can end: a worker that was given up for dead and comes
    back writes nothing more."""
    with transaction.atomic():
        # holds the job's row from here on, and raises where the job is another's
        report(stage, share)
        yield
