"""Answers given under earlier guidelines that a new version may change."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.models import Dataset, Decision, Guideline, LabelClass, Reason
from annotation.reading.cases import excerpt_of

MOST = 200


@dataclass(frozen=True)
class TouchedAnswer:
    decision: Decision
    excerpt: str

    @property
    def said(self) -> str:
        label_class = self.decision.label_class
        return label_class.name if label_class else self.decision.get_outcome_display()


@dataclass(frozen=True)
class Touched:
    """The answers that name one of `reasons`, or one of `classes` where no reason is chosen; the newest MOST of `n`."""

    reasons: Sequence[Reason]
    classes: Sequence[LabelClass]
    answers: Sequence[TouchedAnswer]
    n: int


def touched_by(
    guideline: Guideline, reasons: Sequence[Reason] | None = None, classes: Sequence[LabelClass] | None = None
) -> Touched:
    """What version `guideline` may change: by reasons and classes, or else by those of the answers that differed where
    it closes a gap."""
    dataset = guideline.dataset
    if reasons is None and classes is None:
        reasons, classes = _of_the_gap(guideline)
    reasons, classes = list(reasons or ()), list(classes or ())
    earlier = Decision.objects.settling().filter(
        case__dataset=dataset, created_at__lt=guideline.created_at, guideline__version__lt=guideline.version
    )
    if guideline.closes_gap_id:
        earlier = earlier.exclude(case=guideline.closes_gap.case_id if guideline.closes_gap else None)
    if reasons:
        earlier = earlier.filter(reasons__in=reasons).distinct()
    elif classes:
        earlier = earlier.filter(label_class__in=classes)
    newest = earlier.select_related("expert", "label_class", "guideline", "case").prefetch_related("items", "reasons")
    shown = list(newest.order_by("-id")[:MOST])
    return Touched(reasons, classes, [TouchedAnswer(one, _excerpt(dataset, one)) for one in shown], earlier.count())


def _of_the_gap(guideline: Guideline) -> tuple[list[Reason], list[LabelClass]]:
    if guideline.closes_gap_id is None:
        return [], []
    differing = Decision.objects.standing().filter(case__decisions=guideline.closes_gap_id)
    reasons = Reason.objects.filter(decision__in=differing).distinct()
    classes = LabelClass.objects.filter(decision__in=differing).distinct()
    return list(reasons), list(classes)


def _excerpt(dataset: Dataset, decision: Decision) -> str:
    items = list(decision.items.all())
    return excerpt_of(dataset, items[0].content) if items else ""
