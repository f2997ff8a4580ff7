"""Transactions in which a job writes before its end, so that nobody waits long for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from django.db import transaction

from annotation.core.progress import Report

# Of a transaction, for whose end an expert may wait; rows it takes at least.
SECONDS, FEWEST = 0.4, 200
# Seconds after it, and of its own at least that share: whoever waits for SQLite's lock asks every few milliseconds, and
# later the busier the machine is.
BREATH, BREATHES = 0.005, 0.05


@contextmanager
def fenced(report: Report, stage: str, share: float) -> Iterator[None]:
    """A transaction that only the attempt which owns the job can end: a worker that was given up for dead and comes
    back writes nothing more."""
    with transaction.atomic():
        # holds the job's row from here on, and raises where the job is another's
        report(stage, share)
        yield


class RowPace:
    """How many `rows` a transaction takes of many: as many as it writes in SECONDS on this machine, `most` at most."""

    def __init__(self, most: int) -> None:
        self.most = self.rows = most

    @contextmanager
    def fenced(self, report: Report, stage: str, share: float) -> Iterator[None]:
        """As `fenced`, and then a breath in which whoever waits may write."""
        with fenced(report, stage, share):
            began = monotonic()  # the lock is held
            yield
        took = monotonic() - began
        self.rows = min(self.most, max(FEWEST, int(self.rows * SECONDS / max(took, SECONDS / 2))))  # twice at most
        sleep(max(BREATH, BREATHES * took))
