"""Sweeps: many recipes, or one as it grows; asked for, under way, and what came of them."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Job
from annotation.views.refusals import refused_to
from modeling.actions.training import capacity, sweep
from modeling.actions.training.beside_tuned import request_beside_tuned
from modeling.figures.charts.capacity import growth_plots
from modeling.figures.charts.dots import Bar, dot_chart
from modeling.figures.words.sweeps import METRIC_WORDS, change_rows, growth_heading, recipes_heading, short
from modeling.forms.lab import CapacityForm, SweepForm
from modeling.models import Sweep
from modeling.reading.loop_progress import runs_of

SHOWN, BARS = 50, 12
KINDS = ("sweep", "capacity")
AGAIN: dict[str, Callable[..., Job]] = {"sweep": sweep.again, "capacity": capacity.again}


@require_GET
def sweeps(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    return _list(request, dataset, SweepForm(dataset))


@require_POST
def start(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = SweepForm(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            job = sweep.request_sweep(dataset, form.specs, form.cleaned_data["seeds"], user=request.user)
            return redirect("job", slug, job.pk)
    return _list(request, dataset, form, status=400)


@require_POST
def grow(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = CapacityForm(request.POST)
    if form.is_valid():
        with reported_on(form):
            job = capacity.request_capacity(dataset, form.cleaned_data["grows"], user=request.user)
            return redirect("job", slug, job.pk)
    return _list(request, dataset, SweepForm(dataset), growing=form, status=400)


@require_POST
@refused_to("sweeps")
def again(request: Request, slug: str, pk: int) -> HttpResponse:
    """A sweep that was cancelled or failed goes on where it was."""
    stopped = Job.objects.filter(kind__in=KINDS, status__in=(Job.CANCELLED, Job.FAILED))
    job = part_for_lead(request.user, slug, stopped, pk)
    return redirect("job", slug, AGAIN[job.kind](job, user=request.user).pk)


@require_POST
@refused_to("run", "slug", "pk")
def beside_tuned(request: Request, slug: str, pk: int) -> HttpResponse:
    """A run that stopped early beside the tuned alternative."""
    run = get_object_or_404(runs_of(dataset_for_lead(request.user, slug)), pk=pk)
    return redirect("job", slug, request_beside_tuned(run, user=request.user).pk)


@require_GET
def found(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    one = get_object_or_404(_sweeps(dataset), pk=pk)
    page = {"dataset": dataset, "sweep": one, "found": one.found, "heading": _heading(one)}
    if one.kind == Sweep.CAPACITY:
        return render(request, "modeling/capacity.html", page | _grown(one))
    return render(request, "modeling/sweep.html", page | _swept(one))


def _sweeps(dataset: Dataset) -> QuerySet[Sweep]:
    return dataset.sweeps.select_related("snapshot", "earlier", "job__created_by")


def _list(
    request: Request, dataset: Dataset, form: SweepForm, growing: CapacityForm | None = None, status: int = 200
) -> HttpResponse:
    done = list(_sweeps(dataset).order_by("-id")[:SHOWN])
    page = {
        "dataset": dataset, "form": form, "growing": growing or CapacityForm(),
        "rows": [(one, _heading(one)) for one in done],
        "jobs": dataset.jobs.unfinished().filter(kind__in=KINDS).order_by("id"),
        "stopped": dataset.jobs.filter(kind__in=KINDS, status__in=(Job.CANCELLED, Job.FAILED)).order_by("-id")[:5],
        "heading": _heading(done[0]) if done else "No recipe has been swept yet",
    }  # fmt: skip
    return render(request, "modeling/sweeps.html", page, status=status)


def _heading(one: Sweep) -> str:
    return growth_heading(one.growth_found) if one.kind == Sweep.CAPACITY else recipes_heading(one.recipes_found)


def _swept(one: Sweep) -> dict[str, Any]:
    """The recipes, those that compete first, and a chart of the best of them."""
    swept = one.recipes_found
    rows = swept["recipes"]
    judged = [entry for entry in rows if not entry["why"]]
    shown = judged[:BARS] + [entry for entry in judged[BARS:] if entry["simplest"]]
    bars = [
        Bar(short(entry), entry["score"], entry["low"], entry["high"], swept["n"],
            "after" if entry["simplest"] else "")
        for entry in shown
    ]  # fmt: skip
    metric = METRIC_WORDS[swept["metric"]]
    return {
        "chart": dot_chart(bars, f"{metric} on rows not seen"), "rows": rows, "metric": metric,
        "close": sum(entry["close"] for entry in judged), "judged": len(judged), "hidden": len(judged) - len(shown),
        "simplest": next(entry for entry in judged if entry["simplest"]),
        "best": next(entry for entry in judged if entry["best"]),
    }  # fmt: skip


def _grown(one: Sweep) -> dict[str, Any]:
    grown = one.growth_found
    growth = capacity.GROWTHS.get(grown["grows"])
    if growth is None:
        raise Http404
    penalties = {True: growth.regularized_words, False: growth.free_words}
    return {
        "plots": growth_plots(grown["points"], growth.words), "growth": growth,
        "changes": change_rows(grown, penalties),
        "lost": [point for point in grown["points"] if point["why"]],
        "points": [(penalties[point["regularized"]], point) for point in grown["points"] if point["run"]],
    }  # fmt: skip
