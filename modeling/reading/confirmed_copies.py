"""Groups of pool items that experts confirmed as saying the same."""

from collections.abc import Iterable

from django.db.models import Count

from annotation.models import CurrentLabel, Dataset, Decision, GroupMember, Item, class_now


def confirmed_groups(dataset: Dataset) -> list[list[int]]:
    """Item ids of each such group, two or more, ascending; no item is in two.

    Either one decision gave all of them a label, or they are a near-duplicate group of the newest detection of which
    experts decided every member, all to one class. A decision that was taken back or overruled confirms nothing.
    """
    labels = (
        CurrentLabel.objects.in_force()
        .decided()
        .filter(item__dataset=dataset, item__split=Item.POOL, label_class__isnull=False)
    )
    current = dict(labels.values_list("item_id", "label_class_id"))
    decided = _by_decision(dataset, current)
    whole = [group for group in _by_group(dataset) if all(item in current for item in group)]
    alike = [group for group in whole if len({current[item] for item in group}) == 1]
    return _apart([*alike, *decided])


def _by_decision(dataset: Dataset, current: dict[int, int]) -> list[list[int]]:
    """Of each decision that stands, its items that still hold the class it gave."""
    answers = Decision.objects.settling().filter(case__dataset=dataset, outcome=Decision.LABEL)
    many = answers.annotate(n=Count("items")).filter(n__gte=2).values("pk")
    rows = Decision.items.through.objects.filter(decision__in=many).order_by("decision_id", "item_id")
    members: dict[int, list[int]] = {}
    for decision, item, given in rows.values_list("decision_id", "item_id", class_now("decision__label_class")):
        if current.get(item) == given:
            members.setdefault(decision, []).append(item)
    return list(members.values())


def _by_group(dataset: Dataset) -> list[list[int]]:
    newest = dataset.detections.order_by("-id").first()
    rows = GroupMember.objects.filter(group__detection=newest, item__split=Item.POOL).order_by("group_id", "item_id")
    members: dict[int, list[int]] = {}
    for group, item in rows.values_list("group_id", "item_id"):
        members.setdefault(group, []).append(item)
    return list(members.values())


def _apart(groups: Iterable[list[int]]) -> list[list[int]]:
    """The largest first, each without what an earlier one holds; those left with fewer than two are dropped."""
    seen: set[int] = set()
    kept = []
    for group in sorted(groups, key=lambda group: (-len(group), group)):
        rest = [item for item in group if item not in seen]
        if len(rest) > 1:
            kept.append(rest)
            seen.update(rest)
    return kept
