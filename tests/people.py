"""The cast: Erin is the expert, Leo the lead, Olga an outsider, Otto the operator. Everybody remembers their rights."""

from django.contrib.auth import get_user_model
from django.test import Client

from annotation.models import Dataset, Membership


def user(name, **extra):
    users = get_user_model().objects
    return users.filter(username=name).first() or users.create_user(name, password="a long password", **extra)


def erin(dataset: Dataset):
    return _member("erin", dataset, Membership.EXPERT)


def emil(dataset: Dataset):
    """A second expert."""
    return _member("emil", dataset, Membership.EXPERT)


def eve(dataset: Dataset):
    """A third expert."""
    return _member("eve", dataset, Membership.EXPERT)


def leo(dataset: Dataset):
    return _member("leo", dataset, Membership.LEAD)


def olga():
    return user("olga")


def otto():
    return user("otto", is_staff=True, is_superuser=True)


def _member(name, dataset, role):
    person = user(name)
    Membership.objects.get_or_create(dataset=dataset, user=person, defaults={"role": role})
    return person


def as_(person):
    """A client that `person` is logged in with."""
    client = Client()
    client.force_login(person)
    return client
