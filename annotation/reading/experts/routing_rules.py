"""The rules in force, and what they ask of a case."""

from annotation.models import (
    Case,
    CurrentLabel,
    Dataset,
    Decision,
    Label,
    Membership,
    Pause,
    ProductionItem,
    QualificationResult,
    RoutingRules,
    Skip,
    class_now,
)
from annotation.reading.answering.asked import newest_rules


def rules_of(dataset: Dataset) -> RoutingRules:
    """The newest version; the defaults, unsaved and of version 0, before a lead has changed any."""
    return newest_rules(dataset.pk)


def answers_wanted(case: Case, rules: RoutingRules, unsure: bool = False, contested: bool | None = None) -> int:
    """Independent answers that settle the case where they agree, no more than there are experts who can give one.

    Of a case drawn from production the draw says how many. More are wanted of a case whose items annotators or group
    members disagree on, whose probability lies in the middle, or of which an expert is not sure. contested: as
    `is_contested` says, None where that was not asked.
    """
    if case.kind == Case.PRODUCTION:
        return answers_of_draw(case)
    wanted = rules.overlap
    if unsure or _order_is_unsure(case, rules) or (is_contested(case) if contested is None else contested):
        wanted = max(wanted, rules.overlap_doubtful)
    return min(wanted, max(1, n_who_could_answer(case))) if wanted > 1 else 1


def answers_of_draw(case: Case) -> int:
    """Blind answers that the draw wants of its item, however many could give one."""
    drawn = ProductionItem.objects.filter(item__case_items__case=case).order_by("-id")
    return drawn.values_list("draw__answers_each", flat=True).first() or 1


def _order_is_unsure(case: Case, rules: RoutingRules) -> bool:
    return case.probability is not None and rules.unsure_from <= case.probability <= rules.unsure_to


def is_contested(case: Case) -> bool:
    """Its items carry different labels, or annotators gave one of them different ones, or tie on it."""
    items = list(case.case_items.values_list("item_id", flat=True))
    current = CurrentLabel.objects.in_force().filter(item__in=items).values_list("label_class_id", "state")
    if len(set(current)) > 1 or any(state == CurrentLabel.CONTESTED for _, state in current):
        return True
    given = Label.objects.counting().filter(item__in=items, origin=Label.IMPORT).order_by()
    return (
        given.annotate(meant=class_now()).values("item", "meant").distinct().count()
        > given.values("item").distinct().count()
    )


def n_who_could_answer(case: Case) -> int:
    """Experts who gave an answer that stands, and those who may still: not paused, and none of its items labelled."""
    return len(answered_by(case) | who_may_answer(case))


def answered_by(case: Case) -> set[int]:
    return set(Decision.objects.standing().filter(case=case).values_list("expert_id", flat=True))


def who_may_answer(case: Case) -> set[int]:
    """Ids of the members with the role of an expert who may still answer the case; who passed it on may not."""
    members = Membership.objects.filter(dataset=case.dataset_id, role=Membership.EXPERT, user__is_active=True)
    experts = members.values_list("user_id", flat=True)
    labelled = Label.objects.counting().filter(item__case_items__case=case, annotator__user__isnull=False)
    passed = Skip.objects.standing().filter(case=case).values_list("expert_id", flat=True)
    part_in_it = {*labelled.values_list("annotator__user_id", flat=True), *passed, *_answered_without_label(case)}
    return set(experts) - part_in_it - answered_by(case) - paused_in(case.dataset_id) - _failed_in(case.dataset_id)


def _answered_without_label(case: Case) -> set[int]:
    """Who said of its items what is no label; who called them different is asked again in the parts of that case."""
    items = list(case.case_items.values_list("item_id", flat=True))
    answers = Decision.objects.standing().filter(outcome__in=Decision.WITHOUT_LABEL, items__in=items)
    if case.part_of_id:
        answers = answers.exclude(outcome=Decision.DIFFERENT, case=case.part_of_id)
    return set(answers.values_list("expert_id", flat=True))


def _failed_in(dataset_id: int) -> set[int]:
    """Ids of the members whose latest result of a test that stands before every case is a failed one."""
    results = QualificationResult.objects.filter(
        test__dataset=dataset_id, test__retired_at=None, test__label_class=None
    ).order_by("id")
    latest = {(test, user): passed for test, user, passed in results.values_list("test_id", "user_id", "passed")}
    return {user for (_, user), passed in latest.items() if not passed}


def paused_in(dataset_id: int) -> set[int]:
    """Ids of the members whose latest pause stands."""
    latest = dict(Pause.objects.filter(dataset=dataset_id).order_by("id").values_list("user_id", "paused"))
    return {user for user, paused in latest.items() if paused}
