"""What the codes of a dataset's categories mean; nothing else about its columns changes here."""

from collections.abc import Sequence

from django.db import transaction

from annotation import bulk
from annotation.actions.people.change_people import UnableToChange
from annotation.core.fields import FieldJson
from annotation.models import Dataset, DatasetChange, User


def change_meanings(dataset: Dataset, fields: Sequence[FieldJson], user: User) -> bool:
    """Keep the meanings of `fields`, which are otherwise the dataset's own; False where nothing changes.

    Raises UnableToChange where its columns became others since.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        now = Dataset.objects.get(pk=dataset.pk)
        if [(one["name"], one["type"]) for one in now.fields] != [(one["name"], one["type"]) for one in fields]:
            raise UnableToChange("The columns became others meanwhile; look at them again.")
        if list(now.fields) == list(fields):
            return False
        DatasetChange.objects.create(
            dataset=dataset, kind=DatasetChange.COLUMNS, was=now.fields, now=list(fields), author=user
        )
        Dataset.objects.filter(pk=dataset.pk).update(fields=list(fields))
    return True
