"""What the decisions so far taught: how likely each label is to be wrong, and what that makes of the open cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from django.conf import settings

from annotation import bulk
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.core.order.calibration import LEAST, Knots, calibrate, probability
from annotation.core.order.learned_order import Teaching, error_rates, held_out, learn, predicted_chance
from annotation.core.order.prior_evidence import PriorEvidence, from_arrays, join, placed_as_in, take, with_opinions
from annotation.core.order.ranking import TIED, Pace, pace_of, worth
from annotation.core.order.stored import Rates
from annotation.core.order.support import Check, check, supported
from annotation.models import AuditItem, Case, CaseItem, CurrentLabel, Dataset, Decision, Detection, Item, class_now
from annotation.reading.opinions import opinions_in_use

# Labels that no detector flags open a case where they are this likely to be wrong, among the first of the queue.
LIKELY, FIRST = 0.2, 200
# Decisions before a new order may open such a case.
ENOUGH = 25


@dataclass(frozen=True, eq=False)
class Learned:
    """What decisions so far say of every item of a detection. chance: float (n,) in [0, 1], orders; probability: float
    (n,), nan where nothing supports one; rests_on: int (n,), the check that does, −1 = none; checks: by range; n:
    standing decisions. decided: float (d,), the learned chance of the likeliest item of each decision; changed: bool
    (d,), it changed a label."""

    prior: PriorEvidence
    chance: np.ndarray
    probability: np.ndarray
    pace: Pace
    rates: Rates
    knots: Knots
    n: int
    checks: Sequence[Check]
    rests_on: np.ndarray
    decided: np.ndarray
    changed: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """Float (n,): the chance of an error times its expected effect on a model."""
        return self.chance * self.prior.effect


def newest_detection(dataset: Dataset) -> Detection | None:
    return dataset.detections.order_by("-id").first()


def prior_evidence_of(detection: Detection) -> PriorEvidence:
    """What the detection knew of each item."""
    return _prior_evidence(str(settings.ARTIFACTS_DIR), detection.arrays)


@lru_cache(maxsize=2)
def _prior_evidence(folder: str, name: str) -> PriorEvidence:
    return from_arrays(bytes_to_arrays(load_bytes(folder, name)))


def learn_from_decisions(dataset: Dataset, prior: PriorEvidence) -> Learned:
    """Learn from all standing decisions and predict for every item of `prior`."""
    said = outcomes(dataset)
    n = Decision.objects.settling().filter(case__dataset=dataset).count()
    judged, wrong = _judged(dataset, said)
    judged = placed_as_in(judged, prior) if judged else None
    opinions = {item: one.label for item, one in opinions_in_use(dataset).items()}
    if opinions:
        judged = with_opinions(judged, opinions) if judged else None
        prior = with_opinions(prior, opinions)
    teaching = learn(judged, wrong) if judged else Teaching()
    chance = predicted_chance(teaching, prior)
    knots: Knots = ()
    checks: tuple[Check, ...] = ()
    if judged and len(wrong) >= LEAST:
        weight = _weights(dataset, judged.item)
        knots = calibrate(held_out(judged, wrong), wrong, weight)
        checks = check(judged, wrong, weight) if knots else ()
    likely = probability(chance, knots)
    rests_on = supported(likely, chance, checks)
    decided = _by_decision(said, judged, wrong, teaching)
    return Learned(
        prior, chance, np.where(rests_on >= 0, likely, np.nan), _pace(said),
        error_rates(judged, wrong) if judged else {}, knots, n, checks, rests_on,
        decided["chance"].to_numpy(dtype=float), decided["wrong"].to_numpy(dtype=bool),
    )  # fmt: skip


def _by_decision(
    said: pd.DataFrame, judged: PriorEvidence | None, wrong: np.ndarray, teaching: Teaching
) -> pd.DataFrame:
    """chance of the likeliest item, wrong of any: one row per decision, for near-identical items share one answer."""
    if judged is None:
        return pd.DataFrame({"chance": [], "wrong": []})
    decision = said.set_index("item")["decision"].loc[judged.item].to_numpy()
    rows = pd.DataFrame({"decision": decision, "chance": predicted_chance(teaching, judged), "wrong": wrong})
    return rows.groupby("decision").agg(chance=("chance", "max"), wrong=("wrong", "any"))


def outcomes(dataset: Dataset) -> pd.DataFrame:
    """decision, item, wrong, at, seconds, grouped: one row per item that a standing decision gave a label or called
    legitimately different, and that had a label before. `wrong`: the decision named another class. Of several
    decisions on an item the last says what is right, the first says when it was judged."""
    standing = Decision.objects.settling().filter(
        case__dataset=dataset, outcome__in=[Decision.LABEL, Decision.DIFFERENT]
    )
    rows = Decision.items.through.objects.filter(decision__in=standing).order_by("decision_id", "item_id")
    columns = ("decision_id", "item_id", "decision__outcome", class_now("decision__label_class"),
               "decision__created_at", "decision__seconds", "decision__case__group_digest")  # fmt: skip
    frame = pd.DataFrame(
        list(rows.values_list(*columns)), columns=["decision", "item", "outcome", "said", "at", "seconds", "digest"]
    )
    before = _labels_before_experts(frame["item"].tolist())
    frame["before"] = frame["item"].map(before).astype(float)
    # what named a class that became none says nothing of today's labels
    frame = frame[(frame["outcome"] != Decision.LABEL) | frame["said"].notna()].copy()
    frame["wrong"] = (frame["outcome"] == Decision.LABEL) & (frame["said"].astype(float) != frame["before"])
    frame["at"] = frame.groupby("item")["at"].transform("min")
    frame["grouped"] = frame["digest"] != ""
    frame["seconds"] = frame["seconds"].astype(float)
    frame = frame.dropna(subset="before").drop_duplicates("item", keep="last")
    return frame[["decision", "item", "wrong", "at", "seconds", "grouped"]].reset_index(drop=True)


def _labels_before_experts(items: list[int]) -> dict[int, int | None]:
    """item → the class it had before any expert decided on it."""
    labels: dict[int, int | None] = {}
    for batch in bulk.in_batches(sorted(set(items))):
        rows = CurrentLabel.objects.filter(item__in=batch).undecided().order_by("id")
        labels.update(rows.values_list("item_id", class_now()))
    return labels


def _judged(dataset: Dataset, said: pd.DataFrame) -> tuple[PriorEvidence | None, np.ndarray]:
    """What was known of the decided items as they were when they were decided, and which proved wrong.

    A later detection has seen the expert's label, so each item is read from the newest one before its decision.
    """
    detections = list(dataset.detections.order_by("id"))
    starts = pd.DatetimeIndex([detection.created_at for detection in detections])
    which = starts.searchsorted(pd.DatetimeIndex(said["at"]), side="right") - 1 if len(said) and detections else []
    parts, wrong = [], []
    for number in sorted({int(one) for one in which if one >= 0}):
        own = said[np.asarray(which) == number]
        prior = prior_evidence_of(detections[number])
        own = own[own["item"].isin(prior.position)]
        parts.append(take(prior, own["item"].map(prior.position).to_numpy(dtype=np.int64)))
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


def open_case_items(dataset: Dataset) -> pd.DataFrame:
    """case, score, probability, digest, item: one row per item of an open case on the pool."""
    cases = dataset.cases.open().exclude(kind=Case.PRODUCTION)
    rows = CaseItem.objects.filter(case__in=cases).order_by("case_id", "item_id")
    columns = ("case_id", "case__score", "case__probability", "case__group_digest", "item_id")
    names = ["case", "score", "probability", "digest", "item"]
    return pd.DataFrame(list(rows.values_list(*columns)), columns=names)


def score_cases(dataset: Dataset, cases: pd.DataFrame, learned: Learned) -> pd.DataFrame:
    """By case: score and probability as they stand, `new` and `likely` as learned; probability is the likeliest
    member's. A case of items that no detection has seen keeps its score."""
    position = cases["item"].map(learned.prior.position)
    known = position.notna()
    at = position[known].to_numpy(dtype=np.int64)
    labels = _labels(cases.loc[cases["digest"] != "", "item"].tolist())
    rows = cases.assign(chance=np.nan, likely=np.nan, effect=1.0, label=cases["item"].map(labels))
    rows.loc[known, "chance"], rows.loc[known, "likely"] = learned.value[at], learned.probability[at]
    rows.loc[known, "effect"] = learned.prior.effect[at]
    rows.loc[cases["item"].isin(contested_items(dataset)), "chance"] = TIED
    by_case = rows.groupby("case").agg(
        score=("score", "first"), probability=("probability", "first"), chances=("chance", "sum"),
        known=("chance", "count"), effect=("effect", "mean"), size=("item", "size"),
        labels=("label", "nunique"),
    )  # fmt: skip
    new = worth(
        by_case["chances"].to_numpy(dtype=float), by_case["size"].to_numpy(), (by_case["labels"] > 1).to_numpy(),
        learned.pace, by_case["effect"].to_numpy(),
    )  # fmt: skip
    likely = of_likeliest(rows["case"].to_numpy(), rows["chance"].to_numpy(), rows["likely"].to_numpy())
    return by_case.assign(likely=likely, new=np.where(by_case["known"] > 0, new, by_case["score"]))


def of_likeliest(unit: np.ndarray, chance: np.ndarray, probability: np.ndarray) -> pd.Series:
    """By unit the probability of its likeliest member; nan where that one has none, whatever the others have."""
    rows = pd.DataFrame({"unit": unit, "chance": chance, "probability": probability})
    first = rows.sort_values("chance", ascending=False, kind="stable").drop_duplicates("unit")
    return first.set_index("unit")["probability"].sort_index()


def _labels(items: list[int]) -> dict[int, int | None]:
    labels: dict[int, int | None] = {}
    for batch in bulk.in_batches(items):
        labels.update(CurrentLabel.objects.in_force().filter(item__in=batch).values_list("item_id", "label_class_id"))
    return labels


def contested_items(dataset: Dataset) -> set[int]:
    """Pool items that annotators tie on; what they need is an answer, whatever the detectors say."""
    tied = CurrentLabel.objects.filter(
        item__dataset=dataset, item__split=Item.POOL, state=CurrentLabel.CONTESTED
    ).values("item")
    rows = CurrentLabel.objects.in_force().filter(item__in=tied, state=CurrentLabel.CONTESTED)
    return set(rows.values_list("item_id", flat=True))


def likely_first(learned: Learned, others: np.ndarray) -> np.ndarray:
    """Positions of the items likely to be wrong that come among the FIRST of a queue with the scores `others`, the
    likeliest first; int (k,)."""
    positions = np.flatnonzero(learned.chance >= LIKELY)
    scores = worth(learned.value[positions], np.ones(len(positions)), np.zeros(len(positions), bool), learned.pace)
    bar = np.sort(others)[-FIRST] if len(others) >= FIRST else 0.0
    positions, scores = positions[scores > bar], scores[scores > bar]
    return positions[np.argsort(-scores, kind="stable")][:FIRST]
