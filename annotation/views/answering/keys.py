"""Keys of one's own: which class stands on which digit, and whether single keys answer at all."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation.access import Request, dataset_for_expert
from annotation.forms.own_keys import OwnKeysForm


@require_http_methods(["GET", "POST"])
def own_keys(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    form = OwnKeysForm(dataset, request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your keys are kept; they are yours alone, in this dataset.")
        return redirect("queue", slug=slug)
    return render(request, "annotation/expert/own_keys.html", {"dataset": dataset, "form": form})
