"""The changed labels that are nearest to a row that flipped: by whom, when and why each was changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation import frames
from annotation.models import Case, Decision, Item
from annotation.reading.cases import excerpt_of
from modeling.core.proving.nearest import most_alike_among
from modeling.models import Comparison
from modeling.reading.comparing.between import changed_labels, relabelled_rows

SHOWN = 5


@dataclass(frozen=True)
class Relabelled:
    """A pool item whose label differs between what the two sides learned from. likeness: to the flip, in (0, 1].
    decision: the one that changed it, None where new labels or a change of classes did. open_case: asked already."""

    item: Item
    excerpt: str
    likeness: float
    before: str
    after: str
    decision: Decision | None
    open_case: int | None


def relabelled_near(comparison: Comparison, flip: Item, k: int = SHOWN) -> list[Relabelled]:
    """The up to k most like `flip`, most alike first; none where a side is no run."""
    before, after = comparison.before_run, comparison.after_run
    if before is None or after is None:
        return []
    changed = changed_labels(before, after)
    items = Item.objects.in_bulk([item for item, *_ in changed])
    fields = comparison.snapshot.dataset.typed_fields
    asked = frames.content_table([flip.content], fields)
    among = frames.content_table([items[item].content for item, *_ in changed], fields)
    (near,) = most_alike_among(asked, among, fields, k)
    return _shown(comparison, [(items[changed[at][0]], *changed[at][1:], like) for at, like in near])


def _shown(comparison: Comparison, near: Sequence[tuple[Item, str, str, float]]) -> list[Relabelled]:
    dataset, ids = comparison.snapshot.dataset, [item.pk for item, *_ in near]
    decided, held = decisions_on(comparison, ids), _open_cases(ids)
    return [
        Relabelled(
            item, excerpt_of(dataset, item.content, 240), like, was, now, decided.get(item.pk), held.get(item.pk)
        )
        for item, was, now, like in near
    ]


def decisions_on(comparison: Comparison, items: Sequence[int]) -> dict[int, Decision]:
    """item → the last decision that settled it before *after*'s labels were frozen."""
    run = comparison.after_run
    if run is None:
        return {}
    settling = Decision.objects.settling().filter(items__in=items, created_at__lte=run.snapshot.created_at)
    rows = settling.select_related("case", "expert", "label_class", "guideline").prefetch_related("reasons")
    found = {one.pk: one for one in rows.order_by("id")}
    pairs = Decision.items.through.objects.filter(decision__in=found, item__in=items).order_by("decision_id")
    return {item: found[decision] for decision, item in pairs.values_list("decision_id", "item_id")}


def _open_cases(items: Sequence[int]) -> dict[int, int]:
    """item → an open case that holds it."""
    cases = Case.objects.open().filter(case_items__item__in=items).exclude(kind__in=(Case.AUDIT, Case.PRODUCTION))
    return dict(cases.values_list("case_items__item", "id"))


def lookalikes_exist(comparison: Comparison) -> bool:
    """Whether any label was changed between the two sides."""
    before, after = comparison.before_run, comparison.after_run
    return bool(before and after and relabelled_rows(before, after).exists())
