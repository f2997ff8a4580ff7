"""The experts: how each does, what each knows, who is paused; and one's own record."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_expert, dataset_for_lead, typed_id
from annotation.actions.people.change_people import UnableToChange
from annotation.actions.people.change_rules import declare_field, drop_field
from annotation.actions.people.make_test import let_try_again
from annotation.actions.people.pause import pause, resume
from annotation.actions.queue.reopen import reopen
from annotation.forms.experts.inviting import InvitationForm
from annotation.forms.experts.routing import ExpertiseForm
from annotation.models import Dataset, Decision, Expertise, Membership, QualificationResult, QualificationTest
from annotation.reading.experts.readiness import readiness
from annotation.reading.experts.records import record_of, team
from annotation.views.refusals import refused_to


@never_cache
@require_GET
def experts(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    now = timezone.now()
    waiting = dataset.invitations.filter(used_at=None, expires_at__gt=now).order_by("-id")
    page = {
        "dataset": dataset, "team": team(dataset, now), "invite": InvitationForm(), "invitations": waiting,
        "link": request.session.pop("invitation", ""),
    }  # fmt: skip
    return render(request, "annotation/experts/experts.html", page)


@require_GET
def expert_record(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    return _record(request, dataset, _membership(dataset, pk), lead=True)


@require_GET
def my_record(request: Request, slug: str) -> HttpResponse:
    """One's own: agreement and self-agreement. How one does on items of known label is the lead's to tell."""
    dataset = dataset_for_expert(request.user, slug)
    return _record(request, dataset, _membership(dataset, request.user.pk), lead=False)


def _record(request: Request, dataset: Dataset, membership: Membership, lead: bool) -> HttpResponse:
    page: dict[str, Any] = {"dataset": dataset, "record": record_of(membership, timezone.now()), "lead": lead}
    if lead:
        page |= {"field": ExpertiseForm(dataset), "failed": _failed(membership)}
    return render(request, f"annotation/experts/{'record' if lead else 'my_record'}.html", page)


def _failed(membership: Membership) -> list[QualificationResult]:
    ready = readiness(membership.dataset, membership.user)
    return [*ready.failed, *ready.failed_of_class]


def _membership(dataset: Dataset, user: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user", "dataset"), dataset=dataset, user=user)


@require_POST
@refused_to("expert_record", "slug", "pk")
def change_expert(request: Request, slug: str, pk: int) -> HttpResponse:
    """Pause, resume, adjudicates, a field of expertise more or less, another try at a test, answers asked again."""
    dataset = dataset_for_lead(request.user, slug)
    membership = _membership(dataset, pk)
    change = CHANGES.get(request.POST.get("change", ""))
    if change is None:
        raise Http404
    messages.success(request, change(request, membership))
    return redirect("expert_record", slug, pk)


def _pause(request: Request, membership: Membership) -> str:
    if membership.role == Membership.LEAD:
        raise UnableToChange("A lead can't be paused; make them an expert first.")
    reason = request.POST.get("reason", "").strip() or "the lead will tell you why"
    pause(membership.dataset, membership.user, request.user, reason, timezone.now())
    return f"{membership.user.username} is paused; what they held went back to the queue."


def _resume(request: Request, membership: Membership) -> str:
    resume(membership.dataset, membership.user, request.user, timezone.now())
    return f"{membership.user.username} is handed cases again."


def _adjudicates(request: Request, membership: Membership) -> str:
    may = request.POST.get("may") == "1"
    Membership.objects.filter(pk=membership.pk).update(adjudicates=may)
    return f"{membership.user.username} {'now adjudicates' if may else 'no longer adjudicates'}."


def _declare(request: Request, membership: Membership) -> str:
    form = ExpertiseForm(membership.dataset, request.POST)
    if not form.is_valid():
        raise UnableToChange("Choose a source, a class or a value of this dataset.")
    kind, name, value = form.field()
    declare_field(membership.dataset, membership.user, kind, name, value)
    return f"{membership.user.username} now knows {name or kind} {value}."


def _drop(request: Request, membership: Membership) -> str:
    mine = Expertise.objects.filter(Q(user=membership.user), dataset=membership.dataset)
    field = mine.filter(pk=typed_id(request.POST.get("field", ""))).first()
    if field is None:
        raise UnableToChange("This field is gone already.")
    drop_field(field)
    return f"{field.value} is no longer {membership.user.username}'s."


def _retry(request: Request, membership: Membership) -> str:
    failed = {one.test_id for one in _failed(membership)}
    for test in QualificationTest.objects.filter(pk__in=failed):
        let_try_again(test, membership.user)
    return f"{membership.user.username} may try the test again."


def _reopen(request: Request, membership: Membership) -> str:
    ticked = [typed_id(pk) for pk in request.POST.getlist("answer")]
    mine = Decision.objects.settling().filter(case__dataset=membership.dataset, expert=membership.user, pk__in=ticked)
    reason = f"answers by {membership.user.username} looked at again"
    return reopen(membership.dataset, list(mine.select_related("case")), reason, timezone.now()).sentence


CHANGES = {
    "pause": _pause, "resume": _resume, "adjudicates": _adjudicates, "declare": _declare, "drop": _drop,
    "retry": _retry, "reopen": _reopen,
}  # fmt: skip
