"""A text too long for one screen, whole."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, item_for_member, typed_id
from annotation.models import Membership

# Characters on one page: of a text of many megabytes the rest comes page by page.
MOST = 2_000_000


@require_GET
@vary_on_headers("HX-Request")
def item_text(request: Request, slug: str, pk: int, place: int) -> HttpResponse:
    """The `place`-th text field of an item, from 0 and from a character on: a page of its own, or only the text for the
    page that asks."""
    item = item_for_member(request.user, slug, pk)
    names = [field.name for field in item.dataset.typed_fields if field.type == "text"]
    if place >= len(names):
        raise Http404
    text = item.content.get(names[place]) or ""
    start = min(typed_id(request.GET.get("from", "")), len(text))
    end = min(start + MOST, len(text))
    leads = item.dataset.role_of(request.user) == Membership.LEAD
    page = {
        "dataset": item.dataset, "item": item, "name": names[place], "text": text[start:end], "n": len(text),
        "start": start, "end": end, "back": "items" if leads else "queue",
    }  # fmt: skip
    return render(request, f"annotation/{'_whole_text' if request.htmx else 'whole_text'}.html", page)
