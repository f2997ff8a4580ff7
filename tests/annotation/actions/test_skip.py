"""Passing a case on, with a reason: each reason's way on is the lead's choice."""

import pytest
from django.utils import timezone

from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip
from annotation.models import Case, Notice, RoutingRules, Skip
from tests.factories import open_case, small_dataset
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def passed(dataset, person, reason="", **rules):
    case = open_case(dataset, "s1")
    if rules:
        RoutingRules.objects.create(dataset=dataset, version=1, **rules)
    skip(case, person, timezone.now(), reason, "why")
    case.refresh_from_db()
    return case


@pytest.mark.parametrize(
    ("reason", "awaits"),
    [("", Case.EXPERTS), (Skip.NOT_MY_FIELD, Case.EXPERTS), (Skip.UNCLEAR, Case.LEAD), (Skip.BAD_INPUT, Case.NOBODY)],
)
def test_where_a_case_goes(dataset, reason, awaits):
    case = passed(dataset, erin(dataset), reason)
    assert (case.status, case.awaits) == (Case.OPEN, awaits)
    assert lease(dataset, erin(dataset), timezone.now()) is None
    assert (lease(dataset, emil(dataset), timezone.now()) == case) is (awaits == Case.EXPERTS)
    assert Notice.objects.filter(user=leo(dataset)).exists() is (awaits == Case.LEAD)
    assert case.skips.get().note == "why"


def test_the_lead_chooses_the_way(dataset):
    assert passed(dataset, erin(dataset), Skip.BAD_INPUT, on_bad_input="lead").awaits == Case.LEAD


def test_what_everybody_passed_on_comes_to_the_lead(dataset):
    case = passed(dataset, erin(dataset))
    skip(case, emil(dataset), timezone.now())
    case.refresh_from_db()
    assert case.awaits == Case.LEAD
    assert Notice.objects.get(user=leo(dataset)).path.endswith(f"/case/{case.pk}/")
