"""Accounts of members: a link for a new password, and switching an account off and on."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.people.deactivate import deactivate, reactivate
from annotation.actions.people.reset import reset_path_by
from annotation.models import Membership
from annotation.views.refusals import refused_to


@require_POST
@refused_to("people")
def make_reset_link(request: Request, slug: str, pk: int) -> HttpResponse:
    """The link stands on the page once: it is kept nowhere."""
    member = _member(request, slug, pk)
    path = reset_path_by(request.user, member.user)
    request.session["reset_link"] = [member.user.username, request.build_absolute_uri(path)]
    return redirect("people", slug)


@require_POST
@refused_to("people")
def switch_account(request: Request, slug: str, pk: int) -> HttpResponse:
    user = _member(request, slug, pk).user
    if "reactivate" in request.POST:
        reactivate(user, request.user)
        messages.success(request, f"{user.username} can log in again.")
    else:
        deactivate(user, request.user, timezone.now())
        messages.success(request, f"{user.username} is deactivated and logged out; what they decided stays.")
    return redirect("people", slug)


def _member(request: Request, slug: str, pk: int) -> Membership:
    members = Membership.objects.filter(dataset=dataset_for_lead(request.user, slug)).select_related("user")
    return get_object_or_404(members, user=pk)
