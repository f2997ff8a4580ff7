"""Who may try to log in now: decided before the password is hashed, as that costs a quarter of a second of a core.

A browser in which somebody logged in before keeps a signed note of that, and its tries are counted apart: whoever
guesses at an account pauses it for other browsers, not for its owner (OWASP, "Slow Down Online Guessing Attacks with
Device Cookies").
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore

from django.conf import settings
from django.core import signing

from annotation.actions.guarding.access_log import record
from annotation.actions.guarding.throttle import Allowance, UnableToTry, give_back, in_words, take
from annotation.core.guarding.addresses import network_of
from annotation.core.names import folded
from annotation.models import AccessRecord, User

log = logging.getLogger(__name__)
NOTE, NOTE_DAYS = "known_browser", 90
# Passwords hashed at a time by one process, and how long one more waits for its turn.
_HASHING, _WAIT = BoundedSemaphore(2), 0.25  # seconds


def admit(typed: str, address: str, note: str, now: datetime) -> list[Allowance]:
    """Count a try for the account `typed` and return under what it was counted; `note` is what the browser kept.

    Raises UnableToTry, the same for a name that nobody has.
    """
    counted = _counted(typed, address, note)
    refused = take(counted, now)
    if refused is None:
        return counted
    if take([Allowance(("told", *refused.about), 1, refused.seconds)], now) is None:
        log.warning("log-in paused: too many failed tries by %s from %s", refused.about[0], address or "no address")
        record(AccessRecord.PAUSED, None, now, address=address, what=f"too many failed tries by {refused.about[0]}")
    raise UnableToTry(
        f"Too many tries that failed. Try again in {in_words(refused.seconds)}, or from a browser in which you have "
        "logged in before.", int(refused.seconds),
    )  # fmt: skip


def passed(counted: list[Allowance]) -> None:
    """The password was right: the try does not count."""
    give_back(counted)


@contextmanager
def one_of_few() -> Iterator[None]:
    """Around the hashing of a password. Raises UnableToTry where many do so at this moment: a crowd at the door must
    not take the cores from those who are at work."""
    if not _HASHING.acquire(timeout=_WAIT):
        raise UnableToTry("Many people are logging in at this moment. Try again in a few seconds.", 5)
    try:
        yield
    finally:
        _HASHING.release()


def note_for(user: User) -> str:
    """What the browser keeps once `user` has logged in there."""
    return signing.dumps([user.pk, secrets.token_hex(8)], salt=NOTE)


def _counted(typed: str, address: str, note: str) -> list[Allowance]:
    seconds = settings.LOGIN_WAIT_MINUTES * 60
    if browser := _known(typed, note):
        return [Allowance(("a known browser", browser), settings.LOGIN_TRIES, seconds)]
    counted = [Allowance(("account", folded(typed)), settings.LOGIN_TRIES, seconds)]
    if address:
        counted.append(Allowance(("address", network_of(address)), settings.LOGIN_TRIES_ADDRESS, seconds))
    return counted


def _known(typed: str, note: str) -> str:
    """The name of the browser where the note in it is for this account, else ""."""
    try:
        pk, browser = signing.loads(note, salt=NOTE, max_age=NOTE_DAYS * 86_400)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    theirs = User.objects.filter(pk=pk, username=User.normalize_username(typed)).exists()
    return str(browser) if theirs else ""
