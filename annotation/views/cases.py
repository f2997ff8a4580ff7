"""The queue as its lead sees it."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from annotation.access import dataset_for_lead
from annotation.actions.export_cases import UnableToExport, export_cases
from annotation.actions.import_predictions import imported_sets
from annotation.actions.list_cases import list_cases, queue_state
from annotation.forms import CaseFilterForm


@require_GET
@vary_on_headers("HX-Request")
def cases(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = CaseFilterForm(dataset, request.GET)
    finding, detector = form.chosen()
    now, after = timezone.now(), request.GET.get("after", "")
    listed = list_cases(dataset, now, finding=finding and finding.pk, detector=detector, after=after)
    page = {
        "dataset": dataset, "state": queue_state(dataset, now), "form": form, "finding": finding, "detector": detector,
        "after": after, "listed": listed, "prediction_sets": imported_sets(dataset),
        "detection": dataset.detections.order_by("-id").first(),
        "learned": dataset.learned_orders.order_by("-id").first(),
    }  # fmt: skip
    # going back asks HTMX for the whole page again
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, f"annotation/lead/{'_cases' if part else 'cases'}.html", page)


@require_GET
def download_cases(request: HttpRequest, slug: str) -> HttpResponseBase:
    dataset = dataset_for_lead(request.user, slug)
    with tempfile.TemporaryDirectory(dir=settings.UPLOADS_DIR) as folder:
        path = Path(folder) / "cases.csv"
        try:
            export_cases(dataset, path)
        except UnableToExport as error:
            messages.error(request, str(error))
            return redirect("cases", slug)
        # the open file outlives its name
        return FileResponse(path.open("rb"), as_attachment=True, filename=f"{slug}-cases.csv", content_type="text/csv")
