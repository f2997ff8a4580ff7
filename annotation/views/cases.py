"""The queue as its lead sees it, one case of it, and why an item was flagged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_expert, dataset_for_lead, part_for_lead, typed_id
from annotation.core.exporting.forms import Form
from annotation.core.order.support import where_shown
from annotation.forms.cases import CaseFilterForm, OverruleForm, SendBackForm
from annotation.forms.experts.adjudicating import OUTCOMES
from annotation.models import Case, Dataset, Decision, Detection, Item, User
from annotation.reading.cases import QueueState, excerpt_of, queue_state
from annotation.reading.casework.decided import decided
from annotation.reading.casework.listing import list_cases
from annotation.reading.casework.passes import passes_of
from annotation.reading.experts.members import Member, compared, members_of
from annotation.reading.experts.readiness import may_adjudicate
from annotation.reading.opinions import SecondOpinion, opinion_on
from annotation.reading.prediction_sets import imported_sets
from annotation.reading.why import Neighbour, Suspects, Why, detection_behind, explain, suspects_in, unanswered
from annotation.reading.worth_deciding import worth_in_words
from annotation.views.downloads import exported_file
from annotation.views.refusals import refused_to

# Members of a group that are explained on one page; a group of hundreds is one story.
SHOWN = 12


@require_GET
@vary_on_headers("HX-Request")
def cases(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = CaseFilterForm(dataset, request.GET)
    now, after = timezone.now(), request.GET.get("after", "")
    draw = dataset.production_draws.filter(pk=typed_id(request.GET.get("draw", ""))).first()
    wanted = form.wanted(draw.pk if draw else None)
    listed = list_cases(dataset, now, wanted, after=after)
    state = queue_state(dataset, now)
    detection = dataset.detections.order_by("-id").first()
    learned = dataset.learned_orders.order_by("-id").first()
    # going back asks HTMX for the whole page again
    part = request.htmx and not request.htmx.history_restore_request
    page = {
        "dataset": dataset, "state": state, "heading": _heading(state), "form": form, "wanted": wanted,
        "finding": form.cleaned_data.get("finding"), "draw": draw, "after": after, "listed": listed,
        "prediction_sets": imported_sets(dataset), "detection": detection,
        "learned": learned, "where_shown": where_shown(learned.support) if learned else "",
        "worth": () if part or not state.open else worth_in_words(dataset, detection, learned),
    }  # fmt: skip
    return render(request, f"annotation/lead/{'_cases' if part else 'cases'}.html", page)


def _heading(state: QueueState) -> str:
    if state.open:
        return f"{state.open:,} case{' waits' if state.open == 1 else 's wait'} for an expert"
    return f"No case is open; experts have settled {state.settled:,}" if state.settled else "No case is open"


@require_GET
def case(request: Request, slug: str, pk: int) -> HttpResponse:
    return show_case(request, case_for_lead(request, slug, pk))


def case_for_lead(request: Request, slug: str, pk: int) -> Case:
    return part_for_lead(request.user, slug, Case.objects.select_related("dataset", "leased_to", "reopens"), pk)


def show_case(request: Request, found: Case, filled: SendBackForm | OverruleForm | None = None) -> HttpResponse:
    """The page of a case for its lead; `filled`: a form that was sent in and can't be taken as it is."""
    dataset, detection = found.dataset, detection_behind(found)
    suspects, members = _suspects_ahead(found, detection)
    answered = found.decisions.exists()
    decisions = found.decisions.select_related("expert", "label_class", "guideline", "undone_by", "undoes")
    page = {
        "dataset": dataset, "case": found, "detection": detection, "now": timezone.now(),
        "cards": _cards(dataset, members[:SHOWN], detection, answered=answered), "n_more": max(0, len(members) - SHOWN),
        "suspects": suspects,
        "excerpt": excerpt_of(dataset, members[0].item.content, 90) if members else "",
        "decisions": decisions.prefetch_related("reasons", "items").order_by("id"),
        "learned": dataset.learned_orders.order_by("-id").first(), "passes": passes_of(found),
        "parts": found.parts.order_by("id"), **_about_decided(request, found, filled),
    }  # fmt: skip
    return render(request, "annotation/lead/case.html", page)


def _about_decided(request: Request, found: Case, filled: SendBackForm | OverruleForm | None) -> dict[str, Any]:
    """What a lead can do with a settled case, and the forms for it."""
    about = decided(found, request.user)
    if about is None:
        return {}
    return {
        "decided": about, "token": uuid4(), "outcomes": OUTCOMES, "classes": found.dataset.label_classes.all(),
        "sending": filled if isinstance(filled, SendBackForm) else SendBackForm(found.dataset, about),
        "overruling": filled if isinstance(filled, OverruleForm) else OverruleForm(found),
        "may_overrule": not about.own and may_adjudicate(found, request.user),
    }  # fmt: skip


@require_GET
def why(request: Request, slug: str, pk: int) -> HttpResponse:
    """Why the items of one's own answer were flagged; no such page before the answer or once it is taken back."""
    dataset = dataset_for_expert(request.user, slug)
    mine = Decision.objects.standing().filter(case__dataset=dataset, expert=request.user).select_related("case")
    # nothing is told of the questions of a test
    decision = get_object_or_404(mine.exclude(case__kind=Case.QUALIFICATION), pk=pk)
    detection = detection_behind(decision.case)
    suspects, members = _suspects_ahead(decision.case, detection)
    items = [member.item.pk for member in members]
    if decision.items.count() < len(members) or unanswered(request.user).filter(pk__in=items).exists():
        # what the rest of the group carries is somebody's next case, and so may be each member by itself
        raise Http404
    cards = _cards(dataset, members[:SHOWN], detection, request.user, answered=True)
    page = {
        "dataset": dataset, "decision": decision, "cards": cards, "n_more": max(0, len(members) - SHOWN),
        "suspects": suspects,
    }  # fmt: skip
    return render(request, "annotation/expert/why.html", page)


def _suspects_ahead(case: Case, detection: Detection | None) -> tuple[Suspects, list[Member]]:
    """The suspicious members of its group, and all members: the first, with which the others are compared, then those,
    so that none of them is beyond what the page shows."""
    suspects = suspects_in(case, detection)
    members = members_of(case.dataset, case)
    return suspects, members[:1] + sorted(members[1:], key=lambda member: member.item.pk not in suspects.items)


@dataclass(frozen=True)
class CaseCard:
    """An item of a case, why it was flagged, its neighbours with what differs from it marked, and a second opinion,
    which nobody sees before an answer."""

    member: Member
    why: Why
    neighbours: Sequence[tuple[Neighbour, Member]]
    opinion: SecondOpinion | None


def _cards(
    dataset: Dataset, members: Sequence[Member], detection: Detection | None, expert: User | None = None, *,
    answered: bool,
) -> list[CaseCard]:  # fmt: skip
    cards = []
    for member in members:
        item: Item = member.item
        why = explain(dataset, item, detection, expert)
        near = [(one, compared(dataset, one.item, item)) for one in why.neighbours]
        cards.append(CaseCard(member, why, near, opinion_on(dataset, item) if answered else None))
    return cards


@require_GET
@refused_to("cases")
def download_cases(request: Request, slug: str) -> HttpResponseBase:
    return exported_file(dataset_for_lead(request.user, slug), "cases", Form("csv"))
