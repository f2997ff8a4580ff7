"""What a field is taken for, as long as nothing was built on it."""

from collections.abc import Mapping

from django.db import transaction

from annotation import bulk
from annotation.actions.datasets.take_back import was_built_on
from annotation.core.refusal import Refusal
from annotation.models import Dataset, DatasetChange, User

# Items never change, so only types that keep the same content can take each other's place.
WORDS = ("text", "category")


class UnableToChangeColumns(Refusal):
    """Something rests on the fields as they are, or their content would have to be another."""


def change_columns(dataset: Dataset, types: Mapping[str, str], user: User | None) -> Dataset:
    """Take fields for another type: field → *text* or *category*. Raises UnableToChangeColumns."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        dataset = Dataset.objects.get(pk=dataset.pk)
        if was_built_on(dataset):
            raise UnableToChangeColumns(
                "A detection, a snapshot or a decision rests on these columns, so they stay. Import the file into a "
                "new dataset with the columns as you want them."
            )
        was = {field.name: field.type for field in dataset.typed_fields}
        for name, kind in types.items():
            _check(was, name, kind)
        now = {**was, **types}
        if now != was:
            DatasetChange.objects.create(dataset=dataset, kind=DatasetChange.COLUMNS, was=was, now=now, author=user)
            dataset.fields = [{"name": name, "type": kind} for name, kind in now.items()]
            dataset.save(update_fields=["fields"])
        return dataset


def _check(was: Mapping[str, str], name: str, kind: str) -> None:
    if name not in was:
        raise UnableToChangeColumns(f"There is no field {name!r}; the fields are {', '.join(was)}.")
    if kind != was[name] and not (kind in WORDS and was[name] in WORDS):
        raise UnableToChangeColumns(
            f"The field {name!r} is {was[name]} and can't become {kind}: its values were read as such. Take the import "
            "back and choose its columns again."
        )
