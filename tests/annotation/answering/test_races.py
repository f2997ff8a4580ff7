"""Several people, or one person twice, at the same case at the same moment: nothing lost, doubled or given to two."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_id
from annotation.actions.classes.retire import retire
from annotation.actions.datasets.take_back import take_back
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.lease import hand_out, lease, renew
from annotation.actions.queue.skip import skip
from annotation.actions.queue.undo import undo
from annotation.core.refusal import Refusal
from annotation.models import Case, CurrentLabel, Dataset, Decision, FileImport, Item, Label
from annotation.reading.answering.asked import first_taken
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, leo, user
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def now():
    return timezone.now()


def said(work, *args, **kwargs):
    """What came of it: the result, or the sentence of the refusal."""
    try:
        return work(*args, **kwargs)
    except Refusal as refusal:
        return str(refusal)


def refused(found):
    return [one for one in found if isinstance(one, str)]


def facts(case):
    """Standing decisions, labels by experts and settled labels: of one answer one each."""
    items = list(case.case_items.values_list("item", flat=True))
    return (
        Decision.objects.standing().filter(case=case).count(),
        Label.objects.filter(item__in=items, origin=Label.EXPERT).count(),
        CurrentLabel.objects.filter(item__in=items, decision__isnull=False).count(),
    )


@pytest.mark.fault("twelve experts ask for six cases at once")
def test_a_case_goes_to_one(dataset, fault):
    for name in ("s1", "s2", "s3", "s4", "s5", "s6"):
        open_case(dataset, name)
    people = [user(f"expert{number}") for number in range(12)]
    handed = in_threads(lambda person: lease(dataset, person, now()), people)
    given = [case.pk for case in handed if case]
    assert len(given) == len(set(given)) == 6
    fault.lost(6 - len(given))


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_asking_locks_no_case_that_a_colleague_holds(dataset):
    """Whoever asks goes past it, and its holder answers without waiting for them to be done."""
    for name in ("s1", "s2", "s3"):
        open_case(dataset, name)
    held = lease(dataset, erin(dataset), now())
    with transaction.atomic():
        other = first_taken(dataset, emil(dataset), now())
        [free] = in_threads(lambda pk: is_unlocked(pk), [held.pk])
    assert other.case.pk != held.pk and free


def is_unlocked(pk):
    with transaction.atomic():
        return Case.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk).exists()


@pytest.mark.fault("one expert asks for the next case in four tabs at once")
def test_four_tabs_hold_one_case(dataset):
    for name in ("s1", "s2", "s3"):
        open_case(dataset, name)
    person = erin(dataset)
    held = dataset.cases.filter(leased_to=person)
    found, n_held = in_threads(lambda _: [one.pk for one in hand_out(dataset, person, now())], range(4), held.count)
    assert len({pk for one in found for pk in one}) == n_held <= 3


@pytest.mark.fault("the same answer sent four times at once")
def test_the_same_submit_is_one_decision(dataset, fault):
    person, token, access = erin(dataset), uuid4(), dataset.label_classes.get(name="access")
    open_case(dataset, "s1")
    case = lease(dataset, person, now())

    def send(_):
        return decide(case, person, Answer("label", token, access), now(), only_held=True).pk

    found, written = in_threads(send, range(4), lambda: facts(case))
    assert len(set(found)) == 1 and written == (1, 1, 1)
    fault.lost(1 - written[0])


@pytest.mark.fault("two tabs answer the same case differently at once")
def test_two_tabs_are_one_answer(dataset):
    person = erin(dataset)
    open_case(dataset, "s1")
    case = lease(dataset, person, now())

    def send(name):
        return said(decide, case, person, answer(dataset, name), now(), only_held=True)

    found, written = in_threads(send, ["access", "payment"], lambda: facts(case))
    assert len(refused(found)) == 1 and written == (1, 1, 1)


@pytest.mark.fault("two experts answer the same case at once")
def test_whoever_holds_it_is_heard(dataset):
    case = open_case(dataset, "s1")
    lease(dataset, erin(dataset), now())
    people = [erin(dataset), emil(dataset)]

    def send(person):
        return said(decide, case, person, answer(dataset, "access"), now(), only_held=True)

    found, written = in_threads(send, people, lambda: facts(case))
    assert len(refused(found)) == 1 and refused(found) == [found[1]] and written == (1, 1, 1)


@pytest.mark.fault("a lease runs out in hand while a colleague asks for the case")
def test_an_answer_after_time_or_the_next_expert_but_not_both(dataset, fault):
    case = open_case(dataset, "s1")
    lease(dataset, erin(dataset), now() - timedelta(hours=2))

    def late(person):
        if person == emil(dataset):
            return lease(dataset, person, now())
        return said(decide, case, person, answer(dataset, "access"), now(), only_held=True)

    (answered, taken), written = in_threads(late, [erin(dataset), emil(dataset)], lambda: facts(case))
    assert isinstance(answered, str) == (taken is not None)
    assert written == ((0, 0, 0) if taken else (1, 1, 1))
    fault.lost(0 if isinstance(answered, str) else 1 - written[0])


@pytest.mark.fault("a lease that ran out is renewed while a colleague takes the case")
def test_renewed_or_taken(dataset):
    case = open_case(dataset, "s1")
    lease(dataset, erin(dataset), now() - timedelta(hours=2))

    def ask(person):
        if person == erin(dataset):
            return [one.pk for one in renew(dataset, person, [case.pk], now())]
        return [one.pk for one in hand_out(dataset, person, now())]

    people = [erin(dataset), emil(dataset)]
    found, holder = in_threads(ask, people, lambda: Case.objects.get(pk=case.pk).leased_to_id)
    assert holder in [person.pk for person in people]
    assert [case.pk] in found


@pytest.mark.fault("an answer sent again after it was taken back")
def test_a_replay_after_undo_is_the_old_answer(dataset):
    case, person = open_case(dataset, "s1"), erin(dataset)
    given = answer(dataset, "payment")
    lease(dataset, person, now())
    first = decide(case, person, given, now())
    undo(first, person, uuid4(), now())
    found, written = in_threads(lambda _: decide(case, person, given, now()).pk, range(2), lambda: facts(case)[0])
    assert set(found) == {first.pk} and written == 0, "what was taken back stays so"


@pytest.mark.fault("an answer is taken back twice at once")
def test_undone_once(dataset):
    case, person = open_case(dataset, "s1"), erin(dataset)
    first = decide(case, person, answer(dataset, "payment"), now())
    undone = Decision.objects.filter(undoes=first)
    found, n = in_threads(lambda _: said(undo, first, person, uuid4(), now()), range(3), undone.count)
    assert not refused(found) and n == 1


@pytest.mark.fault("a case is answered and passed on at once")
def test_answered_or_passed(dataset):
    case, person = open_case(dataset, "s1"), erin(dataset)
    lease(dataset, person, now())

    def both(work):
        if work == "skip":
            return skip(case, person, now())
        return said(decide, case, person, answer(dataset, "access"), now(), only_held=True)

    found, written = in_threads(both, ["skip", "decide"], lambda: facts(case))
    assert written == ((0, 0, 0) if isinstance(found[1], str) else (1, 1, 1))


@pytest.mark.fault("an answer from a page as it was before the case was settled")
def test_a_stale_page_is_refused_in_a_sentence(dataset, client):
    case, person = open_case(dataset, "s1"), erin(dataset)
    lease(dataset, person, now())
    client.force_login(person)
    token = client.get(reverse("queue", args=[dataset.slug])).context["cases"][0].token
    decide(case, leo(dataset), answer(dataset, "access", blind=False), now() + timedelta(hours=1))
    item = case.case_items.get().item_id
    sent = {"token": token, "item": item, "answer": dataset.label_classes.first().pk}
    page = client.post(reverse("decide", args=[dataset.slug, case.pk]), sent, headers={"HX-Request": "true"})
    assert page.status_code == 409 and "was settled in the meantime" in page.content.decode()
    assert facts(case)[0] == 1


@pytest.mark.fault("a class is retired while an answer names it")
def test_the_class_is_there_or_the_answer_is_refused(dataset, fault):
    case, person = open_case(dataset, "s1"), erin(dataset)
    lease(dataset, person, now())

    def both(work):
        if work == "retire":
            return said(retire, dataset, "payment", leo(dataset), now()) and None
        return said(decide, case, person, answer(dataset, "payment"), now(), only_held=True)

    def left():
        held = CurrentLabel.objects.in_force().filter(item__dataset=dataset, state=CurrentLabel.LABELLED)
        return facts(case)[0], held.filter(label_class__retired_at__isnull=False).count()

    found, (decisions, of_no_class) = in_threads(both, ["retire", "decide"], left)
    assert of_no_class == 0
    assert decisions == (0 if isinstance(found[1], str) else 1)
    fault.lost(0 if isinstance(found[1], str) else 1 - decisions)


@pytest.mark.fault("an import is taken back while one of its items is answered")
def test_a_taken_back_item_takes_no_answer_or_keeps_it(dataset, fault):
    case, person = open_case(dataset, "s1"), erin(dataset)
    lease(dataset, person, now())
    brought = FileImport.objects.get(dataset=dataset)

    def both(work):
        if work == "back":
            return said(take_back, brought, leo(dataset), now()) if work else None
        return said(decide, case, person, answer(dataset, "access"), now(), only_held=True)

    def left():
        settled = Case.objects.get(pk=case.pk).status
        return facts(case)[0], settled, Item.objects.get(external_id="s1").split

    found, (decisions, status, split) = in_threads(both, ["back", "decide"], left)
    answered = not isinstance(found[1], str)
    assert (decisions, status) == ((1, Case.SETTLED) if answered else (0, Case.WITHDRAWN))
    assert (split == Item.POOL) == answered
    fault.lost(int(answered) - decisions)


@pytest.mark.fault("two people send the same token at once")
def test_anothers_token_is_refused_in_a_sentence(dataset):
    cases = [open_case(dataset, "s1"), open_case(dataset, "s2")]
    people, token = [erin(dataset), emil(dataset)], uuid4()
    for person in people:
        lease(dataset, person, now())
    access = dataset.label_classes.get(name="access")

    def send(number):
        held = Case.objects.get(leased_to=people[number])
        return said(decide, held, people[number], Answer("label", token, access), now(), only_held=True)

    found, n = in_threads(send, range(2), Decision.objects.filter(token=token, case__in=cases).count)
    assert n == 1 and len(refused(found)) == 1 and "by somebody else" in refused(found)[0]


@pytest.mark.fault("another person's token in the form")
def test_the_page_says_so_too(dataset):
    open_case(dataset, "s1"), open_case(dataset, "s2")
    first = decide(lease(dataset, emil(dataset), now()), emil(dataset), answer(dataset, "access"), now())
    case = lease(dataset, erin(dataset), now())
    client = Client()
    client.force_login(erin(dataset))
    sent = {"token": first.token, "item": case.case_items.get().item_id, "answer": dataset.label_classes.first().pk}
    url = f"/d/{dataset.slug}/queue/{shown_id(case.pk)}/decide/"
    page = client.post(url, sent, headers={"HX-Request": "true"})
    assert page.status_code == 409 and "sent in by somebody else" in page.content.decode()
    assert Decision.objects.count() == 1


@pytest.mark.fault("an item is imported again while its case is leased")
def test_the_same_file_again_leaves_the_case_in_hand(dataset, tmp_path, fault):
    case, person = open_case(dataset, "s1"), erin(dataset)
    lease(dataset, person, now())
    small_dataset(tmp_path)
    decide(case, person, answer(dataset, "access"), now(), only_held=True)
    assert facts(case) == (1, 1, 1) and Item.objects.filter(external_id="s1").count() == 1
    fault.lost(1 - facts(case)[0])


@pytest.mark.fault("a dataset is erased while one of its cases is on a page")
def test_what_is_erased_is_not_found(dataset, client):
    case, person = open_case(dataset, "s1"), erin(dataset)
    lease(dataset, person, now())
    client.force_login(person)
    sent = {"token": uuid4(), "item": case.case_items.get().item_id, "answer": dataset.label_classes.first().pk}
    url = reverse("decide", args=[dataset.slug, case.pk])
    Dataset.objects.filter(pk=dataset.pk).update(slug="gone")
    assert client.post(url, sent, headers={"HX-Request": "true"}).status_code == 404
    assert not Decision.objects.exists()
