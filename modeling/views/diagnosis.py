"""What the next hour is best spent on."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.proving.diagnose import request_diagnosis
from modeling.actions.proving.open_diagnosed import CONTRADICTED, DOUBTED, NEXT, open_diagnosed
from modeling.core.diagnosing.naming import NOBODY
from modeling.figures.charts.gains import GainBar, gain_chart
from modeling.figures.words.diagnosis import TITLES, heading, whys
from modeling.forms.diagnosis import DiagnosisForm
from modeling.models import Diagnosis

SHOWN = 50


@require_GET
def diagnosis(request: Request, slug: str) -> HttpResponse:
    """The newest one, and all before it."""
    dataset = dataset_for_lead(request.user, slug)
    return _page(request, dataset, _of(dataset).first(), DiagnosisForm(dataset))


@require_GET
def one_diagnosis(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(_of(dataset), pk=pk)
    return _page(request, dataset, found, DiagnosisForm(dataset))


@require_POST
def diagnose(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = DiagnosisForm(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            asked = form.cleaned_data
            job = request_diagnosis(asked["run"], asked["production"], user=request.user)
            return redirect("diagnosis", slug) if job.is_over else redirect("job", slug, job.pk)
    return _page(request, dataset, _of(dataset).first(), form, status=400)


@require_POST
@refused_to("diagnosis", "slug")
def open_doubted(request: Request, slug: str, pk: int) -> HttpResponse:
    return _opened(request, slug, pk, DOUBTED)


@require_POST
@refused_to("diagnosis", "slug")
def open_contradicted(request: Request, slug: str, pk: int) -> HttpResponse:
    return _opened(request, slug, pk, CONTRADICTED)


@require_POST
@refused_to("diagnosis", "slug")
def open_next(request: Request, slug: str, pk: int) -> HttpResponse:
    return _opened(request, slug, pk, NEXT)


def _opened(request: Request, slug: str, pk: int, which: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(_of(dataset), pk=pk)
    finding, n = open_diagnosed(found, which, request.user, timezone.now())
    left = "" if n else " Experts decided on all of them or have them in their queue."
    messages.success(request, f"{n:,} case{'' if n == 1 else 's'} opened, as a finding of yours.{left}")
    return redirect(f"{reverse('findings', args=[slug])}#finding-{finding.pk}")


def _of(dataset: Dataset) -> QuerySet[Diagnosis]:
    """The newest first."""
    found = Diagnosis.objects.filter(snapshot__dataset=dataset).select_related("snapshot", "run__recipe", "job")
    return found.order_by("-id")


def _page(
    request: Request, dataset: Dataset, one: Diagnosis | None, form: DiagnosisForm, status: int = 200
) -> HttpResponse:
    page: dict[str, Any] = {
        "dataset": dataset, "form": form, "diagnosis": one, "earlier": _of(dataset)[:SHOWN],
        "heading": heading(one.found) if one else "Nothing has been diagnosed yet",
    }  # fmt: skip
    if one:
        page |= {"found": one.found, "chart": gain_chart(_bars(one)), "whys": whys(one.found)}
    return render(request, "modeling/diagnosis.html", page, status=status)


def _bars(one: Diagnosis) -> list[GainBar]:
    """The largest gain first, what nobody can mend last."""
    first = one.found["named"][0] if one.found["named"] else None
    bars = [
        GainBar(
            TITLES[cause["name"]], cause["gain"]["value"], cause["gain"]["low"], cause["gain"]["high"],
            cause["name"] == first, cause["name"] == NOBODY,
        )
        for cause in one.found["causes"]
    ]  # fmt: skip
    return sorted(bars, key=lambda bar: (bar.hollow, -bar.value))
