"""What an answer brings about: the case is settled, another expert is asked, or an adjudicator is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from annotation.actions.queue.carry_out import ask_of_each, close_pairs, give_labels, keep_the_rest, settle_as
from annotation.actions.queue.checks import graded
from annotation.core.order.overlap import next_step
from annotation.models import Case, Decision, Item, RoutingRules, class_now
from annotation.reading.answering.asked import BeforeAnswer
from annotation.reading.experts.routing_rules import answers_wanted, who_may_answer
from annotation.reading.experts.sure_enough import chances_after

# An answer as others are compared with it: outcome, class id, items covered.
Said = tuple[str, int | None, frozenset[int]]


def go_on(
    decision: Decision, items: Sequence[Item], rest: Sequence[Item], before: BeforeAnswer, now: datetime, *,
    independent: bool,
) -> None:  # fmt: skip
    """Write the labels the answer gives and move its case on.

    independent: the labels were not on the page. An answer that is not, and an adjudication, settle at once.
    """
    case, rules = decision.case, before.rules
    if case.kind in Case.CHECKS:
        case.status = Case.SETTLED
        graded(decision, rules, now)
        return
    if decision.outcome != Decision.DIFFERENT:
        give_labels(decision, {item.pk: decision.label_class_id for item in items}, now, before.annotator)
    alone = not independent or bool(decision.cause)
    awaits = Case.EXPERTS if alone else _who_is_next(decision, before)
    if alone or not awaits:
        _settle(decision, items, rest, rules, now, independent and not case.labels_shown)
    else:
        case.awaits = awaits
        # whoever it was kept for has answered
        case.reserved_for = None
        case.save(update_fields=["reserved_for"])


def _settle(
    decision: Decision, items: Sequence[Item], rest: Sequence[Item], rules: RoutingRules, now: datetime, blind: bool
) -> None:
    decision.case.status = Case.SETTLED
    if decision.outcome != Decision.DIFFERENT:
        settle_as(decision, items, now)
    elif blind:
        ask_of_each(decision, items, rules, now)
    else:
        close_pairs(decision, items)
    keep_the_rest(decision.case, rest, now)


def _who_is_next(decision: Decision, before: BeforeAnswer) -> str:
    """Who answers the case next, "" where the answers so far settle it."""
    case, rules = decision.case, before.rules
    if _is_enough_alone(decision, before):
        return ""
    answers = list(Decision.objects.standing().filter(case=case).annotate(meant=class_now()).order_by("id"))
    # who named a class that became none has said nothing that counts today
    answers = [one for one in answers if one.outcome != Decision.LABEL or one.meant]
    said = [_said(one) for one in answers]
    doubtful = len(set(said)) > 1 or any(one.confidence == "unsure" for one in answers)
    wanted = answers_wanted(case, rules, doubtful, before.contested)
    if case.kind == Case.PRODUCTION:
        return _after_all(case, len(said) >= wanted, doubtful)
    chances = chances_after(case, answers) if wanted > 1 else None
    step = next_step(
        said, wanted, rules.most_answers, None if chances is None else {one: chances.get(one[1], 0.0) for one in said},
        rules.sure, "expert" if rules.on_disagreement == RoutingRules.EXPERT else "adjudicator", early=True,
    )  # fmt: skip
    if step.kind == "settle":
        # what is settled is what was said last; where an earlier answer is the surer one, somebody has to look
        return "" if step.label == said[-1] else Case.ADJUDICATOR
    return Case.EXPERTS if step.kind == "ask" and who_may_answer(case) else Case.ADJUDICATOR


def _is_enough_alone(decision: Decision, before: BeforeAnswer) -> bool:
    """The first answer to its case, by somebody sure, where one is all that is wanted: as most are."""
    case, rules = decision.case, before.rules
    if case.kind == Case.PRODUCTION or decision.confidence == "unsure" or rules.overlap > 1 or before.answered:
        return False
    return answers_wanted(case, rules, contested=before.contested) == 1


def _after_all(case: Case, complete: bool, doubtful: bool) -> str:
    """Of an item drawn from production every answer that is wanted is heard, however sure the first ones make us: what
    is easy may not be settled by fewer. Where they differ, or one of them was not sure, an adjudicator looks at it."""
    if not complete:
        return Case.EXPERTS if who_may_answer(case) else Case.ADJUDICATOR
    return Case.ADJUDICATOR if doubtful else ""


def _said(decision: Any) -> Said:
    """By the class of now; `decision` as `_who_is_next` reads it."""
    return decision.outcome, decision.meant, frozenset(decision.items.values_list("id", flat=True))
