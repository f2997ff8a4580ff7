"""The audit and what decisions taught, for the lead."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation.access import Request, dataset_for_lead
from annotation.actions.queue.draw_audit import SIZE, draw_audit
from annotation.core.intervals import Interval, wilson
from annotation.core.order.audit_draw import ENOUGH_ERRORS
from annotation.core.order.calibration import LEAST
from annotation.core.order.support import ENOUGH, where_shown
from annotation.core.wording import counted
from annotation.models import Dataset, LearnedOrder
from annotation.reading.audit_answers import AuditState, audit_state
from annotation.templatetags.house import percent, spaced
from annotation.views.refusals import refused_to

SHOWN = 6
FACTORS = {
    "class": "Label given", "pair": "Label given → suggested", "annotator": "Annotator", "source": "Source",
    "detector": "Detector", "finding": "Finding", "opinion": "Second opinion",
}  # fmt: skip


@dataclass(frozen=True)
class Level:
    """`share`: of its decided labels that proved wrong; `shrunk`: the same, drawn towards all decisions."""

    name: str
    share: Interval
    shrunk: float


@require_http_methods(["GET", "POST"])
@refused_to("audit")
def audit(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    if request.method == "POST":
        return _draw(request, dataset)
    state = audit_state(dataset)
    learned = dataset.learned_orders.order_by("-id").first()
    page = {
        "dataset": dataset, "state": state, "heading": _heading(state), "learned": learned,
        "factors": _factors(dataset, learned), "size": SIZE, "enough": ENOUGH_ERRORS, "least": LEAST,
        "enough_checked": ENOUGH, "where_shown": where_shown(learned.support) if learned else "",
    }  # fmt: skip
    return render(request, "annotation/lead/audit.html", page)


def _draw(request: Request, dataset: Dataset) -> HttpResponse:
    """Each audit has a seed of its own: how many came before it."""
    drawn = draw_audit(
        dataset, seed=dataset.audits.count(), lead=request.user, now=timezone.now(),
        after=request.POST.get("after", ""),
    )  # fmt: skip
    messages.success(request, f"Drawn: {counted(drawn.n_drawn, 'item')}, to come up among the cases of the queue.")
    return redirect("audit", dataset.slug)


def _heading(state: AuditState | None) -> str:
    if state is None:
        return "How many labels are wrong? An audit answers that"
    rate = state.rate.rate
    if not state.rate.answered:
        return f"None of {counted(state.rate.drawn, 'item')} drawn is answered yet"
    return f"{percent(rate.low)} to {percent(rate.high)} of the labels are wrong"


def _factors(dataset: Dataset, learned: LearnedOrder | None) -> list[tuple[str, list[Level]]]:
    """By factor the levels decided most often; one that all decided items share says nothing."""
    if learned is None:
        return []
    found = []
    for factor, words in FACTORS.items():
        rates = learned.rates.get(factor, {})
        levels = sorted(rates.items(), key=lambda level: -level[1][1])[:SHOWN]
        if len(rates) > 1:
            named = _names(dataset, factor, [name for name, _ in levels])
            found.append((words, [Level(named[name], wilson(wrong, n), rate) for name, (wrong, n, rate) in levels]))
    return found


def _names(dataset: Dataset, factor: str, levels: list[str]) -> dict[str, str]:
    """Level → what the other pages call it: findings by their title, detectors in words."""
    if factor == "detector":
        return {level: spaced(level) for level in levels}
    titles = dataset.findings.filter(key__in=levels).order_by("id") if factor == "finding" else dataset.findings.none()
    return {level: level for level in levels} | dict(titles.values_list("key", "title"))
