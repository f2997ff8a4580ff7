"""The expert's pages: one case at a time, and my history.

What an item carries, who labelled it and why it was flagged are not on the page of an open case: they are read only for
decisions that were made.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, case_for_expert, dataset_for_expert
from annotation.actions.queue import undo as undoing
from annotation.actions.queue.decide import Answer, UnableToDecide
from annotation.actions.queue.decide import decide as record
from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip as pass_on
from annotation.actions.queue.undo import last_decision
from annotation.core.likeness.differences import Piece, negation_differs, word_differences
from annotation.core.refusal import Refusal
from annotation.models import Case, CaseItem, CurrentLabel, Dataset, Decision, Finding, Flag, Item, LabelClass, User

DIGITS = 9
PAGE = 25


@require_GET
def queue(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    return _show(request, dataset, _finding(request, dataset))


@require_POST
def decide(request: Request, slug: str, pk: int) -> HttpResponse:
    case = case_for_expert(request.user, slug, pk)
    finding = _finding(request, case.dataset)
    now = timezone.now()
    try:
        record(case, request.user, _answer(request, case, now), now)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return _go_on(request, case.dataset, finding)


@require_POST
def skip(request: Request, slug: str, pk: int) -> HttpResponse:
    case = case_for_expert(request.user, slug, pk)
    finding = _finding(request, case.dataset)
    pass_on(case, request.user, timezone.now())
    return _go_on(request, case.dataset, finding)


@require_POST
def undo(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    finding = _finding(request, dataset)
    decision = get_object_or_404(Decision.objects.filter(case__dataset=dataset, expert=request.user), pk=pk)
    try:
        case = undoing.undo(decision, request.user, uuid4(), timezone.now())
        messages.success(request, f"Your answer to case {case.pk} is taken back; the case is yours again.")
        finding = finding if finding and dataset.cases.of_finding(finding.pk).filter(pk=case.pk).exists() else None
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return _go_on(request, dataset, finding)


@require_GET
def history(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    mine = Decision.objects.filter(case__dataset=dataset, expert=request.user).exclude(outcome=Decision.UNDO)
    before = request.GET.get("before", "")
    page = mine.filter(pk__lt=int(before)) if before.isdecimal() else mine
    related = page.select_related("label_class", "undone_by", "guideline").prefetch_related("items", "reasons")
    decisions = list(related.order_by("-id")[: PAGE + 1])
    context = {
        "dataset": dataset, "lines": _lines(dataset, decisions[:PAGE]), "older": len(decisions) > PAGE,
        "newest": not before.isdecimal(), "last": last_decision(dataset.pk, request.user),
    }  # fmt: skip
    return render(request, "annotation/expert/history.html", context)


class Ids(forms.TypedMultipleChoiceField):
    """Whole numbers, as tick boxes send them; what they name is looked up by whoever asks for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, **kwargs)

    def valid_value(self, value: str) -> bool:
        return value.isdecimal() and len(value) < 19


class AnswerForm(forms.Form):
    """What the page of a case sends: the answer is a class's id or the name of an outcome that is no class."""

    token = forms.UUIDField()
    answer = forms.CharField()
    item = Ids(required=False)
    reason = Ids(required=False)
    note = forms.CharField(required=False, max_length=4000)
    unsure = forms.BooleanField(required=False)

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset = dataset

    def clean_answer(self) -> tuple[str, LabelClass | None]:
        said = self.cleaned_data["answer"]
        if said in (Decision.AMBIGUOUS, Decision.BAD_INPUT, Decision.DIFFERENT):
            return said, None
        classes = {str(label_class.pk): label_class for label_class in self.dataset.label_classes.all()}
        label_class = classes.get(said)
        if label_class is None:
            raise forms.ValidationError("This answer is none of the dataset's.")
        return Decision.LABEL, label_class


def _answer(request: Request, case: Case, now: datetime) -> Answer:
    """The answer as sent; its seconds run from when the case was handed out. Raises UnableToDecide."""
    form = AnswerForm(case.dataset, request.POST)
    if not form.is_valid():
        raise UnableToDecide("That answer did not arrive whole, so nothing was recorded. Please give it again.")
    said = form.cleaned_data
    outcome, label_class = said["answer"]
    # Legitimately different is about all members shown, ticked or not.
    items = () if outcome == Decision.DIFFERENT else tuple(said["item"])
    if outcome != Decision.DIFFERENT and not items:
        raise UnableToDecide("Tick at least one item of this case for your answer.")
    held_since = case.leased_at if case.leased_to_id == request.user.pk else None
    return Answer(
        outcome, said["token"], label_class, items=items, note=said["note"],
        reasons=list(case.dataset.reasons.filter(pk__in=said["reason"])),
        confidence="unsure" if said["unsure"] else "sure",
        seconds=(now - held_since).total_seconds() if held_since else None,
    )  # fmt: skip


def _finding(request: Request, dataset: Dataset) -> Finding | None:
    """The finding that `?finding=` narrows the queue to."""
    wanted = request.GET.get("finding", "")
    if not wanted:
        return None
    if not wanted.isdecimal():
        raise Http404
    return get_object_or_404(Finding.objects.filter(dataset=dataset), pk=int(wanted))


def _go_on(request: Request, dataset: Dataset, finding: Finding | None) -> HttpResponse:
    """The next case: at once for HTMX, by a redirect without it."""
    if request.htmx:
        return _show(request, dataset, finding)
    return redirect(reverse("queue", args=[dataset.slug]) + _query(finding))


def _query(finding: Finding | None) -> str:
    return f"?finding={finding.pk}" if finding else ""


def _show(request: Request, dataset: Dataset, finding: Finding | None) -> HttpResponse:
    """Lease the next case and show it: the page, or the parts of it that change."""
    now = timezone.now()
    case = lease(dataset, request.user, now, finding.pk if finding else None)
    context = {
        "dataset": dataset, "finding": finding, "query": _query(finding), "case": case,
        "last": _reveal(dataset, last_decision(dataset.pk, request.user)),
        **_counts(dataset, request.user, finding, now),
    }  # fmt: skip
    if case:
        context |= _open_case(dataset, case, request.user)
    else:
        context["n_with_others"] = _narrowed(dataset, finding).filter(leased_until__gt=now).count()
    return render(request, f"annotation/expert/{'_next' if request.htmx else 'queue'}.html", context)


def _counts(dataset: Dataset, user: User, finding: Finding | None, now: datetime) -> dict[str, int]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Decision.objects.standing().filter(expert=user, case__dataset=dataset, created_at__gte=midnight)
    return {"n_today": mine.count(), "n_open": _narrowed(dataset, finding).count()}


def _narrowed(dataset: Dataset, finding: Finding | None) -> QuerySet[Case]:
    cases = dataset.cases.open()
    return cases.of_finding(finding.pk) if finding else cases


def _open_case(dataset: Dataset, case: Case, user: User) -> dict[str, Any]:
    classes = list(dataset.label_classes.all())
    return {
        "members": members_of(dataset, case), "classes": classes, "on_digits": classes[:DIGITS],
        "more": len(classes) - DIGITS, "reasons": dataset.reasons.all(), "guideline": dataset.guideline,
        "token": uuid4(), "draft": case.decisions.filter(expert=user).exclude(outcome=Decision.UNDO).last(),
    }  # fmt: skip


@dataclass(frozen=True)
class Member:
    """An item as shown: text fields as pieces, the others as (name, value, differs from the first member)."""

    item: Item
    texts: list[tuple[str, list[Piece]]]
    values: list[tuple[str, Any, bool]]
    same_as_first: bool = False
    negation: bool = False


def members_of(dataset: Dataset, case: Case) -> list[Member]:
    """The items of the case; of a group the medoid first, the others with what differs from it."""
    items = list(Item.objects.filter(case_items__case=case))
    first, *others = sorted(items, key=lambda item: (item.digest != case.group_digest, item.pk))
    return [compared(dataset, first, first), *(compared(dataset, item, first) for item in others)]


def compared(dataset: Dataset, item: Item, first: Item) -> Member:
    """An item with what differs from `first` marked."""
    texts, values, negation = [], [], False
    for field in dataset.typed_fields:
        base, value = first.content.get(field.name), item.content.get(field.name)
        if field.type == "text":
            texts.append((field.name, word_differences(base or "", value or "")))
            negation = negation or negation_differs(base or "", value or "")
        else:
            written = f"{value:.12g}" if isinstance(value, float) else value
            values.append((field.name, written, value != base))
    return Member(item, texts, values, item is not first and item.content == first.content, negation)


@dataclass(frozen=True)
class PastDecision:
    """A decision as its expert may see it: what was said, and what the items carried until then.

    `whole`: it covers every item of its case, so that why they were flagged gives nothing away.
    """

    decision: Decision
    items: Sequence[Item]
    excerpt: str
    carried: str
    reason: str = ""
    whole: bool = False

    @property
    def said(self) -> str:
        label_class = self.decision.label_class
        return label_class.name if label_class else self.decision.get_outcome_display()


def _reveal(dataset: Dataset, decision: Decision | None) -> PastDecision | None:
    """The line of the last decision, with the reason of its strongest flag.

    A decision that left members of its group out comes without the reason: it counts the labels of all of them.
    """
    if decision is None:
        return None
    line = _lines(dataset, [decision])[0]
    if len(line.items) < CaseItem.objects.filter(case=decision.case_id).count():
        return line
    flag = Flag.objects.filter(item__in=line.items, detection__created_at__lte=decision.created_at)
    reason = flag.order_by("-detection_id", "-score", "id").values_list("reason", flat=True).first()
    return PastDecision(decision, line.items, line.excerpt, line.carried, reason or "", whole=True)


def _lines(dataset: Dataset, decisions: Iterable[Decision]) -> list[PastDecision]:
    decisions = list(decisions)
    carried = _carried(decisions)
    names = [field.name for field in dataset.typed_fields if field.type == "text"] or [
        field.name for field in dataset.typed_fields
    ]
    lines = []
    for decision in decisions:
        items = sorted(decision.items.all(), key=lambda item: item.pk)
        excerpt = " · ".join(str(items[0].content.get(name) or "") for name in names)
        lines.append(PastDecision(decision, items, excerpt, _counted(carried[decision.pk])))
    return lines


def _counted(names: Sequence[str]) -> str:
    """access, payment, access → 2 access, 1 payment, the most first and equals by name; one alone is just named."""
    if len(names) == 1:
        return names[0]
    return ", ".join(f"{n} {name}" for name, n in Counter(sorted(names)).most_common())


def _carried(decisions: Sequence[Decision]) -> dict[int, list[str]]:
    """decision → the class of each of its items just before it, "no label" where there was none."""
    earlier = CurrentLabel.objects.filter(item=OuterRef("item")).filter(
        Q(decision__lt=OuterRef("decision")) | Q(decision=None, created_at__lte=OuterRef("decision__created_at"))
    )
    carried = Subquery(earlier.order_by("-id").values("label_class__name")[:1])
    rows = Decision.items.through.objects.filter(decision__in=decisions)
    classes: dict[int, list[str]] = {decision.pk: [] for decision in decisions}
    for decision_id, name in rows.values_list("decision_id", carried):
        classes[decision_id].append(name or "no label")
    return classes
