import re
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_finding
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.models import Case, CurrentLabel, Decision, Guideline, Skip
from tests.annotation.views.expert_page import HTMX, class_id, finding_over, get, press, read
from tests.factories import answer, open_case, small_dataset
from tests.pages import html_of
from tests.people import emil, erin, leo, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def expert(client, dataset):
    person = erin(dataset)
    client.force_login(person)
    return person


# ---- taking back


def test_undo_brings_the_case_back_with_what_was_written(client, dataset, expert):
    open_case(dataset, "s1", score=0.9), open_case(dataset, "s2", score=0.1)
    first = get(client, dataset)
    after = press(client, first, class_id(dataset, "payment"), note="a card", unsure="1", headers=HTMX)
    page = client.post(reverse("undo", args=[dataset.slug, after.context["last"].decision.pk]), headers=HTMX)
    text = read(page)
    assert page.context["case"] == first.context["case"]
    assert "is taken back; the case is yours again" in text
    assert "a card" in html_of(page), "for the browser to fill in"
    assert "you said" not in text, "no decision is left to reveal"
    assert CurrentLabel.objects.in_force().get(item__external_id="s1").basis == "import"
    press(client, page, class_id(dataset, "access"))
    assert not Decision.objects.get(outcome="label", undone_by=None).blind


def test_undo_twice_is_undo_once(client, dataset, expert):
    open_case(dataset, "s1")
    press(client, get(client, dataset), class_id(dataset, "payment"))
    url = reverse("undo", args=[dataset.slug, Decision.objects.get().pk])
    client.post(url), client.post(url)
    assert Decision.objects.filter(outcome="undo").count() == 1


def test_an_earlier_answer_can_be_undone_too(client, dataset, expert):
    first = decide(open_case(dataset, "s1"), expert, answer(dataset, "payment"), timezone.now())
    decide(open_case(dataset, "s2"), expert, answer(dataset, "payment"), timezone.now())
    response = client.post(reverse("undo", args=[dataset.slug, first.pk]), headers=HTMX)
    assert "is taken back" in read(response)
    assert Decision.objects.get(outcome="undo").undoes == first


def test_the_answer_of_another_expert_is_not_there_to_undo(client, dataset, expert):
    theirs = decide(open_case(dataset, "s1"), emil(dataset), answer(dataset, "payment"), timezone.now())
    assert client.post(reverse("undo", args=[dataset.slug, theirs.pk])).status_code == 404


# ---- one finding's cases


def test_a_finding_narrows_the_queue_and_is_kept(client, dataset, expert):
    open_case(dataset, "s1", score=0.9)
    covered = [open_case(dataset, "s2", score=0.2), open_case(dataset, "s3", score=0.1)]
    query = f"?finding={shown_finding(finding_over(dataset, 's2', 's3').pk)}"
    page = client.get(reverse("queue", args=[dataset.slug]) + query)
    assert page.context["case"] == covered[0]
    assert "0 today · 2 open in this finding" in read(page)
    assert "access is labelled payment" not in read(page), "the title tells the label"
    response = press(client, page, class_id(dataset, "access"), query)
    assert response.url.endswith(query)
    page = client.get(response.url)
    assert page.context["case"] == covered[1]
    page = press(client, page, class_id(dataset, "access"), query, headers=HTMX)
    assert "Every case of this finding is settled" in read(page)


def test_undo_of_a_case_outside_the_finding_leaves_it(client, dataset, expert):
    outside = open_case(dataset, "s1", score=0.9)
    open_case(dataset, "s2", score=0.2)
    decision = decide(outside, expert, answer(dataset, "payment"), timezone.now())
    query = f"?finding={shown_finding(finding_over(dataset, 's2').pk)}"
    page = client.post(reverse("undo", args=[dataset.slug, decision.pk]) + query, headers=HTMX)
    assert page.context["case"] == outside


@pytest.mark.parametrize("wanted", ["x", "999999", "9" * 30])
def test_a_finding_that_is_not_there_is_404(client, dataset, expert, wanted):
    assert client.get(reverse("queue", args=[dataset.slug]) + f"?finding={wanted}").status_code == 404


# ---- nothing left


def test_nothing_to_decide_yet(client, dataset, expert):
    assert "There is nothing to decide yet" in read(get(client, dataset))


def test_nothing_left_says_how_many_others_hold(client, dataset, expert):
    open_case(dataset, "s1"), open_case(dataset, "s2")
    held = lease(dataset, emil(dataset), timezone.now())
    client.post(reverse("skip", args=[dataset.slug, Case.objects.exclude(pk=held.pk).get().pk]))
    text = read(get(client, dataset))
    assert "Nothing is left for you" in text
    assert (
        "You labelled the items of the 2 open cases or passed them on, or others hold them: 1 at this moment." in text
    )
    assert "Look again" in text


def test_everything_settled(client, dataset, expert):
    open_case(dataset, "s1")
    page = press(client, get(client, dataset), class_id(dataset, "access"), headers=HTMX)
    assert "Every case is settled" in read(page)


# ---- who may


def test_a_lead_may_use_the_queue(client, dataset):
    client.force_login(leo(dataset))
    open_case(dataset, "s1")
    assert press(client, get(client, dataset), class_id(dataset, "access"), headers=HTMX).status_code == 200
    assert Decision.objects.get().expert.username == "leo"


@pytest.mark.parametrize("name", ["queue", "history", "guidelines"])
def test_an_outsider_sees_nothing(client, dataset, name):
    client.force_login(olga())
    assert get(client, dataset, name).status_code == 404


@pytest.mark.parametrize("name", ["decide", "skip", "undo"])
def test_an_outsider_changes_nothing(client, dataset, name):
    case = open_case(dataset, "s1")
    pk = decide(open_case(dataset, "s2"), erin(dataset), answer(dataset, "access"), timezone.now()).pk
    client.force_login(olga())
    said = {"token": uuid4(), "answer": class_id(dataset, "access")}
    url = reverse(name, args=[dataset.slug, pk if name == "undo" else case.pk])
    assert client.post(url, said).status_code == 404
    assert (Decision.objects.count(), Skip.objects.count()) == (1, 0)


def test_a_case_is_found_only_in_its_own_dataset(client, dataset, expert, tmp_path):
    other = small_dataset(tmp_path, "other")
    erin(other)
    case = open_case(dataset, "s1")
    assert client.post(reverse("skip", args=[other.slug, case.pk])).status_code == 404


@pytest.mark.parametrize("name", ["decide", "skip", "undo"])
def test_looking_changes_nothing(client, dataset, expert, name):
    case = open_case(dataset, "s1")
    assert client.get(reverse(name, args=[dataset.slug, case.pk])).status_code == 405


# ---- history and guidelines


def test_history_is_newest_first_and_paged_by_key(client, dataset, expert, monkeypatch):
    monkeypatch.setattr("annotation.views.answering.history.PAGE", 2)
    for name, said in (("s1", "payment"), ("s2", "payment"), ("s3", "ambiguous")):
        decide(open_case(dataset, name), expert, answer(dataset, said, note=f"note on {name}"), timezone.now())
    page = get(client, dataset, "history")
    assert [(line.said, line.carried) for line in page.context["lines"]] == [
        ("ambiguous", "access"), ("payment", "payment"),
    ]  # fmt: skip
    assert "note on s3" in read(page)
    older = re.search(r'href="(\?before=\d+)"', html_of(page))[1]
    page = client.get(reverse("history", args=[dataset.slug]) + older)
    assert [(line.said, line.carried) for line in page.context["lines"]] == [("payment", "access")]
    assert "?before=" not in html_of(page)


def test_history_offers_undo_for_any_answer_and_says_what_was_taken_back(client, dataset, expert):
    for name in ("s1", "s2"):
        decide(open_case(dataset, name), expert, answer(dataset, "payment"), timezone.now())
    page = get(client, dataset, "history")
    assert read(page).count("Undo") == 2
    client.post(reverse("undo", args=[dataset.slug, Decision.objects.latest("id").pk]))
    page = get(client, dataset, "history")
    assert html_of(page).count('<span class="tag">taken back</span>') == 1
    assert [line.carried for line in page.context["lines"]] == ["payment", "access"]


def test_history_shows_what_the_items_carried_whatever_came_later(client, dataset, expert):
    decide(open_case(dataset, "s1", "s2"), expert, answer(dataset, "different"), timezone.now())
    decide(open_case(dataset, "s1"), emil(dataset), answer(dataset, "payment"), timezone.now())
    line = get(client, dataset, "history").context["lines"][0]
    assert (line.said, line.carried) == ("legitimately different", "1 access, 1 payment")


def test_history_before_a_number_too_large_is_all_of_it(client, dataset, expert):
    decide(open_case(dataset, "s1"), expert, answer(dataset, "payment"), timezone.now())
    page = client.get(reverse("history", args=[dataset.slug]) + f"?before={'9' * 30}")
    assert [line.said for line in page.context["lines"]] == ["payment"]


def test_history_is_mine_alone(client, dataset, expert):
    decide(open_case(dataset, "s1"), emil(dataset), answer(dataset, "payment"), timezone.now())
    assert "You have not decided on a case yet" in read(get(client, dataset, "history"))


def test_guidelines_newest_first(client, dataset, expert):
    Guideline.objects.create(dataset=dataset, version=1, text="First.\n\nSecond <b>part</b>.", author=leo(dataset))
    Guideline.objects.create(dataset=dataset, version=2, text="Better.")
    html = html_of(get(client, dataset, "guidelines"))
    assert html.index("Guideline 2 ") < html.index("Better.") < html.index("Guideline 1 ") < html.index("First.")
    assert "&lt;b&gt;part" in html


def test_no_guideline_yet(client, dataset, expert):
    assert "Nobody has written a guideline yet" in read(get(client, dataset, "guidelines"))


def test_an_expert_opens_findings_they_are_sent_and_counts_through_no_others(client, dataset, expert):
    finding = finding_over(dataset, "s2")
    assert client.get(reverse("queue", args=[dataset.slug]) + f"?finding={finding.pk}").status_code == 404
    client.force_login(leo(dataset))
    assert client.get(reverse("queue", args=[dataset.slug]) + f"?finding={finding.pk}").status_code == 200
