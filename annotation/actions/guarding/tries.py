"""Other things that can be tried: links that were handed over, one's own password, and being mailed a link."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings

from annotation.actions.guarding.log_in import one_of_few
from annotation.actions.guarding.throttle import Allowance, UnableToTry, give_back, in_words, take
from annotation.core.guarding.addresses import network_of
from annotation.models import User

# Links by mail that one address may ask for in a while.
MAILS = 10
# A code of an app is right for 30 seconds, and taken for as long before and after.
CODE_COUNTS = 120  # seconds


@contextmanager
def try_link(address: str, now: datetime) -> Iterator[list[bool]]:
    """Around the use of a link; True in the list says that it leads somewhere, and the try does not count."""
    with _tried(Allowance(("links", network_of(address)), settings.LOGIN_TRIES_ADDRESS, _seconds()), now) as right:
        yield right


@contextmanager
def try_own_password(user: User, now: datetime) -> Iterator[list[bool]]:
    """Around the asking for one's own password, by whoever sits before an open session."""
    with (
        _tried(Allowance(("own password", str(user.pk)), settings.LOGIN_TRIES, _seconds()), now) as right,
        one_of_few(),
    ):
        yield right


@contextmanager
def try_code(user: User, now: datetime) -> Iterator[list[bool]]:
    """Around a code of the second factor; a million codes are few for who may guess at will."""
    with _tried(Allowance(("code", str(user.pk)), settings.LOGIN_TRIES, _seconds()), now) as right:
        yield right


def code_is_new(user: User, code: str, now: datetime) -> bool:
    """Whether this code was not used in the last minutes; from then on it was."""
    return take([Allowance(("used code", str(user.pk), code), 1, CODE_COUNTS)], now) is None


def try_to_be_mailed(address: str, now: datetime) -> None:
    """Raises UnableToTry where this address asked for many mails."""
    _take(Allowance(("mails", network_of(address)), MAILS, _seconds()), now)


def once_in(seconds: float, user: User, now: datetime) -> bool:
    """Whether `user` was not mailed a link in the last `seconds`; from then on they were."""
    return take([Allowance(("mailed", str(user.pk)), 1, seconds)], now) is None


@contextmanager
def _tried(allowance: Allowance, now: datetime) -> Iterator[list[bool]]:
    _take(allowance, now)
    right: list[bool] = []
    yield right
    if any(right):
        give_back([allowance])


def _take(allowance: Allowance, now: datetime) -> None:
    if take([allowance], now) is not None:
        wait = f"Too many tries. Try again in {in_words(allowance.seconds)}."
        raise UnableToTry(wait, int(allowance.seconds))


def _seconds() -> float:
    return settings.LOGIN_WAIT_MINUTES * 60
