"""The answers that a version of the guideline touches, and asking about them again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.actions.queue.reopen import reopen
from annotation.models import Decision
from annotation.reading.experts.touched_answers import touched_by
from annotation.views.refusals import refused_to


@refused_to("touched", "slug", "version")
def touched(request: Request, slug: str, version: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    guideline = get_object_or_404(dataset.guidelines.select_related("closes_gap"), version=version)
    if request.method == "POST":
        ticked = [typed_id(pk) for pk in request.POST.getlist("answer")]
        decisions = Decision.objects.settling().filter(case__dataset=dataset, pk__in=ticked).select_related("case")
        done = reopen(dataset, list(decisions), f"guideline {guideline.version}", timezone.now())
        messages.success(request, done.sentence)
        return redirect("touched", slug, version)
    chosen = "by" in request.GET
    reasons = list(dataset.reasons.filter(pk__in=_ids(request, "reason"))) if chosen else None
    classes = list(dataset.label_classes.filter(pk__in=_ids(request, "class"))) if chosen else None
    page = {
        "dataset": dataset, "guideline": guideline, "touched": touched_by(guideline, reasons, classes),
        "all_reasons": dataset.reasons.all(), "all_classes": dataset.label_classes.all(),
    }  # fmt: skip
    return render(request, "annotation/experts/touched.html", page)


def _ids(request: Request, name: str) -> list[int]:
    return [int(one) for one in request.GET.getlist(name) if one.isdecimal() and len(one) < 19]
