"""Lines of the access log: who came in, saw people's pages or took out what."""

from datetime import datetime, timedelta

from django.conf import settings

from annotation import bulk
from annotation.models import AccessRecord, Dataset, User


@bulk.persistent
def record(
    kind: str, user: User | None, now: datetime, *, dataset: Dataset | None = None, address: str = "", what: str = ""
) -> None:
    """One line. `what` says it in a few words and holds neither a name nor a secret."""
    AccessRecord.objects.create(
        kind=kind, user=user, at=now, dataset=dataset, address=address, what=what[:200]
    )  # fmt: skip


def prune_access_log(now: datetime) -> int:
    """Delete the lines whose time of keeping is over; returns how many. 0 days keeps them for ever."""
    if not settings.ACCESS_LOG_DAYS:
        return 0
    return AccessRecord.objects.filter(at__lt=now - timedelta(days=settings.ACCESS_LOG_DAYS)).delete()[0]
