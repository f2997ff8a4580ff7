"""How much of a gain came from labels and how much from regularization."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Snapshot
from modeling.actions.proving.attribute import request_attribution
from modeling.core.proving.stored import AttributionFound
from modeling.figures.charts.dots import Bar, dot_chart
from modeling.figures.words.attribution import (
    attribution_heading,
    interaction_words,
    metric_note,
    over_words,
    settings_name,
)
from modeling.forms.attribution import AttributionForm
from modeling.models import Attribution
from modeling.reading.loop_progress import before_and_after, runs_of

SHOWN = 50
SERIES = {("old", "old"): "before", ("new", "new"): "after"}


@require_GET
def attributions(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    named = {key: typed_id(request.GET.get(key, "")) for key in ("before", "after", "production")}
    asked = {key: pk for key, pk in named.items() if pk}
    return _list(request, dataset, AttributionForm(dataset, initial={**_proposal(dataset), **asked}))


@require_POST
def attribute(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = AttributionForm(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            return redirect("job", slug, request_attribution(dataset, user=request.user, **form.cleaned_data).pk)
    return _list(request, dataset, form, status=400)


@require_GET
def attribution(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    one = get_object_or_404(_attributions(dataset), pk=pk)
    found: AttributionFound = one.found
    page = {
        "dataset": dataset, "attribution": one, "found": found, "heading": attribution_heading(found),
        "other": settings_name(found), "over": over_words(found), "interaction": interaction_words(found),
        "metric": metric_note(found), "chart": dot_chart(_bars(found), "accuracy on production"),
        "cells": [(_cell_words(cell["labels"], cell["settings"], found), cell) for cell in found["cells"]],
    }  # fmt: skip
    return render(request, "modeling/attribution.html", page)


def _bars(found: AttributionFound) -> list[Bar]:
    return [
        Bar(
            _cell_words(cell["labels"], cell["settings"], found), cell["accuracy"]["value"], cell["accuracy"]["low"],
            cell["accuracy"]["high"], found["n"], SERIES.get((cell["labels"], cell["settings"]), ""),
        )
        for cell in found["cells"]
    ]  # fmt: skip


def _cell_words(labels: str, settings: str, found: AttributionFound) -> str:
    return f"{labels.capitalize()} labels, {settings} {settings_name(found)}"


def _attributions(dataset: Dataset) -> QuerySet[Attribution]:
    of = Attribution.objects.filter(snapshot__dataset=dataset)
    return of.select_related("snapshot", "before_run__recipe", "after_run__recipe", "job__created_by")


def _proposal(dataset: Dataset) -> dict[str, Any]:
    """The first run against the newest, on the newest production snapshot."""
    first, newest = before_and_after(dataset)
    production = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).order_by("-id").first()
    return {"before": first and first.pk, "after": newest and newest.pk, "production": production and production.pk}


def _list(request: Request, dataset: Dataset, form: AttributionForm, status: int = 200) -> HttpResponse:
    found = [(one, attribution_heading(one.found)) for one in _attributions(dataset).order_by("-id")[:SHOWN]]
    page = {
        "dataset": dataset, "form": form, "rows": found, "n_runs": runs_of(dataset).count(),
        "n_production": dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).count(),
        "heading": found[0][1] if found else "What labels and what regularization gained is not known yet",
    }  # fmt: skip
    return render(request, "modeling/attributions.html", page, status=status)
