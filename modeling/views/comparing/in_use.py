"""Naming the model that is live."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_lead
from annotation.views.refusals import refused_to
from modeling.actions.running.name_in_use import name_in_use


@require_POST
@refused_to("comparisons")
def in_use(request: Request, slug: str) -> HttpResponse:
    """`side`: a run's id or a prediction set's name."""
    dataset = dataset_for_lead(request.user, slug)
    found = name_in_use(dataset, request.POST.get("side", ""), request.user, timezone.now())
    messages.success(request, f"{str(found.run or found.predictions).capitalize()} is the model in use from now on.")
    return redirect("run", slug, found.run_id) if found.run_id else redirect("comparisons", slug)
