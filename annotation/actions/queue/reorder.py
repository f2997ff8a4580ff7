"""After every few decisions, at most every half minute, the open cases are put in the order the decisions taught.

The order is learned beside the experts' work and never within it. What is written is the head of the queue, in pieces
that hold nobody up, and then a bounded part of the rest: what may be handed out before the next order is right, and
what comes after it comes right with the orders that follow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import NamedTuple, TypedDict

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation import bulk
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.people.pause import pause
from annotation.actions.queue.open_cases import Unit, as_cases, create_cases
from annotation.core.order.ranking import worth
from annotation.core.order.stored import SupportJson
from annotation.core.order.worth_deciding import Worth
from annotation.core.progress import Report
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Decision, Detection, Job, LearnedOrder
from annotation.reading.experts.below_bar import surely_below_bar
from annotation.reading.experts.measured_skill import measure_when_grown
from annotation.reading.labels_left import support_of
from annotation.reading.learned_order import (
    ENOUGH,
    Learned,
    learn_from_decisions,
    likely_first,
    newest_detection,
    open_case_items,
    prior_evidence_of,
    score_cases,
)
from annotation.reading.worth_deciding import worth_of

KIND = "reorder"
# A case whose score moves by less keeps it: it is not worth a write.
STEP = 0.001
# Levels of a factor whose rates are kept to be shown, those decided most often.
KEPT = 50
# The last decisions of the site among which those of one dataset are counted: a range of keys, however many there are.
WINDOW = 20
# The order is right as far as its HEAD: fifty experts who each answer every four seconds are handed 375 cases in half a
# minute. Of the rest a job writes up to REST; at most MOST in all, where all scores move at once.
HEAD, REST, MOST = 1_000, 2_000, 20_000
# Cases written in one transaction: some milliseconds, for which nobody waits.
PIECE = 250
# Seconds for which a dataset whose job waits or works is not looked at again.
UNDER_WAY = 1.0
_not_before: dict[tuple[int, datetime], float] = {}


class ReorderResult(TypedDict):
    learned_order: int | None
    decisions: int


def due(dataset: Dataset, decision: Decision) -> bool:
    """Whether SECONDLOOK_REORDER_EVERY decisions have come in since the order last learned, SECONDLOOK_REORDER_SECONDS
    ago or longer. Cheap: asked each time, and of the database only where enough time is over."""
    every = int(settings.REORDER_EVERY)
    if not every or monotonic() < _not_before.get((dataset.pk, dataset.created_at), 0.0):
        return False
    last = dataset.learned_orders.order_by("-id").values_list("created_at", flat=True).first()
    if last and (wait := settings.REORDER_SECONDS - (decision.created_at - last).total_seconds()) > 0:
        _look_again_in(dataset, min(wait, settings.REORDER_SECONDS))
        return False
    recent = Decision.objects.filter(pk__gt=decision.pk - WINDOW * every, case__dataset=dataset)
    recent = recent.exclude(case__kind=Case.PRODUCTION)
    if last:
        recent = recent.filter(created_at__gt=last)
    return len(recent.order_by().values_list("pk")[:every]) >= every


def request_reorder(dataset: Dataset, decision: Decision) -> Job | None:
    """The job that learns, where it is due, the dataset has a detection, and none waits already."""
    if not due(dataset, decision) or not dataset.detections.exists():
        return None
    wanted = (Job.QUEUED, Job.RUNNING) if settings.REORDER_SECONDS else (Job.QUEUED,)
    if dataset.jobs.filter(kind=KIND, status__in=wanted).exists():
        if settings.REORDER_SECONDS:
            _look_again_in(dataset, UNDER_WAY)
        return None
    return enqueue(KIND, dataset, {"after": decision.pk})


def _look_again_in(dataset: Dataset, seconds: float) -> None:
    _not_before[dataset.pk, dataset.created_at] = monotonic() + seconds


def run(job: Job, report: Report) -> Write:
    now = timezone.now()
    detection = newest_detection(job.own_dataset)
    if detection is None:
        raise UnableToWork(f"{job.own_dataset.slug!r} has no detection yet, so there is no order to learn.")
    report("learning from the decisions", 0.1)
    learned = learn_from_decisions(job.own_dataset, prior_evidence_of(detection))
    report("putting the cases in order", 0.6)
    found = new_order(job.own_dataset, learned)
    skill = measure_when_grown(job.own_dataset)
    below = surely_below_bar(job.own_dataset, skill)
    for place, piece in enumerate(pieces(found.moved, found.bar)):
        report("putting the cases in order", 0.7 + 0.3 * place * PIECE / MOST)
        if not _write_piece(job.own_dataset, detection, piece):
            break

    def write() -> ReorderResult:
        bulk.lock_dataset(job.own_dataset)
        if skill is not None:
            skill.save()
            for user, why in below:
                pause(job.own_dataset, user, None, why, now)
        if newest_detection(job.own_dataset) != detection:
            # a detection that came meanwhile has learned from the decisions itself, and its order stands
            return {"learned_order": None, "decisions": found.n_decisions}
        create_cases(job.own_dataset, _not_yet_asked(found.likely), now)
        order = keep_learned(job.own_dataset, detection, found.learned, found.worth, found.support, now)
        return {"learned_order": order.pk, "decisions": order.n_decisions}

    return write


def reorder(dataset: Dataset, now: datetime) -> LearnedOrder | None:
    """Learn and put the cases in order at once; None before the first detection."""
    detection = newest_detection(dataset)
    if detection is None:
        return None
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    return apply_order(dataset, detection, new_order(dataset, learned), now)


class MovedCase(NamedTuple):
    """An open case with its new score and probability; `was`: its score until now."""

    case: int
    score: float
    probability: float | None
    was: float

    @property
    def foremost(self) -> float:
        return max(self.score, self.was)

    @property
    def row(self) -> tuple[int, float, float | None]:
        return self.case, self.score, self.probability


@dataclass(frozen=True)
class NewOrder:
    """What decisions make of the queue. moved: the open cases that change their place, the foremost of old and new
    first; bar: the new score of the last of its HEAD;
    likely: labels that no detector flags and that decisions made likely to be wrong, the likeliest first; worth: what
    they all are worth deciding; support: what probabilities rest on."""

    moved: Sequence[MovedCase]
    bar: float
    likely: Sequence[Unit]
    learned: Learned
    worth: Worth | None
    support: SupportJson

    @property
    def n_decisions(self) -> int:
        return self.learned.n


def new_order(dataset: Dataset, learned: Learned) -> NewOrder:
    cases = open_case_items(dataset)
    scores = score_cases(dataset, cases, learned)
    moved = scores[(scores["new"] - scores["score"]).abs().ge(STEP) | ~_same(scores["likely"], scores["probability"])]
    rows = zip(moved.index, moved["new"], moved["likely"], moved["score"], strict=True)
    changed = [MovedCase(int(pk), float(new), None if pd.isna(p) else float(p), float(was)) for pk, new, p, was in rows]
    changed.sort(key=lambda one: -one.foremost)
    bar = float(scores["new"].nlargest(HEAD).min()) if len(scores) else 0.0
    likely = _not_yet_asked(_likely(learned, scores["new"].to_numpy())) if learned.n >= ENOUGH else []
    queue = pd.concat([cases.assign(score=cases["case"].map(scores["new"])), as_cases(likely)], ignore_index=True)
    return NewOrder(changed, bar, likely, learned, worth_of(dataset, queue, learned), support_of(dataset, learned))


def _likely(learned: Learned, scores: np.ndarray) -> list[Unit]:
    ahead = likely_first(learned, scores)
    value = worth(learned.value[ahead], np.ones(len(ahead)), np.zeros(len(ahead), bool), learned.pace)
    items = learned.prior.item[ahead].tolist()
    return [Unit(frozenset([item]), score) for item, score in zip(items, value.tolist(), strict=True)]


def pieces(moved: Sequence[MovedCase], bar: float) -> Iterator[Sequence[MovedCase]]:
    """What a job writes of a new order, piece by piece: all that comes or came before the last of its HEAD, whose score
    is `bar`, and REST.

    By the higher of the old and the new score, the highest first: once a piece is written, whatever is left has and had
    a lower score than all of it, so the queue is right as far as that.
    """
    ahead = sum(one.foremost >= bar for one in moved)
    bound = min(len(moved), ahead + REST, MOST)
    for start in range(0, bound, PIECE):
        yield moved[start : min(start + PIECE, bound)]


def _write_piece(dataset: Dataset, detection: Detection, piece: Sequence[MovedCase]) -> bool:
    """False where a newer detection's order stands by now. A case that somebody is answering at this moment is left as
    it is: nothing waits for an answer, and no answer for this."""
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        if newest_detection(dataset) != detection:
            return False
        there = Case.objects.filter(pk__in=[one.case for one in piece]).order_by("id")
        free = {case.pk for case in bulk.without_waiting(there.only("status")) if case.status == Case.OPEN}
        bulk.update(Case, ["score", "probability"], [one.row for one in piece if one.case in free])
    return True


def apply_order(dataset: Dataset, detection: Detection, found: NewOrder, now: datetime) -> LearnedOrder:
    """Give the cases that are still open their new score and probability, open what decisions made likely, and keep
    what was learned; inside a transaction that holds the dataset.

    `now`: when the decisions were read; later ones count as new."""
    still = set(dataset.cases.open().values_list("id", flat=True))
    bulk.update(Case, ["score", "probability"], [one.row for one in found.moved if one.case in still])
    create_cases(dataset, _not_yet_asked(found.likely), now)
    return keep_learned(dataset, detection, found.learned, found.worth, found.support, now)


def keep_learned(
    dataset: Dataset, detection: Detection, learned: Learned, worth: Worth | None, support: SupportJson, now: datetime
) -> LearnedOrder:
    rates = {factor: dict(list(levels.items())[:KEPT]) for factor, levels in learned.rates.items()}
    return LearnedOrder.objects.create(
        dataset=dataset, detection=detection, n_decisions=learned.n, rates=rates,
        calibration=[list(knot) for knot in learned.knots], support=support, created_at=now,
        worth=worth.as_json() if worth else None,
    )  # fmt: skip


def _same(a: pd.Series, b: pd.Series) -> pd.Series:
    a, b = a.astype(float), b.astype(float)
    return (a.isna() & b.isna()) | (a - b).abs().lt(STEP)


def _not_yet_asked(units: Sequence[Unit]) -> list[Unit]:
    """Those of one labelled item that no expert has decided on and that no case holds or held to its end."""
    wanted = [item for unit in units for item in unit.items]
    labelled = CurrentLabel.objects.in_force().filter(item__in=wanted, state=CurrentLabel.LABELLED)
    fresh = set(labelled.undecided().values_list("item_id", flat=True))
    asked = CaseItem.objects.filter(item__in=fresh, case__status__in=[Case.OPEN, Case.SETTLED])
    fresh -= set(asked.values_list("item_id", flat=True))
    return [unit for unit in units if unit.items <= fresh]
