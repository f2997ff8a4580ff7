import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_id
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.core.fields import Field
from annotation.models import Annotator, Case, CurrentLabel, Decision, Guideline, Item, Reason, Skip
from tests.annotation.views.expert_page import HTMX, class_id, finding_over, flag, get, press, read
from tests.factories import answer, imported, open_case, small_dataset
from tests.pages import html_of
from tests.people import emil, erin

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def expert(client, dataset):
    person = erin(dataset)
    client.force_login(person)
    return person


def members(page):
    return page.context["cases"][0].members


# ---- the case


def test_it_works(client, dataset, expert):
    open_case(dataset, "s2")
    Guideline.objects.create(dataset=dataset, version=1, text="An old one.")
    Guideline.objects.create(dataset=dataset, version=2, text="Money is payment.")
    Reason.objects.create(dataset=dataset, text="names a card", position=0)
    page = get(client, dataset)
    text = read(page)
    assert "Which label is right?" in text
    assert "the card was declined 2" in text
    assert "Guideline 2 Money is payment." in text
    assert "An old one" not in text
    assert "names a card" in text
    assert "0 today · fewer than 20 open" in text
    assert f"Case {shown_id(page.context['case'].pk)} · yours until" in text
    assert page.context["case"].held_by(expert, timezone.now())


def test_source_and_received_time_and_other_fields_are_shown(client, tmp_path):
    rows = [{"id": "1", "text": "late", "label": "a", "from": "e-mail", "at": "2024-03-05", "amount": "12.50"},
            {"id": "2", "text": "early", "label": "b", "from": "chat", "at": "2024-03-06", "amount": "3"}]  # fmt: skip
    dataset = imported(tmp_path, rows, "mail", source="from", received="at", fields=(Field("amount", "number"),))
    open_case(dataset, "1")
    client.force_login(erin(dataset))
    text = read(get(client, dataset))
    assert "source: e-mail · received 5 March 2024" in text
    assert "amount 12.5" in text


def test_an_open_case_is_blind(client, dataset, expert):
    """Two items alike but for their label, annotator, flag and finding make the same page."""
    Item.objects.filter(dataset=dataset, external_id="s2").update(
        content=Item.objects.get(dataset=dataset, external_id="s1").content
    )
    flag(dataset, "s2", "The model out of fold gives payment 3%.")
    finding_over(dataset, "s2")
    Annotator.objects.filter(name="ann1").update(name="zzz-annotator")

    def page_for(external_id):
        case = open_case(dataset, external_id)
        html = html_of(get(client, dataset))
        item = Item.objects.get(dataset=dataset, external_id=external_id)
        Case.objects.filter(pk=case.pk).update(status=Case.WITHDRAWN)
        html = re.sub(r'(token" value=|data-token=|x-csrftoken": |datetime=)"[^"]*"|until <.*?</time>', "", html)
        shown = shown_id(case.pk)
        for own in (
            f'name="item" value="{item.pk}"',
            f"/{shown}/",
            f"/{item.pk}/",
            f'data-case="{shown}"',
            f"Case {shown} ",
        ):
            html = html.replace(own, "")
        return html

    carries_access, carries_payment = page_for("s1"), page_for("s2")
    assert carries_access == carries_payment
    assert "zzz-annotator" not in carries_access
    assert "out of fold" not in carries_payment


def test_digits_for_nine_classes_and_a_list_for_the_rest(client, tmp_path):
    rows = [{"id": str(n), "text": f"text {n}", "label": f"class {n:02}"} for n in range(12)]
    dataset = imported(tmp_path, rows, "many")
    open_case(dataset, "3")
    client.force_login(erin(dataset))
    html = html_of(get(client, dataset))
    assert re.findall(r'data-key="(\d)"', html) == list("123456789")
    assert html.count("data-class") == 12, "every class in the list"
    assert "All 12 by group" in html


def test_a_group_marks_what_differs_and_leaves_negations_unticked(client, tmp_path):
    rows = [{"id": "1", "text": "I can't log in since 5 May", "label": "a"},
            {"id": "2", "text": "I can't sign in since 6 May", "label": "b"},
            {"id": "3", "text": "I can log in since 5 May", "label": "a"},
            {"id": "4", "text": "I can't log in since 5 May", "label": "b"}]  # fmt: skip
    dataset = imported(tmp_path, rows, "group")
    open_case(dataset, "1", "2", "3", "4")
    client.force_login(erin(dataset))
    page = get(client, dataset)
    html = html_of(page)
    assert "<del>log </del><ins>sign </ins>" in html
    assert "<ins><mark><b>6 </b></mark></ins>" in html
    assert "<del><mark><b>can&#x27;t </b></mark></del><ins>can </ins>" in html
    assert [member.negation for member in members(page)] == [False, False, True, False]
    ticks = re.findall(r'takes this answer"( checked)?>', html[: html.index('id="ahead"')])
    assert [bool(tick) for tick in ticks] == [True, True, False, True]
    assert "Word for word the same as the first" in html
    assert 'data-key="d"' in html


def test_the_medoid_of_a_group_comes_first(client, dataset, expert):
    case = open_case(dataset, "s1", "s3", "s5")
    medoid = Item.objects.get(dataset=dataset, external_id="s5")
    Case.objects.filter(pk=case.pk).update(group_digest=medoid.digest)
    assert [member.item.external_id for member in members(get(client, dataset))] == ["s5", "s1", "s3"]


def test_text_is_shown_as_text(client, tmp_path):
    rows = [{"id": "1", "text": "<script>alert(1)</script>", "label": "a"}, {"id": "2", "text": "x", "label": "b"}]
    dataset = imported(tmp_path, rows, "markup")
    open_case(dataset, "1")
    client.force_login(erin(dataset))
    assert "<script>alert" not in html_of(get(client, dataset))


# ---- answering


def test_an_answer_is_recorded_and_the_next_case_shown(client, dataset, expert):
    open_case(dataset, "s1", score=0.9), open_case(dataset, "s2", score=0.1)
    flag(dataset, "s1", "The model out of fold gives access 3%.")
    reason = Reason.objects.create(dataset=dataset, text="names a card", position=0)
    first = get(client, dataset)
    Case.objects.update(leased_at=timezone.now() - timedelta(seconds=7))
    page = press(
        client, first, class_id(dataset, "payment"), note="odd", unsure="1", reason=[reason.pk], headers=HTMX
    )  # fmt: skip
    decision = Decision.objects.get()
    assert (decision.label_class.name, decision.note, decision.confidence) == ("payment", "odd", "unsure")
    assert list(decision.reasons.all()) == [reason]
    assert 7 <= decision.seconds < 60
    assert decision.blind
    assert page.context["case"] != first.context["case"]
    text = read(page)
    reveal = "you said payment . It carried access . The model out of fold gives access 3%. Why it was flagged Undo"
    assert reveal in text
    assert "1 today · fewer than 20 open" in text
    assert "<html" not in html_of(page), "HTMX gets the parts that change"


def test_without_javascript_it_redirects_to_the_page(client, dataset, expert):
    open_case(dataset, "s1")
    response = press(client, get(client, dataset), class_id(dataset, "payment"))
    assert response.status_code == 302
    assert response.url == reverse("queue", args=[dataset.slug])
    page = get(client, dataset)
    assert "<html" in html_of(page)
    assert "you said payment" in read(page)


def test_the_same_url_gives_htmx_the_fragment(client, dataset, expert):
    open_case(dataset, "s1")
    fragment = html_of(get(client, dataset, headers=HTMX))
    assert "<html" not in fragment
    assert 'id="parts"' in fragment
    assert "the card" not in fragment
    assert "log in" in fragment


def test_a_repeated_submit_is_one_decision(client, dataset, expert):
    open_case(dataset, "s1")
    page = get(client, dataset)
    press(client, page, class_id(dataset, "payment"), headers=HTMX)
    again = press(client, page, class_id(dataset, "payment"), headers=HTMX)
    assert Decision.objects.count() == 1
    assert "you said payment" in read(again)


def test_every_view_of_a_case_has_a_token_of_its_own(client, dataset, expert):
    open_case(dataset, "s1")
    assert token(get(client, dataset)) != token(get(client, dataset))


def token(page):
    return page.context["cases"][0].token


def test_a_case_settled_in_the_meantime_is_said_above_the_next(client, dataset, expert):
    open_case(dataset, "s1", score=0.9), open_case(dataset, "s2", score=0.1)
    page = get(client, dataset)
    decide(page.context["case"], emil(dataset), answer(dataset, "access", blind=False), late())
    response = press(client, page, class_id(dataset, "payment"), headers=HTMX)
    assert "was settled in the meantime; your answer was not recorded" in read(response)
    assert response.context["case"] != page.context["case"]
    assert Decision.objects.count() == 1


def late():
    """After any lease of now."""
    return timezone.now() + timedelta(hours=1)


def test_an_expired_lease_is_said_above_the_next(client, dataset, expert):
    case = open_case(dataset, "s1")
    page = get(client, dataset)
    lease(dataset, emil(dataset), late())
    response = press(client, page, class_id(dataset, "payment"))
    assert response.status_code == 302
    assert "went to somebody else when your time for it ran out" in read(get(client, dataset))
    case.refresh_from_db()
    assert case.status == Case.OPEN


@pytest.mark.parametrize("said", ["ambiguous", "bad_input"])
def test_answers_that_are_no_class(client, dataset, expert, said):
    open_case(dataset, "s1")
    press(client, get(client, dataset), said)
    assert Decision.objects.get().outcome == said
    assert CurrentLabel.objects.in_force().get(item__external_id="s1").state == said


def test_the_ticked_members_only(client, dataset, expert):
    open_case(dataset, "s1", "s2", "s5")
    ticked = list(Item.objects.filter(external_id__in=["s1", "s5"]).values_list("id", flat=True))
    page = press(client, get(client, dataset), class_id(dataset, "access"), item=ticked, headers=HTMX)
    assert set(Decision.objects.get().items.values_list("id", flat=True)) == set(ticked)
    assert "you said access for two items. They carried 2 access ." in read(page)
    assert [member.item.external_id for member in members(page)] == ["s2"]


def test_a_partial_answer_reveals_nothing_of_the_rest(client, dataset, expert):
    open_case(dataset, "s1", "s2", "s5")
    flag(dataset, "s1", "Near-identical items carry different labels: 2 access, 1 payment.")
    ticked = list(Item.objects.filter(external_id__in=["s1", "s5"]).values_list("id", flat=True))
    page = press(client, get(client, dataset), class_id(dataset, "access"), item=ticked, headers=HTMX)
    assert "1 payment" not in read(page)


def test_no_member_ticked_is_refused(client, dataset, expert):
    open_case(dataset, "s1", "s2")
    response = press(client, get(client, dataset), class_id(dataset, "access"), item=[], headers=HTMX)
    assert "Tick at least one item" in read(response)
    assert not Decision.objects.exists()


def test_legitimately_different_is_about_all_members_shown(client, dataset, expert):
    open_case(dataset, "s1", "s2", "s5")
    press(client, get(client, dataset), "different", item=[])
    decision = Decision.objects.get()
    assert decision.outcome == "different"
    assert decision.items.count() == 3


@pytest.mark.parametrize(
    "broken",
    [
        {"token": "no token"},
        {"answer": ""},
        {"answer": "undo"},
        {"answer": "9" * 30},
        {"item": ["9" * 30]},
        {"item": ["x"]},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_with_a_sentence(client, dataset, expert, broken):
    open_case(dataset, "s1")
    page = get(client, dataset)
    said = broken.pop("answer", class_id(dataset, "access"))
    response = press(client, page, said, headers=HTMX, **broken)
    assert "did not arrive whole" in read(response)
    assert response.context["case"] == page.context["case"]
    assert not Decision.objects.exists()


def test_a_class_of_another_dataset_is_no_answer(client, dataset, expert, tmp_path):
    other = small_dataset(tmp_path, "other")
    open_case(dataset, "s1")
    press(client, get(client, dataset), class_id(other, "access"))
    assert not Decision.objects.exists()


def test_skip(client, dataset, expert):
    open_case(dataset, "s1", score=0.9), open_case(dataset, "s2", score=0.1)
    first = get(client, dataset).context["case"]
    page = client.post(reverse("skip", args=[dataset.slug, first.pk]), headers=HTMX)
    assert page.context["case"] != first
    assert Skip.objects.get().case == first
    assert not Decision.objects.exists()


def test_a_decision_takes_a_bounded_number_of_queries(client, dataset, expert, django_assert_max_num_queries):
    """However many classes, reasons and earlier decisions there are."""
    for name in ("s1", "s2", "s3"):
        open_case(dataset, name)
    page = press(client, get(client, dataset), class_id(dataset, "access"), headers=HTMX)
    with django_assert_max_num_queries(67):
        press(client, page, class_id(dataset, "access"), headers=HTMX)
