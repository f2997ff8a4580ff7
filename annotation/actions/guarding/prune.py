"""What guards accounts is kept no longer than it is needed."""

from datetime import datetime

from django.contrib.sessions.models import Session

from annotation.actions.guarding.access_log import prune_access_log
from annotation.actions.guarding.throttle import prune_throttles


def prune_accesses(now: datetime) -> int:
    """Delete old lines of the access log, counts that have begun anew and sessions that are over; returns how many."""
    over = Session.objects.filter(expire_date__lt=now).delete()[0]
    return over + prune_throttles(now) + prune_access_log(now)
