"""Who may still answer each of many cases, asked at once: as told of each alone, in no more queries."""

import pytest
from django.utils import timezone

from annotation.actions.people.pause import pause
from annotation.actions.queue.decide import decide
from annotation.actions.queue.skip import skip
from annotation.models import Annotator, Decision, Label, Membership, Skip
from annotation.reading.experts.preview import preview
from annotation.reading.experts.routing_rules import answers_wanted, paused_in, rules_of, who_may_answer_each
from tests.counting import counted
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, eve, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), eve(made), leo(made)
    return made


def alone(case):
    """The rule as it reads for one case: neither paused, nor with a label, a pass or an answer to it or its items."""
    members = Membership.objects.filter(dataset=case.dataset, role=Membership.EXPERT, user__is_active=True)
    own = Label.objects.counting().filter(item__case_items__case=case, annotator__user__isnull=False)
    passed = Skip.objects.standing().filter(case=case).values_list("expert_id", flat=True)
    items = list(case.case_items.values_list("item_id", flat=True))
    without = Decision.objects.standing().filter(outcome__in=Decision.WITHOUT_LABEL, items__in=items)
    if case.part_of_id:
        without = without.exclude(outcome=Decision.DIFFERENT, case=case.part_of_id)
    answered = Decision.objects.standing().filter(case=case).values_list("expert_id", flat=True)
    barred = {*own.values_list("annotator__user_id", flat=True), *passed, *answered}
    barred |= {*without.values_list("expert_id", flat=True), *paused_in(case.dataset_id)}
    return set(members.values_list("user_id", flat=True)) - barred


def test_each_case_says_what_it_says_alone(dataset):
    now, rules = timezone.now(), rules_of(dataset)
    dataset.routing_rules.create(version=1, overlap=2, overlap_doubtful=2)
    group = open_case(dataset, "s1", "s2")
    decide(group, erin(dataset), answer(dataset, "different"), now)
    decide(open_case(dataset, "s3"), emil(dataset), answer(dataset, "ambiguous"), now)
    skip(open_case(dataset, "s4"), eve(dataset), now, "")
    decide(open_case(dataset, "s5"), erin(dataset), answer(dataset, "access"), now)
    linked = Annotator.objects.get(name="ann1")
    item = open_case(dataset, "s6").case_items.get().item
    linked.user = emil(dataset)
    linked.save()
    Label.objects.create(item=item, annotator=linked, origin=Label.IMPORT)
    cases = list(dataset.cases.order_by("id").select_related("dataset"))
    assert len({frozenset(one) for one in who_may_answer_each(cases).values()}) >= 3
    assert who_may_answer_each(cases) == {case.pk: alone(case) for case in cases}
    pause(dataset, eve(dataset), leo(dataset), "away", now)
    assert who_may_answer_each(cases) == {case.pk: alone(case) for case in cases}
    for case in cases:
        able = len(alone(case) | set(Decision.objects.standing().filter(case=case).values_list("expert", flat=True)))
        assert answers_wanted(case, rules) == answers_wanted(case, rules, n_able=able)


def test_of_no_case_nothing_is_asked(dataset):
    with counted() as asked:
        assert who_may_answer_each([]) == {}
    assert not asked.n


def test_the_preview_asks_as_much_for_many_cases_as_for_one(dataset):
    open_case(dataset, "s1")
    with counted() as one:
        preview(dataset, rules_of(dataset))
    for name in ("s2", "s3", "s4", "s5", "s6"):
        open_case(dataset, name)
    with counted() as many:
        found = preview(dataset, rules_of(dataset))
    assert found.n == 6
    assert all(case.excerpt for case in found.cases)
    # whether annotators differ on it is still asked of each case that is listed
    assert many.n <= one.n + 3 * 5
