"""What scripts ask for with a key, and the keys themselves."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead, typed_id
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.files.uploads import keep_upload
from annotation.actions.guarding.tokens import make_token, revoke_token
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.refusal import Refusal
from annotation.forms.guarding.tokens import ScriptImportForm, TokenForm
from annotation.forms.refusals import reported_on
from annotation.models import AccessToken, Job


@require_http_methods(["GET", "POST"])
def tokens(request: Request) -> HttpResponse:
    """One's keys; a new one stands in this answer only."""
    form, made = TokenForm(request.user, request.POST or None), ""
    if form.is_valid():
        said = form.cleaned_data
        with reported_on(form):
            made = make_token(
                request.user, said["dataset"], said["name"], said["scope"], said["days"], timezone.now()
            )  # fmt: skip
    theirs = AccessToken.objects.filter(user=request.user).select_related("dataset").order_by("-id")
    page = {"form": form, "made": made, "tokens": theirs, "now": timezone.now()}
    return render(request, "annotation/keeping/tokens.html", page)


@require_POST
def revoke(request: Request) -> HttpResponse:
    if revoke_token(request.user, typed_id(request.POST.get("token", "")), timezone.now()):
        messages.success(request, "The key does not work any more.")
    return redirect("tokens")


@require_POST
def import_by_script(request: Request, slug: str) -> HttpResponse:
    """A file and what its columns are; the answer names the job that imports it."""
    dataset = dataset_for_lead(request.user, slug)
    form = ScriptImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": "This can't be imported as it is.", "fields": form.errors}, status=400)
    said = form.cleaned_data
    try:
        upload = keep_upload(said["file"].name, said["file"].chunks(), dataset, request.user, {"split": said["split"]})
        mapping = ItemMapping(
            text=tuple(request.POST.getlist("text")), label=said["label"] or None, id=said["id"] or None,
            annotator=said["annotator"] or None, source=said["source"] or None, split=said["split"],
        )  # fmt: skip
        asked = import_params(dataset.slug, dataset.name, upload.path, mapping, file_name=upload.file_name)
        job = request_import(asked, user=request.user)
    except Refusal as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    return JsonResponse({"job": job.pk, "status": job.status}, status=202)


@require_GET
def job_by_script(request: Request, slug: str, pk: int) -> HttpResponse:
    job = part_for_lead(request.user, slug, Job.objects.all(), pk)
    told = {"job": job.pk, "kind": job.kind, "status": job.status, "progress": job.progress, "error": job.error}
    return JsonResponse(told)
