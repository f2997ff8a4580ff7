"""Work that collides with others' in the database is begun anew, and what is not taken is said in a sentence."""

from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from annotation import bulk
from annotation.actions.queue import decide as deciding
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.reorder import reorder
from annotation.models import Case, CaseItem, Decision, Item
from tests.annotation.views.expert_page import HTMX
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


class Psycopg(Exception):
    """As psycopg raises it."""

    def __init__(self, sqlstate):
        super().__init__("collided")
        self.sqlstate = sqlstate


def collision(sqlstate=""):
    if not sqlstate:
        return OperationalError("database is locked")
    error = OperationalError("deadlock detected")
    error.__cause__ = Psycopg(sqlstate)
    return error


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "PAUSES", (0.001,) * 4)
    return small_dataset(tmp_path)


def failing(monkeypatch, error, times):
    """The first so many decisions fail after they are written, in their transaction."""
    real, left = deciding.go_on, [times]

    def go_on(*args, **kwargs):
        if left[0]:
            left[0] -= 1
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(deciding, "go_on", go_on)


@pytest.mark.fault("a deadlock or a serialization failure at an answer")
@pytest.mark.parametrize("sqlstate", ["", "40001", "40P01"])
def test_an_answer_that_collided_is_written_once(dataset, monkeypatch, sqlstate, fault):
    case = open_case(dataset, "s1")
    failing(monkeypatch, collision(sqlstate), 2)
    decide(case, erin(dataset), answer(dataset, "payment"), timezone.now())
    assert Decision.objects.count() == 1 and Case.objects.get().status == Case.SETTLED
    fault.lost(0)


@pytest.mark.fault("a database that stays too busy for an answer")
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_not_taken_is_said_and_sent_again(client, dataset, monkeypatch, headers):
    open_case(dataset, "s1")
    client.force_login(erin(dataset))
    case = lease(dataset, erin(dataset), timezone.now())
    sent = {"token": uuid4(), "item": case.case_items.get().item_id, "answer": dataset.label_classes.first().pk}
    failing(monkeypatch, collision(), 5)
    url = reverse("decide", args=[dataset.slug, case.pk])
    page = client.post(url, sent, headers=headers)
    assert page.status_code == 503 and page["Retry-After"] == "5"
    assert "The site is busy and did not take this; nothing was recorded." in page.content.decode()
    assert not Decision.objects.exists() and Case.objects.get().leased_to == erin(dataset)
    again = client.post(url, sent, headers=headers)
    assert again.status_code in (200, 302) and Decision.objects.get().token == sent["token"]


def test_another_failure_of_the_database_is_not_hidden(dataset, monkeypatch):
    case = open_case(dataset, "s1")
    failing(monkeypatch, OperationalError("no such table: annotation_label"), 1)
    with pytest.raises(OperationalError, match="no such table"):
        decide(case, erin(dataset), answer(dataset, "payment"), timezone.now())


def test_in_a_wider_transaction_the_whole_of_it_begins_anew(dataset, monkeypatch):
    case = open_case(dataset, "s1")
    failing(monkeypatch, collision("40001"), 1)
    with pytest.raises(OperationalError), transaction.atomic():
        decide(case, erin(dataset), answer(dataset, "payment"), timezone.now())
    assert not Decision.objects.exists()


@pytest.mark.fault("a dataset held by a job while an answer opens a case in it")
def test_who_holds_a_dataset_holds_up_no_answer(dataset):
    """PostgreSQL: FOR UPDATE of the dataset would wait for every row that refers to it, and such a row for it."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time, and no locks of rows.")
    item = Item.objects.get(external_id="s1")

    def both(holds):
        with transaction.atomic():
            if holds:
                bulk.lock_dataset(dataset)
            else:
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '1s'")
            case = Case.objects.create(dataset=dataset)
            CaseItem.objects.create(case=case, item=item)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)")
            return case.pk

    assert len(set(in_threads(both, [True, False, False]))) == 3


@pytest.mark.fault("answers while the queue is put in order, over and over")
def test_orders_and_answers_collide_with_nobody(tmp_path, monkeypatch, fault):
    """0 failures, and nothing waits for anything: jobs that reorder hold the dataset, answers open cases in it."""
    dataset = small_dataset(tmp_path)
    people, items = [erin(dataset), emil(dataset)], list(dataset.items.order_by("id"))
    create_cases(dataset, [Unit(frozenset([item.pk]), 0.5) for item in items], timezone.now())
    cases = list(dataset.cases.order_by("id"))

    def work(number):
        if number == 2:
            for place in range(20):
                with transaction.atomic():
                    bulk.lock_dataset(dataset)
                    there = bulk.without_waiting(Case.objects.filter(dataset=dataset).order_by("id"))
                    bulk.update(Case, ["score"], [(case.pk, place / 50) for case in there])
            return []
        mine = cases[number::2]
        return [decide(case, people[number], answer(dataset, "access"), timezone.now()).pk for case in mine]

    found, stored = in_threads(work, range(3), Decision.objects.count)
    assert stored == sum(map(len, found)) == len(cases)
    fault.lost(len(cases) - stored)
    assert reorder(dataset, timezone.now()) is None
