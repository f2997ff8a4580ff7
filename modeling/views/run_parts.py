"""How a run describes itself: the parts of its page, and the rows behind each figure."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.core.refusal import Refusal
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.running.describe_run import request_description
from modeling.actions.running.open_rows import open_rows
from modeling.actions.training.learning_curve import request_curve
from modeling.core.telling.stored import CalibrationJson, ConfidentJson, DescriptionJson, SliceJson
from modeling.figures.charts.description import Strip, curve_plot, reliability_plot, strips
from modeling.figures.words.description import (
    calibration_heading,
    confident_heading,
    confident_rows,
    confusion_heading,
    curve_heading,
    limit_sentence,
    memorized_heading,
    slices_heading,
    temperature_sentence,
)
from modeling.models import ModelRun
from modeling.reading.items_behind_figures import CELL, CONFIDENT, MEMORIZED, RowsAsked, list_rows
from modeling.reading.loop_progress import runs_of
from modeling.reading.of_runs.learning_curves import curve_of, curve_under_way
from modeling.reading.run_description import description_of, takes_a_job

TITLES = {
    "contested": "Contested", "class": "Label", "source": "Source", "length": "Length of the text", "time": "Received",
}  # fmt: skip
# Slices of one cut that are shown at once; the others are folded.
FIRST = 12


def description_sections(found: ModelRun) -> dict[str, Any]:
    """Context of the run's page: `description` and its parts with headings and charts, None where it has yet to be
    described; `unreadable` says why it cannot be."""
    try:
        description = description_of(found)
    except Refusal as error:
        return {"description": None, "unreadable": str(error)}
    page: dict[str, Any] = {"description": description, "learning": _learning(found), "by_job": takes_a_job(found)}
    if description is None:
        return page
    return page | {
        "calibration": _calibration(description["calibration"]),
        "confusion": _confusion(found, description),
        "slices": {"heading": slices_heading(description["slices"]), **_cuts(description["slices"])},
        "confident": _confident(found, description["confident"]),
        "memorized": {
            **description["memorized"], "heading": memorized_heading(description["memorized"]),
            "url": rows_url(found, RowsAsked(MEMORIZED)),
        },
    }  # fmt: skip


def _calibration(found: CalibrationJson) -> dict[str, Any]:
    before, after = found["before"], found["after"]
    return {
        "heading": calibration_heading(found), "temperature": temperature_sentence(found),
        "plot": reliability_plot(before, after),
        "rows": [("All rows", before, after), ("Contested rows", found["contested_before"], found["contested_after"])],
        "tables": [("As it is", before["bins"]), ("Scaled", after["bins"])],
    }  # fmt: skip


def _confusion(run: ModelRun, description: DescriptionJson) -> dict[str, Any]:
    found = description["confusion"]
    pairs = [(one, rows_url(run, RowsAsked(CELL, one["label"], one["predicted"]))) for one in found["pairs"]]
    return {
        "heading": confusion_heading(found), "classes": description["classes"], "table": _cells(run, description),
        "pairs": pairs, "n_pairs": found["n_pairs"],
    }  # fmt: skip


def _confident(run: ModelRun, found: ConfidentJson) -> dict[str, Any]:
    return {
        "heading": confident_heading(found), "limit": limit_sentence(found), "rows": confident_rows(found),
        "n": [found["contested_wrong"]["n"], found["calm_wrong"]["n"]],
        "url": rows_url(run, RowsAsked(CONFIDENT)) if found["items"] else "",
    }  # fmt: skip


def rows_url(found: ModelRun, choice: RowsAsked) -> str:
    query = {"which": choice.which, "given": choice.given, "predicted": choice.predicted}
    given = urlencode({key: value for key, value in query.items() if value})
    return f"{reverse('run_rows', args=[found.dataset.slug, found.pk])}?{given}"


def _cells(run: ModelRun, description: DescriptionJson) -> list[tuple[str, list[tuple[int, str, bool]]]]:
    """Rows of the confusion table as (label, cells of (count, link, right)); empty where there are many classes."""
    names, table = description["classes"], description["confusion"]["table"]
    return [
        (given, [(n, rows_url(run, RowsAsked(CELL, given, names[at])), names[at] == given) for at, n in enumerate(row)])
        for given, row in zip(names, table or [], strict=bool(table))
    ]


def _cuts(slices: list[SliceJson]) -> dict[str, Any]:
    """Slices with their strips by cut: (title, those shown, those folded), and the axis they stand on."""
    if not slices:
        return {"cuts": []}
    drawn, axis = strips(slices)
    cuts: dict[str, list[tuple[SliceJson, Strip]]] = {}
    for one, strip in zip(slices, drawn, strict=True):
        cuts.setdefault(one["kind"], []).append((one, strip))
    listed = [(TITLES.get(kind, kind), rows[:FIRST], rows[FIRST:]) for kind, rows in cuts.items()]
    return {"cuts": listed, "low": axis.ticks[0].words, "high": axis.ticks[-1].words, "n": len(slices)}


def _learning(found: ModelRun) -> dict[str, Any]:
    curve, job = curve_of(found), curve_under_way(found)
    if curve is None:
        return {"job": job, "heading": "What more labels would bring is not measured yet"}
    return {
        "job": job, "curve": curve, "heading": curve_heading(curve), "plot": curve_plot(curve, found.snapshot.n_rows),
    }  # fmt: skip


def _run(request: Request, slug: str, pk: int) -> tuple[Dataset, ModelRun]:
    dataset = dataset_for_lead(request.user, slug)
    return dataset, get_object_or_404(runs_of(dataset), pk=pk)


@require_POST
@refused_to("run", "slug", "pk")
def describe(request: Request, slug: str, pk: int) -> HttpResponse:
    _, found = _run(request, slug, pk)
    return redirect("job", slug, request_description(found, user=request.user).pk)


@require_POST
@refused_to("run", "slug", "pk")
def learn(request: Request, slug: str, pk: int) -> HttpResponse:
    _, found = _run(request, slug, pk)
    return redirect("job", slug, request_curve(found, user=request.user).pk)


@require_GET
@refused_to("run", "slug", "pk")
def rows(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset, found = _run(request, slug, pk)
    choice, after = _choice(request.GET), request.GET.get("after", "")
    listed = list_rows(found, choice, after)
    page = {"dataset": dataset, "run": found, "choice": choice, "listed": listed, "after": after}
    return render(request, "modeling/run_rows.html", page)


@require_POST
@refused_to("run", "slug", "pk")
def open_them(request: Request, slug: str, pk: int) -> HttpResponse:
    _, found = _run(request, slug, pk)
    finding, n = open_rows(found, _choice(request.POST), request.user, timezone.now())
    opened = f"{n:,} case{'s are' if n != 1 else ' is'} open now" if n else "All of these rows had an open case already"
    messages.success(request, f"{opened}: {finding.title}.")
    return redirect(f"{reverse('cases', args=[slug])}?finding={finding.pk}")


def _choice(asked: Any) -> RowsAsked:
    return RowsAsked(asked.get("which", ""), asked.get("given", ""), asked.get("predicted", ""))
