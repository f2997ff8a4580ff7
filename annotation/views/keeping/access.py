"""Who saw and took out what: of a dataset for its leads, of the site for those who run it."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.models import Dataset
from annotation.reading.datasets.access import list_access


@require_GET
def access_log(request: Request, slug: str) -> HttpResponse:
    return _page(request, dataset_for_lead(request.user, slug))


@require_GET
def site_access_log(request: Request) -> HttpResponse:
    return _page(request, None)


def _page(request: Request, dataset: Dataset | None) -> HttpResponse:
    listed = list_access(dataset, typed_id(request.GET.get("before", "")))
    page = {"dataset": dataset, "listed": listed, "days": int(settings.ACCESS_LOG_DAYS)}
    return render(request, "annotation/keeping/access_log.html", page)
