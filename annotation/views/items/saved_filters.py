"""Filters of the table of items under their names."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead
from annotation.actions.items.keep_filter import UnableToKeep, keep_filter
from annotation.core.wording import quoted
from annotation.forms.items import SaveFilterForm
from annotation.models import SavedFilter
from annotation.views.items.table import query_of, read_query
from annotation.views.refusals import refused_to


@require_POST
@refused_to("items")
def save_filter(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = SaveFilterForm(request.POST)
    asked = read_query(request.POST.get("query", ""))
    if form.is_valid():
        try:
            kept = keep_filter(dataset, asked, form.cleaned_data["name"], request.user)
            messages.success(request, f"Saved as {quoted(kept.name)}.")
        except UnableToKeep as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, " ".join(str(said) for errors in form.errors.values() for said in errors))
    return redirect(reverse("items", args=[slug]) + query_of(asked))


@require_POST
def delete_filter(request: Request, slug: str, pk: int) -> HttpResponse:
    found = part_for_lead(request.user, slug, SavedFilter.objects.all(), pk)
    found.delete()
    messages.success(request, f"The filter {quoted(found.name)} is deleted.")
    return redirect("items", slug)
