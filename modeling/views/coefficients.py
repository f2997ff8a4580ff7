"""Every weight of a linear run, on pages and as a file."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead
from annotation.views.refusals import refused_to
from modeling.figures.words.runs import alike_heading
from modeling.models import ModelRun
from modeling.reading.loop_progress import runs_of
from modeling.reading.of_runs.coefficients import (
    COLUMNS,
    SORTS,
    RunWeights,
    WeightsAsked,
    list_weights,
    weight_rows,
    weights_of_run,
)

# Groups of what goes together that are shown at once, and names of one; the rest is in the file.
MOST_GROUPS, MOST_NAMES = 20, 12
SORT_WORDS = {"size": "largest weight first", "name": "by name", "rows": "most rows first"}


def _asked(given: Any) -> WeightsAsked:
    sort = given.get("sort", "")
    return WeightsAsked(
        given.get("class", ""), given.get("words", "").strip(), sort if sort in SORTS else SORTS[0],
        given.get("after", ""),
    )  # fmt: skip


def _run(request: Request, slug: str, pk: int) -> ModelRun:
    return get_object_or_404(runs_of(dataset_for_lead(request.user, slug)), pk=pk)


@require_GET
@refused_to("run", "slug", "pk")
def coefficients(request: Request, slug: str, pk: int) -> HttpResponse:
    run = _run(request, slug, pk)
    found, asked = weights_of_run(run), _asked(request.GET)
    page = {
        "dataset": run.dataset, "run": run, "asked": asked, "listed": list_weights(found, asked), **_choices(found),
        "sorts": SORT_WORDS.items(), **_groups(found),
    }  # fmt: skip
    return render(request, "modeling/coefficients.html", page)


@require_GET
@refused_to("run", "slug", "pk")
def download_coefficients(request: Request, slug: str, pk: int) -> HttpResponseBase:
    run = _run(request, slug, pk)
    found, asked = weights_of_run(run), _asked(request.GET)
    name = f"{slug}-run-{run.pk}-coefficients.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_csv(found, asked), content_type="text/csv; charset=utf-8", headers=headers)


class _HandedOn:
    """What csv.writer writes to: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def _csv(found: RunWeights, asked: WeightsAsked) -> Iterator[str]:
    writer = csv.writer(_HandedOn())
    yield writer.writerow(COLUMNS)
    for row in weight_rows(found, asked):
        yield writer.writerow(row)


def _choices(found: RunWeights) -> dict[str, Any]:
    """The classes to choose from; of two, the one listed and the other."""
    classes = found.weights.classes
    if len(classes) == 2:
        return {"classes": [], "binary": classes[1], "other": classes[0]}
    return {"classes": classes, "binary": ""}


def _groups(found: RunWeights) -> dict[str, Any]:
    groups = [
        (one["name"], one["column"], one["others"][:MOST_NAMES], max(0, len(one["others"]) - MOST_NAMES))
        for one in found.alike[:MOST_GROUPS]
    ]
    return {
        "groups": groups, "more_groups": len(found.alike) - len(groups), "alike_heading": alike_heading(found.alike),
    }  # fmt: skip
