"""What a member has seen of their notices."""

from datetime import datetime

from annotation.models import Notice, User


def read_notice(notice: Notice, now: datetime) -> None:
    """Seen; the first time counts."""
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now)


def read_all_notices(user: User, up_to: int, now: datetime) -> int:
    """Seen, those up to the id `up_to`: what came after the page was shown stays unread. Returns how many."""
    return Notice.objects.filter(user=user, read_at=None, pk__lte=up_to).update(read_at=now)
