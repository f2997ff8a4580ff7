"""A figure with its interval in the soft colour right after it; a run in words."""

from typing import Literal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.core.stored import IntervalJson
from annotation.models import Snapshot
from modeling.core.fitting.stored import Scores
from modeling.core.learners import used_words
from modeling.core.proving.stored import ComparisonProof, Difference, ProofJson, SideScores
from modeling.figures.words.comparisons import (
    VERDICT_TAGS,
    Figure,
    class_words,
    declared_words,
    needed_words,
    plain_span,
    proved,
    proved_span,
    unit_words,
    units_words,
    verdict_words,
    worth_words,
)
from modeling.figures.words.numbers import money, percent, signed, signed_money, signed_span, span
from modeling.figures.words.recipes import recipe_words
from modeling.models import ModelRun, Recipe

register = template.Library()


register.filter("verdict_words", verdict_words)
register.filter("proved_span", proved_span)
register.filter("plain_span", plain_span)
register.filter("worth_words", worth_words)


@register.filter
def recipe(run: ModelRun) -> str:
    """Learner and resolved settings in words."""
    return recipe_words(run.recipe.learner, run.resolved)


@register.filter
def used(run: ModelRun) -> str:
    """What the fit settled on: C = 3, or the epoch training was stopped at."""
    return used_words(run.recipe.learner, run.resolved, run.metrics.get("curve"))


@register.filter
def in_words(recipe: Recipe) -> str:
    """Learner and settings as they were set."""
    return recipe_words(recipe.learner, recipe.settings)


@register.filter
def gap(run: ModelRun) -> str:
    """Train accuracy less that out of fold, in points."""
    return signed(run.metrics["train"]["accuracy"] - run.metrics["validation"]["accuracy"])


@register.simple_tag
def share(value: float, low: float, high: float) -> SafeString:
    """0.714 0.701 0.726 → 71.4 % 70.1–72.6"""
    return format_html('{} <span class="soft nowrap">{}</span>', percent(value), span(low, high))


@register.simple_tag
def share_of(found: object) -> SafeString:
    """A share with its limits, from an object or JSON with value, low, high and n; of nothing: –."""
    of = found if isinstance(found, dict) else vars(found)
    return share(of["value"], of["low"], of["high"]) if of.get("n") else SafeString("–")


@register.simple_tag
def accuracy_of(scores: SideScores | Scores) -> SafeString:
    """The accuracy among a run's or a comparison's scores, with its limits."""
    return share(scores["accuracy"], scores["accuracy_low"], scores["accuracy_high"])


@register.simple_tag
def points_of(found: IntervalJson) -> SafeString:
    """A difference of shares in points, from what holds value, low and high."""
    return difference(found["value"], found["low"], found["high"])


@register.simple_tag
def difference(value: float, low: float, high: float) -> SafeString:
    """0.093 0.071 0.114 → +9.3 +7.1 to +11.4"""
    return format_html('{} <span class="soft nowrap">{}</span>', signed(value), signed_span(low, high))


@register.simple_tag
def proved_by(found: Difference) -> SafeString:
    """A comparison's difference with the limits that decide: points, or what is saved where costs decide."""
    return format_html('{} <span class="soft nowrap">{}</span>', proved(found), proved_span(found))


@register.filter
def proved_as(found: Difference, key: Figure) -> str:
    """One figure of a comparison's difference, with its sign."""
    return proved(found, key)


@register.simple_tag
def points_in(found: Difference, metric: Literal["accuracy", "macro_f1"]) -> str:
    """A comparison's difference in a metric, with the limits that decide where the verdict is on that metric."""
    if found["metric"] == metric:
        return difference(found["value"], found["low_planned"], found["high_planned"])
    return signed(found[metric])


@register.filter
def verdict_tag(verdict: str) -> str:
    """The colour of a verdict's tag: a class of the style sheet."""
    return VERDICT_TAGS.get(verdict, "")


@register.filter
def counted_in(found: Difference) -> str:
    """What the figures of a comparison's difference count."""
    return unit_words(found)


@register.filter
def amount(value: float) -> str:
    """Money without its unit."""
    return money(value)


@register.simple_tag
def costing(found: IntervalJson) -> SafeString:
    """412.3 380.1 450.9 → 412 380 to 451: money with its limits."""
    limits = f"{money(found['low'])} to {money(found['high'])}"
    return format_html('{} <span class="soft nowrap">{}</span>', money(found["value"]), limits)


@register.simple_tag
def saving(found: IntervalJson) -> SafeString:
    """386 263 510 → +386 +263 to +510: what is saved with its limits."""
    limits = f"{signed_money(found['low'])} to {signed_money(found['high'])}"
    return format_html('{} <span class="soft nowrap">{}</span>', signed_money(found["value"]), limits)


@register.filter
def needed_rows(proof: ProofJson) -> str:
    """How many more rows would tell the declared difference; "" where that is not known."""
    needed = proof.get("needed")
    return needed_words(proof["difference"], needed) if needed else ""


@register.filter
def declared(proof: ProofJson) -> str:
    """The difference declared worth having, in words; "" where nobody declared one."""
    worthwhile = proof.get("worthwhile")
    return declared_words(proof["difference"], worthwhile) if worthwhile else ""


@register.filter
def rows_and_units(proof: ComparisonProof) -> str:
    """1,500 rows in 1,230 near-duplicate groups"""
    return units_words(proof["n"], proof.get("method"))


@register.filter
def said_of_classes(proof: ComparisonProof, snapshot: Snapshot) -> list[str]:
    """What the figures lack or were told by the classes, a sentence each."""
    return class_words(proof, snapshot.n_rows)


@register.filter
def method_words(proof: ComparisonProof) -> str:
    """What was taken as independent and how many there were, in one line."""
    method = proof.get("method")
    if method is None:
        return f"{proof['n']:,} rows, each taken as independent of the others"
    return f"{units_words(proof['n'], method)}, {method['interval']}"


@register.filter
def level(share: float) -> str:
    """0.995 → 99.5 %"""
    return f"{round(100 * share, 2):g}\u00a0%"
