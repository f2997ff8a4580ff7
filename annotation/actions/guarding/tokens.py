"""Keys with which scripts act for a member: made once, shown once, kept as a digest, narrow, and not for ever."""

import hashlib
import secrets
from datetime import datetime, timedelta

from annotation.core.refusal import Refusal
from annotation.models import AccessToken, Dataset, Membership, User

# So that a key that leaked is recognized by whoever searches for some.
PREFIX = "secondlook_"
MOST_DAYS, MOST_TOKENS = 365, 20
SEEN_EVERY = timedelta(minutes=1)


class UnableToMakeToken(Refusal):
    """Not of this dataset, or one too many."""


def make_token(user: User, dataset: Dataset, name: str, scope: str, days: int, now: datetime) -> str:
    """A key for `days`, in [1, MOST_DAYS]; returns it, as it is kept nowhere. Raises UnableToMakeToken."""
    if dataset.role_of(user) != Membership.LEAD:
        raise UnableToMakeToken(f"Only those who lead {dataset.name} make keys for it.")
    if AccessToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now).count() >= MOST_TOKENS:
        raise UnableToMakeToken(f"You have {MOST_TOKENS} keys that work; revoke one of them first.")
    secret = PREFIX + secrets.token_urlsafe(32)
    expires = now + timedelta(days=min(max(days, 1), MOST_DAYS))
    AccessToken.objects.create(
        user=user, dataset=dataset, name=name, scope=scope, digest=_digest(secret), created_at=now, expires_at=expires
    )
    return secret


def token_behind(secret: str, now: datetime) -> AccessToken | None:
    """The key that works now, None where it is none, has run out, was revoked, or its owner is switched off."""
    if not secret.startswith(PREFIX):
        return None
    working = AccessToken.objects.filter(revoked_at=None, expires_at__gt=now, user__is_active=True)
    found = working.filter(digest=_digest(secret)).select_related("user", "dataset").first()
    if found and (found.last_used_at is None or found.last_used_at < now - SEEN_EVERY):
        AccessToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def revoke_token(user: User, pk: int, now: datetime) -> int:
    """How many of `user`'s keys stopped working: 1 or 0."""
    return AccessToken.objects.filter(user=user, pk=pk, revoked_at=None).update(revoked_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
