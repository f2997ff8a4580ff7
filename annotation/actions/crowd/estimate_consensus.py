"""What the pool's annotators together say, how good each is, and on request the current labels settled by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypedDict

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from annotation import bulk, frames
from annotation.actions.crowd.settle_consensus import current_labels
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.queue.settle import Settled, settle
from annotation.core.artifacts import arrays_to_bytes, save_bytes
from annotation.core.crowd.consensus_choice import CROWDLAB, METHODS, Estimate, PredictedLabels, estimate
from annotation.core.crowd.contested_items import Contested, contested_items
from annotation.core.crowd.expected_shares import expected_shares
from annotation.core.crowd.skill import ClassPair, Skills, known_truth, measure_skills, worst_pairs
from annotation.core.crowd.stored import AnnotatorEntry, ConsensusResult, CostlyPair, MethodScores
from annotation.core.crowd.votes import Votes, votes_of
from annotation.core.intervals import Interval
from annotation.core.progress import Report
from annotation.models import (
    DECIDED,
    Case,
    Consensus,
    CurrentLabel,
    Dataset,
    Decision,
    Item,
    Job,
    Label,
    User,
    name_now,
)
from annotation.reading.classes.order_then import refuse_other_classes
from annotation.reading.pool_evidence import gather, pool_frame, state_of


@dataclass(frozen=True, eq=False)
class Crowd:
    """The answers with what their codes stand for.

    votes: those of annotators and, to judge their skill, of experts; expert: bool (A,), by annotator's code; given: the
    annotators' votes, of which the consensus is made. decided: class code of each item, −1 = no expert gave it one;
    decider: annotator code of who did, −1 = nobody among the annotators. closed: bool, an expert settled it in any way.
    seconds: median by annotator, nan where unknown.
    """

    votes: Votes
    items: np.ndarray
    annotators: tuple[str, ...]
    classes: tuple[str, ...]
    decided: np.ndarray
    decider: np.ndarray
    closed: np.ndarray
    seconds: np.ndarray
    expert: np.ndarray

    @cached_property
    def given(self) -> Votes:
        return self.votes.where(~self.expert[self.votes.annotator])


class ConsensusParams(TypedDict):
    """method: "" chooses the one that is right most often; apply: whether current labels are settled by it."""

    method: str
    apply: bool


def request_consensus(
    dataset: Dataset, *, method: str = "", apply: bool = False, seed: int = 0, user: User | None = None,
    again: bool = False, background: bool = True,
) -> Job:  # fmt: skip
    """The job that estimates the consensus of the labels as they are now; "" chooses the method."""
    if method and method not in METHODS:
        raise UnableToWork(f"There is no method {method!r}. Methods: auto, {', '.join(METHODS)}.")
    last = Decision.objects.filter(case__dataset=dataset).aggregate(last=Max("id"))["last"]
    params: ConsensusParams = {"method": method, "apply": apply}
    return enqueue(
        "consensus", dataset, params, inputs=f"{state_of(dataset)} {last}", seed=seed,
        user=user, again=again, background=background,
    )  # fmt: skip


def run(job: Job, report: Report) -> Write:
    asked: ConsensusParams = job.params
    dataset, method = job.own_dataset, asked["method"]
    report("reading the labels", 0.0)
    crowd = read_crowd(dataset)
    given = crowd.given
    if not len(given):
        raise UnableToWork(f"The pool of {dataset.slug!r} has no labels yet; import some with their annotators.")
    predicted = None
    if method in ("", CROWDLAB) and given.overlap:
        predicted = _predicted(dataset, crowd, job.seed, lambda stage, share: report(stage, 0.05 + 0.6 * share))
    stage = "predicting held-out labels"
    found = estimate(given, predicted, method, job.seed, lambda share: report(stage, 0.65 + 0.2 * share))
    if method in found.why_not:
        raise UnableToWork(f"{METHODS[method]} can't be used here. {found.why_not[method]}")
    report("judging the annotators", 0.85)
    skills = _skills(crowd, found)
    shares = expected_shares(given, predicted)
    contested = contested_items(given, found.fit.probabilities, found.label, skills, shares)
    ids = dict(dataset.annotators.values_list("name", "id"))
    arrays = _store(crowd, found, skills, contested, [ids[name] for name in crowd.annotators])
    facts = {
        "method": found.method, "methods": _methods(found), "skills": _entries(crowd, skills, ids), "arrays": arrays,
        "n_items": int((given.per_item > 0).sum()), "n_labels": len(given),
    }  # fmt: skip
    superseded = Label.objects.superseded().filter(item__dataset=dataset, item__split=Item.POOL, origin=Label.IMPORT)
    n_superseded = superseded.count()
    says, n_contested = consensus_labels(dataset, crowd, found.label), int((~crowd.closed[contested.item]).sum())
    report("writing the consensus", 0.95)

    def write() -> ConsensusResult:
        bulk.lock_dataset(dataset)
        refuse_other_classes(dataset, crowd.classes)
        row = Consensus.objects.create(dataset=dataset, applied=asked["apply"], created_by=job.created_by, **facts)
        changes = changed_labels(says)
        if row.applied:
            settle(changes, "consensus", timezone.now())
        return {
            "consensus": row.pk, "method": row.method, "items": row.n_items, "labels": row.n_labels,
            "annotators": len(crowd.annotators), "contested": n_contested, "changes": len(changes),
            "applied": row.applied, "methods": row.methods, "superseded": n_superseded,
        }  # fmt: skip

    return write


def read_crowd(dataset: Dataset) -> Crowd:
    """The pool's answers: labels from files, and experts' answers that were blind and stand.

    An answer changed after the reveal is none, and neither is the one before it. An expert's answer beside one label
    alone checks that label and is judged by nobody: the item was picked because its label looked wrong, so taking the
    two for equals would call most experts wrong, as often as they do their work.
    """
    given = frames.labels(dataset, Item.POOL, origin=Label.IMPORT)[["item", "annotator", "label", "seconds"]]
    blind = _blind_answers(dataset)
    one_each = [frame["item"].value_counts().reindex(blind["item"]).to_numpy() == 1 for frame in (given, blind)]
    blind = blind[~(one_each[0] & one_each[1])]
    answers = pd.concat([frame for frame in (given, blind) if len(frame)] or [given])
    item, items = pd.factorize(answers["item"], sort=True)
    annotator, annotators = pd.factorize(answers["annotator"])
    classes = dataset.class_names
    coded = pd.DataFrame({"item": item, "annotator": annotator, "label": frames.codes(answers["label"], classes)})
    seconds = answers["seconds"].astype(float).groupby(annotator).median()
    known = _decided(dataset).reindex(items)
    return Crowd(
        votes_of(coded, len(items), len(annotators), len(classes)), np.asarray(items), tuple(annotators), classes,
        decided=frames.codes(known["label"], classes), decider=pd.Index(annotators).get_indexer(known["expert"]),
        closed=known["closed"].notna().to_numpy(), seconds=seconds.reindex(range(len(annotators))).to_numpy(),
        expert=np.isin(annotators, blind["annotator"].unique()),
    )  # fmt: skip


def consensus_labels(dataset: Dataset, crowd: Crowd, label: np.ndarray) -> list[Settled]:
    """What the consensus says of the items two or more annotators answered. label: int (n,), −1 = a tie."""
    classes = list(dataset.label_classes.in_use().values_list("id", flat=True))
    several = crowd.given.per_item > 1
    return [
        (item, None, CurrentLabel.CONTESTED) if code < 0 else (item, classes[code], CurrentLabel.LABELLED)
        for item, code in zip(crowd.items[several].tolist(), label[several].tolist(), strict=True)
    ]


def changed_labels(says: Sequence[Settled]) -> list[Settled]:
    """Those of `says` that differ from the current label, where no expert has decided."""
    items = [item for item, *_ in says]
    current = {item: (label_class, state, basis) for item, label_class, state, basis in current_labels(items)}
    changed = []
    for item, label_class, state in says:
        *now, basis = current.get(item, (None, "", ""))
        if basis not in DECIDED and now != [label_class, state]:
            changed.append((item, label_class, state))
    return changed


def _blind_answers(dataset: Dataset) -> pd.DataFrame:
    standing = Decision.objects.standing().filter(
        case__dataset=dataset, blind=True, outcome=Decision.LABEL, items__split=Item.POOL
    )
    rows = (
        standing.exclude(case__kind__in=Case.CHECKS)
        .order_by("id")
        .values_list("items", "expert_id", name_now(), "seconds")
    )
    frame = pd.DataFrame(list(rows), columns=["item", "annotator", "label", "seconds"]).dropna(subset="label")
    return frame.assign(annotator=frame["annotator"].map(_own_names(dataset))).dropna(subset="annotator")


def _decided(dataset: Dataset) -> pd.DataFrame:
    """label, expert (annotator's name) and closed by item: what experts settled in the pool."""
    latest = CurrentLabel.objects.in_force().decided().filter(item__dataset=dataset, item__split=Item.POOL)
    rows = latest.values_list("item_id", "label_class__name", "decision__expert_id")
    frame = pd.DataFrame(list(rows), columns=["item", "label", "expert"]).set_index("item")
    return frame.assign(expert=frame["expert"].map(_own_names(dataset)), closed=1.0)


def _own_names(dataset: Dataset) -> dict[int, str]:
    """User id → the annotator's name under which their own answers stand, whatever they are called now."""
    own = dataset.annotators.filter(own=True, user__isnull=False)
    return dict(own.values_list("user_id", "name"))


def _predicted(dataset: Dataset, crowd: Crowd, seed: int, report: Report) -> np.ndarray | None:
    """Out-of-fold probabilities of the voted items by the model that detection brings."""
    pool = pool_frame(dataset)
    if not (pool["code"] >= 0).any():
        return None
    probabilities = gather(dataset, pool, seed, report).probabilities
    if probabilities is None:
        return None
    return probabilities[pd.Index(pool["item"]).get_indexer(crowd.items)]


def _skills(crowd: Crowd, found: Estimate) -> Skills:
    """An annotator's label is judged without it; an expert's by what the annotators say, where any said something."""
    votes = crowd.votes
    by_expert, said = crowd.expert[votes.annotator], found.fit.probabilities[votes.item]
    others = np.where((crowd.given.per_item > 0)[votes.item, np.newaxis], said, np.nan)
    others[~by_expert] = found.held_out
    by_others, truth = (known_truth(votes, what, crowd.decided, crowd.decider) for what in (others, said))
    return measure_skills(votes, by_others, truth)


def _store(crowd: Crowd, found: Estimate, skills: Skills, contested: Contested, ids: Sequence[int]) -> str:
    """The artifact's name. Annotators are stored by id, whom to ask as 0 where there is nobody."""
    pk = np.array([*ids, 0], dtype=np.int64)
    open_ = ~crowd.closed[contested.item]
    data = arrays_to_bytes(
        item=crowd.items.astype(np.int64), probabilities=found.probabilities, label=found.label,
        contested_item=crowd.items[contested.item][open_].astype(np.int64), contested_label=contested.label[open_],
        reading=contested.reading[open_], gain=contested.gain[open_], ask=pk[contested.ask][open_],
        pair_annotator=pk[skills.records.annotator], pair_label=skills.records.label,
        pair_counts=skills.records.counts, pool=skills.records.pool,
        strength=np.array([skills.records.strength]),
    )  # fmt: skip
    return save_bytes(settings.ARTIFACTS_DIR, data, ".npz")


def _methods(found: Estimate) -> dict[str, MethodScores]:
    """method → its figures, or why it was not tried."""
    return {
        name: {"why_not": found.why_not[name]} if name in found.why_not else _figures(found.scores.get(name))
        for name in METHODS
    }


def _figures(one: PredictedLabels | None) -> MethodScores:
    if one is None:
        return {}
    rate = one.accuracy
    return {
        "labels": one.labels, "value": rate.value, "low": rate.low, "high": rate.high, "n": rate.n,
        "difference": one.difference.as_json(),
    }  # fmt: skip


def _entries(crowd: Crowd, skills: Skills, ids: dict[str, int]) -> list[AnnotatorEntry]:
    """One entry per annotator, the least skilled first."""
    pairs = worst_pairs(skills)
    entries: list[AnnotatorEntry] = []
    for code in np.lexsort((-skills.labels, skills.accuracy)).tolist():
        seconds, judged = crowd.seconds[code], int(skills.judged[code])
        skill = Interval(skills.accuracy[code], skills.low[code], skills.high[code], judged)
        entries.append(
            {
                "annotator": ids[crowd.annotators[code]],
                "name": crowd.annotators[code],
                "labels": int(skills.labels[code]),
                "skill": skill.as_json() if judged else None,
                "pair": _pair(pairs.get(code), crowd.classes),
                "seconds": None if np.isnan(seconds) else seconds,
            }  # fmt: skip
        )
    return entries


def _pair(pair: ClassPair | None, classes: Sequence[str]) -> CostlyPair | None:
    if pair is None:
        return None
    return {"said": classes[pair.said], "true": classes[pair.true], "wrong": pair.wrong, **pair.rate.as_json()}
