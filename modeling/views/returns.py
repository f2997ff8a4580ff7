"""What expert time brings, what the next decisions should bring, and when to stop."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation.access import Request, dataset_for_lead
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from modeling.actions.watching.measure_returns import request_returns
from modeling.actions.watching.set_stop_rule import set_stop_rule
from modeling.core.watching.returns import AHEAD, ENOUGH
from modeling.figures.charts.returns import returns_plot
from modeling.figures.words.returns import minutes_words, returns_heading, scored_words
from modeling.forms.returns import ReturnsForm, StopRuleForm
from modeling.models import ReturnCurve
from modeling.reading.loop_progress import runs_of
from modeling.reading.watching.decisions_made import decisions_made, periods_of, spent_on
from modeling.reading.watching.return_curves import measuring, newest_curve, rule_of


@require_http_methods(["GET", "POST"])
def returns(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    if request.method == "POST":
        change = CHANGES.get(request.POST.get("change", ""))
        if change is None:
            raise Http404
        return change(request, dataset)
    return _show(request, dataset, ReturnsForm(dataset), _rule_form(dataset))


def _measure(request: Request, dataset: Dataset) -> HttpResponse:
    form = ReturnsForm(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            job = request_returns(form.cleaned_data["run"], form.cleaned_data["production"], user=request.user)
            return redirect("job", dataset.slug, job.pk)
    return _show(request, dataset, form, _rule_form(dataset), status=400)


def _set_rule(request: Request, dataset: Dataset) -> HttpResponse:
    form = StopRuleForm(request.POST)
    if form.is_valid():
        with reported_on(form):
            rule = set_stop_rule(dataset, form.cleaned_data["points"] / 100, request.user)
            messages.success(request, f"{AHEAD} decisions must gain {100 * rule.least_gain:g} points from now on.")
            return redirect("returns", dataset.slug)
    return _show(request, dataset, ReturnsForm(dataset), form, status=400)


CHANGES = {"measure": _measure, "rule": _set_rule}


def _rule_form(dataset: Dataset) -> StopRuleForm:
    rule = rule_of(dataset)
    return StopRuleForm(initial={"points": f"{100 * rule.least_gain:g}" if rule else ""})


def _show(
    request: Request, dataset: Dataset, form: ReturnsForm, rule_form: StopRuleForm, status: int = 200
) -> HttpResponse:
    made, rule, curve = decisions_made(dataset), rule_of(dataset), newest_curve(dataset)
    spent = spent_on(made)
    found = curve.found if curve else None
    page = {
        "dataset": dataset, "form": form, "rule_form": rule_form, "rule": rule, "curve": curve, "spent": spent,
        "heading": returns_heading(found, rule.least_gain if rule else None, spent),
        "periods": periods_of(dataset, made), "measuring": measuring(dataset), "enough": ENOUGH, "ahead": AHEAD,
        "any_run": runs_of(dataset).filter(converged=True).exists(),
        **(_measured(curve, len(made)) if curve else {}),
        "cost": minutes_words(AHEAD, spent),
    }  # fmt: skip
    return render(request, "modeling/returns.html", page, status=status)


def _measured(curve: ReturnCurve, decisions: int) -> dict[str, Any]:
    found = curve.found
    return {
        "found": found, "plot": returns_plot(found), "scored": scored_words(found),
        "since": decisions - found["points"][-1]["decisions"],
    }  # fmt: skip
