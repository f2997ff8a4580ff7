"""A process writes that it lives, at what it is, and that it is gone."""

import logging
import os
import socket
import time
from threading import Thread

from django.db import DatabaseError, connection
from django.db.models.functions import Now

from annotation.core.running.version import VERSION
from annotation.models import Job, Process

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds between two signs of life of one process
LONG_SILENT = 3_600.0  # seconds after which a process is forgotten
# The process that began its row last: a fork has its parent's memory, and a row of its own to begin.
_begun_in: dict[str, int] = {}


class LifeOf:
    """Signs of life of this process, as often as `show` is called but not oftener than every EVERY seconds."""

    def __init__(self, kind: str) -> None:
        self.kind, self.shown_at = kind, float("-inf")

    def show(self, job: Job | None = None, at_once: bool = False) -> None:
        """Write it. A database that does not answer is for others to tell of."""
        now = time.monotonic()
        if not at_once and now - self.shown_at < EVERY:
            return
        self.shown_at = now
        try:
            show_life(self.kind, job)
        except DatabaseError as error:
            log.warning("this %s could not show life (%s)", self.kind, error)
            connection.close()


def show_life(kind: str, job: Job | None = None) -> None:
    """Insert or renew the row of this process; a row of an earlier process of the same number becomes this one's."""
    host, pid = this_process()
    row = {"kind": kind, "version": VERSION, "heard_at": Now(), "job_id": job and job.pk}
    mine = Process.objects.filter(host=host, pid=pid)
    if pid == _begun_in.get("pid") and mine.update(**row):
        return
    _begun_in["pid"] = pid
    if not mine.update(**row, started_at=Now()):
        Process.objects.create(host=host, pid=pid, **row, started_at=Now())


def take_leave() -> None:
    """This process ends of its own accord."""
    host, pid = this_process()
    try:
        Process.objects.filter(host=host, pid=pid).delete()
    except DatabaseError as error:
        log.warning("this process could not take its leave (%s)", error)


def forget_long_silent() -> None:
    Process.objects.silent_for(LONG_SILENT).delete()


def this_process() -> tuple[str, int]:
    return socket.gethostname()[:64], os.getpid()


def keep_showing_life(kind: str) -> None:
    """From a thread of its own, as long as the process lives."""
    Thread(target=_show_for_ever, args=(LifeOf(kind),), name="life", daemon=True).start()


def _show_for_ever(life: LifeOf) -> None:
    while True:
        life.show(at_once=True)
        time.sleep(2 * EVERY)
