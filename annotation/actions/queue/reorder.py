"""After every few decisions the open cases are put in the order that the decisions taught."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.utils import timezone

from annotation import bulk
from annotation.actions.enqueue import enqueue
from annotation.actions.open_cases import Unit, create_cases
from annotation.actions.settle import DECIDED
from annotation.actions.work import Report, UnableToWork, Write
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.core.calibration import LEAST, Knots, calibrate, probability
from annotation.core.learned_order import Rates, Teaching, error_rates, foretold, held_out, learn
from annotation.core.ranking import Pace, pace_of, worth
from annotation.core.signals import Signals, from_arrays, join, take
from annotation.models import (
    AuditItem,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Detection,
    Job,
    LearnedOrder,
)

KIND = "reorder"
# Labels that no detector flags open a case once decisions make them this likely to be wrong, as far as they come among
# the first of the queue.
LIKELY, FIRST = 0.2, 200
# Decisions before labels that no detector flags may open a case.
ENOUGH = 25
# A case whose score moves by less keeps it: it is not worth a write.
STEP = 0.001
# Levels of a factor whose rates are kept to be shown, those decided most often.
KEPT = 50
# The last decisions of the site among which those of one dataset are counted: a range of keys, however many there are.
WINDOW = 20


@dataclass(frozen=True, eq=False)
class Learned:
    """What decisions so far say of every item of a detection. chance: float (n,) in [0, 1], orders; probability: float
    (n,), nan before enough decisions; n: standing decisions; n_calibrated: items the probability rests on."""

    signals: Signals
    chance: np.ndarray
    probability: np.ndarray
    pace: Pace
    rates: Rates
    knots: Knots
    n: int
    n_calibrated: int

    @property
    def value(self) -> np.ndarray:
        """Float (n,): the chance of an error times its expected effect on a model."""
        return self.chance * self.signals.effect


def due(dataset: Dataset, decision: Decision) -> bool:
    """Whether SECONDLOOK_REORDER_EVERY decisions have come in since the order last learned. Cheap: asked each time."""
    every = int(settings.REORDER_EVERY)
    if not every:
        return False
    last = dataset.learned_orders.order_by("-id").values_list("created_at", flat=True).first()
    recent = Decision.objects.filter(pk__gt=decision.pk - WINDOW * every, case__dataset=dataset)
    if last:
        recent = recent.filter(created_at__gt=last)
    return len(recent.order_by().values_list("pk")[:every]) >= every


def request_reorder(dataset: Dataset, decision: Decision) -> Job | None:
    """The job that learns, where it is due, the dataset has a detection, and none waits already."""
    if not due(dataset, decision) or not dataset.detections.exists():
        return None
    if dataset.jobs.filter(kind=KIND, status=Job.QUEUED).exists():
        return None
    return enqueue(KIND, dataset, {"after": decision.pk})


def run(job: Job, report: Report) -> Write:
    now = timezone.now()
    detection = newest_detection(job.dataset)
    if detection is None:
        raise UnableToWork(f"{job.dataset.slug!r} has no detection yet, so there is no order to learn.")
    report("learning from the decisions", 0.1)
    learned = learn_from_decisions(job.dataset, signals_of(detection))
    report("putting the cases in order", 0.8)

    def write() -> dict[str, Any]:
        bulk.lock_dataset(job.dataset)
        order = apply_order(job.dataset, detection, learned, now)
        return {"learned_order": order.pk, "decisions": order.n_decisions}

    return write


def reorder(dataset: Dataset, now: datetime) -> LearnedOrder | None:
    """Learn and put the cases in order at once; None before the first detection."""
    detection = newest_detection(dataset)
    if detection is None:
        return None
    return apply_order(dataset, detection, learn_from_decisions(dataset, signals_of(detection)), now)


def newest_detection(dataset: Dataset) -> Detection | None:
    return dataset.detections.order_by("-id").first()


def signals_of(detection: Detection) -> Signals:
    """What the detection knew of each item."""
    return _signals(str(settings.ARTIFACTS_DIR), detection.arrays)


@lru_cache(maxsize=2)
def _signals(folder: str, name: str) -> Signals:
    return from_arrays(bytes_to_arrays(load_bytes(folder, name)))


def learn_from_decisions(dataset: Dataset, signals: Signals) -> Learned:
    """Learn from all standing decisions and foretell every item of `signals`."""
    said = outcomes(dataset)
    n = Decision.objects.standing().filter(case__dataset=dataset).count()
    judged, wrong = _judged(dataset, said)
    teaching = learn(judged, wrong) if judged else Teaching()
    chance = foretold(teaching, signals)
    knots: Knots = ()
    if judged and len(wrong) >= LEAST:
        knots = calibrate(held_out(judged, wrong), wrong, _weights(dataset, judged.item))
    return Learned(
        signals, chance, probability(chance, knots), _pace(said), error_rates(judged, wrong) if judged else {}, knots,
        n, len(wrong),
    )  # fmt: skip


def outcomes(dataset: Dataset) -> pd.DataFrame:
    """decision, item, wrong, at, seconds, grouped: one row per item that a standing decision gave a label or called
    legitimately different, and that had a label before. `wrong`: the decision named another class. Of several
    decisions on an item the last says what is right, the first says when it was judged."""
    standing = Decision.objects.standing().filter(
        case__dataset=dataset, outcome__in=[Decision.LABEL, Decision.DIFFERENT]
    )
    rows = Decision.items.through.objects.filter(decision__in=standing).order_by("decision_id", "item_id")
    columns = ("decision_id", "item_id", "decision__outcome", "decision__label_class_id", "decision__created_at",
               "decision__seconds", "decision__case__group_digest")  # fmt: skip
    frame = pd.DataFrame(
        list(rows.values_list(*columns)), columns=["decision", "item", "outcome", "said", "at", "seconds", "digest"]
    )
    before = _held_before(frame["item"].tolist())
    frame["before"] = frame["item"].map(before).astype(float)
    frame["wrong"] = (frame["outcome"] == Decision.LABEL) & (frame["said"].astype(float) != frame["before"])
    frame["at"] = frame.groupby("item")["at"].transform("min")
    frame["grouped"] = frame["digest"] != ""
    frame["seconds"] = frame["seconds"].astype(float)
    frame = frame.dropna(subset="before").drop_duplicates("item", keep="last")
    return frame[["decision", "item", "wrong", "at", "seconds", "grouped"]].reset_index(drop=True)


def _held_before(items: list[int]) -> dict[int, int | None]:
    """item → the class it held before any expert decided on it."""
    held: dict[int, int | None] = {}
    for batch in bulk.in_batches(sorted(set(items))):
        rows = CurrentLabel.objects.filter(item__in=batch).exclude(basis__in=DECIDED).order_by("id")
        held.update(rows.values_list("item_id", "label_class_id"))
    return held


def _judged(dataset: Dataset, said: pd.DataFrame) -> tuple[Signals | None, np.ndarray]:
    """The signals of the decided items as they were when they were decided, and which proved wrong.

    A later detection has seen the expert's label, so each item is read from the newest one before its decision.
    """
    detections = list(dataset.detections.order_by("id"))
    starts = pd.DatetimeIndex([detection.created_at for detection in detections])
    which = starts.searchsorted(pd.DatetimeIndex(said["at"]), side="right") - 1 if len(said) and detections else []
    parts, wrong = [], []
    for number in sorted({int(one) for one in which if one >= 0}):
        own = said[np.asarray(which) == number]
        signals = signals_of(detections[number])
        own = own[own["item"].isin(signals.position)]
        parts.append(take(signals, own["item"].map(signals.position).to_numpy(dtype=np.int64)))
        wrong.append(own["wrong"].to_numpy(dtype=bool))
    if not parts or not sum(map(len, wrong)):
        return None, np.zeros(0, dtype=bool)
    return join(parts), np.concatenate(wrong)


def _weights(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    """An audited item stands for the inverse of its inclusion probability, another for itself."""
    drawn = dict(AuditItem.objects.filter(audit__dataset=dataset).order_by("id").values_list("item_id", "probability"))
    return np.array([1 / drawn.get(item, 1.0) for item in items.tolist()])


def _pace(said: pd.DataFrame) -> Pace:
    by_decision = said.groupby("decision").agg(
        size=("item", "size"), seconds=("seconds", "first"), grouped=("grouped", "first"), wrong=("wrong", "any")
    )
    conflicts = by_decision[by_decision["grouped"].astype(bool)]
    return pace_of(
        by_decision["size"].to_numpy(dtype=np.int64), by_decision["seconds"].to_numpy(dtype=float), len(conflicts),
        int(conflicts["wrong"].sum()),
    )  # fmt: skip


def apply_order(dataset: Dataset, detection: Detection, learned: Learned, now: datetime) -> LearnedOrder:
    """Give the open cases their new score and probability, open what decisions made likely, and keep what was learned.

    `now`: when the decisions were read; later ones count as new."""
    cases = open_case_items(dataset)
    scores = score_cases(dataset, cases, learned)
    moved = scores[(scores["new"] - scores["score"]).abs().ge(STEP) | ~_same(scores["likely"], scores["probability"])]
    rows = zip(moved.index, moved["new"], moved["likely"], strict=True)
    changed = ((int(pk), float(new), None if pd.isna(p) else float(p)) for pk, new, p in rows)
    bulk.update(Case, ["score", "probability"], changed)
    if learned.n >= ENOUGH:
        _open_likely(dataset, learned, cases, scores, now)
    return keep_learned(dataset, detection, learned, now)


def keep_learned(dataset: Dataset, detection: Detection, learned: Learned, now: datetime) -> LearnedOrder:
    rates = {factor: dict(list(levels.items())[:KEPT]) for factor, levels in learned.rates.items()}
    return LearnedOrder.objects.create(
        dataset=dataset, detection=detection, n_decisions=learned.n, rates=rates,
        calibration=[list(knot) for knot in learned.knots], created_at=now,
    )  # fmt: skip


def open_case_items(dataset: Dataset) -> pd.DataFrame:
    """case, score, probability, digest, item: one row per item of an open case."""
    rows = CaseItem.objects.filter(case__in=dataset.cases.open()).order_by("case_id", "item_id")
    columns = ("case_id", "case__score", "case__probability", "case__group_digest", "item_id")
    names = ["case", "score", "probability", "digest", "item"]
    return pd.DataFrame(list(rows.values_list(*columns)), columns=names)


def score_cases(dataset: Dataset, cases: pd.DataFrame, learned: Learned) -> pd.DataFrame:
    """By case: score and probability as they stand, `new` and `likely` as learned; probability is the likeliest
    member's. A case of items that no detection has seen keeps its score."""
    position = cases["item"].map(learned.signals.position)
    known = position.notna()
    at = position[known].to_numpy(dtype=np.int64)
    held = _labels(cases.loc[cases["digest"] != "", "item"].tolist())
    rows = cases.assign(chance=np.nan, likely=np.nan, effect=1.0, label=cases["item"].map(held))
    rows.loc[known, "chance"], rows.loc[known, "likely"] = learned.value[at], learned.probability[at]
    rows.loc[known, "effect"] = learned.signals.effect[at]
    rows.loc[cases["item"].isin(_contested(dataset)), "chance"] = 1.0
    by_case = rows.groupby("case").agg(
        score=("score", "first"), probability=("probability", "first"), chances=("chance", "sum"),
        known=("chance", "count"), likely=("likely", "max"), effect=("effect", "mean"), size=("item", "size"),
        labels=("label", "nunique"),
    )  # fmt: skip
    new = worth(
        by_case["chances"].to_numpy(dtype=float), by_case["size"].to_numpy(), (by_case["labels"] > 1).to_numpy(),
        learned.pace, by_case["effect"].to_numpy(),
    )  # fmt: skip
    return by_case.assign(new=np.where(by_case["known"] > 0, new, by_case["score"]))


def _labels(items: list[int]) -> dict[int, int | None]:
    held: dict[int, int | None] = {}
    for batch in bulk.in_batches(items):
        held.update(CurrentLabel.objects.latest().filter(item__in=batch).values_list("item_id", "label_class_id"))
    return held


def _contested(dataset: Dataset) -> set[int]:
    """Items that annotators tie on; what they need is an answer, whatever the detectors say."""
    tied = CurrentLabel.objects.filter(item__dataset=dataset, state=CurrentLabel.CONTESTED).values("item")
    rows = CurrentLabel.objects.latest().filter(item__in=tied, state=CurrentLabel.CONTESTED)
    return set(rows.values_list("item_id", flat=True))


def _same(a: pd.Series, b: pd.Series) -> pd.Series:
    a, b = a.astype(float), b.astype(float)
    return (a.isna() & b.isna()) | (a - b).abs().lt(STEP)


def likely_first(learned: Learned, others: np.ndarray) -> np.ndarray:
    """Positions of the items likely to be wrong that come among the FIRST of a queue with the scores `others`, the
    likeliest first; int (k,)."""
    positions = np.flatnonzero(learned.chance >= LIKELY)
    scores = worth(learned.value[positions], np.ones(len(positions)), np.zeros(len(positions), bool), learned.pace)
    bar = np.sort(others)[-FIRST] if len(others) >= FIRST else 0.0
    positions, scores = positions[scores > bar], scores[scores > bar]
    return positions[np.argsort(-scores, kind="stable")][:FIRST]


def _open_likely(dataset: Dataset, learned: Learned, cases: pd.DataFrame, scores: pd.DataFrame, now: datetime) -> None:
    """A case for each label that no detector flags and that decisions made likely to be wrong."""
    ahead = likely_first(learned, scores["new"].to_numpy())
    wanted = dict(zip(learned.signals.item[ahead].tolist(), ahead.tolist(), strict=True))
    labelled = CurrentLabel.objects.latest().filter(item__in=list(wanted), state=CurrentLabel.LABELLED)
    fresh = set(labelled.exclude(basis__in=DECIDED).values_list("item_id", flat=True)) - set(cases["item"])
    fresh -= set(CaseItem.objects.filter(item__in=fresh, case__status=Case.SETTLED).values_list("item_id", flat=True))
    positions = [wanted[item] for item in wanted if item in fresh]
    value = worth(learned.value[positions], np.ones(len(positions)), np.zeros(len(positions), bool), learned.pace)
    items = learned.signals.item[positions].tolist()
    units = [Unit(frozenset([item]), score) for item, score in zip(items, value.tolist(), strict=True)]
    create_cases(dataset, units, now)
