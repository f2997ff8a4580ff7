"""Which of some cases an expert may have, asked by the few rows those stand for.

`CaseQuerySet.free_for` says the same of any number in one query, for which a database may read every label of an expert
once for each case.
"""

from collections.abc import Collection, Iterator, Sequence

from annotation.models import Case, CaseItem, CurrentLabel, Decision, Label, Skip, User, class_now
from annotation.models.review import CaseQuerySet

# Cases looked at together: the first are nearly always free, the next after an expert labelled or held many.
LOOKED_AT = (20, 200, 2_000)


def free_in_order(waiting: CaseQuerySet, user: User, closed_classes: Collection[int] = ()) -> Iterator[int]:
    """Ids of those of the first sum(LOOKED_AT) of `waiting` that `user` may have, in their order.

    closed_classes: ids of classes of which `user` may have no case.
    """
    start = 0
    for many in LOOKED_AT:
        ids = list(waiting.values_list("id", flat=True)[start : start + many])
        barred = barred_from(user, ids, closed_classes)
        yield from (pk for pk in ids if pk not in barred)
        if len(ids) < many:
            return
        start += many


def barred_from(user: User, cases: Sequence[int], closed_classes: Collection[int] = ()) -> set[int]:
    """Those of the cases (ids) with an item `user` labelled or answered without a label, or that `user` skipped."""
    # asked one after the other: PostgreSQL joins them by reading all cases before it knows how many there are
    pairs = list(CaseItem.objects.filter(case__in=cases).values_list("case_id", "item_id"))
    part_of = dict(Case.objects.filter(pk__in=cases, part_of__isnull=False).values_list("id", "part_of_id"))
    items = {item for _, item in pairs}
    never = _labelled(user, items) | _of_classes(items, closed_classes)
    without = _answered_without_label(user, items)
    barred = {case for case, item in pairs if item in never}
    barred |= {case for case, item in pairs if without.get(item, set()) - {part_of.get(case)}}
    skipped = Skip.objects.standing().filter(expert=user, case__in=cases)
    return barred | set(skipped.values_list("case_id", flat=True))


def _labelled(user: User, items: Collection[int]) -> set[int]:
    """Items for which one of the annotators who are `user` has a label that counts."""
    rows = Label.objects.filter(item__in=items, annotator__user=user).order_by("id")
    latest = {(item, annotator): label for item, annotator, label in rows.values_list("item", "annotator", class_now())}
    return {item for (item, _), label in latest.items() if label is not None}


def _answered_without_label(user: User, items: Collection[int]) -> dict[int, set[int]]:
    """item → cases of the standing answers of `user` that gave it no label; of *different* only the case itself bars
    nothing of its parts, so any other answer counts as of no case at all."""
    answers = Decision.objects.standing().filter(expert=user, outcome__in=Decision.WITHOUT_LABEL, items__in=items)
    found: dict[int, set[int]] = {}
    for item, outcome, case in answers.values_list("items", "outcome", "case_id"):
        found.setdefault(item, set()).add(case if outcome == Decision.DIFFERENT else 0)
    return found


def _of_classes(items: Collection[int], classes: Collection[int]) -> set[int]:
    if not classes:
        return set()
    held = CurrentLabel.objects.in_force().filter(item__in=items, label_class__in=classes)
    return set(held.values_list("item_id", flat=True))
