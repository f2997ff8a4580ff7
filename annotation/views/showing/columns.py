"""The columns of a dataset, and what the codes of its categories mean."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation.access import Request, dataset_for_lead
from annotation.actions.people.change_columns import change_meanings
from annotation.forms.columns import MeaningsForm
from annotation.views.refusals import refused_to


@require_http_methods(["GET", "POST"])
@refused_to("columns")
def columns(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = MeaningsForm(dataset, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        changed = change_meanings(dataset, form.new_fields(), request.user)
        messages.success(request, "The meanings stand beside their codes now." if changed else "Nothing was changed.")
        return redirect("columns", slug)
    return render(request, "annotation/lead/columns.html", {"dataset": dataset, "form": form})
