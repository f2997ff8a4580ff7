"""Invitation links: made by a lead, opened by whoever gets one."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.access import Request, address_of_request, dataset_for_lead
from annotation.actions.guarding.throttle import UnableToTry
from annotation.actions.guarding.tries import try_link
from annotation.actions.people.invite import accept, invitation_of, invite, withdraw
from annotation.core.refusal import Refusal
from annotation.forms.experts.inviting import InvitationForm, NewAccountForm
from annotation.models import AccessRecord
from annotation.views.guarding.adapters import log_access
from annotation.views.guarding.paused import paused


@require_POST
def make_invitation(request: Request, slug: str) -> HttpResponse:
    """The link stands on the page once: only the digest of its secret is kept."""
    dataset = dataset_for_lead(request.user, slug)
    if "withdraw" in request.POST:
        pk = request.POST["withdraw"]
        withdraw(get_object_or_404(dataset.invitations.all(), pk=pk if pk.isdecimal() else 0), timezone.now())
        messages.success(request, "The invitation can't be used any more.")
        return redirect("experts", slug)
    form = InvitationForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        secret = invite(dataset, said["role"], said["name"], request.user, timezone.now())
        request.session["invitation"] = request.build_absolute_uri(reverse("invitation", args=[secret]))
    return redirect("experts", slug)


@login_not_required
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Accepted by a button, after a login or a new account; then the test or the first case is there."""
    try:
        with try_link(address_of_request(request), timezone.now()) as right:
            found = invitation_of(secret, timezone.now())
            right.append(True)
        form = NewAccountForm(request.POST if request.method == "POST" and "username" in request.POST else None)
        if request.method == "POST" and not request.user.is_authenticated and form.is_valid():
            login(request, form.save(), backend="django.contrib.auth.backends.ModelBackend")
            log_access(request, AccessRecord.INVITATION, form.instance, "account made")
        if request.method == "POST" and request.user.is_authenticated:
            dataset = accept(secret, request.user, timezone.now())
            return redirect("queue", dataset.slug)
    except UnableToTry as refusal:
        return paused(render(request, "annotation/experts/invitation.html", {"fault": str(refusal)}), refusal.seconds)
    except Refusal as refusal:
        return render(request, "annotation/experts/invitation.html", {"fault": str(refusal)}, status=410)
    page = {"invitation": found, "form": form, "secret": secret}
    return render(request, "annotation/experts/invitation.html", page)
