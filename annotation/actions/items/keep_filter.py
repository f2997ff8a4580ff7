"""Filters kept under a name for all leads of a dataset."""

from django.db import IntegrityError, transaction

from annotation.core.items.asked import Asked
from annotation.core.refusal import Refusal
from annotation.core.wording import quoted
from annotation.models import Dataset, SavedFilter, User


class UnableToKeep(Refusal):
    """The filter can't be kept under that name."""


def keep_filter(dataset: Dataset, asked: Asked, name: str, author: User) -> SavedFilter:
    """Raises UnableToKeep where the dataset has a filter of that name, and for one that asks for nothing."""
    name = " ".join(name.split())
    if asked.is_all:
        raise UnableToKeep("This filter shows all items; set a condition first, then save it.")
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(dataset=dataset, name=name, query=asked.query, author=author)
    except IntegrityError:
        raise UnableToKeep(f"There is a filter {quoted(name)} already; choose another name, or delete it.") from None
