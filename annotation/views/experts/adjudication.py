"""Settling what experts differ on, and moving on what they passed to the lead."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_expert, dataset_for_lead, typed_id
from annotation.actions.people.notify import leads_of, notify
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.reopen import send_back, set_aside
from annotation.actions.queue.undo import undo
from annotation.core.refusal import Refusal
from annotation.forms.experts.adjudicating import OUTCOMES, AdjudicationForm, MoveOnForm
from annotation.models import Case, Dataset, Decision, Membership, User
from annotation.reading.experts.disputes import Dispute, dispute_about, disputes_for
from annotation.reading.experts.members import members_of
from annotation.reading.experts.readiness import adjudicators
from annotation.views.refusals import refused_to

# Counting stops here: nobody settles more in a week.
MOST = 500


@never_cache
def adjudicate(request: Request, slug: str) -> HttpResponse:
    """The first case that waits for whoever asks, or the one named; sent in, it is settled."""
    dataset = dataset_for_expert(request.user, slug)
    if request.user.pk not in adjudicators(dataset):
        raise Http404
    named = typed_id(request.POST.get("case") or request.GET.get("case", ""))
    waiting = disputes_for(dataset, request.user, MOST + 1)
    case = next(iter(disputes_for(dataset, request.user, 1, named) if named else waiting), None)
    if case is None and request.method == "POST":
        messages.warning(request, "This case is no longer yours to settle; nothing was recorded.")
        return redirect("adjudicate", slug)
    form = AdjudicationForm(case, request.POST or None) if case else None
    if case and form and request.method == "POST" and form.is_valid():
        decision = _settled(request, case, form)
        return _after(request, dataset, decision)
    page = {
        "dataset": dataset, "n_waiting": min(len(waiting), MOST), "or_more": len(waiting) > MOST, "form": form,
        "last": _last(dataset, request.user),
    }  # fmt: skip
    return render(request, "annotation/experts/adjudicate.html", page | (_shown(case, dataset) if case else {}))


def _shown(case: Case, dataset: Dataset) -> dict[str, Any]:
    dispute: Dispute = dispute_about(case)
    return {
        "case": case, "dispute": dispute, "members": members_of(dataset, case), "outcomes": OUTCOMES,
        "classes": dataset.label_classes.in_use(), "guideline": dataset.guideline, "token": uuid4(),
        "move": MoveOnForm(dataset),
    }  # fmt: skip


def _settled(request: Request, case: Case, form: AdjudicationForm) -> Decision | None:
    said, now = form.cleaned_data, timezone.now()
    outcome, label_class = said["answer"]
    answer = Answer(
        outcome, said["token"], label_class, items=[item.pk for item in said["item"]], note=said["note"],
        cause=said["cause"],
    )  # fmt: skip
    try:
        return decide(case, request.user, answer, now)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return None


def _after(request: Request, dataset: Dataset, decision: Decision | None) -> HttpResponse:
    """A gap in the guideline is closed at once by a lead, and told to them by anybody else."""
    if decision is None or decision.cause != Decision.GAP:
        return redirect("adjudicate", dataset.slug)
    write = f"{reverse('guidelines', args=[dataset.slug])}?gap={decision.pk}"
    if dataset.role_of(request.user) == Membership.LEAD:
        messages.success(request, "Settled. Now say what the guideline does not say yet.")
        return redirect(write)
    notify(dataset, leads_of(dataset), "An adjudicator found a gap in the guideline.", write, timezone.now())
    messages.success(request, "Settled; the lead is told of the gap.")
    return redirect("adjudicate", dataset.slug)


def _last(dataset: Dataset, user: User) -> Decision | None:
    """The adjudication `user` can take back: their latest answer, where it is one."""
    mine = Decision.objects.standing().filter(case__dataset=dataset, expert=user).order_by("-id")
    latest = mine.select_related("label_class").first()
    return latest if latest and latest.cause else None


@require_POST
@refused_to("adjudicate")
def undo_adjudication(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    decision = Decision.objects.filter(case__dataset=dataset, expert=request.user, pk=pk).exclude(cause="").first()
    if decision is None:
        raise Http404
    case = undo(decision, request.user, uuid4(), timezone.now())
    messages.success(request, "Taken back; the case is open again.")
    return redirect(f"{reverse('adjudicate', args=[slug])}?case={case.pk}")


@require_POST
@refused_to("adjudicate")
def move_on(request: Request, slug: str, pk: int) -> HttpResponse:
    """A lead sends a case that waits back to the experts, or sets it aside."""
    dataset = dataset_for_lead(request.user, slug)
    case = dataset.cases.open().filter(pk=pk).first()
    if case is None:
        raise Http404
    if "aside" in request.POST:
        set_aside(case)
        messages.success(request, "Set aside: nobody is asked until you send it back.")
        return redirect("adjudicate", slug)
    form = MoveOnForm(dataset, request.POST)
    to = form.cleaned_data["to"] if form.is_valid() else None
    send_back(case, to, timezone.now())
    if to:
        notify(dataset, [to.pk], "A case was sent to you.", reverse("queue", args=[slug]), timezone.now())
    messages.success(request, f"Sent to {to.get_username() if to else 'the experts'}.")
    return redirect("adjudicate", slug)
