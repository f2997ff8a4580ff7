"""What a dataset hands out, and in which form."""

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead
from annotation.actions.exporting.kinds import EVERYTHING, KINDS
from annotation.core.exporting.columns import aside_in_words
from annotation.forms.exporting import ExportForm
from annotation.views.downloads import exported_file
from annotation.views.refusals import refused_to


@require_GET
def export(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    kinds = [
        {"name": name, "kind": kind, "n": kind.holds(dataset), "aside": aside_in_words(kind.aside(dataset))}
        for name, kind in KINDS.items()
    ]  # fmt: skip
    page = {
        "dataset": dataset, "form": ExportForm(request.GET or None), "kinds": kinds, "everything": EVERYTHING,
        "detected": dataset.detections.exists(),
    }  # fmt: skip
    return render(request, "annotation/lead/export.html", page)


@require_GET
@refused_to("export")
def download_export(request: Request, slug: str, kind: str) -> HttpResponseBase:
    dataset = dataset_for_lead(request.user, slug)
    if kind not in (*KINDS, EVERYTHING):
        raise Http404
    asked = ExportForm(request.GET)
    form = asked.chosen()
    if kind == EVERYTHING:
        form = replace(form, zipped=False)  # the zip packs it
    return exported_file(dataset, kind, form, everything=asked.everything)
