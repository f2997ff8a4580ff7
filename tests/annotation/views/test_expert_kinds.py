"""A case of any kind looks like any other, and its strip tells no more than it may."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_id
from annotation.actions.people.pause import pause
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import hand_out, hold, lease
from annotation.models import (
    Case,
    CaseItem,
    CurrentLabel,
    Decision,
    Gold,
    Item,
    QualificationTest,
    RoutingRules,
)
from annotation.views.answering.showing import roughly
from tests.annotation.views.expert_page import HTMX, class_id, get, press, read
from tests.factories import answer, open_case, small_dataset
from tests.pages import html_of
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def expert(client, dataset):
    person = erin(dataset)
    client.force_login(person)
    return person


def item(dataset, name):
    return Item.objects.get(dataset=dataset, external_id=name)


def check(dataset, kind, name, person):
    """A case that tests `person`, as hand_out would open it."""
    case = Case.objects.create(dataset=dataset, kind=kind, reserved_for=person)
    hold(case, person, timezone.now())
    CaseItem.objects.create(case=case, item=item(dataset, name))
    return case


def known(dataset, name, label):
    """The item was decided by another and its answer is known since."""
    decide(open_case(dataset, name), emil(dataset), answer(dataset, label), timezone.now())
    Gold.objects.create(dataset=dataset, item=item(dataset, name), label_class=dataset.label_classes.get(name=label))


def bare(response, *own):
    """The page without what is each case's own."""
    html = re.sub(
        r'(token" value=|data-token=|x-csrftoken": |datetime=)"[^"]*"|until <.*?</time>', "", html_of(response)
    )
    for one in own:
        html = html.replace(one, "")
    return html


@pytest.mark.parametrize("kind", [Case.AUDIT, Case.GOLD, Case.REPEAT])
def test_the_page_of_a_check_is_that_of_any_case(client, dataset, expert, kind):
    real = open_case(dataset, "s1")
    hold(real, expert, timezone.now())
    plain = bare(get(client, dataset), shown_id(real.pk))
    Case.objects.filter(pk=real.pk).update(kind=kind, reserved_for=None if kind == Case.AUDIT else expert)
    hidden = bare(get(client, dataset), shown_id(real.pk))
    assert hidden == plain


@pytest.mark.parametrize("kind", [Case.GOLD, Case.REPEAT])
def test_the_strip_of_a_check_shows_what_was_imported_and_not_what_is_known(client, dataset, expert, kind):
    known(dataset, "s1", "payment")
    check(dataset, kind, "s1", expert)
    text = read(press(client, get(client, dataset), class_id(dataset, "access"), headers=HTMX))
    assert "you said access . It carried access ." in text
    assert "right" not in text
    assert [line.carried for line in get(client, dataset, "history").context["lines"]] == ["access"]


@pytest.mark.parametrize(("said", "told"), [("payment", "you were right"), ("access", "payment is right")])
def test_the_strip_says_the_right_answer_where_the_lead_wants_it(client, dataset, expert, said, told):
    RoutingRules.objects.create(dataset=dataset, version=1, gold_feedback=True)
    known(dataset, "s1", "payment")
    check(dataset, Case.GOLD, "s1", expert)
    text = read(press(client, get(client, dataset), class_id(dataset, said), headers=HTMX))
    assert f"Its answer was known: {told}" in text


def test_a_test_says_where_one_stands_and_reveals_nothing(client, dataset, expert):
    test = QualificationTest.objects.create(dataset=dataset, bar=0.5)
    for name, label in (("s1", "access"), ("s2", "payment")):
        test.questions.create(item=item(dataset, name), label_class=dataset.label_classes.get(name=label))
    page = get(client, dataset)
    assert "A test before real cases: question 1 of 2." in read(page)
    after = press(client, page, class_id(dataset, "access"), headers=HTMX)
    text = read(after)
    assert "Question 1 of 2: you said access ." in text
    assert "question 2 of 2" in text
    assert "carried" not in text and "Undo" not in text and "flagged" not in text
    answered = Decision.objects.get()
    assert client.get(reverse("why", args=[dataset.slug, answered.pk])).status_code == 404
    last = read(press(client, after, class_id(dataset, "access"), headers=HTMX))
    assert "1 of 2 were right: you passed, and real cases follow." in last
    history = read(get(client, dataset, "history"))
    assert "a question of a test" in history and "Undo" not in history


def test_who_is_paused_reads_why(client, dataset, expert):
    open_case(dataset, "s1")
    pause(dataset, expert, leo(dataset), "let us talk first", timezone.now())
    text = read(get(client, dataset))
    assert "You are paused: let us talk first." in text
    assert "Read the guidelines" in text
    assert "Which label is right?" not in text


def test_a_second_view_shows_the_labels_and_says_that_it_is_not_blind(client, dataset, expert):
    case = open_case(dataset, "s1", "s2")
    Case.objects.filter(pk=case.pk).update(labels_shown=True, reserved_for=expert)
    text = read(get(client, dataset))
    assert "counts as not blind" in text
    assert "It carries access ." in text and "It carries payment ." in text
    press(client, get(client, dataset), class_id(dataset, "access"), headers=HTMX)
    assert not Decision.objects.get().blind


# ---- ids


def test_no_page_of_an_expert_tells_a_cases_id(client, dataset, expert):
    first, second = (Case.objects.create(pk=987_654_321 + place, dataset=dataset) for place in range(2))
    for case, name in ((first, "s1"), (second, "s2")):
        CaseItem.objects.create(case=case, item=item(dataset, name))
    page = get(client, dataset)
    after = press(client, page, class_id(dataset, "payment"), headers=HTMX)
    undone = client.post(reverse("undo", args=[dataset.slug, Decision.objects.get().pk]), headers=HTMX)
    for response in (page, after, undone, get(client, dataset, "history"), get(client, dataset)):
        assert str(first.pk) not in html_of(response) and str(second.pk) not in html_of(response)
    assert shown_id(first.pk) in html_of(page)


@pytest.mark.parametrize("wrong", ["aaaaaaaa", "12345678", "00000000"])
def test_an_id_that_is_nobodys_is_not_there(client, dataset, expert, wrong):
    assert client.post(f"/d/{dataset.slug}/queue/{wrong}/skip/").status_code == 404


# ---- what is ready behind the case, and for how long


def test_three_cases_are_on_the_page_and_no_case_twice(client, dataset, expert):
    for name in ("s1", "s2", "s3", "s4"):
        open_case(dataset, name)
    page = get(client, dataset)
    ids = [one.case.pk for one in page.context["cases"]]
    assert len(set(ids)) == 3
    assert html_of(page).count("<template") == 3


def test_an_answer_brings_what_the_browser_does_not_have(client, dataset, expert):
    for place in range(1, 7):
        open_case(dataset, f"s{place}", score=1 - place / 10)
    page = get(client, dataset)
    had = [one.case.pk for one in page.context["cases"]]
    have = ",".join(map(shown_id, had[1:]))
    after = press(client, page, class_id(dataset, "access"), have=have, more="1", headers=HTMX)
    assert len(after.context["cases"]) == 1
    assert after.context["cases"][0].case.pk not in had
    lost = ",".join(map(shown_id, had))
    idle = client.get(reverse("queue", args=[dataset.slug]), {"have": lost, "more": "4"}, headers=HTMX)
    assert idle.context["gone"] == shown_id(had[0]), "decided by now"


def test_where_others_are_at_work_nobody_holds_many(client, dataset, expert):
    for place in range(1, 7):
        open_case(dataset, f"s{place}")
    have = ",".join(shown_id(one.case.pk) for one in get(client, dataset).context["cases"])
    lease(dataset, emil(dataset), timezone.now())
    client.get(reverse("queue", args=[dataset.slug]), {"have": have, "more": "4"}, headers=HTMX)
    assert Case.objects.filter(leased_to=expert).count() == 3


def test_renewing_keeps_what_is_mine_and_nobody_took(client, dataset, expert):
    mine, lapsed, taken = open_case(dataset, "s1"), open_case(dataset, "s2"), open_case(dataset, "s3")
    hand_out(dataset, expert, timezone.now(), 3)
    soon, over = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(minutes=1)
    Case.objects.filter(pk=mine.pk).update(leased_until=soon)
    Case.objects.filter(pk=lapsed.pk).update(leased_until=over)
    Case.objects.filter(pk=taken.pk).update(leased_to=emil(dataset))
    have = ",".join(shown_id(case.pk) for case in (mine, lapsed, taken))
    answered = client.post(reverse("renew", args=[dataset.slug]), {"have": f"{have},nonsense"})
    assert set(answered.json()["held"]) == {shown_id(mine.pk), shown_id(lapsed.pk)}
    mine.refresh_from_db()
    assert mine.leased_until > soon + timedelta(minutes=10)


# ---- seconds


@pytest.mark.parametrize(("shown", "low", "high"), [("4500", 4.5, 4.5), ("999999", 29, 40), ("", 8, 15)])
def test_seconds_are_the_browsers_within_the_lease_or_since_the_last_answer(
    client, dataset, expert, shown, low, high
):  # fmt: skip
    decide(open_case(dataset, "s6"), expert, answer(dataset, "access"), timezone.now() - timedelta(seconds=8))
    open_case(dataset, "s1")
    page = get(client, dataset)
    Case.objects.update(leased_at=timezone.now() - timedelta(seconds=30))
    press(client, page, class_id(dataset, "access"), shown=shown)
    assert low <= Decision.objects.latest("id").seconds <= high


def test_the_first_label_is_the_earliest_held(dataset):
    known(dataset, "s1", "payment")
    assert CurrentLabel.objects.filter(item=item(dataset, "s1")).count() == 2


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "fewer than 20"), (19, "fewer than 20"), (47, "about 40"), (199, "about 190"), (1199, "1,000 or more")],
)
def test_how_many_are_open_is_said_roughly(n, said):
    assert roughly(n) == said
