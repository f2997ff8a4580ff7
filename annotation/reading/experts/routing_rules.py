"""The rules in force, and what they ask of a case."""

from collections.abc import Collection, Iterable, Sequence

from annotation.models import (
    Annotator,
    Case,
    CaseItem,
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


def answers_wanted(
    case: Case, rules: RoutingRules, unsure: bool = False, contested: bool | None = None, n_able: int | None = None
) -> int:
    """Independent answers that settle the case where they agree, no more than there are experts who can give one.

    Of a case drawn from production the draw says how many. More are wanted of a case whose items annotators or group
    members disagree on, whose probability lies in the middle, or of which an expert is not sure. contested, n_able: as
    `is_contested` and `n_who_could_answer` say of the case, where they were asked already.
    """
    if case.kind == Case.PRODUCTION:
        return answers_of_draw(case)
    wanted = rules.overlap
    if unsure or _order_is_unsure(case, rules) or (is_contested(case) if contested is None else contested):
        wanted = max(wanted, rules.overlap_doubtful)
    if wanted <= 1:
        return 1
    return min(wanted, max(1, n_who_could_answer(case) if n_able is None else n_able))


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
    meant = set(given.values_list("item_id", class_now()).distinct())
    return len(meant) > len({item for item, _ in meant})


def n_who_could_answer(case: Case) -> int:
    """Experts who gave an answer that stands, and those who may still: not paused, and none of its items labelled."""
    return len(answered_by(case) | who_may_answer(case))


def answered_by(case: Case) -> set[int]:
    return answered_by_each([case])[case.pk]


def answered_by_each(cases: Sequence[Case]) -> dict[int, set[int]]:
    """case id → ids of those whose answer to it stands."""
    standing = Decision.objects.standing().filter(case__in=_ids(cases))
    return _of_each(cases, standing.values_list("case_id", "expert_id"))


def who_may_answer(case: Case) -> set[int]:
    """Ids of the members with the role of an expert who may still answer the case; who passed it on may not."""
    return who_may_answer_each([case])[case.pk]


def who_may_answer_each(cases: Sequence[Case]) -> dict[int, set[int]]:
    """case id → `who_may_answer` of it, for cases of one dataset in as many queries as for one."""
    if not cases:
        return {}
    dataset = cases[0].dataset_id
    members = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT, user__is_active=True)
    experts = set(members.values_list("user_id", flat=True)) - paused_in(dataset) - _failed_in(dataset)
    pairs = list(CaseItem.objects.filter(case__in=_ids(cases)).values_list("case_id", "item_id"))
    items = {item for _, item in pairs}
    labelled, without, answered = labelled_by(items), _answered_without_label(items), answered_by_each(cases)
    skips = Skip.objects.standing().filter(case__in=_ids(cases)).values_list("case_id", "expert_id")
    passed, part_of = _of_each(cases, skips), {case.pk: case.part_of_id for case in cases}
    may = {case.pk: experts - passed[case.pk] - answered[case.pk] for case in cases}
    for case, item in pairs:
        may[case] -= labelled.get(item, set())
        # who called them different is asked again in the parts of that case
        may[case] -= {who for who, about in without.get(item, ()) if about is None or about != part_of[case]}
    return may


def _ids(cases: Iterable[Case]) -> list[int]:
    return [case.pk for case in cases]


def _of_each(cases: Iterable[Case], pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {case.pk: set() for case in cases}
    for case, user in pairs:
        found[case].add(user)
    return found


def labelled_by(items: Collection[int]) -> dict[int, set[int]]:
    """item → ids of the users of whom a label for it counts."""
    # in order here: of many items PostgreSQL would read all labels in theirs
    rows = sorted(Label.objects.filter(item__in=items).values_list("id", "item_id", "annotator_id", class_now()))
    latest = {(item, annotator): label for _, item, annotator, label in rows}
    # asked apart: joined, PostgreSQL may begin with all that these users ever labelled
    known = Annotator.objects.filter(pk__in={annotator for _, annotator in latest}, user__isnull=False)
    user_of = dict(known.values_list("id", "user_id"))
    found: dict[int, set[int]] = {}
    for (item, annotator), label in latest.items():
        if label is not None and annotator in user_of:
            found.setdefault(item, set()).add(user_of[annotator])
    return found


def _answered_without_label(items: set[int]) -> dict[int, set[tuple[int, int | None]]]:
    """item → (user, case) of the standing answers that gave it no label; the case only where its members were called
    different."""
    answers = Decision.objects.standing().filter(outcome__in=Decision.WITHOUT_LABEL, items__in=items)
    found: dict[int, set[tuple[int, int | None]]] = {}
    for item, user, outcome, case in answers.values_list("items", "expert_id", "outcome", "case_id"):
        found.setdefault(item, set()).add((user, case if outcome == Decision.DIFFERENT else None))
    return found


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
