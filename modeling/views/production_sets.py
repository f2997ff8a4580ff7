"""Production sets: those there are, and the making of one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.production.draw_production import draw_production
from annotation.actions.snapshot import snapshot
from annotation.core.wording import counted
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, ProductionDraw, Snapshot
from annotation.reading.production.draws import DrawProgress, n_undrawn, progress_of
from annotation.views.refusals import refused_to
from modeling.actions.proving.measure_unlikeness import request_unlikeness
from modeling.forms.comparing import production_sources
from modeling.forms.production_sets import DrawForm
from modeling.reading.production_sets import ProductionSet, production_sets, versions
from modeling.reading.rows_wanted import rows_wanted

SHOWN = 20


@require_GET
def sets(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    return _page(request, dataset, _form(dataset))


@require_POST
def draw(request: Request, slug: str) -> HttpResponse:
    """Each draw has a seed of its own: how many came before it."""
    dataset = dataset_for_lead(request.user, slug)
    form = _form(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            seed = dataset.production_draws.count()
            made = draw_production(dataset, **form.cleaned_data, seed=seed, lead=request.user, now=timezone.now())
            messages.success(
                request,
                f"Drawn: {counted(made.n_drawn, 'item')} of {made.n_items:,}, to come up among the cases of the queue.",
            )
            return redirect("production_sets", slug)
    return _page(request, dataset, form, status=400)


@require_POST
@refused_to("production_sets")
def freeze(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    drawn = get_object_or_404(dataset.production_draws, pk=pk)
    frozen = snapshot(dataset, Snapshot.PRODUCTION, user=request.user, draw=drawn)
    request_unlikeness(frozen, user=request.user)
    messages.success(
        request,
        f"Set {frozen.pk} holds {counted(frozen.n_rows, 'row')} of {drawn.name}, with what each weighs and who "
        "labelled it.",
    )
    return redirect("production_sets", slug)


@require_POST
@refused_to("production_sets")
def measure(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    production = get_object_or_404(dataset.snapshots.filter(purpose=Snapshot.PRODUCTION), pk=pk)
    job = request_unlikeness(production, user=request.user)
    return redirect("production_sets", slug) if job.is_over else redirect("job", slug, job.pk)


def _form(dataset: Dataset, data: Any = None) -> DrawForm:
    several = len(production_sources(dataset)) > 1
    return DrawForm(n_undrawn(dataset), data, several_sources=several)


def _page(request: Request, dataset: Dataset, form: DrawForm, status: int = 200) -> HttpResponse:
    draws = [progress_of(one) for one in dataset.production_draws.select_related("dataset").order_by("-id")[:SHOWN]]
    found, wanted, left = production_sets(dataset), rows_wanted(dataset), n_undrawn(dataset)
    page = {
        "dataset": dataset, "form": form, "draws": draws, "sets": found, "families": versions(found), "left": left,
        "wanted": wanted, "told": wanted.told_by(left) if left else None, "heading": _heading(draws, found),
        "by_source": ProductionDraw.BY_SOURCE,
    }  # fmt: skip
    return render(request, "modeling/production_sets.html", page, status=status)


def _heading(draws: list[DrawProgress], found: list[ProductionSet]) -> str:
    waiting = sum(one.waiting for one in draws)
    if waiting:
        return f"{counted(waiting, 'drawn item')} {'waits' if waiting == 1 else 'wait'} for answers"
    if not found:
        return "Nothing is frozen to prove a gain by"
    newest = found[0]
    read = "was not read yet" if not newest.looks else f"was read {counted(newest.looks, 'time')}"
    rows = counted(newest.snapshot.n_rows, "row")
    return f"{counted(len(found), 'production set')}; the newest has {rows} and {read}"
