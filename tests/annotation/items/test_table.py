"""The table of items: what each filter finds, how pages follow one another, and who sees it."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Item
from tests import people
from tests.factories import small_dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


def as_(person):
    client = Client()
    client.force_login(person)
    return client


def page(dataset, query="", person=None):
    return as_(person or people.leo(dataset)).get(reverse("items", args=[dataset.slug]) + query)


def test_it_works(dataset):
    response = page(dataset)
    assert response.status_code == 200
    assert all(pk in response.content.decode() for pk in ("s1", "s6"))
    assert "6 items in all" in response.content.decode()
    item = Item.objects.first()
    assert as_(people.leo(dataset)).get(reverse("item", args=[dataset.slug, item.pk])).status_code == 200
