"""Tests and gold out of items that experts decided."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from annotation.actions.people.change_people import UnableToChange
from annotation.actions.queue.checks import start_test
from annotation.models import (
    Case,
    CurrentLabel,
    Dataset,
    Gold,
    Item,
    LabelClass,
    QualificationTest,
    QuestionOfTest,
    User,
    basis_now,
)

LEAST_QUESTIONS = 3


def make_test(
    dataset: Dataset, items: Sequence[int], label_class: LabelClass | None, bar: float, lead: User, now: datetime
) -> QualificationTest:
    """A test whose questions are these decided items, with what they are held to be; raises UnableToChange where they
    are too few. `label_class`: only its cases wait for the test, None = all."""
    truth = _held_true(dataset, items)
    if len(truth) < LEAST_QUESTIONS:
        raise UnableToChange(f"A test needs at least {LEAST_QUESTIONS} decided items; {len(truth)} are ticked.")
    with transaction.atomic():
        test = QualificationTest.objects.create(
            dataset=dataset, label_class=label_class, bar=bar, lead=lead, created_at=now
        )
        QuestionOfTest.objects.bulk_create(
            QuestionOfTest(test=test, item_id=item, label_class_id=label) for item, label in truth
        )
        # nobody is tested on what they were asked as hidden gold
        known = Gold.objects.known().filter(item__in=[item for item, _ in truth])
        _add_gold(dataset, [(item, None) for item in known.values_list("item_id", flat=True)], lead, now)
    return test


def retire_test(test: QualificationTest, now: datetime) -> None:
    """Nobody has to pass it any more; its questions under way are withdrawn."""
    with transaction.atomic():
        QualificationTest.objects.filter(pk=test.pk, retired_at=None).update(retired_at=now)
        test.cases.filter(status=Case.OPEN).update(status=Case.WITHDRAWN)


def let_try_again(test: QualificationTest, user: User) -> None:
    """Open the questions once more for somebody who failed."""
    start_test(test, user, timezone.now())


def use_as_gold(dataset: Dataset, items: Sequence[int], lead: User, now: datetime) -> int:
    """Mix these decided items in, unseen, as items of known label; returns how many are new."""
    asked = set(QuestionOfTest.objects.filter(test__dataset=dataset, item__in=items).values_list("item_id", flat=True))
    known = set(Gold.objects.known().filter(dataset=dataset, item__in=items).values_list("item_id", flat=True))
    fresh = [(item, label) for item, label in _held_true(dataset, items) if item not in asked | known]
    if not fresh:
        raise UnableToChange("Tick at least one decided item that is neither gold yet nor a question of a test.")
    _add_gold(dataset, fresh, lead, now)
    return len(fresh)


def _held_true(dataset: Dataset, items: Sequence[int]) -> list[tuple[int, int]]:
    rows = CurrentLabel.objects.in_force().filter(
        item__in=items, item__dataset=dataset, item__split__in=Item.HERE, state=CurrentLabel.LABELLED
    )  # fmt: skip
    found = rows.annotate(rests=basis_now()).exclude(rests__in=("import", "class change")).order_by("item_id")
    return [(item, label) for item, label in found.values_list("item_id", "label_class_id") if label is not None]


def _add_gold(dataset: Dataset, rows: Sequence[tuple[int, int | None]], lead: User, now: datetime) -> None:
    Gold.objects.bulk_create(
        Gold(dataset=dataset, item_id=item, label_class_id=label, lead=lead, created_at=now) for item, label in rows
    )
