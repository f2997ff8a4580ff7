"""The model in use over time: asked for, under way, and what came of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation.access import Request, dataset_for_lead
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.watching.check_live import request_live_check
from modeling.core.watching.over_time import REFERENCE
from modeling.core.watching.stored import LiveJson
from modeling.figures.charts.over_time import weeks_plot
from modeling.figures.words.over_time import (
    batch_words,
    change_words,
    day_words,
    drift_heading,
    live_heading,
    reference_words,
    shift_words,
    sources_heading,
)
from modeling.models import ModelInUse
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.watching.live_outcomes import alerts_of, checking, model_words, newest_check, outcomes_since

SHIFTS = 30


@require_http_methods(["GET", "POST"])
@refused_to("over_time")
def over_time(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    if request.method == "POST":
        return redirect("job", slug, request_live_check(dataset, user=request.user).pk)
    live = model_in_use(dataset)
    page = {
        "dataset": dataset,
        "live": live,
        "heading": "Nobody has named the model in use",
        "enough": REFERENCE,
    }
    return render(request, "modeling/over_time.html", page | (_of(dataset, live) if live else {}))


def _of(dataset: Dataset, live: ModelInUse) -> dict[str, Any]:
    check = newest_check(live)
    found: LiveJson | None = check.outcome if check else None
    return {
        "model": model_words(live), "check": check, "found": found, "heading": live_heading(found),
        "checking": checking(dataset), "since": outcomes_since(check) if check else None,
        "alerts": [(one, batch_words(one.batch)) for one in alerts_of(live)],
        **(_shown(found) if found else {}),
    }  # fmt: skip


def _shown(found: LiveJson) -> dict[str, Any]:
    return {
        "plot": weeks_plot(found), "weeks": [(day_words(one["name"]), one) for one in found["weeks"]],
        "held_to": reference_words(found["reference"]) if found["reference"] else "",
        "drift_heading": drift_heading(found), "sources_heading": sources_heading(found),
        "until": day_words(found["compared_to"]) if found["compared_to"] else "",
        "shifts": [
            (day_words(one["week"]), *shift_words(one), change_words(one), one) for one in found["shifts"][:SHIFTS]
        ],
        "more_shifts": max(0, len(found["shifts"]) - SHIFTS),
    }  # fmt: skip
