"""Cases that test whoever answers them and settle nothing: questions of a test, hidden gold, one's own cases again."""

import hashlib
from datetime import datetime

from django.db import transaction

from annotation.actions.people.pause import pause
from annotation.core.crowd.expert_skill import below_bar
from annotation.models import (
    Case,
    CaseItem,
    Dataset,
    Decision,
    Membership,
    QualificationResult,
    QualificationTest,
    QuestionOfTest,
    RoutingRules,
    User,
    class_now,
)
from annotation.reading.answering.to_check import own_again, unseen_gold
from annotation.reading.experts.checks import gold_answers
from annotation.reading.experts.routing_rules import paused_in

# Answers to items of known label before anybody is judged by them.
LEAST_CHECKS = 8


def start_test(test: QualificationTest, user: User, now: datetime) -> None:
    """Open a case for each question of the test, in an order of the user's own; one under way goes on."""
    with transaction.atomic():
        # one row to hold on to, so that two pages opened at once do not ask everything twice
        QualificationTest.objects.select_for_update(no_key=True).get(pk=test.pk)
        if test.cases.filter(reserved_for=user, status=Case.OPEN).exists():
            return
        questions = sorted(test.questions.values_list("item_id", flat=True), key=lambda item: _drawn(user, test, item))
        for item in questions:
            _open_check(test.dataset, Case.QUALIFICATION, item, user, now, test)


def open_gold(dataset: Dataset, user: User, place: float, now: datetime) -> Case | None:
    """A case on an item of known label that `user` never answered, `place` in [0, 1) chooses; None = none is left."""
    item = unseen_gold(dataset, user, place)
    return _open_check(dataset, Case.GOLD, item, user, now) if item else None


def open_repeat(dataset: Dataset, user: User, place: float, now: datetime) -> Case | None:
    """A case on an item that `user` alone was asked about and labelled long ago."""
    item = own_again(dataset, user, place)
    return _open_check(dataset, Case.REPEAT, item, user, now) if item else None


def graded(decision: Decision, rules: RoutingRules, now: datetime) -> None:
    """See what the answer to a check says of whoever gave it; its case is settled and not saved yet."""
    case = decision.case
    if case.kind == Case.QUALIFICATION:
        _grade_test(case, decision.expert, now)
    elif case.kind == Case.GOLD and decision.blind and _can_be_paused(case.dataset, decision.expert):
        right, n = gold_answers(case.dataset, decision.expert)
        if n >= LEAST_CHECKS and below_bar(right, n, rules.bar):
            pause(
                case.dataset, decision.expert, None,
                f"{right} of {n} answers to items of known label were right, and {rules.bar:.0%} are needed", now,
            )  # fmt: skip


def _can_be_paused(dataset: Dataset, user: User) -> bool:
    return dataset.role_of(user) == Membership.EXPERT and user.pk not in paused_in(dataset.pk)


def _grade_test(case: Case, user: User, now: datetime) -> None:
    test = case.test
    others = case.dataset.cases.filter(test=test, reserved_for=user, status=Case.OPEN).exclude(pk=case.pk)
    if test is None or others.exists():
        return
    known = QuestionOfTest.objects.filter(test=test).values_list("item_id", class_now())
    truth = {item: label for item, label in known if label is not None}
    last = test.results.filter(user=user).order_by("-id").values_list("created_at", flat=True).first()
    answers = Decision.objects.standing().filter(case__test=test, expert=user)
    if last:
        answers = answers.filter(created_at__gt=last)
    right = sum(truth.get(item, 0) == said for item, said in answers.values_list("items", class_now()))
    QualificationResult.objects.create(
        test=test, user=user, right=right, n=len(truth), passed=right >= test.bar * len(truth), created_at=now
    )


def _open_check(
    dataset: Dataset, kind: str, item: int, user: User, now: datetime, test: QualificationTest | None = None
) -> Case:
    case = Case.objects.create(dataset=dataset, kind=kind, score=0, opened_at=now, reserved_for=user, test=test)
    CaseItem.objects.create(case=case, item_id=item)
    return case


def _drawn(user: User, test: QualificationTest, item: int) -> str:
    return hashlib.sha256(f"{user.pk}:{test.pk}:{item}".encode()).hexdigest()
