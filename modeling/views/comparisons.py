"""Before and after on production."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.actions.snapshot import snapshot
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Job, PredictionSet, Snapshot, User
from modeling.actions.proving.compare import request_comparison
from modeling.core.fitting.stored import Scores
from modeling.core.proving.stored import SideScores
from modeling.figures.charts.dots import dot_chart
from modeling.figures.words.comparisons import settings_words
from modeling.figures.words.numbers import p_words, points_words
from modeling.figures.words.recipes import recipe_words
from modeling.figures.words.slices import slice_tables
from modeling.forms.comparing import CompareForm, imported_predictions, side_value
from modeling.models import Comparison
from modeling.reading.comparing.between import between
from modeling.reading.comparing.flips import KINDS, counts_of
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.loop_progress import before_and_after, comparisons_of, loop_progress_of, runs_of
from modeling.reports import bars_of, name_of, report_on

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
    return request_comparison(dataset, chosen["before"], chosen["after"], production, user=user)


def _proposal(dataset: Dataset) -> dict[str, Any]:
    """The model in use, or the first run, against the newest, on the newest production snapshot."""
    first, newest = before_and_after(dataset)
    production = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).order_by("-id").first()
    live = model_in_use(dataset)
    before = side_value(live) if live else first and first.pk
    return {"before": before, "after": newest and newest.pk, "production": production and production.pk}


def _list(request: Request, dataset: Dataset, form: CompareForm, status: int = 200) -> HttpResponse:
    found = [report_on(one) for one in comparisons_of(dataset).order_by("-id")[:SHOWN]]
    page = {
        "dataset": dataset, "form": form, "reports": found, "progress": loop_progress_of(dataset),
        "n_runs": runs_of(dataset).count(), "live": model_in_use(dataset), "n_sides": len(form.names),
        "imported": imported_predictions(dataset), "decided_by": Dataset.METRICS[dataset.metric],
        "worthwhile": points_words(dataset.worthwhile),
        "heading": found[0].heading if found else "Nothing has been compared yet",
    }  # fmt: skip
    return render(request, "modeling/comparisons.html", page, status=status)


@require_GET
def comparison(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(comparisons_of(dataset), pk=pk)
    report = report_on(found)
    page = {
        "dataset": dataset, "comparison": found, "proof": found.proof, "report": report,
        "settings": settings_words(report.settings, _recipe(found)), "done": between(found),
        "near_copies": found.proof["left_out"].get("near_duplicate_of_production"),
        "sides": [name_of(found, side) for side in ("before", "after")],
        **(_figures(found) if report.has_figures else {}),
    }  # fmt: skip
    return render(request, "modeling/comparison.html", page)


def _figures(found: Comparison) -> dict[str, Any]:
    """What a comparison shows that has read labels."""
    proof = found.proof
    flips = [(kind, words, counts_of(found)[kind]) for kind, words in KINDS.items()]
    return {
        "chart": dot_chart(bars_of(found), "accuracy on production"), "flips": flips,
        "flips_said": ", ".join(f"{n:,} {kind.replace('_', ', both ')}" for kind, _, n in flips if n is not None),
        "n_flips": sum(n or 0 for _, _, n in flips), "mcnemar": p_words(proof["mcnemar_p"]), "scores": _scores(found),
        "metric": Dataset.METRICS[proof["difference"]["metric"]], "tables": slice_tables(proof),
        "learned_from": found.after_run.snapshot.n_rows if found.after_run else None,
        "steerings": found.steerings.count(),
    }  # fmt: skip


def _scores(found: Comparison) -> list[tuple[str, int | None, SideScores | Scores]]:
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


def _recipe(found: Comparison) -> str:
    run = found.after_run
    return recipe_words(run.recipe.learner, run.resolved) if run else ""
