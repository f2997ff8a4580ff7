"""A dataset's name, which is told apart from those of others; its slug and so its addresses stay."""

from django.db import transaction

from annotation import bulk
from annotation.core.names import folded
from annotation.core.refusal import Refusal
from annotation.models import Dataset, DatasetChange, User
from annotation.models.dataset import DatasetQuerySet

LONGEST = 120


class UnableToRename(Refusal):
    """The name is none, or another dataset's."""


def rename(dataset: Dataset, name: str, user: User | None) -> Dataset:
    """Call it `name` from now on; the same name again changes nothing. `user` None: by command.

    Raises UnableToRename where a dataset that `user` sees is called so.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        dataset = Dataset.objects.get(pk=dataset.pk)
        seen = Dataset.objects.for_user(user) if user else Dataset.objects.all()
        name = free_name(name, seen.exclude(pk=dataset.pk))
        if name != dataset.name:
            DatasetChange.objects.create(
                dataset=dataset, kind=DatasetChange.RENAME, was=dataset.name, now=name, author=user
            )
            dataset.name = name
            dataset.save(update_fields=["name"])
        return dataset


def free_name(name: str, others: DatasetQuerySet) -> str:
    """The name on one line; raises UnableToRename where one of `others` looks the same."""
    name = " ".join(name.split())
    if not folded(name) or len(name) > LONGEST or "\0" in name:
        raise UnableToRename(f"Give the dataset a name of 1 to {LONGEST} letters.")
    wanted = folded(name)
    for slug, there in others.values_list("slug", "name"):
        if folded(there) == wanted:
            said = "" if there == name else f", written {there!r}"
            raise UnableToRename(f"There is a dataset {slug!r} of that name already{said}; give this one another name.")
    return name
