"""Statements that are written once: they say and write what the ORM would, on either database."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone

from annotation import often
from annotation.access import dataset_for_expert, may_open
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import hand_out, hold, lease
from annotation.models import Annotator, Case, Dataset, Decision, Label, Pause, RoutingRules, Skip
from annotation.reading.answering.asked import (
    barred_of,
    before_answer,
    first_taken,
    held_by,
    locked_case,
    n_decided_since,
    n_others_at_work,
    newest_rules,
    standing_of,
    still_waiting,
    taken,
)
from annotation.reading.experts.free_cases import barred_from
from annotation.reading.experts.routing_rules import is_contested
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported
from tests.people import emil, erin, olga


@pytest.fixture
def dataset(db, monkeypatch, tmp_path):
    """Forty items, the first thirty each its own case."""
    says = Says({"doubtful": 0.6, "slightly": 0.5})
    says.flag_above, says.prior = 0.55, 0.38
    use(monkeypatch, says=says)
    rows = [{"id": f"i{n}", "text": apart("doubtful" if n < 30 else "slightly", n), "label": ("ham", "spam")[n % 2]}
            for n in range(40)]  # fmt: skip
    made = imported(tmp_path, rows)
    detect(made)
    return made


def as_columns(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_case_is_read_as_the_orm_reads_it(dataset):
    case = dataset.cases.first()
    case.labels_shown = True
    case.save()
    now = timezone.now()
    hold(case, erin(dataset), now)
    read = Case.objects.get(pk=case.pk)
    later = now + timedelta(days=1)
    with transaction.atomic():
        assert as_columns(locked_case(case.pk)) == as_columns(read)
        assert as_columns(taken(case.pk, emil(dataset), later).case) == as_columns(read)
        assert as_columns(first_taken(dataset, emil(dataset), later).case) == as_columns(dataset.cases.in_order()[0])
        with pytest.raises(Case.DoesNotExist):
            locked_case(0)
        assert taken(0, erin(dataset), now) is None
        # in somebody's hands
        assert taken(case.pk, emil(dataset), now) is None and taken(case.pk, erin(dataset), now) is None


def test_a_row_is_written_as_the_orm_writes_it(dataset):
    now, item = timezone.now(), dataset.items.first()
    case, person = dataset.cases.first(), erin(dataset)
    one = {"case": case, "expert": person, "outcome": "label", "label_class": dataset.label_classes.first(),
           "seconds": 1.5, "created_at": now, "blind": True, "note": "100 % “%s” sure"}  # fmt: skip
    by_orm = Decision.objects.create(token=uuid4(), **one)
    row = Decision(token=uuid4(), **one)
    often.insert(row)
    assert not row._state.adding and row.pk > by_orm.pk
    ours, theirs = (as_columns(Decision.objects.get(pk=pk)) for pk in (row.pk, by_orm.pk))
    different = {name for name in ours if ours[name] != theirs[name]}
    assert different == {"id", "token"} and ours["token"] == row.token
    who = Annotator.objects.of_user(dataset, person)
    made = [Label(item=item, annotator=who, origin="expert", given_at=now) for _ in range(5)]
    assert [often.insert_few(made[:2]), often.insert_few(made[2:]), often.insert_few([])] == [2, 3, 0]
    assert Label.objects.filter(annotator=who, label_class=None, given_at=now).count() == 5


def test_an_update_writes_its_columns_alone(dataset):
    case, person = dataset.cases.first(), erin(dataset)
    case.leased_to, case.leased_until, case.score = person, timezone.now(), 0.123
    often.update(case, "leased_to_id", "leased_until")
    read = Case.objects.get(pk=case.pk)
    assert (read.leased_to, read.leased_until) == (person, case.leased_until) and read.score != 0.123
    case.leased_to = case.leased_until = None
    often.update(case, "leased_to_id", "leased_until")
    assert Case.objects.get(pk=case.pk).leased_until is None


def test_what_bars_an_expert_is_what_the_longer_way_says(dataset):
    """Labelled, answered without a label, passed on, taken back: of every case both ways say the same."""
    person, now = erin(dataset), timezone.now()
    cases = list(dataset.cases.in_order())
    decide(cases[0], person, answer(dataset, "spam"), now)
    decide(cases[1], person, answer(dataset, "ambiguous"), now)
    Skip.objects.create(case=cases[2], expert=person, created_at=now)
    decide(cases[3], emil(dataset), answer(dataset, "ham"), now)
    ids = [case.pk for case in cases]
    assert len(ids) > 16
    with transaction.atomic():
        found = {pk: taken(pk, person, now) for pk in ids}
    assert barred_of(ids, person) == barred_from(person, ids) == set(ids[:3])
    # the others of the first four are settled
    assert {pk for pk, one in found.items() if one and one.barred} == {ids[2]}
    assert {pk for pk, one in found.items() if one is None} == {ids[0], ids[1], ids[3]}
    waiting = set(dataset.cases.waiting_for(person, now).values_list("id", flat=True))
    assert still_waiting(ids, person, now) == waiting & set(ids)
    hold(cases[9], emil(dataset), now)
    assert still_waiting(ids, person, now) == (waiting & set(ids)) - {cases[9].pk}


def test_before_an_answer_all_is_known_at_once(dataset):
    person, now, token = erin(dataset), timezone.now(), uuid4()
    case = lease(dataset, person, now)
    before = before_answer(case, person, token)
    assert (before.twin, before.answered, before.annotator, before.clear) == (None, False, None, True)
    assert before.contested == is_contested(case) is False and not before.part.labelled
    said = decide(case, person, replace(answer(dataset, "spam"), token=token), now)
    after = before_answer(case, person, token)
    assert (after.twin, after.answered) == ((said.pk, person.pk), True)
    assert (after.part.answered, after.part.labelled, after.part.revealed) == (True, True, True)
    assert after.annotator == Annotator.objects.of_user(dataset, person).pk
    Pause.objects.create(dataset=dataset, user=person, paused=True, reason="rest", created_at=now)
    assert not before_answer(case, person, token).clear and before_answer(case, emil(dataset), token).clear
    dataset.archived_at = now
    dataset.save()
    assert not before_answer(case, emil(dataset), token).clear and not standing_of(dataset, emil(dataset), now).clear


def test_what_a_page_asks_is_what_the_orm_says(dataset):
    person, now = erin(dataset), timezone.now()
    read = dataset_for_expert(person, "support")
    assert as_columns(read) == as_columns(Dataset.objects.get(slug="support")) and read.fields == dataset.fields
    with pytest.raises(Http404):
        dataset_for_expert(olga(), "support")
    with pytest.raises(Http404):
        dataset_for_expert(person, "supper")
    assert may_open(person, "member", "support", "GET") and not may_open(olga(), "member", "support", "GET")
    assert not may_open(person, "lead", "support", "GET")
    cases = hand_out(dataset, person, now, n=3)
    assert [as_columns(case) for case in held_by(dataset, person, now)] == [as_columns(case) for case in cases]
    assert held_by(dataset, person, now + timedelta(days=1)) == []
    assert (n_others_at_work(dataset, person, now), n_others_at_work(dataset, emil(dataset), now)) == (0, 1)
    decide(cases[0], person, answer(dataset, "spam"), now)
    assert n_decided_since(dataset, person, now) == 1
    assert (
        n_decided_since(dataset, person, now + timedelta(seconds=1))
        == n_decided_since(dataset, emil(dataset), now)
        == 0
    )


def test_rules_that_changed_count_at_once(dataset):
    person, now = erin(dataset), timezone.now()
    assert standing_of(dataset, person, now).rules.version == newest_rules(dataset.pk).version == 0
    for version in (1, 2):
        RoutingRules.objects.create(dataset=dataset, version=version, overlap=version)
        found = standing_of(dataset, person, now).rules
        assert (found.version, found.overlap) == (version, version)
        found.overlap = 9
    assert standing_of(dataset, person, now + timedelta(seconds=1)).rules.overlap == 2


def test_postgresql_plans_them_once(dataset):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite plans in microseconds")
    person = erin(dataset)
    for _ in range(8):
        standing_of(dataset, person, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%annotation_pause%'")
        assert cursor.fetchone()[0] == 1
