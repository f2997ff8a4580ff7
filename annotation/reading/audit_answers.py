"""What experts have answered of the items an audit drew, and what that says of all the others."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from annotation import bulk
from annotation.core.intervals import Interval
from annotation.core.order.audit_draw import (
    ENOUGH_ERRORS,
    RIGHT,
    UNANSWERED,
    WRONG,
    Drawn,
    ErrorRate,
    Stratum,
    error_rate,
    recall,
)
from annotation.core.stored import IntervalJson
from annotation.models import Audit, CurrentLabel, Dataset, Decision, Detection, Flag, Item, class_now
from annotation.reading.learned_order import prior_evidence_of

TOPS = (100, 200, 500)


@dataclass(frozen=True)
class AuditRecall:
    """`of`: what is said to cover errors, in words. `share`: of the wrong labels, in [0, 1]; its n counts errors."""

    of: str
    share: Interval

    @property
    def too_few(self) -> bool:
        return self.share.n < ENOUGH_ERRORS


@dataclass(frozen=True)
class AuditState:
    """An audit as answered so far. `taken_out`: drawn items that experts called ambiguous or bad input."""

    audit: Audit
    rate: ErrorRate
    taken_out: int
    strata: tuple[Stratum, ...]
    recalls: tuple[AuditRecall, ...]

    @property
    def waiting(self) -> int:
        return self.rate.drawn - self.rate.answered


def audit_state(dataset: Dataset) -> AuditState | None:
    """The newest audit with what its answers say; recall is pooled over all audits. None before the first draw."""
    audits = list(dataset.audits.select_related("detection", "lead").order_by("id"))
    if not audits:
        return None
    read = [_read(audit) for audit in audits]
    newest = read[-1]
    strata = tuple(Stratum(**one) for one in audits[-1].strata)
    return AuditState(audits[-1], error_rate(newest.drawn), newest.taken_out, strata, _recalls(audits, read))


def newest_error_rate(dataset: Dataset) -> tuple[Audit, ErrorRate] | None:
    """The newest audit and the share of labels that its answers put wrong; None before one was answered."""
    audit = dataset.audits.order_by("-id").first()
    rate = error_rate(_read(audit).drawn) if audit else None
    return (audit, rate) if audit and rate and rate.answered else None


def error_rates(dataset: Dataset) -> list[tuple[Audit, ErrorRate]]:
    """Each audit, the first first, and the share of labels that its answers put wrong when it was drawn."""
    return [(audit, error_rate(_read(audit).drawn)) for audit in dataset.audits.order_by("id")]


@dataclass(frozen=True, eq=False)
class _Read:
    """items: int (m,), in the order of `drawn`."""

    items: np.ndarray
    drawn: Drawn
    taken_out: int


def _read(audit: Audit) -> _Read:
    """What experts have said of the items drawn, by whatever case, against the labels at the draw."""
    rows = list(audit.drawn.filter(item__split=Item.POOL).order_by("id").values_list("item_id", "stratum"))
    items = [item for item, _ in rows]
    labels: dict[int, int | None] = {}
    said: dict[int, tuple[str, int | None]] = {}
    decisions = Decision.objects.settling().filter(created_at__gte=audit.created_at).order_by("id")
    for batch in bulk.in_batches(items):
        before = CurrentLabel.objects.filter(item__in=batch, created_at__lte=audit.created_at).order_by("id")
        labels.update(before.values_list("item_id", class_now()))
        answers = decisions.filter(items__in=batch).values_list("items", "outcome", class_now())
        # a decision on a group names every member; only those drawn are of interest
        said.update({item: (outcome, label) for item, outcome, label in answers if item in labels})
    answer = [_answer(said.get(item), labels.get(item)) for item in items]
    out = sum(said.get(item, ("", None))[0] in (Decision.AMBIGUOUS, Decision.BAD_INPUT) for item in items)
    sizes = tuple(one["items"] for one in audit.strata)
    stratum = np.array([stratum for _, stratum in rows], dtype=np.int64)
    drawn = Drawn(stratum, np.array(answer, dtype=np.int64), sizes, audit.n_items - sum(sizes))
    return _Read(np.array(items, dtype=np.int64), drawn, out)


def _answer(said: tuple[str, int | None] | None, labels: int | None) -> int:
    """An item called ambiguous or bad input has no wrong label; it is counted apart."""
    if said is None:
        return UNANSWERED
    outcome, label = said
    # a class that became none is no answer to what is right today
    if outcome == Decision.LABEL and label is None:
        return UNANSWERED
    return WRONG if outcome == Decision.LABEL and label != labels else RIGHT


def _recalls(audits: list[Audit], read: list[_Read]) -> tuple[AuditRecall, ...]:
    """Recall of the flags and of the first of the order, as of the detection that each audit was drawn under."""
    known = [(audit, one, audit.detection) for audit, one in zip(audits, read, strict=True) if audit.detection]
    if not known:
        return ()
    drawn = [one.drawn for _, one, _ in known]
    flagged = [
        np.isin(one.items, list(Flag.objects.filter(detection=detection, item__in=one.items.tolist())
                                .values_list("item_id", flat=True)))
        for _, one, detection in known
    ]  # fmt: skip
    found = [AuditRecall("labels that a detector flags", recall(drawn, flagged))]
    smallest = min(audit.n_items for audit, _, _ in known)
    for top in (top for top in TOPS if top < smallest):
        first = [np.isin(one.items, _first(detection, top)) for _, one, detection in known]
        found.append(AuditRecall(f"the first {top} of the order of that detection", recall(drawn, first)))
    return tuple(found)


def _first(detection: Detection, top: int) -> np.ndarray:
    prior = prior_evidence_of(detection)
    return prior.item[np.argsort(-prior.score, kind="stable")[:top]]


class AuditJson(TypedDict):
    """What the answers of an audit say; recall: by what is measured, "too few" where too few errors were found."""

    audit: int
    items: int
    drawn: int
    answered: int
    wrong: int
    taken_out: int
    error_rate: IntervalJson | None
    if_unanswered_right: float
    if_unanswered_wrong: float
    recall: dict[str, IntervalJson | str]
    errors_found: int


def as_json(state: AuditState) -> AuditJson:
    """What the command prints."""
    rate = state.rate
    return {
        "audit": state.audit.pk, "items": state.audit.n_items, "drawn": rate.drawn, "answered": rate.answered,
        "wrong": rate.wrong, "taken_out": state.taken_out,
        "error_rate": rate.rate.as_json() if rate.answered else None,
        "if_unanswered_right": rate.least, "if_unanswered_wrong": rate.most,
        "recall": {one.of: "too few" if one.too_few else one.share.as_json() for one in state.recalls},
        "errors_found": max((one.share.n for one in state.recalls), default=0),
    }  # fmt: skip
