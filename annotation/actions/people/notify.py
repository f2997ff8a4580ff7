"""One sentence for members, in the app and by mail."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import get_script_prefix

from annotation.actions.talking.mailing import mail_on_commit
from annotation.models import Dataset, Membership, Notice


def notify(dataset: Dataset, users: Iterable[int], text: str, path: str, now: datetime) -> None:
    """Tell the members `users` (ids) `text`; `path` is the page it is about."""
    told = sorted(set(users))
    Notice.objects.bulk_create(
        Notice(dataset=dataset, user_id=user, text=text[:300], path=path, created_at=now) for user in told
    )
    mail_on_commit(dataset, told, text[:300], path)


def leads_of(dataset: Dataset) -> set[int]:
    leads = Membership.objects.filter(dataset=dataset, role=Membership.LEAD)
    return set(leads.values_list("user_id", flat=True))


def experts_of(dataset: Dataset) -> set[int]:
    experts = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT)
    return set(experts.values_list("user_id", flat=True))


def page_path(dataset: Dataset, *parts: object) -> str:
    """The path of a page of the dataset, as its address is written in `urls.py`. A worker tells members things too, and
    `reverse` there would load every page of the site, in the middle of a write."""
    return f"{get_script_prefix()}d/{dataset.slug}/{'/'.join(map(str, parts))}/"
