"""A dataset as a whole: what it is called, what its columns are taken for, whether it is put away, and its end."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_keeper, dataset_for_lead
from annotation.actions.datasets.archive import archive, restore
from annotation.actions.datasets.change_columns import change_columns
from annotation.actions.datasets.erase import request_erasure, what_goes
from annotation.actions.datasets.rename import rename
from annotation.actions.datasets.take_back import was_built_on
from annotation.forms.keeping import ColumnTypesForm, EraseForm, NameForm
from annotation.reading.sampling.counts import MOST_COUNTED
from annotation.views.refusals import refused_to


@require_GET
def dataset(request: Request, slug: str) -> HttpResponse:
    found = dataset_for_lead(request.user, slug)
    page = {
        "dataset": found, "name_form": NameForm(initial={"name": found.name}), "columns": ColumnTypesForm(found),
        "built_on": was_built_on(found), "changes": found.changes.select_related("author").order_by("-id")[:20],
    }  # fmt: skip
    return render(request, "annotation/keeping/dataset.html", page)


@require_POST
@refused_to("dataset")
def rename_dataset(request: Request, slug: str) -> HttpResponse:
    found, form = dataset_for_lead(request.user, slug), NameForm(request.POST)
    if form.is_valid():
        messages.success(request, f"It is called {rename(found, form.cleaned_data['name'], request.user).name} now.")
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("dataset", slug)


@require_POST
@refused_to("dataset")
def archive_dataset(request: Request, slug: str) -> HttpResponse:
    found = dataset_for_lead(request.user, slug)
    if "restore" in request.POST:
        restore(found, request.user, timezone.now())
        messages.success(request, f"{found.name} is back.")
    else:
        archive(found, request.user, timezone.now())
        messages.success(request, f"{found.name} is archived: nobody is asked about it.")
    return redirect("dataset", slug)


@require_POST
@refused_to("dataset")
def change_dataset_columns(request: Request, slug: str) -> HttpResponse:
    found = dataset_for_lead(request.user, slug)
    form = ColumnTypesForm(found, request.POST)
    if form.is_valid():
        change_columns(found, form.types(), request.user)
        messages.success(request, "The columns are taken as you said.")
    return redirect("dataset", slug)


def erase_dataset(request: Request, slug: str) -> HttpResponse:
    """What would go, and the name to type; afterwards there is no page of it any more."""
    found = dataset_for_keeper(request.user, slug)
    form = EraseForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        request_erasure(found, form.cleaned_data["name"], request.user)
        messages.success(request, f"{found.name} is being erased. It is gone from here once that is done.")
        return redirect("datasets")
    page = {"dataset": found, "form": form, "goes": what_goes(found, MOST_COUNTED)}
    return render(request, "annotation/keeping/erase.html", page)
