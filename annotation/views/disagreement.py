"""How often answers differ, and whose."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead
from annotation.core.crowd.pairwise import PairAgreement
from annotation.core.intervals import Interval
from annotation.models import Dataset
from annotation.reading.agreement.two_annotators import list_shared
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
        "detection": dataset.detections.order_by("-id").first(), "pairs": _pairs(dataset, found.pairwise.pairs),
        "more_pairs": found.pairwise.n - len(found.pairwise.pairs), "order": dataset.class_names,
        "inputs_heading": _inputs_heading(found), "pairs_heading": _pairs_heading(found.pairwise.pairs),
    }  # fmt: skip
    return render(request, "annotation/lead/disagreement.html", page)


@require_GET
def two_annotators(request: Request, slug: str, pk: int, other: int) -> HttpResponse:
    """The items that two annotators both labelled."""
    dataset = dataset_for_lead(request.user, slug)
    if pk == other:
        raise Http404
    one, two = (get_object_or_404(dataset.annotators, pk=which) for which in (pk, other))
    after = request.GET.get("after", "")
    found = list_shared(dataset, one, two, after)
    page = {"dataset": dataset, "one": one, "other": two, "found": found, "after": after}
    return render(request, "annotation/lead/two_annotators.html", page)


def _pairs(dataset: Dataset, pairs: Sequence[PairAgreement]) -> list[tuple[PairAgreement, int, int]]:
    """Each pair with the ids of its two annotators."""
    ids = dict(dataset.annotators.values_list("name", "id"))
    return [(pair, ids[pair.one], ids[pair.other]) for pair in pairs]


def _pairs_heading(pairs: Sequence[PairAgreement]) -> str:
    """Who agrees least, of those of whom it can be said."""
    if not pairs:
        return ""
    least = pairs[0]
    if least.kappa.value != least.kappa.value:
        return "Each two annotators gave one label throughout"
    return f"{least.one} and {least.other} agree least: kappa {least.kappa.value:.2f}"


def _inputs_heading(found: Disagreement) -> str:
    before, after = found.inputs_before, found.inputs_after
    return (
        f"{before.inputs:,} of {before.share.n:,} items had a near-copy under another label; now {after.inputs:,} of "
        f"{after.share.n:,}"
    )


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
