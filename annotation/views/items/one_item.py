"""One item, and all that happened to it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotation.access import Request, part_for_lead
from annotation.models import Item
from annotation.reading.items.history import fields_of, history_of


@require_GET
def item(request: Request, slug: str, pk: int) -> HttpResponse:
    found = part_for_lead(request.user, slug, Item.objects.select_related("dataset", "brought_by__user"), pk)
    current = found.current_labels.select_related("label_class").order_by("-id").first()
    page = {
        "dataset": found.dataset, "item": found, "current": current, "fields": fields_of(found.dataset, found),
        "history": history_of(found),
    }  # fmt: skip
    return render(request, "annotation/lead/items/item.html", page)
