"""Words that mean the same, and a look at the copies before a model learns from them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_lead
from annotation.models import Dataset
from annotation.views.refusals import refused_to
from modeling.actions.training.preview_copies import preview_copies
from modeling.actions.training.synonyms import proposed_pairs, rule_on, rulings_of
from modeling.core.perturbations.synonyms import Pair, read_pair, written
from modeling.forms.running import PreviewForm, SynonymsForm
from modeling.models import SynonymRuling

FIRST_KINDS = ("typos", "case")


@require_GET
@vary_on_headers("HX-Request")
def augmentation(request: Request, slug: str) -> HttpResponse:
    """The page, or for HTMX the preview alone."""
    dataset = dataset_for_lead(request.user, slug)
    page = {"dataset": dataset, **_preview(request, dataset)}
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "modeling/_copies.html", page)
    return render(request, "modeling/augmentation.html", page | _synonyms(dataset))


@require_POST
@refused_to("augmentation")
def rule_synonyms(request: Request, slug: str) -> HttpResponse:
    """Accept or reject the pairs that were ticked, or the one whose button was pressed, and those typed."""
    dataset = dataset_for_lead(request.user, slug)
    ruling = request.POST.get("ruling", "")
    pairs = _pairs(request)
    if ruling not in SynonymRuling.RULINGS or not pairs:
        messages.error(request, "Tick or write at least one pair of words first.")
        return redirect("augmentation", slug)
    news = rule_on(dataset, pairs, ruling, request.user, timezone.now())
    messages.success(request, f"{len(news)} pair{'' if len(news) == 1 else 's'} of words {ruling}.")
    return redirect("augmentation", slug)


def _pairs(request: Request) -> list[Pair]:
    typed = request.POST.get("typed", "").splitlines()
    return [read_pair(line) for line in [*request.POST.getlist("pair"), *typed] if line.strip()]


def _synonyms(dataset: Dataset) -> dict[str, Any]:
    rulings, proposed = rulings_of(dataset), proposed_pairs(dataset)
    rows = [(written(pair), row) for pair, row in rulings.items()]
    accepted = [row for row in rows if row[1].ruling == SynonymRuling.ACCEPTED]
    return {
        "accepted": accepted, "rejected": [row for row in rows if row not in accepted],
        "proposed": [(written(one.pair), one) for one in proposed], "heading": _heading(len(accepted), len(proposed)),
        "typed": SynonymsForm(),
    }  # fmt: skip


def _heading(accepted: int, proposed: int) -> str:
    if proposed:
        return f"Pairs of words that wait for your ruling: {proposed}"
    return f"Pairs of words that stand for one another here: {accepted}" if accepted else "Copies that keep their label"


def _preview(request: Request, dataset: Dataset) -> dict[str, Any]:
    """The copies of the kinds asked for; without a question, of two kinds."""
    asked = {"kind": request.GET.getlist("kind") or list(FIRST_KINDS), "seed": request.GET.get("seed") or "0"}
    form = PreviewForm(asked)
    if not form.is_valid():
        return {"form": form, "previews": []}
    return {"form": form, "previews": preview_copies(dataset, form.cleaned_data["kind"], form.cleaned_data["seed"])}
