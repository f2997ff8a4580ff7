"""How good each annotator is, what they together say, and where they differ."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead
from annotation.actions.crowd.estimate_consensus import request_consensus
from annotation.core.crowd.consensus_choice import MAJORITY, METHODS
from annotation.models import Annotator, Job
from annotation.reading.annotators import Annotators, confusion_of, list_annotators
from annotation.templatetags.house import points


@require_GET
def annotators(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = list_annotators(dataset, everyone="all" in request.GET)
    busy = dataset.jobs.filter(kind="consensus", status__in=[Job.QUEUED, Job.RUNNING]).order_by("-id").first()
    page = {
        "dataset": dataset, "found": found, "heading": _heading(found), "busy": busy,
        "more": found.n_annotators - len(found.annotators) if found else 0,
    }  # fmt: skip
    return render(request, "annotation/lead/annotators.html", page)


@require_GET
def annotator(request: Request, slug: str, pk: int) -> HttpResponse:
    one = part_for_lead(request.user, slug, Annotator.objects.select_related("dataset", "user"), pk)
    page = {"dataset": one.dataset, "annotator": one, "rows": confusion_of(one.dataset, one)}
    return render(request, "annotation/lead/annotator.html", page)


@require_POST
def estimate(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    job = request_consensus(dataset, apply="apply" in request.POST, user=request.user)
    return redirect("job", slug, job.pk)


def _heading(found: Annotators | None) -> str:
    """The finding in words: which method is taken, and what it gains."""
    if found is None:
        return "The annotators have not been judged yet"
    chosen = next(row for row in found.methods if row.chosen)
    if chosen.difference is None:
        return "No item has labels of two annotators, so annotators cannot be compared"
    gain = chosen.difference.value
    if chosen.name == METHODS[MAJORITY]:
        ahead = any(row.difference is not None and row.difference.value > 0 for row in found.methods)
        return "Majority is taken" if ahead else "No method is expected to be right more often than majority"
    more, by = "more" if gain >= 0 else "less", points(abs(gain)).removeprefix("+")
    of = f"{by} points of {found.consensus.n_items:,} items"
    return f"{chosen.name} is expected to be right {more} often than majority, by {of}"
