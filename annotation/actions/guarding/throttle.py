"""How often something may be tried. The counts are in the database, so that all web processes share them.

Each key is one row and a fixed time: what is refused only reads, so a flood of tries writes next to nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from annotation import bulk
from annotation.core.refusal import Refusal
from annotation.models import Throttle


class UnableToTry(Refusal):
    """It was tried too often. seconds: after which it can be tried again."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds


@dataclass(frozen=True)
class Allowance:
    """`most` tries in `seconds` for whatever is named by `about`, such as ("account", "erin")."""

    about: tuple[str, ...]
    most: int
    seconds: float

    @property
    def key(self) -> str:
        named = "\x1f".join(self.about).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(named, key=settings.SECRET_KEY.encode()[:64], digest_size=24).hexdigest()


def take(allowances: Sequence[Allowance], now: datetime) -> Allowance | None:
    """Count one try under each; returns the one that is used up, and then counts under none, or None."""
    if full := _full(allowances, now):
        return full
    for at, allowance in enumerate(allowances):
        if not _take_one(allowance, now):
            give_back(allowances[:at])
            return allowance
    return None


def give_back(allowances: Sequence[Allowance]) -> None:
    """A try that succeeded does not count."""
    for allowance in allowances:
        _give_one_back(allowance)


@bulk.persistent
def _give_one_back(allowance: Allowance) -> None:
    Throttle.objects.filter(key=allowance.key, tries__gt=0).update(tries=F("tries") - 1)


def prune_throttles(now: datetime) -> int:
    """Delete what has begun anew; returns how many."""
    return Throttle.objects.filter(until__lt=now).delete()[0]


def in_words(seconds: float) -> str:
    """How long that is, such as "15 minutes"."""
    minutes = max(1, round(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _full(allowances: Sequence[Allowance], now: datetime) -> Allowance | None:
    keys = [allowance.key for allowance in allowances]
    tried = dict(Throttle.objects.filter(key__in=keys, until__gt=now).values_list("key", "tries"))
    return next((one for one in allowances if tried.get(one.key, 0) >= one.most), None)


@bulk.persistent
def _take_one(allowance: Allowance, now: datetime) -> bool:
    """One conditional UPDATE: of many at the same moment no more than `most` are let through."""
    rows = Throttle.objects.filter(key=allowance.key)
    fresh = rows.filter(until__gt=now, tries__lt=allowance.most)
    if fresh.update(tries=F("tries") + 1):
        return True
    until = now + timedelta(seconds=allowance.seconds)
    rows.filter(until__lte=now).update(tries=0, until=until)
    Throttle.objects.bulk_create([Throttle(key=allowance.key, until=until)], ignore_conflicts=True)
    return bool(fresh.update(tries=F("tries") + 1))
