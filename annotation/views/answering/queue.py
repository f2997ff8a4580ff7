"""My queue: the case to answer, and what an expert does with it."""

from datetime import datetime
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation.access import (
    Request,
    case_for_expert,
    dataset_for_expert,
    finding_for_expert,
    id_behind,
    shown_id,
)
from annotation.actions.queue import lease
from annotation.actions.queue import undo as undoing
from annotation.actions.queue.decide import Answer, UnableToDecide
from annotation.actions.queue.decide import decide as record
from annotation.actions.queue.skip import skip as pass_on
from annotation.actions.queue.take_back_skip import take_back_skip
from annotation.bulk import DatabaseBusy
from annotation.core.refusal import Refusal
from annotation.forms.answer import AnswerForm, SkipForm
from annotation.models import Case, Dataset, Decision, Finding, Skip, User
from annotation.views.answering.busy import kept_while_busy
from annotation.views.answering.showing import MOST_AHEAD, Outcome, query_of, show


@never_cache
@require_GET
@kept_while_busy
def queue(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    return show(request, dataset, _finding(request, dataset))


@require_POST
@kept_while_busy
def decide(request: Request, slug: str, pk: int) -> HttpResponse:
    case = case_for_expert(request.user, slug, pk)
    finding = _finding(request, case.dataset)
    now = timezone.now()
    try:
        answer = _answer(request, case, now)
        record(case, request.user, answer, now, only_held=True)
    except DatabaseBusy:
        raise
    except Refusal as refusal:
        case.refresh_from_db()
        theirs = case.status == Case.OPEN and case.held_by(request.user, now)
        return _go_on(request, case.dataset, finding, Outcome(refusal=str(refusal), theirs=theirs))
    return _go_on(request, case.dataset, finding, Outcome(done=str(answer.token)))


@require_POST
@kept_while_busy
def skip(request: Request, slug: str, pk: int) -> HttpResponse:
    case = case_for_expert(request.user, slug, pk)
    finding = _finding(request, case.dataset)
    reason, note = SkipForm(request.POST).reason()
    pass_on(case, request.user, timezone.now(), reason, note)
    return _go_on(request, case.dataset, finding, Outcome(done=shown_id(case.pk)))


@require_POST
@kept_while_busy
def undo(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    finding = _finding(request, dataset)
    decision = get_object_or_404(Decision.objects.filter(case__dataset=dataset, expert=request.user), pk=pk)
    try:
        case = undoing.undo(decision, request.user, uuid4(), timezone.now())
    except DatabaseBusy:
        raise
    except Refusal as refusal:
        return _go_on(request, dataset, finding, Outcome(refusal=str(refusal)))
    messages.success(request, f"Your answer to case {shown_id(case.pk)} is taken back; the case is yours again.")
    return _go_on(request, dataset, _still(finding, case), Outcome(done=str(decision.pk), first=case))


def _still(finding: Finding | None, case: Case) -> Finding | None:
    """The finding, unless the case that comes first is none of its cases."""
    held = finding and case.dataset.cases.of_finding(finding.pk).filter(pk=case.pk).exists()
    return finding if held else None


@require_POST
@kept_while_busy
def take_back(request: Request, slug: str, pk: int) -> HttpResponse:
    """Take back that the user passed the case on."""
    case = case_for_expert(request.user, slug, pk)
    get_object_or_404(Skip.objects.filter(case=case, expert=request.user).order_by("-id")[:1])
    finding = _finding(request, case.dataset)
    try:
        case = take_back_skip(case, request.user, timezone.now())
    except DatabaseBusy:
        raise
    except Refusal as refusal:
        return _go_on(request, case.dataset, finding, Outcome(refusal=str(refusal)))
    messages.success(request, f"You take case {shown_id(case.pk)} after all; it is yours again.")
    return _go_on(request, case.dataset, _still(finding, case), Outcome(done=shown_id(case.pk), first=case))


@require_POST
@kept_while_busy
def renew(request: Request, slug: str) -> JsonResponse:
    """Keep the cases `have` for as long again: which of them are the user's now."""
    dataset = dataset_for_expert(request.user, slug)
    ids = []
    for one in request.POST.get("have", "").split(",")[: 3 * MOST_AHEAD]:
        try:
            ids.append(id_behind(one))
        except ValueError:
            continue
    held = lease.renew(dataset, request.user, ids, timezone.now())
    return JsonResponse({"held": [shown_id(case.pk) for case in held]})


def _answer(request: Request, case: Case, now: datetime) -> Answer:
    """The answer as sent. Raises UnableToDecide."""
    form = AnswerForm(case.dataset, request.POST)
    if not form.is_valid():
        raise UnableToDecide("That answer did not arrive whole, so nothing was recorded. Please give it again.")
    said = form.cleaned_data
    outcome, label_class = said["answer"]
    # Legitimately different is about all members shown, ticked or not.
    items = () if outcome == Decision.DIFFERENT else tuple(said["item"])
    if outcome != Decision.DIFFERENT and not items:
        raise UnableToDecide("Tick at least one item of this case for your answer.")
    return Answer(
        outcome, said["token"], label_class, items=items, note=said["note"],
        reasons=list(case.dataset.reasons.filter(pk__in=said["reason"])),
        confidence="unsure" if said["unsure"] else "sure",
        seconds=_seconds(case, request.user, said["shown"], now),
    )  # fmt: skip


def _seconds(case: Case, user: User, shown: int | None, now: datetime) -> float | None:
    """How long the answer took, in seconds.

    As the browser measured it, from when the case was painted to the press, and never longer than the case was held: a
    case may have been ready long before it was shown, and an answer may have waited for the network. Where a browser
    measures nothing, from when the case was handed out or the expert's last answer or skip, whichever is later.
    """
    if case.leased_to_id != user.pk or case.leased_at is None:
        return None
    held = max(0.0, (now - case.leased_at).total_seconds())
    if shown is not None:
        return min(shown / 1000, held)
    answers = Decision.objects.filter(expert=user, created_at__gt=case.leased_at)
    skips = Skip.objects.filter(expert=user, created_at__gt=case.leased_at)
    before = [rows.order_by("-id").values_list("created_at", flat=True).first() for rows in (answers, skips)]
    since = max([case.leased_at, *(at for at in before if at)])
    return max(0.0, (now - since).total_seconds())


def _finding(request: Request, dataset: Dataset) -> Finding | None:
    """The finding that `?finding=` narrows the queue to."""
    wanted = request.GET.get("finding", "")
    return finding_for_expert(request.user, dataset, wanted) if wanted else None


def _go_on(request: Request, dataset: Dataset, finding: Finding | None, outcome: Outcome) -> HttpResponse:
    """The next cases: at once for the page's script, by a redirect without it."""
    if request.htmx:
        return show(request, dataset, finding, outcome)
    if outcome.refusal:
        messages.warning(request, outcome.refusal)
    return redirect(reverse("queue", args=[dataset.slug]) + query_of(finding))
