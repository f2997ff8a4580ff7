"""What detections found: asked for, read and ruled on."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead
from annotation.actions.detecting.detect import request_detection
from annotation.actions.detecting.open_finding import not_yet_open, open_finding
from annotation.models import Finding, Ruling
from annotation.reading.finding_kinds import by_kind
from annotation.reading.findings import FindingState, findings_of, judged_by
from annotation.reading.quarantine import quarantined_now
from annotation.views.refusals import refused_to


@require_POST
@refused_to("cases")
def detect(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    job = request_detection(dataset, predictions=request.POST.get("predictions", ""), user=request.user)
    return redirect("job", slug, job.pk)


@require_GET
def findings(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = findings_of(dataset)
    page = {
        "dataset": dataset, "findings": found, "kinds": by_kind(found), "heading": _heading(found),
        "unopened": not_yet_open([one.finding for one in found]), "held": quarantined_now(dataset),
        "detection": dataset.detections.order_by("-id").first(), "judged_by": judged_by(dataset),
    }  # fmt: skip
    return render(request, "annotation/lead/findings.html", page)


def _heading(found: Sequence[FindingState]) -> str:
    """The finding with most open cases, which comes first, and how many more there are."""
    if not found:
        return "Nothing explains many doubtful labels at once"
    title, more = found[0].finding.title, len(found) - 1
    return f"{title}, and {more:,} more finding{'' if more == 1 else 's'}" if more else title


@require_POST
def give_ruling(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    finding = get_object_or_404(Finding.objects.filter(dataset=dataset), pk=pk)
    ruling = request.POST.get("ruling")
    if ruling not in Ruling.RULINGS:
        raise Http404
    Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling=ruling, lead=request.user)
    messages.success(request, f"{finding.title}: this finding is now {ruling}.")
    return redirect("findings", slug)


@require_POST
@refused_to("findings")
def open_its_cases(request: Request, slug: str, pk: int) -> HttpResponse:
    finding = part_for_lead(request.user, slug, Finding.objects.select_related("dataset"), pk)
    n = open_finding(finding, request.user, timezone.now())
    opened = f"{n:,} case{'s are' if n != 1 else ' is'} open now" if n else "Nothing was left to open"
    messages.success(request, f"{opened} for this finding: {finding.title}.")
    return redirect("findings", slug)
