"""Decided items to make a test or gold of: those experts are surest about first, the classes in turn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from django.db.models import Count, Q

from annotation.models import (
    CurrentLabel,
    Dataset,
    Decision,
    Gold,
    Item,
    LabelClass,
    QualificationResult,
    QualificationTest,
    QuestionOfTest,
    basis_now,
    class_now,
)
from annotation.reading.cases import excerpt_of

OFFERED = 40
READ = 1000


@dataclass(frozen=True)
class Candidate:
    """`agreed`: experts whose standing answer is the label; `adjudicated`: an adjudicator settled it."""

    item: Item
    label_class: LabelClass
    excerpt: str
    agreed: int
    adjudicated: bool


@dataclass(frozen=True)
class QualificationLine:
    test: QualificationTest
    n: int
    results: Sequence[QualificationResult]


def candidates(dataset: Dataset, label_class: LabelClass | None = None) -> list[Candidate]:
    """Up to OFFERED decided pool items that are neither gold nor in a test."""
    taken = Q(item__in=Gold.objects.known().filter(dataset=dataset).values("item"))
    taken |= Q(item__in=QuestionOfTest.objects.filter(test__dataset=dataset).values("item"))
    held = (
        CurrentLabel.objects.in_force()
        .decided()
        .filter(item__dataset=dataset, item__split=Item.POOL, state=CurrentLabel.LABELLED)
    )
    held = held.exclude(taken).annotate(rests=basis_now()).select_related("item", "label_class").order_by("-id")
    if label_class:
        held = held.filter(label_class=label_class)
    rows = list(held[:READ])
    agreed = _agreed([row.item_id for row in rows])
    found = [
        Candidate(
            row.item, row.label_class, excerpt_of(dataset, row.item.content),
            agreed.get((row.item_id, row.label_class_id), 0), row.rests == "adjudication",
        )
        for row in rows if row.label_class is not None
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.adjudicated, -one.agreed))
    by_class: dict[int, list[Candidate]] = defaultdict(list)
    for one in found:
        by_class[one.label_class.pk].append(one)
    in_turn = chain.from_iterable(zip_longest(*by_class.values()))
    return [one for one in in_turn if one is not None][:OFFERED]


def _agreed(items: Sequence[int]) -> dict[tuple[int, int | None], int]:
    said = Decision.objects.standing().filter(items__in=items, outcome=Decision.LABEL, confidence="sure").order_by()
    counted = said.values_list("items", class_now()).annotate(n=Count("expert", distinct=True))
    return {(item, label): n for item, label, n in counted}


def tests_of(dataset: Dataset) -> list[QualificationLine]:
    tests = dataset.tests.filter(retired_at=None).select_related("label_class").order_by("id")
    return [QualificationLine(test, test.questions.count(), _latest(test)) for test in tests]


def _latest(test: QualificationTest) -> list[QualificationResult]:
    latest = {one.user_id: one for one in test.results.select_related("user").order_by("id")}
    return sorted(latest.values(), key=lambda one: one.user.username)
