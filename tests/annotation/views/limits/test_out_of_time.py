import time

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from config.wsgi import SMALL, limit_statements
from tests.factories import small_dataset
from tests.pages import words_of
from tests.people import leo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def client(dataset):
    client = Client(raise_request_exception=False)
    client.force_login(leo(dataset))
    return client


class QueryCanceled(Exception):
    sqlstate = "57014"


def ended(*args, **kwargs):
    raise OperationalError("canceling statement due to statement timeout") from QueryCanceled()


def asleep(*args, **kwargs):
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 200")
        try:
            cursor.execute("SELECT pg_sleep(30)")
        finally:
            cursor.execute("SET statement_timeout = 0")


@pytest.mark.fault("a page whose query runs out of time")
@pytest.mark.parametrize("slow", [ended, asleep])
def test_it_says_so_in_a_sentence(client, dataset, monkeypatch, fault, slow):
    if slow is asleep and connection.vendor != "postgresql":
        pytest.skip("SQLite ends no statement")
    monkeypatch.setattr("annotation.views.cases.list_cases", slow)
    began = time.monotonic()
    page = client.get(reverse("cases", args=[dataset.slug]))
    fault.recovered(time.monotonic() - began)
    assert page.status_code == 503 and page["Retry-After"] == "60"
    assert "The database did not answer this page within 15 seconds" in words_of(page)
    monkeypatch.undo()
    assert client.get(reverse("cases", args=[dataset.slug])).status_code == 200


def test_another_failure_of_the_database_is_one(client, dataset, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("the database is gone")

    monkeypatch.setattr("annotation.views.cases.list_cases", gone)
    assert client.get(reverse("cases", args=[dataset.slug])).status_code == 500


def test_only_who_serves_pages_has_a_limit():
    postgres, lite = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}, {"ENGINE": "x.sqlite3", "OPTIONS": {}}
    limit_statements(postgres, 15)
    limit_statements(lite, 15)
    assert postgres["OPTIONS"] == {"options": f"{SMALL} -c statement_timeout=15000"} and lite["OPTIONS"] == {}


def test_what_the_address_says_of_its_own_counts_last():
    postgres = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"options": "-c jit=on"}}
    limit_statements(postgres, 0)
    assert postgres["OPTIONS"] == {"options": f"{SMALL} -c jit=on"}
