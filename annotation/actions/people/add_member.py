"""Who may see a dataset, and which names out of files are theirs."""

import secrets

from django.db import transaction

from annotation.actions.people.change_people import UnableToChange
from annotation.models import Annotator, Dataset, Membership, User


def add_member(dataset: Dataset, username: str, role: str, link: tuple[str, ...] = ()) -> str | None:
    """Give `username` the role and link annotator names to them; returns the password of a user made just now."""
    with transaction.atomic():
        user, password = user_named(username)
        Membership.objects.update_or_create(dataset=dataset, user=user, defaults={"role": role})
        for name in link:
            link_annotator(dataset, name, user)
    return password


def user_named(username: str) -> tuple[User, str | None]:
    """The user, and the random password if they had to be made."""
    existing = User.objects.filter(username=username).first()
    if existing:
        return existing, None
    password = secrets.token_urlsafe(9)
    return User.objects.create_user(username, password=password), password


def link_annotator(dataset: Dataset, name: str, user: User) -> None:
    """Say that labels by `name` are `user`'s, so that they are never asked about them again; None takes it back."""
    if not Annotator.objects.of_files().filter(dataset=dataset, name=name).update(user=user):
        raise UnableToChange(f"{dataset.slug!r} has no labels by {name!r}.")
