"""What a run tells: the parts of its page, and the rows behind each figure."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.jobs.work import UnableToWork
from annotation.core.artifacts import UnableToLoad
from annotation.models import Dataset
from modeling.actions.running.describe_run import request_description
from modeling.actions.running.open_rows import open_rows
from modeling.actions.training.learning_curve import request_curve
from modeling.figures.charts.description import curve_plot, reliability_plot, strips
from modeling.figures.words.description import (
    calibration_heading,
    confident_heading,
    confusion_heading,
    curve_heading,
    limit_sentence,
    memorized_heading,
    slices_heading,
    temperature_sentence,
)
from modeling.models import ModelRun
from modeling.reading.items_behind_figures import CELL, CONFIDENT, MEMORIZED, RowsAsked, UnableToList, list_rows
from modeling.reading.learning_curves import curve_of, curve_under_way
from modeling.reading.loop_progress import runs_of
from modeling.reading.run_description import description_of, takes_a_job

TITLES = {
    "contested": "Contested", "class": "Label", "source": "Source", "length": "Length of the text", "time": "Received",
}  # fmt: skip
# Slices of one cut that are shown at once; the others are folded.
FIRST = 12


def told_of(found: ModelRun) -> dict[str, Any]:
    """Context of the run's page: `told` with its headings and charts, None where it has yet to be described."""
    try:
        told = description_of(found)
    except UnableToLoad as error:
        return {"told": None, "untold": str(error)}
    page: dict[str, Any] = {"told": told, "learning": _learning(found), "by_job": takes_a_job(found)}
    if told is None:
        return page
    calibration = told["calibration"]
    return page | {
        "calibration": {
            "heading": calibration_heading(calibration), "temperature": temperature_sentence(calibration),
            "plot": reliability_plot(calibration["before"], calibration["after"]),
            "rows": [("All rows", calibration["before"], calibration["after"]),
                     ("Contested rows", calibration["contested_before"], calibration["contested_after"])],
            "tables": [("As it is", calibration["before"]["bins"]), ("Scaled", calibration["after"]["bins"])],
        },
        "confusion": {
            "heading": confusion_heading(told["confusion"]), "table": _cells(found, told), "pairs": _pairs(found, told),
        },
        "slices": {"heading": slices_heading(told["slices"]), **_cuts(told["slices"])},
        "confident": {"heading": confident_heading(told["confident"]), "limit": limit_sentence(told["confident"]),
                      "url": rows_url(found, RowsAsked(CONFIDENT))},
        "memorized": {"heading": memorized_heading(told["memorized"]), "url": rows_url(found, RowsAsked(MEMORIZED))},
    }  # fmt: skip


def rows_url(found: ModelRun, choice: RowsAsked) -> str:
    query = {"which": choice.which, "given": choice.given, "predicted": choice.predicted}
    given = urlencode({key: value for key, value in query.items() if value})
    return f"{reverse('run_rows', args=[found.dataset.slug, found.pk])}?{given}"


def _cells(found: ModelRun, told: dict[str, Any]) -> list[tuple[str, list[tuple[int, str, bool]]]]:
    """Rows of the confusion table as (label, cells of (count, link, right)); empty where there are many classes."""
    names, table = told["classes"], told["confusion"]["table"]
    return [
        (
            given,
            [(n, rows_url(found, RowsAsked(CELL, given, names[at])), names[at] == given) for at, n in enumerate(row)],
        )
        for given, row in zip(names, table or [], strict=bool(table))
    ]


def _pairs(found: ModelRun, told: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    pairs = told["confusion"]["pairs"]
    return [(one, rows_url(found, RowsAsked(CELL, one["label"], one["predicted"]))) for one in pairs]


def _cuts(slices: list[dict[str, Any]]) -> dict[str, Any]:
    """Slices with their strips by cut: (title, those shown, those folded)."""
    if not slices:
        return {"cuts": []}
    drawn, low, high = strips(slices)
    cuts: dict[str, list[Any]] = {}
    for one, strip in zip(slices, drawn, strict=True):
        cuts.setdefault(one["kind"], []).append((one, strip))
    listed = [(TITLES.get(kind, kind), rows[:FIRST], rows[FIRST:]) for kind, rows in cuts.items()]
    return {"cuts": listed, "low": low, "high": high, "n": len(slices)}


def _learning(found: ModelRun) -> dict[str, Any]:
    curve, job = curve_of(found), curve_under_way(found)
    if curve is None:
        return {"job": job}
    plot = curve_plot(curve, found.snapshot.n_rows)
    return {"job": job, "curve": curve, "heading": curve_heading(curve), "plot": plot}


def _run(request: Request, slug: str, pk: int) -> tuple[Dataset, ModelRun]:
    dataset = dataset_for_lead(request.user, slug)
    return dataset, get_object_or_404(runs_of(dataset), pk=pk)


@require_POST
def describe(request: Request, slug: str, pk: int) -> HttpResponse:
    _, found = _run(request, slug, pk)
    return redirect("job", slug, request_description(found, user=request.user).pk)


@require_POST
def learn(request: Request, slug: str, pk: int) -> HttpResponse:
    _, found = _run(request, slug, pk)
    try:
        return redirect("job", slug, request_curve(found, user=request.user).pk)
    except UnableToWork as error:
        messages.error(request, str(error))
        return redirect("run", slug, pk)


@require_GET
def rows(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset, found = _run(request, slug, pk)
    choice, after = _choice(request.GET), request.GET.get("after", "")
    try:
        listed = list_rows(found, choice, after)
    except (UnableToList, UnableToLoad) as error:
        messages.error(request, str(error))
        return redirect("run", slug, pk)
    page = {"dataset": dataset, "run": found, "choice": choice, "listed": listed, "after": after}
    return render(request, "modeling/run_rows.html", page)


@require_POST
def open_them(request: Request, slug: str, pk: int) -> HttpResponse:
    _, found = _run(request, slug, pk)
    choice = _choice(request.POST)
    try:
        finding, n = open_rows(found, choice, request.user, timezone.now())
    except (UnableToList, UnableToLoad) as error:
        messages.error(request, str(error))
        return redirect(rows_url(found, choice))
    opened = f"{n:,} case{'s are' if n != 1 else ' is'} open now" if n else "All of these rows had an open case already"
    messages.success(request, f"{opened}: {finding.title}.")
    return redirect(f"{reverse('cases', args=[slug])}?finding={finding.pk}")


def _choice(asked: Any) -> RowsAsked:
    return RowsAsked(asked.get("which", ""), asked.get("given", ""), asked.get("predicted", ""))
