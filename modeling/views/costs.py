"""What errors cost, what that makes of a run, and by what comparisons are decided."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.models import Dataset
from modeling.actions.proving.price_run import request_pricing
from modeling.actions.proving.set_costs import set_costs, set_metric
from modeling.core.proving.costs import UnableToPrice
from modeling.figures.charts.costs import cost_curve
from modeling.figures.words.numbers import money
from modeling.figures.words.recipes import recipe_words
from modeling.forms.costs import CostsForm
from modeling.models import ModelRun, RunCost
from modeling.reading.loop_progress import runs_of

RUNS = 50


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
        try:
            made = set_costs(
                dataset, default=data["default"], pairs=form.pairs(), unit=data["unit"], user=request.user,
                based_on=data["based_on"],
            )  # fmt: skip
            messages.success(request, f"These costs are version {made.version}; they count from now on.")
            return redirect("costs", dataset.slug)
        except UnableToPrice as error:
            form.add_error(None, str(error))
    return _show(request, dataset, form, status=400)


def _decide_by(request: Request, dataset: Dataset) -> HttpResponse:
    try:
        set_metric(dataset, request.POST.get("metric", ""))
        messages.success(request, f"Comparisons are decided by {Dataset.METRICS[dataset.metric]} from now on.")
    except UnableToPrice as error:
        messages.error(request, str(error))
    return redirect("costs", dataset.slug)


def _price(request: Request, dataset: Dataset) -> HttpResponse:
    run = get_object_or_404(runs_of(dataset), pk=typed_id(request.POST.get("run", "")))
    try:
        return redirect("job", dataset.slug, request_pricing(run, user=request.user).pk)
    except UnableToPrice as error:
        messages.error(request, str(error))
        return redirect("costs", dataset.slug)


CHANGES = {"costs": _save, "metric": _decide_by, "price": _price}


def _show(request: Request, dataset: Dataset, form: CostsForm, status: int = 200) -> HttpResponse:
    priced = _chosen(dataset, request.GET.get("run", ""))
    threshold = priced.report["threshold"] if priced else None
    page = {
        "dataset": dataset, "form": form, "costs": dataset.costs, "priced": priced,
        "heading": _heading(dataset, priced), "metrics": Dataset.METRICS, "runs": _runs(dataset),
        "chosen": request.GET.get("run") or str(priced.run_id if priced else ""),
        "threshold": threshold, "rules": _rules(priced), "chart": cost_curve(threshold) if threshold else None,
        "versions": dataset.cost_matrices.select_related("author").order_by("-version")[1:6],
    }  # fmt: skip
    return render(request, "modeling/costs.html", page, status=status)


def _chosen(dataset: Dataset, named: str) -> RunCost | None:
    """The run asked for, else the one priced last, by the newest costs it was priced by."""
    found = RunCost.objects.filter(run__snapshot__dataset=dataset).select_related("run__recipe", "costs")
    if run := typed_id(named):
        found = found.filter(run=run)
    return found.order_by("-id").first()


def _runs(dataset: Dataset) -> list[tuple[ModelRun, str]]:
    runs = runs_of(dataset).order_by("-id")[:RUNS]
    return [(run, recipe_words(run.recipe.learner, run.resolved)) for run in runs]


def _heading(dataset: Dataset, priced: RunCost | None) -> str:
    if dataset.costs is None:
        return "Nobody has said what errors cost"
    if priced is None:
        return "Errors have a price; no run has been priced by it yet"
    rules = {one["rule"]: one for one in priced.report["rules"]}
    costs, saved = rules["cheapest"]["validation"]["per_thousand"], rules["cheapest"]["saved"]
    unit = f"{priced.costs.unit} per 1,000 items"
    if saved["low"] > 0:
        limits = f"{money(saved['low'])} to {money(saved['high'])}"
        return f"Predicting the cheapest class saves {money(saved['value'])} {unit} with run {priced.run_id} ({limits})"
    if saved["high"] < 0:
        return f"Predicting the cheapest class costs more with run {priced.run_id}: {money(-saved['value'])} {unit}"
    return (
        f"Run {priced.run_id} costs {money(costs['value'])} {unit}; whether the cheapest class saves anything cannot "
        "be told"
    )


NAMES = {
    "likeliest": ("Likeliest class", "what a model says when nobody counts costs"),
    "cheapest": ("Cheapest class", "least expected cost, from its probabilities as they are"),
    "threshold": ("Threshold", "chosen out of fold; each row by a threshold from other groups"),
}


def _rules(priced: RunCost | None) -> list[dict[str, Any]]:
    """The rules in words, each with its figures."""
    rows = priced.report["rules"] if priced else []
    return [{**one, **dict(zip(("name", "what"), _named(one), strict=True))} for one in rows]


def _named(rule: dict[str, Any]) -> tuple[str, str]:
    return NAMES.get(rule["rule"]) or (f"Always {rule['class']}", "the one class that costs least for all")
