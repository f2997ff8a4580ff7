"""What an answer means for the items it covers: the expert's labels, what is held true, and what is asked next."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

from annotation import often
from annotation.actions.queue.settle import settle
from annotation.models import Annotator, Case, CaseItem, ClosedPair, CurrentLabel, Decision, Item, Label, RoutingRules

STATES = {Decision.AMBIGUOUS: CurrentLabel.AMBIGUOUS, Decision.BAD_INPUT: CurrentLabel.BAD_INPUT}


def give_labels(
    decision: Decision, says: dict[int, int | None], now: datetime, annotator: int | None = None
) -> None:  # fmt: skip
    """The expert's own labels: item id → class id, None = no answer. annotator: id of the one under whom the expert
    answers, where it is known already."""
    annotator = annotator or Annotator.objects.of_user(decision.case.dataset, decision.expert).pk
    often.insert_few(
        Label(
            item_id=item, annotator_id=annotator, label_class_id=label_class, origin=Label.EXPERT,
            seconds=decision.seconds, given_at=now, created_at=now,
        )
        for item, label_class in says.items()
    )  # fmt: skip


def settle_as(decision: Decision, items: Sequence[Item], now: datetime) -> None:
    """Hold true what the decision says of its items; where experts differed it is the adjudication."""
    state = STATES.get(decision.outcome, CurrentLabel.LABELLED)
    basis = "adjudication" if decision.cause else "decision"
    settle(((item.pk, decision.label_class_id, state) for item in items), basis, now, decision)


def close_pairs(decision: Decision, items: Sequence[Item]) -> None:
    """Every pair of members with different labels is legitimately different, for later detections."""
    labels = CurrentLabel.objects.in_force().filter(item__in=items).values_list("item__digest", "label_class_id")
    pairs = {tuple(sorted((a, b))) for (a, label), (b, other) in combinations(labels, 2) if label != other}
    ClosedPair.objects.bulk_create(
        ClosedPair(dataset=decision.case.dataset, decision=decision, first=first, second=second)
        for first, second in sorted(pairs)
    )


def ask_of_each(decision: Decision, items: Sequence[Item], rules: RoutingRules, now: datetime) -> None:
    """Go on from a *legitimately different* given blind: it may bless a wrong label nobody looked at.

    Each member is asked about alone, or all once more with their labels shown, by whoever said they differ.
    """
    case = decision.case
    shown = rules.on_different == RoutingRules.SECOND_VIEW
    for members in [list(items)] if shown else [[item] for item in items]:
        part = Case.objects.create(
            dataset=case.dataset, kind=case.kind, group_digest=case.group_digest if shown else "", score=case.score,
            opened_at=now, part_of=case, reserved_for=decision.expert, labels_shown=shown,
        )  # fmt: skip
        CaseItem.objects.bulk_create(CaseItem(case=part, item=item) for item in members)


def keep_the_rest(case: Case, rest: Sequence[Item], now: datetime) -> None:
    """Members the answer leaves out become a case of their own."""
    if rest:
        digest = case.group_digest if len(rest) > 1 else ""
        left = Case.objects.create(
            dataset=case.dataset, kind=case.kind, group_digest=digest, score=case.score, opened_at=now, part_of=case
        )
        CaseItem.objects.bulk_create(CaseItem(case=left, item=item) for item in rest)
