"""Before and after on production."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.actions.snapshot import snapshot
from annotation.core.refusal import Refusal
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Job, PredictionSet, Snapshot, User
from modeling.actions.proving.compare import request_comparison
from modeling.core.fitting.stored import Scores
from modeling.core.proving.stored import SideScores
from modeling.figures.charts.dots import dot_chart
from modeling.figures.words.comparisons import settings_words
from modeling.figures.words.numbers import p_words
from modeling.figures.words.recipes import recipe_words
from modeling.forms.training import CompareForm
from modeling.models import Comparison
from modeling.reading.loop_progress import alone, comparisons_of, loop_progress_of, runs_of
from modeling.reports import Flip, bars_of, flips, labels_changed, report_on, rows_needed

SHOWN = 100


@require_GET
def comparisons(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    named = {key: typed_id(request.GET.get(key, "")) for key in ("before", "after", "production")}
    asked = {key: pk for key, pk in named.items() if pk}
    return _list(request, dataset, CompareForm(dataset, initial={**_proposal(dataset), **asked}))


@require_POST
def compare(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = CompareForm(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            return redirect("job", slug, _request(dataset, form.cleaned_data, request.user).pk)
    return _list(request, dataset, form, status=400)


def _request(dataset: Dataset, chosen: dict[str, Any], user: User) -> Job:
    production = chosen["production"] or snapshot(
        dataset, Snapshot.PRODUCTION, sources=tuple(chosen["sources"]), user=user
    )
    return request_comparison(dataset, str(chosen["before"].pk), str(chosen["after"].pk), production, user=user)


def _proposal(dataset: Dataset) -> dict[str, Any]:
    """The first run against the newest, on the newest production snapshot."""
    runs = runs_of(dataset).filter(snapshot__labels_of=None)
    first, newest = runs.order_by("id").first(), alone(runs).order_by("-id").first()
    production = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).order_by("-id").first()
    return {"before": first and first.pk, "after": newest and newest.pk, "production": production and production.pk}


def _list(request: Request, dataset: Dataset, form: CompareForm, status: int = 200) -> HttpResponse:
    found = [report_on(one) for one in comparisons_of(dataset).order_by("-id")[:SHOWN]]
    page = {
        "dataset": dataset, "form": form, "reports": found, "progress": loop_progress_of(dataset),
        "n_runs": runs_of(dataset).count(),
        "heading": found[0].heading if found else "Nothing has been compared yet",
    }  # fmt: skip
    return render(request, "modeling/comparisons.html", page, status=status)


@require_GET
def comparison(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(comparisons_of(dataset), pk=pk)
    shown, lost = _flips(found)
    report = report_on(found)
    page = {
        "dataset": dataset, "comparison": found, "proof": found.proof, "report": report,
        "settings": settings_words(report.settings, _recipe(found)),
        "chart": dot_chart(bars_of(found), "accuracy on production"), "changed": labels_changed(found),
        "flipped": found.proof["wrong_to_right"] + found.proof["right_to_wrong"], "flips": shown, "flips_lost": lost,
        "mcnemar": p_words(found.proof["mcnemar_p"]), "needed": _needed(found), "sides": _sides(found),
        "near_copies": found.proof["left_out"].get("near_duplicate_of_production"),
        "metric": Dataset.METRICS[found.proof["difference"]["metric"]],
        "learned_from": found.after_run.snapshot.n_rows if found.after_run else None,
    }  # fmt: skip
    return render(request, "modeling/comparison.html", page)


def _sides(found: Comparison) -> list[tuple[str, int | None, SideScores | Scores]]:
    """(name, run, scores): before as first trained where that differs, before, after."""
    as_trained = found.proof.get("as_trained")
    shown: list[tuple[str, int | None, SideScores | Scores]] = []
    if as_trained:
        shown.append(("Before, as first trained", as_trained["run"], as_trained))
    return [
        *shown,
        (_side_words("Before", found.before_run_id, found.before), found.before_run_id, found.proof["before"]),
        (_side_words("After", found.after_run_id, found.after), found.after_run_id, found.proof["after"]),
    ]


def _side_words(name: str, run: int | None, predictions: PredictionSet) -> str:
    return name if run else f"{name}: {predictions.name}"


def _flips(found: Comparison) -> tuple[list[Flip], str]:
    """The rows that flipped, or why they cannot be shown: the figures outlive the files they came from."""
    try:
        return flips(found), ""
    except Refusal as refusal:
        return [], str(refusal)


def _needed(found: Comparison) -> tuple[int, float] | None:
    return rows_needed(found) if found.verdict == "not distinguishable" else None


def _recipe(found: Comparison) -> str:
    run = found.after_run
    return recipe_words(run.recipe.learner, run.resolved) if run else ""
