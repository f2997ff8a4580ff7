"""The rule bench: type a rule, see at once what it explains, open its items as a queue."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_expert
from annotation.actions.detecting.open_rule import open_queue
from annotation.core.refusal import Refusal
from annotation.forms.rules import RuleForm
from annotation.models import Dataset
from annotation.reading.rule_bench import Tried, try_rule
from annotation.templatetags.house import percent, quoted
from annotation.views.refusals import refused_to

SHOWN = 20


@require_GET
@vary_on_headers("HX-Request")
def rules(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    form = RuleForm(dataset, request.GET)
    typed = [(part, request.GET.get(part, "")) for part in ("kind", "name", "number", "value")]
    page = {"dataset": dataset, "form": form, "typed": typed}
    if not form.is_empty:
        try:
            page |= _shown(dataset, try_rule(dataset, form.rule(dataset)))
        except Refusal as fault:
            page["fault"] = str(fault)
    # the choice of another kind brings other inputs with it; typing brings only what is beneath them
    part = request.htmx and not request.htmx.history_restore_request
    fragment = {"rule": "_rule.html", "tried": "_rule_tried.html"}.get(request.htmx.target or "") if part else None
    return render(request, f"annotation/lead/{fragment or 'rule_bench.html'}", page)


@require_POST
@refused_to("rules")
def open_rule(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    form = RuleForm(dataset, request.POST)
    rule = form.rule(dataset)
    finding = open_queue(dataset, request.user, rule, form.cleaned_data.get("label", ""), timezone.now())
    n = dataset.cases.open().of_finding(finding.pk).count()
    messages.success(request, f"The rule's queue has {n:,} open case{'' if n == 1 else 's'}.")
    return redirect(reverse("queue", args=[slug]) + f"?finding={finding.pk}")


def _shown(dataset: Dataset, tried: Tried) -> dict[str, Any]:
    names, annotators = dataset.class_names, tried.annotator_names
    first = tried.annotators[:SHOWN]
    return {
        "tried": tried, "heading": _heading(tried), "verdict": _verdict(tried, names),
        "given": [(names[one.label], one) for one in tried.given[:SHOWN]],
        "said": [(names[one.label], one) for one in tried.said[:SHOWN]],
        "by": [(annotators[one.annotator], one) for one in first] if len(tried.annotators) > 1 else [],
        "more_annotators": len(tried.annotators) - len(first), "more_classes": max(0, len(tried.given) - SHOWN),
        "foremost": names[tried.given[0].label] if tried.given else "",
        "examples": [" · ".join(str(value) for value in row.values()) for row in tried.examples],
    }  # fmt: skip


def _heading(tried: Tried) -> str:
    if not tried.n_matching:
        return f"No item {tried.rule.words}"
    fit = "fits: it" if tried.n_matching == 1 else "fit: each"
    return f"{tried.n_matching:,} of {tried.n:,} items {fit} {tried.rule.words}"


def _verdict(tried: Tried, names: tuple[str, ...]) -> str:
    """What the rule says of the labels, in one sentence."""
    if not tried.n_matching or not tried.given or not tried.given[0].inside.n:
        return "So it says nothing about the labels."
    best = tried.given[0]
    if best.balanced != best.balanced:
        return f"Every label here is {quoted(names[best.label])}, so no rule can say anything about them."
    strength = (
        "almost decides" if best.balanced >= 0.9 else "largely decides" if best.balanced >= 0.7
        else "says a little about" if best.balanced >= 0.55 else "says nothing about"
    )  # fmt: skip
    return (
        f"It {strength} what carries {quoted(names[best.label])}: {percent(best.inside.value)} of the labelled items "
        f"that fit do, and {percent(best.outside.value)} of the others."
    )
