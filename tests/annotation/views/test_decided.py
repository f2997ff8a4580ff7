"""Cases of every status in a list, and what a lead does about a decided one."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_id
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reopen import set_aside
from annotation.actions.queue.skip import skip
from annotation.actions.queue.take_back_skip import take_back_skip
from annotation.models import Case, CurrentLabel, Decision, Notice, Skip
from annotation.reading.casework.listing import EVERY, CaseFilter, list_cases
from annotation.reading.casework.passes import passed_counts
from tests.factories import answer, open_case, small_dataset
from tests.pages import words_of as read
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def now():
    return timezone.now()


def says(case, person, name, **extra):
    return decide(Case.objects.get(pk=case.pk), person, answer(case.dataset, name, **extra), now())


@pytest.fixture
def settled(dataset):
    """s1 was access; Erin said payment."""
    case = open_case(dataset, "s1")
    says(case, erin(dataset), "payment")
    return case


def get(client, dataset, person, name, *args, **query):
    client.force_login(person)
    return client.get(reverse(name, args=[dataset.slug, *args]), query)


def post(client, dataset, person, name, *args, **form):
    client.force_login(person)
    return client.post(reverse(name, args=[dataset.slug, *args]), form, follow=True)


def listed(dataset, **wanted):
    return [row.case for row in list_cases(dataset, now(), CaseFilter(**wanted)).rows]


@pytest.fixture
def every(dataset, settled):
    """A case of each state by its name; Emil passed two on."""
    cases = {"settled": settled}
    for n, name in enumerate(("open", "lead", "aside", "withdrawn"), start=2):
        cases[name] = open_case(dataset, f"s{n}")
    skip(cases["lead"], emil(dataset), now(), Skip.UNCLEAR)
    skip(cases["open"], emil(dataset), now())
    set_aside(cases["aside"])
    Case.objects.filter(pk=cases["withdrawn"].pk).update(status=Case.WITHDRAWN)
    return cases


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, {"open", "lead", "aside"}),
        ({"status": Case.EXPERTS}, {"open"}),
        ({"status": Case.LEAD}, {"lead"}),
        ({"status": Case.NOBODY}, {"aside"}),
        ({"status": Case.ADJUDICATOR}, set()),
        ({"status": Case.SETTLED}, {"settled"}),
        ({"status": Case.WITHDRAWN}, {"withdrawn"}),
        ({"status": EVERY}, {"open", "lead", "aside", "settled", "withdrawn"}),
        ({"passed": "any"}, {"open", "lead"}),
        ({"passed": "none"}, {"open"}),
        ({"passed": Skip.UNCLEAR}, {"lead"}),
        ({"passed": Skip.BAD_INPUT}, set()),
        ({"status": EVERY, "outcome": "ambiguous"}, set()),
        ({"status": EVERY, "outcome": "payment"}, {"settled"}),
        ({"status": EVERY, "outcome": "access"}, set()),
        ({"status": EVERY, "expert": "erin"}, {"settled"}),
        ({"status": EVERY, "expert": "emil"}, {"open", "lead"}),
    ],
)
def test_each_filter_lists_what_it_says(dataset, every, wanted, names):
    if wanted.get("outcome") in ("payment", "access"):
        wanted = wanted | {"outcome": str(dataset.label_classes.get(name=wanted["outcome"]).pk)}
    if "expert" in wanted:
        wanted = wanted | {"expert": {"erin": erin, "emil": emil}[wanted["expert"]](dataset).pk}
    assert {case.pk for case in listed(dataset, **wanted)} == {every[name].pk for name in names}


def test_an_open_case_is_not_found_by_who_answered_it(dataset):
    dataset.routing_rules.create(version=1, overlap=2)
    case = open_case(dataset, "s1")
    says(case, erin(dataset), "access")
    assert Case.objects.get(pk=case.pk).status == Case.OPEN
    assert listed(dataset, status=EVERY, expert=erin(dataset).pk) == []


@pytest.mark.parametrize("kind", [Case.AUDIT, Case.PRODUCTION, Case.GOLD, Case.REPEAT, Case.QUALIFICATION])
def test_what_would_stand_out_is_in_no_list_while_it_is_open(dataset, kind):
    case = open_case(dataset, "s1")
    Case.objects.update(kind=kind)
    assert [listed(dataset, status=status) for status in (Case.OPEN, Case.EXPERTS, EVERY)] == [[], [], []]
    skip(case, emil(dataset), now())
    Case.objects.update(status=Case.OPEN)
    assert {one.n for one in passed_counts(dataset)} == {0}
    Case.objects.update(status=Case.SETTLED)
    assert (listed(dataset, status=Case.SETTLED) == [case]) is (kind not in Case.CHECKS)


def test_every_status_is_paged_by_key(dataset, every):
    seen, after = [], ""
    for _ in range(3):
        page = list_cases(dataset, now(), CaseFilter(status=EVERY), after=after, size=2)
        seen += [row.case.pk for row in page.rows]
        after = page.after
    assert seen == sorted((case.pk for case in every.values()), reverse=True)
    assert after == ""


@pytest.mark.parametrize("after", ["x", "1e400,2", "-", "9" * 40, "0.5," + "9" * 40, "nan,3"])
def test_a_key_that_is_none_is_the_beginning(client, dataset, every, after):
    for status in ("open", "settled"):
        assert get(client, dataset, leo(dataset), "cases", status=status, after=after).status_code == 200


def test_the_page_says_where_each_case_stands(client, dataset, every):
    text = read(get(client, dataset, leo(dataset), "cases", status="every"))
    assert "payment by erin" in text
    assert "passed on: 1 the guideline does not say" in text
    assert "passed on (2)" in text
    assert "the guideline does not say (1)" in text
    assert "waits for the lead" in text
    assert "set aside" in text
    assert "withdrawn" in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"status": "withdrawn"}, "No case was withdrawn."),
        ({"status": "lead"}, "No case waits for you."),
        ({"status": "nobody", "passed": "bad_input"}, "No case is set aside under this filter."),
        ({"kind": "audit"}, "they would stand out in the queue"),
        ({"outcome": "ambiguous"}, "choose “settled”"),
    ],
)
def test_an_empty_list_says_why(client, dataset, settled, query, words):
    assert words in read(get(client, dataset, leo(dataset), "cases", **query))


def test_a_filter_that_is_none_is_said(client, dataset, settled):
    assert "nobody who works here" in read(get(client, dataset, leo(dataset), "cases", expert="99999"))


# a decided case


def test_it_goes_to_any_expert_who_may_with_a_note(client, dataset, settled):
    page = post(client, dataset, leo(dataset), "send_case_back", settled.pk, to="", note="look at the second line")
    new = Case.objects.get(reopens=settled)
    assert f"Sent to the experts as case {new.pk}" in read(page)
    assert lease(dataset, erin(dataset), now()) is None
    shown = read(get(client, dataset, emil(dataset), "queue"))
    assert "The lead writes: look at the second line" in shown
    assert "sent back" not in shown
    assert "payment by" not in shown
    assert Case.objects.get(pk=settled.pk).status == Case.SETTLED
    says(new, emil(dataset), "access")
    assert CurrentLabel.objects.in_force().get(item__external_id="s1").label_class.name == "access"


@pytest.mark.parametrize("note", ["it is access", "look: PAYMENT?"])
def test_a_note_that_names_a_class_is_refused(client, dataset, settled, note):
    page = post(client, dataset, leo(dataset), "send_case_back", settled.pk, to="", note=note)
    assert "names the class" in read(page)
    assert not Case.objects.filter(reopens=settled).exists()


def test_other_reasons_to_ask_again_stay_hidden(client, dataset):
    open_case(dataset, "s1")
    Case.objects.update(reopen_reason="the file says payment")
    assert "the file says" not in read(get(client, dataset, emil(dataset), "queue"))


def test_it_goes_to_a_named_expert_only(client, dataset, settled):
    post(client, dataset, leo(dataset), "send_case_back", settled.pk, to=emil(dataset).pk, note="")
    assert Case.objects.get(reopens=settled).reserved_for == emil(dataset)
    assert Notice.objects.filter(user=emil(dataset), text="A case was sent to you.").exists()


def test_who_answered_it_is_asked_to_look_at_their_own_answer(client, dataset, settled):
    page = post(client, dataset, leo(dataset), "send_case_back", settled.pk, to=erin(dataset).pk, note="sure?")
    assert "erin is asked to look at their own answer again" in read(page)
    assert not Case.objects.filter(reopens=settled).exists()
    notice = Notice.objects.get(user=erin(dataset))
    assert shown_id(settled.pk) in notice.text
    client.force_login(erin(dataset))
    assert "payment" in read(client.get(notice.path))


def test_where_nobody_may_have_it_nothing_is_opened(client, dataset, settled):
    emil(dataset).membership_set.all().delete()
    page = post(client, dataset, leo(dataset), "send_case_back", settled.pk, to="", note="")
    assert "No expert can have this case" in read(page)
    assert not Case.objects.filter(reopens=settled).exists()


def overrule(client, dataset, case, person=None, **form):
    said = {"token": uuid4(), "answer": dataset.label_classes.get(name="access").pk, "cause": Decision.SLIP} | form
    return post(client, dataset, person or leo(dataset), "overrule_case", case.pk, **said)


def test_overruling_is_an_adjudication_in_a_case_that_names_the_old(client, dataset, settled):
    assert "Overruled: it is “access” now" in read(overrule(client, dataset, settled))
    decision = Decision.objects.get(expert=leo(dataset))
    assert (decision.case.reopens, decision.case.status, decision.cause, decision.blind) == (
        settled, Case.SETTLED, "slip", False)  # fmt: skip
    held = CurrentLabel.objects.in_force().get(item__external_id="s1")
    assert (held.label_class.name, held.basis, held.decision) == ("access", "adjudication", decision)
    assert Decision.objects.standing().filter(case=settled).count() == 1
    page = read(get(client, dataset, leo(dataset), "case", settled.pk))
    assert f"Asked again in case {decision.case_id} , settled" in page
    assert "Overrule it" not in page


def test_the_same_press_twice_overrules_once(client, dataset, settled):
    token = uuid4()
    overrule(client, dataset, settled, token=token)
    overrule(client, dataset, settled, token=token)
    assert Case.objects.filter(reopens=settled).count() == 1


def test_a_lead_with_an_answer_of_their_own_may_not_overrule_it(client, dataset):
    case = open_case(dataset, "s1")
    says(case, leo(dataset), "ambiguous")
    assert "You gave an answer to this case yourself" in read(get(client, dataset, leo(dataset), "case", case.pk))
    assert "You had a part in this case" in read(overrule(client, dataset, case))
    assert not Case.objects.filter(reopens=case).exists()


def test_overruling_needs_a_cause_and_an_answer(client, dataset, settled):
    page = read(overrule(client, dataset, settled, cause="", answer=""))
    assert "Say why they differed." in page
    assert "Choose what it should be." in page


def test_what_is_asked_again_already_is_not_overruled(client, dataset, settled):
    post(client, dataset, leo(dataset), "send_case_back", settled.pk, to="", note="")
    assert "open case already" in read(overrule(client, dataset, settled))
    assert "open case already" in read(
        post(client, dataset, leo(dataset), "send_case_back", settled.pk, to="", note="")
    )


@pytest.mark.parametrize("name", ["send_case_back", "overrule_case"])
def test_only_a_lead_and_only_a_decided_case(client, dataset, settled, name):
    assert post(client, dataset, erin(dataset), name, settled.pk).status_code == 404
    assert post(client, dataset, leo(dataset), name, open_case(dataset, "s2").pk).status_code == 404


# what was passed on


def test_the_page_of_a_case_tells_who_passed_it_on_and_who_took_that_back(client, dataset):
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), now(), Skip.NOT_MY_FIELD, "ask the card people")
    skip(case, emil(dataset), now(), Skip.UNCLEAR)
    text = read(get(client, dataset, leo(dataset), "case", case.pk))
    assert "erin not my field" in text
    assert "ask the card people" in text
    assert "It waits for you" in text
    case = open_case(dataset, "s2")
    skip(case, erin(dataset), now())
    take_back_skip(case, erin(dataset), now())
    assert "no reason given taken back" in read(get(client, dataset, leo(dataset), "case", case.pk))


# the expert's own


def test_u_takes_back_whatever_came_last(client, dataset):
    dataset.routing_rules.create(version=1, gold_share=0, repeat_share=0)
    said, passed = open_case(dataset, "s1", score=0.9), open_case(dataset, "s2", score=0.8)
    says(said, erin(dataset), "access")
    skip(passed, erin(dataset), now(), Skip.BAD_INPUT)
    page = get(client, dataset, erin(dataset), "queue")
    assert "you passed it on, as bad input" in read(page)
    url = reverse("take_back_skip", args=[dataset.slug, passed.pk])
    assert url in page.content.decode()
    back = client.post(url, headers={"HX-Request": "true"})
    assert f'data-first="{shown_id(passed.pk)}"' in back.content.decode()
    assert "you said access" in read(back)
    assert Case.objects.get(pk=passed.pk).held_by(erin(dataset), now())


def test_a_pass_that_somebody_else_works_on_stands_in_a_sentence(client, dataset):
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), now())
    lease(dataset, emil(dataset), now())
    client.force_login(erin(dataset))
    back = client.post(reverse("take_back_skip", args=[dataset.slug, case.pk]), headers={"HX-Request": "true"})
    assert back.status_code == 409
    assert "your pass stands" in read(back)


def test_my_history_lists_passes(client, dataset):
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), now(), Skip.NOT_MY_FIELD)
    text = read(get(client, dataset, erin(dataset), "history"))
    assert "What you passed on" in text
    assert "not my field" in text
    assert "Take back" in text
    post(client, dataset, erin(dataset), "take_back_skip", case.pk)
    assert "taken back" in read(get(client, dataset, erin(dataset), "history"))


def test_only_who_passed_it_on_can_take_it_back(client, dataset):
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), now())
    assert post(client, dataset, emil(dataset), "take_back_skip", case.pk).status_code == 404
