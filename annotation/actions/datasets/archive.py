"""A dataset is put away, and taken out again. Meanwhile everything can be read, and nobody is asked anything."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.core.refusal import Refusal
from annotation.models import Dataset, DatasetChange, Job, OfflineRow, User


class UnableToArchive(Refusal):
    """It is being erased."""


def archive(dataset: Dataset, user: User | None, now: datetime) -> None:
    """Put it away: cases that experts hold or have taken out go back. Once more changes nothing."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if Dataset.objects.filter(pk=dataset.pk, archived_at=None).update(archived_at=now):
            dataset.cases.exclude(leased_to=None).update(leased_to=None, leased_at=None, leased_until=None)
            OfflineRow.objects.out().filter(batch__dataset=dataset).update(back_at=now)
            DatasetChange.objects.create(dataset=dataset, kind=DatasetChange.ARCHIVE, author=user, created_at=now)


def restore(dataset: Dataset, user: User | None, now: datetime) -> None:
    """Take it out again. Raises UnableToArchive while it is being erased."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if Job.objects.filter(kind="erasure", params__dataset=dataset.pk).exclude(status=Job.CANCELLED).exists():
            raise UnableToArchive(f"{dataset.name} is being erased and can't be taken out again.")
        if Dataset.objects.filter(pk=dataset.pk, archived_at__isnull=False).update(archived_at=None):
            DatasetChange.objects.create(dataset=dataset, kind=DatasetChange.RESTORE, author=user, created_at=now)
