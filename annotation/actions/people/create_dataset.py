"""A new dataset and the lead who asked for it."""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from annotation.actions.datasets.rename import free_name
from annotation.models import Dataset, Membership, User


def may_create(user: User) -> bool:
    """Staff, and whoever leads a dataset already."""
    return user.is_staff or user.is_superuser or Membership.objects.filter(user=user, role=Membership.LEAD).exists()


def create_dataset(name: str, user: User) -> Dataset:
    """A dataset called `name`, led by `user`; its slug is the name's, with a number where that is taken.

    Raises UnableToRename where one that `user` sees is called so already.
    """
    name = free_name(name, Dataset.objects.for_user(user))
    stem = slugify(name)[:50] or "dataset"
    number = 1
    while True:
        slug = stem if number == 1 else f"{stem}-{number}"
        try:
            with transaction.atomic():
                dataset = Dataset.objects.create(slug=slug, name=name)
                Membership.objects.create(dataset=dataset, user=user, role=Membership.LEAD)
                return dataset
        except IntegrityError:
            if not Dataset.objects.filter(slug=slug).exists():
                raise
            number += 1
