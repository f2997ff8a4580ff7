"""The rule bench: type a rule, see at once what it explains, open its items as a queue.

Whoever answers cases blind sees less of it than a lead, and not at all where the lead does not allow it.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_expert, shown_finding
from annotation.actions.detecting.open_rule import open_queue
from annotation.actions.detecting.own_rule import open_or_ask
from annotation.core.refusal import Refusal
from annotation.core.rules.coarse_rules import FLOOR
from annotation.core.rules.typed_rules import TypedRule
from annotation.forms.rules import RuleForm
from annotation.models import Dataset, Finding, Membership, User
from annotation.reading.experts.routing_rules import rules_of
from annotation.reading.rule_bench import Tried, try_rule, try_rule_blind
from annotation.templatetags.house import percent, quoted
from annotation.views.refusals import refused_to

SHOWN = 20


@require_GET
@vary_on_headers("HX-Request")
def rules(request: Request, slug: str) -> HttpResponse:
    dataset, lead = _bench_of(request.user, slug)
    form = RuleForm(dataset, request.GET)
    typed = [(part, request.GET.get(part, "")) for part in ("kind", "name", "number", "value")]
    page = {"dataset": dataset, "form": form, "typed": typed, "lead": lead, "floor": FLOOR}
    if not form.is_empty:
        try:
            tried = (try_rule if lead else try_rule_blind)(dataset, form.rule(dataset))
            page |= _shown(dataset, tried)
        except Refusal as fault:
            page["fault"] = str(fault)
    # the choice of another kind brings other inputs with it; typing brings only what is beneath them
    part = request.htmx and not request.htmx.history_restore_request
    fragment = {"rule": "_rule.html", "tried": "_rule_tried.html"}.get(request.htmx.target or "") if part else None
    return render(request, f"annotation/lead/{fragment or 'rule_bench.html'}", page)


@require_POST
@refused_to("rules")
def open_rule(request: Request, slug: str) -> HttpResponse:
    dataset, lead = _bench_of(request.user, slug)
    form = RuleForm(dataset, request.POST)
    rule = form.rule(dataset)
    opened = (_open if lead else _open_own)(request, dataset, rule, form.cleaned_data.get("label", ""))
    return (
        redirect(reverse("queue", args=[slug]) + f"?finding={shown_finding(opened.pk)}")
        if opened
        else redirect("rules", slug)
    )


def _bench_of(user: User, slug: str) -> tuple[Dataset, bool]:
    """The dataset, and whether `user` leads it; to its experts there is no such page where the lead wants none."""
    dataset = dataset_for_expert(user, slug)
    lead = dataset.role_of(user) == Membership.LEAD
    if not lead and not rules_of(dataset).rules_for_experts:
        raise Http404
    return dataset, lead


def _open(request: Request, dataset: Dataset, rule: TypedRule, label: str) -> Finding:
    finding = open_queue(dataset, request.user, rule, label, timezone.now())
    n = dataset.cases.open().of_finding(finding.pk).count()
    messages.success(request, f"The rule's queue has {n:,} open case{'' if n == 1 else 's'}.")
    return finding


def _open_own(request: Request, dataset: Dataset, rule: TypedRule, label: str) -> Finding | None:
    """The queue of an expert's rule; None where a lead has to open it. Which items carry what is not theirs to ask."""
    finding, is_open = open_or_ask(dataset, request.user, rule, label, timezone.now())
    if not is_open:
        messages.info(request, "Your rule would open more cases than an expert may; the lead was asked to open it.")
        return None
    messages.success(request, "This is your rule's queue. Your answers to it count as not blind.")
    return finding


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
        return f"No item{f' of a sample of {tried.n:,}' * tried.of_sample} {tried.rule.words}"
    fit = "fits: it" if tried.n_matching == 1 else "fit: each"
    of = f"{'a sample of ' * tried.of_sample}{tried.n:,}"
    return f"{tried.n_matching:,} of {of} items {fit} {tried.rule.words}"


def _verdict(tried: Tried, names: tuple[str, ...]) -> str:
    """What the rule says of the labels, in one sentence."""
    if tried.coarse and tried.n_matching and not tried.given:
        return f"Fewer than {FLOOR} labels may be counted where it holds or where it does not, so none is."
    if not tried.n_matching or not tried.given or not tried.given[0].inside.n:
        return "So it says nothing about the labels."
    best = tried.given[0]
    if best.balanced != best.balanced:
        every = "Nearly every" if tried.coarse else "Every"
        return f"{every} label here is {quoted(names[best.label])}, so no rule can say anything about them."
    strength = (
        "almost decides" if best.balanced >= 0.9 else "largely decides" if best.balanced >= 0.7
        else "says a little about" if best.balanced >= 0.55 else "says nothing about"
    )  # fmt: skip
    return (
        f"It {strength} what carries {quoted(names[best.label])}: {percent(best.inside.value)} of the labelled items "
        f"that fit do, and {percent(best.outside.value)} of the others{', roughly' if tried.coarse else ''}."
    )
