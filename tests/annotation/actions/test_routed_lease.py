"""Cases go first to the expert who is best on them."""

import pytest
from django.utils import timezone

from annotation.actions.people.pause import pause, resume
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import hand_out, hold, lease
from annotation.core.fields import Field
from annotation.models import Case, Expertise, RoutingRules
from annotation.reading.experts.below_bar import surely_below_bar
from annotation.reading.experts.measured_skill import measure_experts, skill_now
from annotation.reading.experts.open_arrays import forget, open_arrays
from annotation.reading.experts.routing_rules import paused_in
from tests.factories import answer, apart, imported, open_case
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    """40 faxes and 40 mails, with a case for each; the two experts' answers settle nothing but themselves."""
    rows = [
        {
            "id": f"i{n}",
            "text": apart("log in", n),
            "label": ("access", "payment")[n % 2],
            "from": ("fax", "mail")[n < 40],
        }
        for n in range(80)
    ]
    made = imported(tmp_path, rows, source="from")
    RoutingRules.objects.create(dataset=made, version=1, gold_share=0, repeat_share=0)
    erin(made), emil(made)
    for n in range(80):
        open_case(made, f"i{n}")
    return made


def source_of(case: Case) -> str:
    return case.case_items.get().item.source


def declare(dataset, person, source):
    Expertise.objects.create(dataset=dataset, user=person, kind=Expertise.SOURCE, value=source)
    measure_experts(dataset).save()
    forget(dataset)


def test_without_anything_known_the_order_decides(dataset):
    assert measure_experts(dataset) is None
    assert lease(dataset, erin(dataset), timezone.now()) == dataset.cases.in_order().first()


def test_a_declared_field_comes_first(dataset):
    declare(dataset, erin(dataset), "fax")
    assert source_of(lease(dataset, erin(dataset), timezone.now())) == "fax"


def test_the_specialists_cases_wait_while_they_are_here(dataset):
    decide(open_case(dataset, "i0"), erin(dataset), answer(dataset, "access"), timezone.now())
    declare(dataset, erin(dataset), "mail")
    assert source_of(lease(dataset, emil(dataset), timezone.now())) == "fax"


def test_what_a_colleague_took_is_not_looked_at_every_time(dataset):
    declare(dataset, erin(dataset), "fax")
    offered = [lease(dataset, erin(dataset), timezone.now())]
    taken = open_arrays(dataset).taken
    assert not taken
    offered.append(lease(dataset, emil(dataset), timezone.now()))
    for case in list(dataset.cases.exclude(pk__in=[one.pk for one in offered]).in_order()[:50]):
        hold(case, emil(dataset), timezone.now())
    assert hand_out(dataset, erin(dataset), timezone.now(), n=3)
    assert len(taken) > 1 and taken <= set(dataset.cases.exclude(leased_to=None).values_list("id", flat=True))
    given = {case.pk for case in hand_out(dataset, erin(dataset), timezone.now(), n=20)}
    assert len(given) == 20 and not given & set(
        dataset.cases.filter(leased_to=emil(dataset)).values_list("id", flat=True)
    )


def test_a_value_of_a_category_is_a_field_too(tmp_path):
    rows = [
        {"id": f"i{n}", "text": apart("log in", n), "kind": ("loan", "card")[n % 2], "label": ("a", "b")[n % 3 == 0]}
        for n in range(20)
    ]
    dataset = imported(tmp_path, rows, fields=(Field("kind", "category"),))
    RoutingRules.objects.create(dataset=dataset, version=1, gold_share=0, repeat_share=0)
    for n in range(20):
        open_case(dataset, f"i{n}")
    Expertise.objects.create(dataset=dataset, user=erin(dataset), kind=Expertise.VALUE, name="kind", value="card")
    measure_experts(dataset).save()
    assert lease(dataset, erin(dataset), timezone.now()).case_items.get().item.content["kind"] == "card"


def test_skill_is_measured_from_who_agrees_with_whom(dataset):
    RoutingRules.objects.update(overlap=2)
    leo(dataset)
    for case in dataset.cases.in_order()[20:60]:
        truth = case.case_items.get().item.labels.get().label_class.name
        wrong = {"access": "payment", "payment": "access"}[truth]
        fax = source_of(case) == "fax"
        decide(case, erin(dataset), answer(dataset, truth), timezone.now())
        decide(case, emil(dataset), answer(dataset, wrong if fax and case.pk % 2 else truth), timezone.now())
        if Case.objects.get(pk=case.pk).awaits == Case.ADJUDICATOR:
            decide(case, leo(dataset), answer(dataset, truth, cause="slip"), timezone.now())
    measure_experts(dataset).save()
    now = skill_now(dataset)
    overall = now.skill.overall
    assert overall.value[now.place[erin(dataset).pk]] > overall.value[now.place[emil(dataset).pk]]
    assert overall.n[now.place[emil(dataset).pk]] >= 25


def test_a_case_taken_meanwhile_is_passed_over(dataset):
    declare(dataset, erin(dataset), "fax")
    first = lease(dataset, erin(dataset), timezone.now())
    decide(first, erin(dataset), answer(dataset, "access"), timezone.now())
    assert lease(dataset, erin(dataset), timezone.now()) != first


def test_whose_skill_is_almost_surely_below_the_bar_is_paused_and_begins_anew(dataset):
    RoutingRules.objects.update(overlap=2)
    lead = leo(dataset)
    for case in dataset.cases.in_order()[:40]:
        truth = case.case_items.get().item.labels.get().label_class.name
        wrong = {"access": "payment", "payment": "access"}[truth]
        decide(case, erin(dataset), answer(dataset, truth), timezone.now())
        decide(case, emil(dataset), answer(dataset, wrong if case.pk % 2 else truth), timezone.now())
        if Case.objects.get(pk=case.pk).awaits == Case.ADJUDICATOR:
            decide(case, lead, answer(dataset, truth, cause="slip"), timezone.now())
    ((person, why),) = surely_below_bar(dataset, measure_experts(dataset))
    pause(dataset, person, None, why, timezone.now())
    assert paused_in(dataset.pk) == {emil(dataset).pk}
    resume(dataset, emil(dataset), lead, timezone.now())
    assert not surely_below_bar(dataset, measure_experts(dataset))
