"""The rule bench: type a rule, see at once what it explains, open its items as a queue."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_expert
from annotation.actions.detecting.open_rule import open_queue
from annotation.core.refusal import Refusal
from annotation.core.rules.typed_rules import (
    KINDS,
    NUMBERED,
    OF_FIELDS,
    OF_TEXT,
    TypedRule,
    UnableToReadRule,
    read_rule,
)
from annotation.forms.field_kinds import choice_field
from annotation.models import Dataset
from annotation.reading.rule_bench import Tried, try_rule
from annotation.templatetags.house import percent
from annotation.views.refusals import refused_to

SHOWN = 20


class RuleForm(forms.Form):
    """What a rule looks at and its parts; which parts count depends on `kind`."""

    kind = forms.ChoiceField(required=False)
    name = forms.CharField(required=False, max_length=200)
    number = forms.CharField(required=False, max_length=20)
    value = forms.CharField(required=False, max_length=200)
    label = forms.ChoiceField(required=False)

    def __init__(self, dataset: Dataset, data: QueryDict) -> None:
        super().__init__(data)
        self.kinds = kinds_for(dataset)
        choice_field(self, "kind").choices = self.kinds
        choice_field(self, "label").choices = [("", "any label"), *((name, name) for name in dataset.class_names)]

    @property
    def chosen_kind(self) -> str:
        kind = self.data.get("kind", "")
        return kind if kind in dict(self.kinds) else self.kinds[0][0]

    @property
    def is_empty(self) -> bool:
        return not any(self.data.get(part, "").strip() for part in ("name", "number", "value"))

    def rule(self, dataset: Dataset) -> TypedRule:
        """Raises UnableToReadRule with what to mend."""
        if not self.is_valid():
            raise UnableToReadRule("Choose what the rule looks at and a label from the lists.")
        said = self.cleaned_data
        return read_rule(self.chosen_kind, said["name"], said["number"], said["value"], dataset.typed_fields)


def kinds_for(dataset: Dataset) -> list[tuple[str, str]]:
    """The kinds of rules that fit the dataset's fields, in words."""
    types = {field.type for field in dataset.typed_fields}
    fitting = [
        kind for kind in KINDS
        if (kind not in OF_TEXT or "text" in types)
        and (kind not in OF_FIELDS or ("number" in types if kind != "equals" else types - {"text"}))
    ]  # fmt: skip
    return [(kind, KINDS[kind]) for kind in fitting]


@require_GET
@vary_on_headers("HX-Request")
def rules(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    form = RuleForm(dataset, request.GET)
    typed = [(part, request.GET.get(part, "")) for part in ("kind", "name", "number", "value")]
    page = {"dataset": dataset, "form": form, "parts": _parts(dataset, form), "typed": typed}
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


def _parts(dataset: Dataset, form: RuleForm) -> dict[str, Any]:
    """Which inputs the kind needs, and what to write in them."""
    kind = form.chosen_kind
    named = {"word": "Word", "count": "Word", "letters": "Letters", "source": "Source"}
    wanted = ("number",) if kind in ("above", "below") else ("number", "category")
    return {
        "name": named.get(kind, ""),
        "fields": [one.name for one in dataset.typed_fields if one.type in wanted] if kind in OF_FIELDS else [],
        "number": {"count": "More than", "above": "Above", "below": "Below"}.get(kind, "How many") if kind in NUMBERED
        else "",
        "value": kind == "equals",
    }  # fmt: skip


def _shown(dataset: Dataset, tried: Tried) -> dict[str, Any]:
    names, annotators = dataset.class_names, tried.annotator_names
    first = tried.annotators[:SHOWN]
    return {
        "tried": tried, "heading": _heading(tried), "verdict": _verdict(tried, names),
        "given": [(names[one.label], one) for one in tried.given[:SHOWN]],
        "said": [(names[one.label], one) for one in tried.said[:SHOWN]],
        "by": [(annotators[one.annotator], one) for one in first] if len(tried.annotators) > 1 else [],
        "more_annotators": len(tried.annotators) - len(first), "more_classes": max(0, len(tried.given) - SHOWN),
        "told": names[tried.given[0].label] if tried.given else "",
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
        return f"Every label here is {names[best.label]}, so no rule can tell anything."
    strength = (
        "almost decides" if best.balanced >= 0.9 else "goes a good way to decide" if best.balanced >= 0.7
        else "says a little about" if best.balanced >= 0.55 else "says nothing about"
    )  # fmt: skip
    return (
        f"It {strength} what carries {names[best.label]}: {percent(best.inside.value)} of the labelled items that fit "
        f"do, and {percent(best.outside.value)} of the others."
    )
