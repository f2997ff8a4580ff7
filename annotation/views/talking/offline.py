"""Cases taken away in a spreadsheet: take them out, download, bring back, give back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, batch_for_member, dataset_for_expert
from annotation.actions.files.uploads import Upload, find_upload, keep_upload
from annotation.actions.talking import offline_batch
from annotation.actions.talking.offline_batch import bring_back, take_out
from annotation.core.files.answer_sheet import ReadSheet, read_sheet
from annotation.core.files.tables import open_source
from annotation.core.refusal import Refusal
from annotation.core.wording import counted
from annotation.forms.talking import BatchForm, SheetForm
from annotation.models import Dataset, Membership, OfflineBatch
from annotation.reading.talking.batches import batch_lines, lines_of, sheet_of

# More rows than any batch has, with room for what a spreadsheet adds.
MOST_ROWS = 2_000
FAULTS = 50


@never_cache
def offline(request: Request, slug: str) -> HttpResponse:
    """GET lists the batches, for a lead everybody's; POST takes one out."""
    dataset = dataset_for_expert(request.user, slug)
    leads = dataset.role_of(request.user) == Membership.LEAD
    form = BatchForm(dataset, leads, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            user, now = said.get("user") or request.user, timezone.now()
            made = take_out(dataset, user, request.user, said["n"], said["days"], now, said["after"])
            return redirect("offline_batch", slug, made.pk)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    lines = batch_lines(dataset, timezone.now(), None if leads else request.user)
    newest = dataset.offline_batches.filter(maker=request.user).order_by("-id").first()
    page = {"dataset": dataset, "form": form, "lines": lines, "leads": leads, "newest": newest}
    return render(request, "annotation/talking/offline.html", page)


@never_cache
def batch(request: Request, slug: str, pk: int) -> HttpResponse:
    """GET shows a batch, POST brings answers back."""
    found = batch_for_member(request.user, slug, pk)
    if request.method != "POST":
        return _page(request, found, SheetForm())
    form = SheetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, form)
    try:
        upload = _upload(request, found.dataset, form)
        sheet = _read(found, upload)
        if sheet.faults and not form.cleaned_data["token"]:
            return _page(request, found, form, sheet=sheet, faults=sheet.faults[:FAULTS], token=upload.token)
        brought = bring_back(found, sheet.answers, timezone.now())
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, found, form)
    return _page(request, found, SheetForm(), sheet=sheet, brought=brought)


@require_GET
def download(request: Request, slug: str, pk: int) -> HttpResponse:
    found = batch_for_member(request.user, slug, pk)
    answer = HttpResponse(sheet_of(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-batch-{found.pk}.csv"'
    return answer


@require_POST
def give_back(request: Request, slug: str, pk: int) -> HttpResponse:
    n = offline_batch.give_back(batch_for_member(request.user, slug, pk), timezone.now())
    messages.success(request, f"{counted(n, 'case')} {'is' if n == 1 else 'are'} back in the queue.")
    return redirect("offline", slug)


def _upload(request: Request, dataset: Dataset, form: SheetForm) -> Upload:
    file, token = form.cleaned_data["file"], form.cleaned_data["token"]
    if file:
        return keep_upload(file.name, file.chunks(), dataset, request.user, {})
    upload = find_upload(token, dataset, request.user)
    if upload is None:
        raise offline_batch.UnableToTakeOut("The file is not kept any longer; choose it again.")
    return upload


def _read(found: OfflineBatch, upload: Upload) -> ReadSheet:
    table = next(open_source(upload.path, name=upload.file_name).chunks(MOST_ROWS))
    known = set(found.rows.values_list("key", flat=True))
    reasons = list(found.dataset.reasons.values_list("text", flat=True))
    return read_sheet(table, known, found.dataset.class_names, reasons)


def _page(request: Request, found: OfflineBatch, form: SheetForm, **more: Any) -> HttpResponse:
    line = lines_of([found], timezone.now())[0]
    page = {
        "dataset": found.dataset, "batch": found, "line": line, "form": form, "own": found.user_id == request.user.pk,
        "classes": found.dataset.class_names, "reasons": found.dataset.reasons.all(), **more,
    }  # fmt: skip
    return render(request, "annotation/talking/offline_batch.html", page)
