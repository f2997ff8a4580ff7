"""Answers given under earlier guidelines that a new version may change."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from annotation.models import Decision, Guideline, LabelClass, Reason, class_now
from annotation.reading.cases import AnswerLine, answer_lines

MOST = 200


@dataclass(frozen=True)
class Touched:
    """The answers that name one of `reasons`, or one of `classes` where no reason is chosen; the newest MOST of `n`."""

    reasons: Sequence[Reason]
    classes: Sequence[LabelClass]
    answers: Sequence[AnswerLine]
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
        earlier = earlier.annotate(meant=class_now()).filter(Q(label_class__in=classes) | Q(meant__in=classes))
    return Touched(reasons, classes, answer_lines(dataset, earlier, MOST), earlier.count())


def _of_the_gap(guideline: Guideline) -> tuple[list[Reason], list[LabelClass]]:
    if guideline.closes_gap_id is None:
        return [], []
    differing = Decision.objects.standing().filter(case__decisions=guideline.closes_gap_id)
    reasons = Reason.objects.filter(decision__in=differing).distinct()
    classes = LabelClass.objects.filter(decision__in=differing).distinct()
    return list(reasons), list(classes)
