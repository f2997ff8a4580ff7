"""The items that two annotators both labelled, those on which they differ first."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from annotation import bulk, frames
from annotation.core.crowd.pairwise import PairAgreement, pairwise_agreement
from annotation.models import Annotator, CaseItem, CurrentLabel, Dataset, Item, Label, name_now
from annotation.reading.cases import excerpt_of

PAGE = 50


@dataclass(frozen=True)
class SharedLine:
    """One item: what each of the two said, what holds now ("" = nothing), and its open case, None = none."""

    item: Item
    excerpt: str
    one: str
    other: str
    now: str
    case: int | None


@dataclass(frozen=True)
class SharedPage:
    """agreement: None with fewer than ten items in common; n: items in common; differ: of those, how many differ.
    after: the key of the next page, "" at the end."""

    agreement: PairAgreement | None
    n: int
    differ: int
    lines: tuple[SharedLine, ...]
    after: str


def list_shared(dataset: Dataset, one: Annotator, other: Annotator, after: str = "", size: int = PAGE) -> SharedPage:
    """A page of the pool's items that both labelled, behind the key `after` (same or not, and id); a key that is none
    is the beginning."""
    answers = _answers([one.pk, other.pk])
    wide = answers.pivot_table(index="item", columns="annotator", values="label", aggfunc="last")
    wide = wide.reindex(columns=[one.pk, other.pk]).dropna()
    same = wide[one.pk] == wide[other.pk]
    keys = sorted(zip(same.tolist(), wide.index.tolist(), strict=True))
    start = _behind(after, keys)
    shown = [item for _, item in keys[start : start + size]]
    more = start + size < len(keys)
    last = f"{int(keys[start + size - 1][0])},{shown[-1]}" if more else ""
    found = pairwise_agreement(answers, dataset.class_names).pairs
    return SharedPage(
        found[0] if found else None, len(wide), int((~same).sum()), _lines(dataset, wide.loc[shown]), last
    )  # fmt: skip


def _answers(pair: Sequence[int]) -> pd.DataFrame:
    """item, annotator and label of the two (ids), as imported, in order of time, of the items both ever labelled."""
    own, theirs = (Label.objects.filter(annotator=who).order_by().values_list("item_id", flat=True) for who in pair)
    found: list[tuple[int, int, int, str | None]] = []
    with bulk.looked_up():
        for batch in bulk.in_batches(own.intersection(theirs), frames.BATCH):
            labels = Label.objects.filter(item__in=batch, item__split=Item.POOL, annotator__in=pair)
            rows = labels.filter(origin=Label.IMPORT).counting().order_by()
            found += rows.values_list("id", "item_id", "annotator_id", name_now())
    frame = pd.DataFrame(sorted(found, key=lambda row: row[0]), columns=["id", "item", "annotator", "label"])
    return frame.drop(columns="id")


def _behind(after: str, keys: Sequence[tuple[bool, int]]) -> int:
    same, _, item = after.partition(",")
    if same not in ("0", "1") or not (item.isascii() and item.isdigit() and len(item) < 19):
        return 0
    last = (same == "1", int(item))
    return sum(key <= last for key in keys)


def _lines(dataset: Dataset, shown: pd.DataFrame) -> tuple[SharedLine, ...]:
    ids = [int(item) for item in shown.index]
    items = Item.objects.in_bulk(ids)
    current = CurrentLabel.objects.in_force().filter(item__in=ids).select_related("label_class")
    now = {row.item_id: row for row in current}
    open_cases = CaseItem.objects.filter(item__in=ids, case__in=dataset.cases.open().shown())
    cases = dict(open_cases.values_list("item_id", "case_id"))
    return tuple(
        SharedLine(
            items[pk], excerpt_of(dataset, items[pk].content), one, other, _said(now.get(pk)), cases.get(pk)
        )
        for pk, one, other in zip(ids, *(shown[name] for name in shown.columns), strict=True)
    )  # fmt: skip


def _said(current: CurrentLabel | None) -> str:
    if current is None:
        return ""
    return current.label_class.name if current.label_class else CurrentLabel.STATES[current.state]
