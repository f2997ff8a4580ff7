"""The production rows that flipped, and the changed labels behind each of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.core.wording import counted
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.proving.reopen_flips import reopen_flips
from modeling.models import Comparison
from modeling.reading.comparing.flips import KINDS, FlipsAsked, all_flips, counts_of, flips_over, list_flips
from modeling.reading.comparing.traces import lookalikes_exist, relabelled_near
from modeling.reading.looks import steered_by
from modeling.reading.loop_progress import comparisons_of
from modeling.reports import figures_of


@require_GET
@refused_to("comparison", "slug", "pk")
def flips(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset, found = _with_figures(request, slug, pk)
    query = request.GET.copy()
    kind = query.get("kind", "")
    asked = FlipsAsked(
        kind if kind in KINDS else "", query.get("truth", ""), query.get("source", ""), typed_id(query.get("after", ""))
    )
    shown = list_flips(found, asked)
    query["after"] = str(shown.next_after)
    page = {
        "dataset": dataset, "comparison": found, "asked": asked, "kinds": _tabs(found, asked), "list": shown,
        "heading": f"{counted(shown.n, 'row')} flipped{f': {KINDS[asked.kind]}' if asked.kind else ''}",
        "classes": found.before.classes, "sources": found.snapshot.rows.order_by("item__source").values_list(
            "item__source", flat=True).distinct(),
        "next_page": query.urlencode() if shown.next_after else "", "traced": lookalikes_exist(found),
    }  # fmt: skip
    return render(request, "modeling/comparing/flips.html", page)


def _tabs(found: Comparison, asked: FlipsAsked) -> list[dict[str, Any]]:
    counts = counts_of(found)
    return [
        {"kind": kind, "words": words, "n": counts[kind], "here": kind == asked.kind} for kind, words in KINDS.items()
    ]


@refused_to("flip", "slug", "pk", "item")
def flip(request: Request, slug: str, pk: int, item: int) -> HttpResponse:
    """GET shows the changed labels nearest to a row that flipped, for HTMX as a fragment; POST asks about the ticked
    ones again."""
    dataset, found = _with_figures(request, slug, pk)
    if request.method == "POST":
        items = [one for one in map(typed_id, request.POST.getlist("item")) if one]
        done = reopen_flips(found, items, request.user, timezone.now())
        messages.success(request, f"{done.sentence} Recorded as use of this production set.")
        return redirect("flip", slug, pk, item)
    flipped = all_flips(found)
    own = flips_over(dataset, flipped[flipped["item"] == item])
    if not own:
        raise Http404
    page = {
        "dataset": dataset, "comparison": found, "flip": own[0], "near": relabelled_near(found, own[0].item),
        "steered": steered_by(found.snapshot).exists(),
    }  # fmt: skip
    return render(request, f"modeling/comparing/{'_trace' if request.htmx else 'flip'}.html", page)


def _with_figures(request: Request, slug: str, pk: int) -> tuple[Dataset, Comparison]:
    """A comparison of a dataset the user leads; one that was refused read no label and has no flips."""
    dataset = dataset_for_lead(request.user, slug)
    found = get_object_or_404(comparisons_of(dataset), pk=pk)
    if not figures_of(found):
        raise Http404
    return dataset, found
