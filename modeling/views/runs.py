"""Training, and what came of it."""

import tempfile
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.core.intervals import wilson
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.running.export_runs import export_runs
from modeling.actions.training.recipes import differing, run_facts
from modeling.actions.training.train import request_training
from modeling.figures.charts.loss import loss_curve
from modeling.figures.words.recipes import left_out_words, recipe_words
from modeling.figures.words.runs import NAMES, loss_heading, run_heading, setting_rows
from modeling.forms.lab import RunsForm
from modeling.forms.training import TrainForm
from modeling.models import ModelRun
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.loop_progress import loop_progress_of, runs_of
from modeling.reading.runs import SORTS, list_runs
from modeling.views.linear_runs import linear_sections
from modeling.views.run_parts import description_sections

SHARES: tuple[tuple[Literal["balanced_accuracy", "macro_f1"], str], ...] = (
    ("balanced_accuracy", "Balanced accuracy"),
    ("macro_f1", "Macro F1"),
)


@require_GET
def runs(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    like = typed_id(request.GET.get("like", ""))
    asked = {"how": TrainForm.LIKE, "like": like} if like else _proposal(dataset)
    return _list(request, dataset, TrainForm(dataset, initial=asked))


@require_POST
def train(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = TrainForm(dataset, request.POST)
    if form.is_valid():
        with reported_on(form):
            first = request.POST.get("labels") == "imported"
            job = request_training(dataset, user=request.user, as_imported=first, **form.recipe())
            return redirect("job", slug, job.pk)
    return _list(request, dataset, form, status=400)


def _list(request: Request, dataset: Dataset, form: TrainForm, status: int = 200) -> HttpResponse:
    progress = loop_progress_of(dataset)
    page = {
        "dataset": dataset, "form": form, "heading": _heading(progress.newest_run),
        "word": "Retrain" if progress.newest_run else "Train", "progress": progress, "live": model_in_use(dataset),
        **_table(request, dataset),
    }  # fmt: skip
    return render(request, "modeling/runs.html", page, status=status)


def _table(request: Request, dataset: Dataset) -> dict[str, Any]:
    """The part of the runs that is asked for, and the links that ask for another."""
    form = RunsForm(dataset, request.GET)
    asked = form.asked()
    page = list_runs(dataset, asked)
    query = request.GET.copy()
    query.pop("after", None)
    links = {}
    for name in SORTS:
        query["sort"] = name if asked.sort == f"-{name}" else f"-{name}"
        links[name] = query.urlencode()
    query["sort"] = asked.sort
    filtered = query.urlencode()
    query["after"] = str(page.after or "")
    return {
        "filter": form, "table": page, "rows": [(run, recipe_of(run)) for run in page.runs], "sorts": links,
        "sorted_by": asked.sort, "next_page": query.urlencode() if page.after else "", "filtered": filtered,
    }  # fmt: skip


@require_GET
def diff(request: Request, slug: str) -> HttpResponse:
    """In what two runs differ."""
    dataset = dataset_for_lead(request.user, slug)
    chosen = [pk for pk in map(typed_id, request.GET.getlist("run")) if pk]
    if len(chosen) != 2:
        messages.error(request, "Tick two runs to see in what they differ.")
        return redirect("runs", slug)
    one, other = (get_object_or_404(runs_of(dataset), pk=pk) for pk in sorted(chosen))
    facts = [{"recipe": run.recipe.name or None, **run_facts(run.resolved), "snapshot": run.snapshot_id,
              "converged": "yes" if run.converged else "no"} for run in (one, other)]  # fmt: skip
    lines = differing(*facts)
    page = {"dataset": dataset, "lines": lines, "n": sum(line.differs for line in lines), "back": "runs",
            "names": [f"Run {one.pk}", f"Run {other.pk}"], "runs": [one, other], "what": "runs"}  # fmt: skip
    return render(request, "modeling/diff.html", page)


@require_GET
@refused_to("runs")
def download_runs(request: Request, slug: str) -> HttpResponseBase:
    dataset = dataset_for_lead(request.user, slug)
    asked = RunsForm(dataset, request.GET).asked()
    with tempfile.TemporaryDirectory(dir=settings.UPLOADS_DIR) as folder:
        path = Path(folder) / "runs.csv"
        export_runs(dataset, path, asked)
        # the open file outlives its name
        return FileResponse(path.open("rb"), as_attachment=True, filename=f"{slug}-runs.csv", content_type="text/csv")


def _with_origin(dataset: Dataset) -> QuerySet[ModelRun]:
    """Runs with who asked for them and what they repeat."""
    return runs_of(dataset).select_related("job__created_by", "like", "snapshot__labels_of")


def _proposal(dataset: Dataset) -> dict[str, Any]:
    """The first run's settings again, so that only labels differ; cross-validation where there is none."""
    first = runs_of(dataset).filter(snapshot__labels_of=None).order_by("id").first()
    return {"how": TrainForm.LIKE, "like": first.pk} if first else {"how": TrainForm.CV}


def _heading(newest: ModelRun | None) -> str:
    if newest is None:
        return "Nothing has been trained yet"
    return run_heading(f"Run {newest.pk}", newest.metrics["validation"])


def recipe_of(run: ModelRun) -> str:
    """In words, without its name."""
    return recipe_words(run.recipe.learner, run.recipe.settings)


@require_GET
def run(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(_with_origin(dataset), pk=pk)
    page = {
        "dataset": dataset, "run": found, "recipe": recipe_of(found), **_scores(found), **_loss(found),
        **linear_sections(found), **description_sections(found), **_origin(found), "live": model_in_use(dataset),
    }  # fmt: skip
    return render(request, "modeling/run.html", page)


def _scores(found: ModelRun) -> dict[str, Any]:
    train_scores, validation = found.metrics["train"], found.metrics["validation"]
    return {
        "heading": run_heading(f"Run {found.pk}", validation, found.converged, found.at_chance),
        "train": train_scores, "validation": validation,
        "scores": [(name, train_scores[key], validation[key]) for key, name in SHARES],
    }  # fmt: skip


def _origin(found: ModelRun) -> dict[str, Any]:
    """What it takes to train it again."""
    return {
        "settings": setting_rows(found.resolved),
        "chosen": [NAMES.get(key, key) for key in ("C", "l1_ratio") if found.recipe.settings.get(key) == "cv"],
        "left_out": left_out_words(found.snapshot.left_out), "environment": sorted(found.environment.items()),
    }  # fmt: skip


def _loss(found: ModelRun) -> dict[str, Any]:
    """The loss curve where the learner has one, and its ends as rows."""
    curve = found.metrics.get("curve")
    chart = loss_curve(curve) if curve else None
    if curve is None or chart is None:
        return {"loss": None}
    sides = (
        ("Rows learned from", curve["n"], curve["train_loss"], curve["train_accuracy"]),
        ("Rows kept apart", curve["n_validation"], curve["validation_loss"], curve["validation_accuracy"]),
    )
    rows = [(name, n, losses[curve["best"]], losses[-1], share, *_limits(share, n)) for name, n, losses, share in sides]
    return {"loss": {"chart": chart, "curve": curve, "rows": rows, "heading": loss_heading(curve)}}


def _limits(share: float, n: int) -> tuple[float, float]:
    found = wilson(round(share * n), n)
    return found.low, found.high
