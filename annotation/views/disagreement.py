"""How often answers differ, and whose."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead
from annotation.core.intervals import Interval
from annotation.reading.disagreement import Disagreement, Rate, disagreement_now
from annotation.templatetags.house import percent
from annotation.views.datasets import SHOWN_ANNOTATORS


@require_GET
def disagreement(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = disagreement_now(dataset)
    page = {
        "dataset": dataset, "found": found, "heading": _heading(found), "charts": _charts(found),
        "annotators": found.annotators[:SHOWN_ANNOTATORS], "more": max(0, len(found.annotators) - SHOWN_ANNOTATORS),
        "detection": dataset.detections.order_by("-id").first(),
    }  # fmt: skip
    return render(request, "annotation/lead/disagreement.html", page)


def _measured(found: Disagreement) -> list[tuple[str, Rate]]:
    """What differed, {} of them, and how often. Near-copies that carry different labels may all have one annotator."""
    kinds = (
        ("Annotators disagreed on {} items that two or more labelled", found.by_items),
        ("{} near-duplicate groups carried different labels", found.by_groups),
    )
    return [(differed, rate) for differed, rate in kinds if rate.before.n or rate.after.n]


def _heading(found: Disagreement) -> str:
    """The finding in words: of the items where there are any, else of the groups."""
    for differed, rate in _measured(found):
        before, after = percent(rate.before.value), percent(rate.after.value)
        still = "still " if before == after else ""
        return f"{differed.format(f'{before} of the')}; after relabelling {still}{after}"
    return "Nothing to compare yet: no item has two answers"


def _charts(found: Disagreement) -> list[dict[str, Any]]:
    """One strip per kind of unit that was measured, all on one scale, so that they can be compared."""
    kinds = _measured(found)
    top = max((one.high for _, rate in kinds for one in (rate.before, rate.after) if one.n), default=1.0)
    return [
        {"title": _title(differed, rate), "rate": rate, "rows": _rows(rate, top), "top": top}
        for differed, rate in kinds
    ]


def _title(differed: str, rate: Rate) -> str:
    before, after = (f"{_count(one):,} of {one.n:,}" for one in (rate.before, rate.after))
    return f"{differed.format(before)}; now {after}"


def _count(share: Interval) -> int:
    return round(share.value * share.n) if share.n else 0


def _rows(rate: Rate, top: float) -> list[dict[str, Any]]:
    series = (("as imported", "before", rate.before), ("after relabelling", "after", rate.after))
    return [{"name": name, "series": colour, "of": one, **_placed(one, top)} for name, colour, one in series]


def _placed(of: Interval, top: float) -> dict[str, float]:
    """Where the dot and its whisker stand, in percent of the scale from 0 to `top`."""
    return {"dot": 100 * of.value / top, "left": 100 * of.low / top, "width": 100 * (of.high - of.low) / top}
