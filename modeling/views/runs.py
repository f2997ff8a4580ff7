"""Training, and what came of it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotation.access import dataset_for_lead
from annotation.actions.work import UnableToWork
from annotation.core.intervals import wilson
from annotation.models import Dataset
from modeling.actions.train import request_training
from modeling.charts import loss_curve
from modeling.forms import TrainForm
from modeling.models import ModelRun
from modeling.standing import runs_of, standing_of
from modeling.views.linear import linear_sections
from modeling.words import left_out_words, percent, recipe_words, span

METRICS = (
    ("accuracy", "Accuracy"), ("balanced_accuracy", "Balanced accuracy"), ("macro_f1", "Macro F1"),
    ("log_loss", "Log loss, nats"),
)  # fmt: skip
SHOWN = 100


@require_GET
def runs(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    return _list(request, dataset, TrainForm(dataset, initial=_proposal(dataset)))


@require_POST
def train(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = TrainForm(dataset, request.POST)
    if form.is_valid():
        try:
            job = request_training(dataset, user=request.user, **form.recipe())
            return redirect("job", slug, job.pk)
        except UnableToWork as error:
            form.add_error(None, str(error))
    return _list(request, dataset, form, status=400)


def _list(request: HttpRequest, dataset: Dataset, form: TrainForm, status: int = 200) -> HttpResponse:
    found = list(_with_origin(dataset).order_by("-id")[:SHOWN])
    page = {
        "dataset": dataset, "form": form, "rows": [(run, recipe_of(run)) for run in found], "heading": _heading(found),
        "standing": standing_of(dataset),
    }  # fmt: skip
    return render(request, "modeling/runs.html", page, status=status)


def _with_origin(dataset: Dataset) -> QuerySet[ModelRun]:
    """Runs with who asked for them and what they repeat."""
    return runs_of(dataset).select_related("job__created_by", "like", "snapshot__labels_of")


def _proposal(dataset: Dataset) -> dict[str, Any]:
    """The first run's settings again, so that only labels differ; cross-validation where there is none."""
    first = runs_of(dataset).filter(snapshot__labels_of=None).order_by("id").first()
    return {"how": TrainForm.LIKE, "like": first.pk} if first else {"how": TrainForm.CV}


def _heading(found: list[ModelRun]) -> str:
    if not found:
        return "Nothing has been trained yet"
    newest = next((run for run in found if run.snapshot.labels_of is None), found[0])
    score = newest.metrics["validation"]
    return (
        f"Run {newest.pk} is right about {percent(score['accuracy'])} of the labels it has not seen "
        f"({span(score['accuracy_low'], score['accuracy_high'])})"
    )


def recipe_of(run: ModelRun) -> str:
    return recipe_words(run.recipe.learner, run.recipe.settings)


@require_GET
def run(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(_with_origin(dataset), pk=pk)
    train_scores, validation = found.metrics["train"], found.metrics["validation"]
    page = {
        "dataset": dataset, "run": found, "recipe": recipe_of(found), "train": train_scores, "validation": validation,
        "left_out": left_out_words(found.snapshot.left_out),
        "metrics": [(name, train_scores[key], validation[key]) for key, name in METRICS],
        **_curve(found), **linear_sections(found),
        "resolved": sorted(found.resolved.items()), "environment": sorted(found.environment.items()),
    }  # fmt: skip
    return render(request, "modeling/run.html", page)


def _curve(found: ModelRun) -> dict[str, Any]:
    """The loss curve where the learner has one, and its ends as rows."""
    curve = found.metrics.get("curve")
    chart = loss_curve(curve) if curve else None
    if chart is None:
        return {"chart": None}
    sides = (("Rows learned from", "train", "n"), ("Rows held out", "validation", "n_validation"))
    return {"chart": chart, "curve": curve, "curve_rows": [
        (name, curve[n], curve[f"{side}_loss"][curve["best"]], curve[f"{side}_loss"][-1], curve[f"{side}_accuracy"],
         *_limits(curve[f"{side}_accuracy"], curve[n])) for name, side, n in sides
    ]}  # fmt: skip


def _limits(share: float, n: int) -> tuple[float, float]:
    found = wilson(round(share * n), n)
    return found.low, found.high
