"""What an expert may see of an answer once it is given: what was said, and what the items carried until then."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from annotation.models import (
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Flag,
    Gold,
    Item,
    QualificationResult,
)
from annotation.often import AskedOften
from annotation.reading.cases import excerpt_of
from annotation.reading.experts.routing_rules import rules_of
from annotation.reading.why import told_reason

EXCERPT = 400
# An item of known answer and an expert's own case again carry what was imported for them: what is held true since
# would tell them from any other.
CARRIES_WHAT_WAS_IMPORTED = (Case.GOLD, Case.REPEAT)


@dataclass(frozen=True)
class Question:
    """The `place`-th of the `n` questions of a test, from 1; `result`: how the test went, once it is over."""

    place: int
    n: int
    result: QualificationResult | None = None


@dataclass(frozen=True)
class PastDecision:
    """A decision as its expert may see it: what was said, and what the items carried until then.

    `whole`: it covers every item of its case, so that why they were flagged gives nothing away. `right`: the right
    answer, where the dataset's rules tell it. `question`: it answered a test, of which nothing is revealed.
    """

    decision: Decision
    items: Sequence[Item]
    excerpt: str
    carried: str
    reason: str = ""
    whole: bool = False
    right: str = ""
    question: Question | None = None

    @property
    def said(self) -> str:
        return self.decision.said


def reveal(dataset: Dataset, decision: Decision | None) -> PastDecision | None:
    """The line of the last decision, with the reason of its strongest flag.

    A decision that left members of its group out comes without the reason: it counts the labels of all of them.
    """
    if decision is None:
        return None
    line = past_decisions(dataset, [decision])[0]
    case = decision.case
    if case.kind == Case.QUALIFICATION:
        return replace(line, question=question_of(case, decision))
    if case.kind == Case.GOLD and rules_of(dataset).gold_feedback:
        line = replace(line, right=_known(line.items))
    if len(line.items) < CaseItem.objects.filter(case=case).count():
        return line
    flags = Flag.objects.filter(item__in=line.items, detection__created_at__lte=decision.created_at)
    newest = flags.select_related("detection").order_by("-detection_id").first()
    reason = told_reason(line.items, newest.detection, decision.expert) if newest else ""
    return replace(line, reason=reason, whole=True)


def past_decisions(dataset: Dataset, decisions: Iterable[Decision]) -> list[PastDecision]:
    """The decisions as lines, in their order. Their items, classes and cases are best fetched with them."""
    decisions = list(decisions)
    carried = _carried(decisions)
    lines = []
    for decision in decisions:
        items = sorted(decision.items.all(), key=lambda item: item.pk)
        hidden = decision.case.kind == Case.QUALIFICATION
        lines.append(
            PastDecision(
                decision,
                items,
                excerpt_of(dataset, items[0].content, EXCERPT),
                "" if hidden else _counted(carried[decision.pk]),
            )  # fmt: skip
        )
    return lines


def question_of(case: Case, decision: Decision | None = None) -> Question | None:
    """Where the case stands in its test; None where it belongs to none."""
    if case.kind != Case.QUALIFICATION:
        return None
    asked = Case.objects.filter(test=case.test_id, reserved_for=case.reserved_for_id, opened_at=case.opened_at)
    result = None
    if decision:
        results = QualificationResult.objects.filter(test=case.test_id, user=decision.expert_id)
        result = results.filter(created_at=decision.created_at).order_by("-id").first()
    return Question(asked.filter(pk__lte=case.pk).count(), asked.count(), result)


def _known(items: Sequence[Item]) -> str:
    names = Gold.objects.known().filter(item__in=items).values_list("label_class__name", flat=True)
    return next((name for name in names if name), "")


def _counted(names: Sequence[str]) -> str:
    """access, payment, access → 2 access, 1 payment, the most first and equals by name; one alone is just named."""
    if len(names) == 1:
        return names[0]
    return ", ".join(f"{n} {name}" for name, n in Counter(sorted(names)).most_common())


def _carried(decisions: Sequence[Decision]) -> Mapping[int, list[str]]:
    """decision → the class of each of its items just before it, "no label" where there was none."""
    kinds = {decision.pk: decision.case.kind for decision in decisions}
    classes: dict[int, list[str]] = {decision.pk: [] for decision in decisions}
    # of one, the last they gave, the page of every case asks
    rows = _before_one.rows(decisions[0].pk) if len(decisions) == 1 else _before(list(kinds))
    for pk, name, at_first in rows:
        carried = at_first if kinds[pk] in CARRIES_WHAT_WAS_IMPORTED else name
        classes[pk].append(carried or "no label")
    return classes


def _before(decisions: Sequence[int]) -> QuerySet[Any, Any]:
    """Of each item of the decisions (ids): decision, name of its class just before, and of the first it ever had."""
    earlier = CurrentLabel.objects.filter(item=OuterRef("item")).filter(
        Q(decision__lt=OuterRef("decision")) | Q(decision=None, created_at__lte=OuterRef("decision__created_at"))
    )
    first = CurrentLabel.objects.filter(item=OuterRef("item")).order_by("id")
    before = Subquery(earlier.order_by("-id").values("label_class__name")[:1])
    imported = Subquery(first.values("label_class__name")[:1])
    rows = Decision.items.through.objects.filter(decision__in=decisions)
    return rows.order_by("item_id").values_list("decision_id", before, imported)


_before_one = AskedOften(lambda decision: _before([decision]), int)
