"""What a lead reads and rules on: datasets, detection, findings, disagreement."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import dataset_for_lead, part_for_lead
from annotation.actions.create_dataset import may_create
from annotation.actions.detect import request_detection
from annotation.actions.disagreement import Disagreement, Rate, disagreement_now
from annotation.actions.findings import findings_of
from annotation.actions.import_items import UnableToImport
from annotation.actions.open_finding import not_yet_open, open_finding
from annotation.actions.quarantine import quarantined_now
from annotation.core.intervals import Interval
from annotation.models import Case, Dataset, Finding, Item, Membership, Ruling
from annotation.templatetags.house import percent
from annotation.words import by_kind

SHOWN_ANNOTATORS = 25


@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    mine = list(_with_counts(Dataset.objects.for_user(request.user), request.user))
    if len(mine) == 1 and mine[0].role == Membership.EXPERT:
        return redirect("queue", mine[0].slug)
    page = {"datasets": mine, "waiting": sum(one.n_open for one in mine), "may_create": may_create(request.user)}
    return render(request, "annotation/lead/datasets.html", page)


def _with_counts(found: Any, user: Any) -> Any:
    """The datasets with the user's role, their items and their open cases."""
    role = Membership.objects.filter(dataset=OuterRef("pk"), user=user).values("role")
    items = Item.objects.filter(dataset=OuterRef("pk")).order_by().values("dataset").annotate(n=Count("*"))
    cases = Case.objects.open().filter(dataset=OuterRef("pk")).order_by().values("dataset").annotate(n=Count("*"))
    return found.annotate(
        role=Subquery(role), n_items=Coalesce(Subquery(items.values("n")), 0),
        n_open=Coalesce(Subquery(cases.values("n")), 0),
    )  # fmt: skip


@require_POST
def detect(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    try:
        job = request_detection(dataset, predictions=request.POST.get("predictions", ""), user=request.user)
    except UnableToImport as error:
        messages.error(request, str(error))
        return redirect("cases", slug)
    return redirect("job", slug, job.pk)


@require_GET
def findings(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = findings_of(dataset)
    page = {
        "dataset": dataset, "findings": found, "kinds": by_kind(found), "rulings": Ruling.RULINGS,
        "unopened": not_yet_open([one.finding for one in found]), "held": quarantined_now(dataset),
        "detection": dataset.detections.order_by("-id").first(),
    }  # fmt: skip
    return render(request, "annotation/lead/findings.html", page)


@require_POST
def give_ruling(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    finding = get_object_or_404(Finding.objects.filter(dataset=dataset), pk=pk)
    ruling = request.POST.get("ruling")
    if ruling not in Ruling.RULINGS:
        raise Http404
    Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling=ruling, lead=request.user)
    messages.success(request, f"{finding.title}: this finding is now {ruling}.")
    return redirect("findings", slug)


@require_POST
def open_its_cases(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    finding = part_for_lead(request.user, slug, Finding.objects.select_related("dataset"), pk)
    n = open_finding(finding, request.user, timezone.now())
    opened = f"{n:,} case{'s are' if n != 1 else ' is'} open now" if n else "Nothing was left to open"
    messages.success(request, f"{opened} for this finding: {finding.title}.")
    return redirect("findings", slug)


@require_GET
def disagreement(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    found = disagreement_now(dataset)
    page = {
        "dataset": dataset, "found": found, "heading": _heading(found), "charts": _charts(found),
        "annotators": found.annotators[:SHOWN_ANNOTATORS], "more": max(0, len(found.annotators) - SHOWN_ANNOTATORS),
        "detection": dataset.detections.order_by("-id").first(),
    }  # fmt: skip
    return render(request, "annotation/lead/disagreement.html", page)


def _measured(found: Disagreement) -> list[tuple[str, Rate]]:
    kinds = (("items with two or more answers", found.by_items), ("near-duplicate groups", found.by_groups))
    return [(units, rate) for units, rate in kinds if rate.before.n or rate.after.n]


def _heading(found: Disagreement) -> str:
    """The finding in words: of the items where there are any, else of the groups."""
    for units, rate in _measured(found):
        before, after = percent(rate.before.value), percent(rate.after.value)
        still = "still " if before == after else ""
        return f"{before} of the {units} disagree; after relabelling {still}{after}"
    return "Nothing to compare yet: no item has two answers"


def _charts(found: Disagreement) -> list[dict[str, Any]]:
    """One strip per kind of unit that was measured, all on one scale, so that they can be compared."""
    kinds = _measured(found)
    top = max((one.high for _, rate in kinds for one in (rate.before, rate.after) if one.n), default=1.0)
    return [{"title": _title(units, rate), "rate": rate, "rows": _rows(rate, top), "top": top} for units, rate in kinds]


def _title(units: str, rate: Rate) -> str:
    before, after = (f"{_count(one):,} of {one.n:,}" for one in (rate.before, rate.after))
    return f"{before} {units} disagreed; {after} do now"


def _count(share: Interval) -> int:
    return round(share.value * share.n) if share.n else 0


def _rows(rate: Rate, top: float) -> list[dict[str, Any]]:
    series = (("as imported", "before", rate.before), ("after relabelling", "after", rate.after))
    return [{"name": name, "series": colour, "of": one, **_placed(one, top)} for name, colour, one in series]


def _placed(of: Interval, top: float) -> dict[str, float]:
    """Where the dot and its whisker stand, in percent of the scale from 0 to `top`."""
    return {"dot": 100 * of.value / top, "left": 100 * of.low / top, "width": 100 * (of.high - of.low) / top}
