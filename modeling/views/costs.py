"""What errors cost, what that makes of a run, and by what comparisons are decided."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.proving.price_run import request_pricing
from modeling.actions.proving.set_costs import set_costs, set_metric, set_worthwhile
from modeling.core.proving.costs import UnableToPrice
from modeling.figures.charts.costs import cost_curve, cost_rows
from modeling.figures.words.costs import rule_rows, run_cost_heading, threshold_heading, threshold_options
from modeling.figures.words.numbers import points_words
from modeling.forms.costs import CostsForm, MetricForm, PriceForm
from modeling.models import RunCost
from modeling.reading.loop_progress import runs_of


@refused_to("costs")
def costs(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    if request.method == "POST":
        change = CHANGES.get(request.POST.get("change", ""))
        if change is None:
            raise Http404
        return change(request, dataset)
    return _show(request, dataset, CostsForm(dataset))


def _save(request: Request, dataset: Dataset) -> HttpResponse:
    form = CostsForm(dataset, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        with reported_on(form):
            made = set_costs(
                dataset, default=data["default"], pairs=form.pairs(), unit=data["unit"], user=request.user,
                based_on=data["based_on"],
            )  # fmt: skip
            messages.success(request, f"These costs are version {made.version}; they count from now on.")
            return redirect("costs", dataset.slug)
    return _show(request, dataset, form, status=400)


def _decide_by(request: Request, dataset: Dataset) -> HttpResponse:
    form = MetricForm(dataset, request.POST)
    if not form.is_valid():
        raise UnableToPrice("Give the difference worth having in points, from 0.1 to 50, and a saving above 0.")
    with transaction.atomic():
        set_worthwhile(dataset, form.cleaned_data["worthwhile"], form.cleaned_data.get("worthwhile_cost"))
        set_metric(dataset, request.POST.get("metric", ""))
    said = f"Comparisons are decided by {Dataset.METRICS[dataset.metric]} from now on; worth having is a difference of"
    messages.success(request, f"{said} {points_words(dataset.worthwhile)}.")
    return redirect("costs", dataset.slug)


def _price(request: Request, dataset: Dataset) -> HttpResponse:
    run = get_object_or_404(runs_of(dataset), pk=typed_id(request.POST.get("run", "")))
    return redirect("job", dataset.slug, request_pricing(run, user=request.user).pk)


CHANGES = {"costs": _save, "metric": _decide_by, "price": _price}


def _show(request: Request, dataset: Dataset, form: CostsForm, status: int = 200) -> HttpResponse:
    priced = _chosen(dataset, request.GET.get("run", ""))
    page = {
        "dataset": dataset, "form": form, "costs": dataset.costs, "priced": priced,
        "heading": _heading(dataset, priced), "any_run": runs_of(dataset).exists(),
        "price_form": PriceForm(dataset, initial={"run": typed_id(request.GET.get("run", "")) or _run_of(priced)}),
        "decided_by": Dataset.METRICS[dataset.metric], "metric_form": MetricForm(dataset),
        "worthwhile": points_words(dataset.worthwhile),
        **(_priced(priced) if priced else {}),
        "versions": dataset.cost_matrices.select_related("author").order_by("-version")[1:6],
    }  # fmt: skip
    return render(request, "modeling/costs.html", page, status=status)


def _run_of(priced: RunCost | None) -> int | None:
    return priced.run_id if priced else None


def _priced(found: RunCost) -> dict[str, Any]:
    """The rules in words, each with its figures, and of two classes the threshold."""
    threshold = found.report["threshold"]
    page: dict[str, Any] = {"rules": rule_rows(found.report), "threshold": threshold}
    if threshold is None:
        return page
    return page | {
        "threshold_heading": threshold_heading(threshold), "options": threshold_options(threshold),
        "chart": cost_curve(threshold, found.costs.unit), "chart_rows": cost_rows(threshold),
    }  # fmt: skip


def _chosen(dataset: Dataset, named: str) -> RunCost | None:
    """The run asked for, else the one priced last, by the newest costs it was priced by."""
    found = RunCost.objects.filter(run__snapshot__dataset=dataset).select_related("run__recipe", "costs")
    if run := typed_id(named):
        found = found.filter(run=run)
    return found.order_by("-id").first()


def _heading(dataset: Dataset, priced: RunCost | None) -> str:
    if dataset.costs is None:
        return "Nobody has said what errors cost"
    if priced is None:
        return "Errors have a price; no run has been priced by it yet"
    return run_cost_heading(priced.run_id, priced.report, priced.costs.unit)
