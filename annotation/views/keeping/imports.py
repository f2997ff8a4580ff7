"""The files that came in, and taking one back."""

from pathlib import Path

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from annotation.access import Request, dataset_for_lead, part_for_lead, typed_id
from annotation.actions.datasets.take_back import take_back
from annotation.actions.files.uploads import find_upload, token_of
from annotation.core.wording import counted, listed
from annotation.models import FileImport, ImportTakenBack
from annotation.reading.datasets.imports import list_imports, what_leaves
from annotation.views.refusals import refused_to


@require_GET
def imports(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    page = {"dataset": dataset, "listed": list_imports(dataset, typed_id(request.GET.get("before", "")))}
    return render(request, "annotation/keeping/imports.html", page)


@require_http_methods(["GET", "POST"])
@refused_to("imports")
def take_import_back(request: Request, slug: str, pk: int) -> HttpResponse:
    """What would leave, and the button; on to its columns again where the file is still kept and that was asked for."""
    brought = part_for_lead(request.user, slug, FileImport.objects.select_related("dataset", "user", "job"), pk)
    token = _kept_upload(request, brought)
    if request.method == "GET":
        page = {"dataset": brought.dataset, "brought": brought, "leaving": what_leaves(brought), "token": token}
        return render(request, "annotation/keeping/take_back.html", page)
    done = take_back(brought, request.user, timezone.now())
    messages.success(request, f"{brought.file_name} is taken back: {_gone(done)}. The same file can be imported again.")
    if "columns" in request.POST:
        return redirect("import_columns", slug, token) if token else redirect("import", slug)
    return redirect("imports", slug)


def _gone(done: ImportTakenBack) -> str:
    return listed(
        [counted(done.items, "item") + " left", counted(done.labels, "label") + " on other items count no more"]
    )


def _kept_upload(request: Request, brought: FileImport) -> str:
    """The token under which its file is still kept for this user, "" where it is not."""
    path = brought.job.params.get("path", "") if brought.job else ""
    upload = find_upload(token_of(path), brought.dataset, request.user) if path else None
    return upload.token if upload and Path(path).is_file() else ""
