"""One sentence for members, in the app."""

from collections.abc import Iterable
from datetime import datetime

from annotation.models import Dataset, Membership, Notice


def notify(dataset: Dataset, users: Iterable[int], text: str, path: str, now: datetime) -> None:
    """Tell the members `users` (ids) `text`; `path` is the page it is about."""
    Notice.objects.bulk_create(
        Notice(dataset=dataset, user_id=user, text=text[:300], path=path, created_at=now) for user in sorted(set(users))
    )


def leads_of(dataset: Dataset) -> set[int]:
    leads = Membership.objects.filter(dataset=dataset, role=Membership.LEAD)
    return set(leads.values_list("user_id", flat=True))
