"""What a lead does with the items that a filter shows: take them away, have them answered, label them at once.

Opening and labelling show first what they would do; the same address does it once that was confirmed.
"""

from itertools import chain, islice
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.items.label_many import label_many, undo_many
from annotation.actions.items.open_chosen import MOST_OPENED, open_chosen, plan_opening
from annotation.core.exporting.forms import Form
from annotation.core.exporting.texts import Told, text_parts
from annotation.core.items.asked import Asked
from annotation.core.wording import counted, quoted
from annotation.forms.items import ChosenItemsForm, LabelManyForm
from annotation.models import Dataset
from annotation.reading.items.as_rows import columns_of, rows_of
from annotation.reading.items.chosen import UnableToChoose, chosen_items, read_ids
from annotation.reading.items.label_plan import MOST_LABELLED, plan_labels
from annotation.reading.items.lines import lines_of
from annotation.views.items.table import asked_in, query_of, read_query
from annotation.views.refusals import refused_to

EXAMPLES = 10


@require_GET
@refused_to("items")
def download(request: Request, slug: str) -> HttpResponseBase:
    dataset = dataset_for_lead(request.user, slug)
    asked = asked_in(request.GET)
    rows = rows_of(dataset, asked)
    first = list(islice(rows, 1))  # what cannot be asked is refused here, before anything is sent
    form = Form("csv")
    parts = text_parts(form, columns_of(dataset), chain(first, rows), Told())
    response = StreamingHttpResponse(parts, content_type=form.media)
    response["Content-Disposition"] = f'attachment; filename="{slug}-items.csv"'
    return response


@require_POST
@refused_to("items")
def open_items(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    asked = read_query(request.POST.get("query", ""))
    if "confirmed" in request.POST:
        ids = read_ids(request.POST.get("ids", ""))
        finding, n = open_chosen(dataset, request.user, asked, ids, timezone.now())
        messages.success(request, f"{counted(n, 'case')} opened; experts meet them in the queue.")
        return redirect(reverse("cases", args=[slug]) + f"?finding={finding.pk}")
    ids = _chosen(request, dataset, asked, MOST_OPENED)
    page = _page(dataset, asked, ids) | {"plan": plan_opening(dataset, ids)}
    return render(request, "annotation/lead/items/open.html", page)


def _chosen(request: Request, dataset: Dataset, asked: Asked, most: int) -> list[int]:
    form = ChosenItemsForm(request.POST)
    if not form.is_valid():
        raise UnableToChoose("Tick the items in the table first.")
    return chosen_items(dataset, asked, form.cleaned_data["every"], form.cleaned_data["item"], most)


def _page(dataset: Dataset, asked: Asked, ids: list[int]) -> dict[str, Any]:
    return {
        "dataset": dataset, "asked": asked, "n": len(ids), "ids": ",".join(map(str, ids)),
        "lines": lines_of(dataset, Asked(), ids[:EXAMPLES]),
    }  # fmt: skip


@require_POST
@refused_to("items")
def label_items(request: Request, slug: str) -> HttpResponse:
    """The items to be labelled with a choice of the class, or what came of it."""
    dataset = dataset_for_lead(request.user, slug)
    asked = read_query(request.POST.get("query", ""))
    if "confirmed" not in request.POST:
        ids = _chosen(request, dataset, asked, MOST_LABELLED)
        return _ask_for_label(request, dataset, asked, ids, LabelManyForm(dataset, initial={"token": uuid4()}))
    ids = list(read_ids(request.POST.get("ids", "")))
    form = LabelManyForm(dataset, request.POST)
    if not form.is_valid():
        return _ask_for_label(request, dataset, asked, ids, form)
    said = form.cleaned_data
    n = label_many(
        dataset, request.user, form.label_class, ids, request.POST.get("seen", ""), said["token"], timezone.now(),
        also_decided=said["also_decided"],
    )  # fmt: skip
    messages.success(request, f"{counted(n, 'item')} labelled {quoted(form.label_class.name)}; it counts as not blind.")
    query = query_of(asked)
    return redirect(reverse("items", args=[slug]) + f"{query}{'&' if query else '?'}done={said['token']}")


def _ask_for_label(
    request: Request, dataset: Dataset, asked: Asked, ids: list[int], form: LabelManyForm
) -> HttpResponse:  # fmt: skip
    plan = plan_labels(dataset, request.user, ids[:MOST_LABELLED], timezone.now())
    page = _page(dataset, asked, ids) | {"plan": plan, "form": form}
    return render(request, "annotation/lead/items/label.html", page)


@require_POST
@refused_to("items")
def undo_labels(request: Request, slug: str, token: UUID) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    n = undo_many(dataset, request.user, token, timezone.now())
    if n:
        messages.success(request, f"{counted(n, 'item')} {'has its' if n == 1 else 'have their'} earlier label again.")
    else:
        messages.info(request, "They were taken back before.")
    return redirect(reverse("items", args=[slug]) + query_of(read_query(request.POST.get("query", ""))))
