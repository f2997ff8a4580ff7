"""My history: an expert's own answers, found again and taken back."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_expert, typed_id
from annotation.forms.own_history import OwnHistoryForm
from annotation.reading.experts.own_history import own_decisions, own_skips
from annotation.reading.experts.reveal import past_decisions

PAGE = 25


@require_GET
def history(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    form = OwnHistoryForm(request.GET)
    mine = own_decisions(dataset, request.user, **form.wanted())
    before = typed_id(request.GET.get("before", ""))
    page = mine.filter(pk__lt=before) if before else mine
    related = page.select_related("label_class", "undone_by", "guideline", "case")
    decisions = list(related.prefetch_related("items", "reasons").order_by("-id")[: PAGE + 1])
    asked = request.GET.copy()
    asked.pop("before", None)
    context = {
        "dataset": dataset, "form": form, "lines": past_decisions(dataset, decisions[:PAGE]), "newest": not before,
        "older": len(decisions) > PAGE, "asked": asked.urlencode(),
        "passes": () if before or form.is_narrowed else own_skips(dataset, request.user, PAGE),
    }  # fmt: skip
    return render(request, "annotation/expert/history.html", context)
