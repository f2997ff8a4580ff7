"""Where somebody is logged in, and ending that."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from annotation.models import User


def end_sessions(user: User, but: str | None = None) -> int:
    """Log `user` out everywhere, except in the session `but` (its key); returns of how many places."""
    theirs = [
        one.session_key for one in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if one.session_key != but and one.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]  # fmt: skip
    Session.objects.filter(session_key__in=theirs).delete()
    return len(theirs)
