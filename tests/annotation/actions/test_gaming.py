"""What an expert might try on tests and checks, and whom these must not hit."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.people.change_rules import declare_field
from annotation.actions.queue import checks
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.lease import hand_out, lease
from annotation.actions.queue.next_case import _of_audit
from annotation.actions.queue.undo import undo
from annotation.actions.talking.offline_batch import UnableToTakeOut, take_out
from annotation.core.crowd.expert_skill import below_bar
from annotation.models import Audit, AuditItem, Case, Dataset, Expertise, Item, Notice, QualificationTest, RoutingRules
from annotation.reading.experts.measured_skill import measure_experts
from annotation.reading.experts.open_arrays import forget
from annotation.reading.experts.preview import preview
from annotation.reading.experts.readiness import readiness
from annotation.reading.experts.records import team
from annotation.reading.experts.routing_rules import rules_of
from tests.factories import answer, open_case, small_dataset
from tests.pages import words_of
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), leo(made)
    return made


def now():
    return timezone.now()


def says(case, person, name):
    return decide(case, person, answer(case.dataset, name), now())


def gold_case(dataset, person, external_id="s1"):
    item = Item.objects.get(dataset=dataset, external_id=external_id)
    dataset.gold.create(item=item, label_class=dataset.label_classes.get(name="access"))
    case = Case.objects.create(dataset=dataset, kind=Case.GOLD, reserved_for=person)
    case.case_items.create(item=item)
    return case


def test_of_a_class(dataset, name):
    test = QualificationTest.objects.create(dataset=dataset, label_class=dataset.label_classes.get(name=name))
    for item in Item.objects.filter(dataset=dataset, external_id__in=["s1", "s3", "s5"]):
        test.questions.create(item=item, label_class=dataset.label_classes.get(name="access"))
    return test


test_of_a_class.__test__ = False


def test_the_test_of_a_class_is_taken_and_opens_its_cases(dataset):
    test = test_of_a_class(dataset, "payment")
    real = open_case(dataset, "s4")
    with pytest.raises(UnableToTakeOut, match="test comes first"):
        take_out(dataset, erin(dataset), erin(dataset), 5, 1, now())
    asked = hand_out(dataset, erin(dataset), now(), 5)
    assert {case.test for case in asked} == {test}
    for case in asked:
        says(case, erin(dataset), "access")
    assert test.results.get().passed
    assert lease(dataset, erin(dataset), now()) == real


def test_who_failed_the_test_of_a_class_goes_on_with_others_and_may_try_again(dataset, client):
    test_of_a_class(dataset, "payment")
    open_case(dataset, "s4", score=0.9)
    other = open_case(dataset, "s5", score=0.1)
    for case in hand_out(dataset, erin(dataset), now(), 5):
        says(case, erin(dataset), "payment")
    assert lease(dataset, erin(dataset), now()) == other
    client.force_login(leo(dataset))
    client.post(reverse("change_expert", args=[dataset.slug, erin(dataset).pk]), {"change": "retry"})
    assert lease(dataset, erin(dataset), now()).kind == Case.QUALIFICATION


def test_the_audit_keeps_to_the_test_of_a_class_too(dataset):
    RoutingRules.objects.create(dataset=dataset, version=1, gold_share=0, repeat_share=0)
    test = test_of_a_class(dataset, "payment")
    test.results.create(user=erin(dataset), right=0, n=3, passed=False)
    case = open_case(dataset, "s4")
    Case.objects.filter(pk=case.pk).update(kind=Case.AUDIT)
    audit = Audit.objects.create(dataset=dataset, seed=0, strata=[], n_items=6, n_drawn=1)
    AuditItem.objects.create(audit=audit, item=case.case_items.get().item, stratum=0, probability=1)
    ready = readiness(dataset, erin(dataset))
    assert _of_audit(dataset, erin(dataset), ready, now()) is None


@pytest.mark.fault("a check taken back once its answer was told")
def test_a_check_that_was_told_is_not_taken_back(dataset):
    RoutingRules.objects.create(dataset=dataset, version=1, gold_feedback=True)
    decision = says(gold_case(dataset, erin(dataset)), erin(dataset), "payment")
    with pytest.raises(UnableToDecide, match="told what is right"):
        undo(decision, erin(dataset), uuid4(), now())


def test_a_lead_is_not_paused_by_checks(dataset, monkeypatch):
    monkeypatch.setattr(checks, "LEAST_CHECKS", 4)
    for name in ("s1", "s2", "s3", "s4", "s5", "s6"):
        says(gold_case(dataset, leo(dataset), name), leo(dataset), "payment")
    assert not dataset.pauses.exists()
    assert not Notice.objects.exists()
    for name in ("s1", "s2", "s3", "s4", "s5", "s6"):
        says(gold_case(dataset, erin(dataset), name), erin(dataset), "payment")
    assert dataset.pauses.count() == 1, "once is enough"


def test_nobody_who_had_all_right_is_below_any_bar():
    assert not below_bar(8, 8, 1.0)
    assert below_bar(7, 8, 1.0)


@pytest.mark.fault("checks counted off one's own record")
def test_ones_own_record_does_not_tell_which_answers_were_checks(dataset, client):
    client.force_login(erin(dataset))
    says(gold_case(dataset, erin(dataset)), erin(dataset), "access")
    says(open_case(dataset, "s4"), erin(dataset), "access")
    assert "You decided 2 cases, 2 of them today" in words_of(client.get(reverse("my_record", args=[dataset.slug])))


def test_an_answer_to_a_group_is_one_answer(dataset):
    RoutingRules.objects.create(dataset=dataset, version=1, overlap=2, overlap_doubtful=2)
    case = open_case(dataset, "s1", "s2", "s3", "s4")
    emil(dataset)
    for person in (erin(dataset), emil(dataset)):
        says(case, person, "access")
        case.refresh_from_db()
    assert measure_experts(dataset).n_answers == 2


def test_experts_of_a_dataset_without_classes(dataset):
    empty = Dataset.objects.create(slug="empty", name="empty", fields=[{"name": "text", "type": "text"}])
    declare_field(empty, erin(empty), Expertise.SOURCE, "", "fax")
    forget(empty)
    assert measure_experts(empty) is None
    assert (len(team(empty, now()).lines), preview(empty, rules_of(empty)).n) == (1, 0)


@pytest.mark.parametrize("sent", ["abc", "9" * 30, "", "-1"])
@pytest.mark.parametrize(("change", "name"), [("drop", "field"), ("reopen", "answer")])
def test_ids_that_are_none_are_refused(dataset, client, change, name, sent):
    client.force_login(leo(dataset))
    url = reverse("change_expert", args=[dataset.slug, erin(dataset).pk])
    assert client.post(url, {"change": change, name: sent}).status_code == 302
