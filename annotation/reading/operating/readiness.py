"""Whether the site can do its work now: each of its parts, in one look that takes no longer than a broken part may.

A look is kept for a few seconds, so that whoever asks without end costs no more than whoever asks once.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from annotation.models import Process

KEPT = 3.0  # seconds for which a look is told again
HEARD_WITHIN = 60.0  # seconds in which a worker must have shown life
ANSWERS_WITHIN = 1.0  # seconds Redis gets, and whoever waits for another's look


@dataclass(frozen=True)
class PartOfSite:
    """said: what is wrong, or how it is, for the operator; strangers are told `ok` alone."""

    ok: bool
    said: str


Parts = Mapping[str, PartOfSite]


class KeptLook:
    """The last look at all parts, taken anew once it is older than KEPT."""

    def __init__(self, look: Callable[[], Parts], clock: Callable[[], float] = time.monotonic) -> None:
        self.look, self.clock, self.lock = look, clock, Lock()
        self.at, self.parts = float("-inf"), dict[str, PartOfSite]()

    def take(self) -> Parts:
        if not self.lock.acquire(timeout=ANSWERS_WITHIN):
            # whoever looks is kept waiting by the database; others are not to wait behind
            return {"database": PartOfSite(False, "it does not answer in time")}
        try:
            if self.clock() - self.at > KEPT:
                self.parts, self.at = dict(self.look()), self.clock()
            return self.parts
        finally:
            self.lock.release()


def parts_now() -> Parts:
    parts = {"database": _database()}
    if parts["database"].ok:
        parts |= {"migrations": _asked(_migrations), "worker": _asked(_worker)}
    else:
        parts |= dict.fromkeys(("migrations", "worker"), PartOfSite(False, "the database did not answer"))
    if settings.REDIS_URL:
        parts["broker"] = _broker()
    return {**parts, "disk": _disk()}


def _database() -> PartOfSite:
    def ask() -> PartOfSite:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        return PartOfSite(True, f"{connection.vendor} answers")

    return _asked(ask)


def _asked(ask: Callable[[], PartOfSite]) -> PartOfSite:
    try:
        return ask()
    except DatabaseError as error:
        connection.close()
        return PartOfSite(False, f"the database did not answer: {error}")


def _migrations() -> PartOfSite:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return PartOfSite(True, "all are applied")
    return PartOfSite(False, f"{len(plan)} are not applied; run manage.py migrate")


def _worker() -> PartOfSite:
    workers = Process.objects.filter(kind=Process.WORKER).heard_within(HEARD_WITHIN).count()
    if workers:
        return PartOfSite(True, f"{workers} showed life within {HEARD_WITHIN:g} s")
    return PartOfSite(False, f"none showed life within {HEARD_WITHIN:g} s; see that a worker runs")


def _broker() -> PartOfSite:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN, retry=None
        ) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return PartOfSite(False, f"Redis did not answer: {error}")
    return PartOfSite(True, "Redis answers")


def _disk() -> PartOfSite:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free / 1e6
    except OSError as error:
        return PartOfSite(False, f"{settings.DATA_DIR} can't be looked at ({error.strerror})")
    said = f"{free:,.0f} MB are free in {settings.DATA_DIR}"
    if free < settings.FREE_DISK_MB:
        return PartOfSite(False, f"{said}, less than {settings.FREE_DISK_MB:,.0f}")
    return PartOfSite(True, said)


LOOK = KeptLook(parts_now)
