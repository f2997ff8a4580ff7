"""A comparison as it is handed to somebody who never saw the app: to print, as Markdown, as JSON."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead
from modeling.core.proving.report_json import ReportJson
from modeling.figures.charts.dots import dot_chart
from modeling.figures.words.one_page import as_markdown, one_page
from modeling.models import Comparison
from modeling.reading.comparing.between import between
from modeling.reading.comparing.one_page import report_json
from modeling.reading.loop_progress import comparisons_of
from modeling.reports import bars_of, figures_of, report_on


@require_GET
def report(request: Request, slug: str, pk: int) -> HttpResponse:
    found, said = _report(request, slug, pk)
    shown = figures_of(found)
    page = {
        "dataset": found.snapshot.dataset, "comparison": found, "page": one_page(said, has_figures=shown),
        "chart": dot_chart(bars_of(found), "accuracy on production") if shown else None,
    }  # fmt: skip
    return render(request, "modeling/comparing/report.html", page)


@require_GET
def report_markdown(request: Request, slug: str, pk: int) -> HttpResponse:
    found, said = _report(request, slug, pk)
    text = as_markdown(one_page(said, has_figures=figures_of(found)))
    return _named(HttpResponse(text, content_type="text/markdown; charset=utf-8"), slug, pk, "md")


@require_GET
def report_as_json(request: Request, slug: str, pk: int) -> HttpResponse:
    _, said = _report(request, slug, pk)
    return _named(JsonResponse(said, json_dumps_params={"ensure_ascii": False, "indent": 2}), slug, pk, "json")


def _report(request: Request, slug: str, pk: int) -> tuple[Comparison, ReportJson]:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(comparisons_of(dataset), pk=pk)
    said = report_on(found)
    return found, report_json(found, said.heading, said.settings, between(found))


def _named(response: HttpResponse, slug: str, pk: int, kind: str) -> HttpResponse:
    response["Content-Disposition"] = f'inline; filename="{slugify(slug)}-comparison-{pk}.{kind}"'
    return response
