"""The items of a case as its expert reads them, with what differs from the first of a group marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.core.likeness.differences import (
    FIRST_SCREEN,
    Piece,
    compared_in_words,
    first_screen,
    negation_differs,
    word_differences,
)
from annotation.core.negations import language_known
from annotation.core.written import value_written
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Item


@dataclass(frozen=True)
class ShownText:
    """A text field, the `place`-th of its item from 0, as far as it fills a screen; `n`: characters of all of it."""

    place: int
    name: str
    pieces: list[Piece]
    n: int

    @property
    def is_cut(self) -> bool:
        return sum(len(piece.text) for piece in self.pieces if piece.kind != "removed") < self.n


@dataclass(frozen=True)
class Member:
    """An item as shown: text fields as pieces, the others as (name, value as written, meaning of a code, differs from
    the first member). `label`: what it carries now, "" where that is hidden. `unread`: its texts differ in a language
    whose negations are not known, so one might be among the differences. `by_words`: no text was too long for what
    differs to be looked for word by word."""

    item: Item
    texts: list[tuple[str, list[Piece]]]
    values: list[tuple[str, Any, str, bool]]
    same_as_first: bool = False
    negation: bool = False
    label: str = ""
    unread: bool = False
    by_words: bool = True

    @property
    def doubtful(self) -> bool:
        """Whether it may say the opposite of the first, so that no answer is for it unless somebody says so."""
        return self.negation or self.unread

    @property
    def shown_texts(self) -> list[ShownText]:
        return [ShownText(at, name, *first_screen(pieces)) for at, (name, pieces) in enumerate(self.texts)]


def members_of(dataset: Dataset, case: Case) -> list[Member]:
    """The items of the case; of a group the medoid first, the others with what differs from it."""
    return members_by_case(dataset, [case])[case.pk]


def members_by_case(dataset: Dataset, cases: Sequence[Case]) -> dict[int, list[Member]]:
    """case id → its members; their labels only where the case shows them."""
    items: dict[int, list[Item]] = {case.pk: [] for case in cases}
    for pair in CaseItem.objects.filter(case__in=cases).select_related("item").order_by("item_id"):
        items[pair.case_id].append(pair.item)
    labels = _current([item.pk for case in cases if case.labels_shown for item in items[case.pk]])
    return {case.pk: _compared(dataset, case, items[case.pk], labels) for case in cases}


def _compared(dataset: Dataset, case: Case, items: Sequence[Item], labels: Mapping[int, str]) -> list[Member]:
    first, *others = sorted(items, key=lambda item: (item.digest != case.group_digest, item.pk))
    return [compared(dataset, item, first, labels.get(item.pk, "")) for item in (first, *others)]


def _current(items: Sequence[int]) -> dict[int, str]:
    if not items:
        return {}
    held = CurrentLabel.objects.in_force().filter(item__in=items).values_list("item_id", "label_class__name", "state")
    return dict.fromkeys(items, "no label") | {item: name or state.replace("_", " ") for item, name, state in held}


def compared(dataset: Dataset, item: Item, first: Item, label: str = "") -> Member:
    """An item with what differs from `first` marked."""
    texts, values, negation, unread, by_words = [], [], False, False, True
    for field in dataset.typed_fields:
        base, value = first.content.get(field.name), item.content.get(field.name)
        if field.type == "text":
            texts.append((field.name, word_differences(base or "", value or "")))
            negation = negation or negation_differs(base or "", value or "")
            unread = unread or (base != value and not _language_known(base or "", value or ""))
            by_words = by_words and compared_in_words(base or "", value or "")
        else:
            meaning = dataset.meaning_of(field.name, value) if field.type == "category" else ""
            values.append((field.name, value_written(field.name, value, item.written), meaning, value != base))
    same = item is not first and item.content == first.content
    return Member(item, texts, values, same, negation, label, unread, by_words)


def _language_known(base: str, value: str) -> bool:
    """By the beginning of each: a language does not change where a screen ends."""
    return language_known(f"{base[:FIRST_SCREEN]} {value[:FIRST_SCREEN]}")
