"""What expert time brings, in the cells of a table."""

from collections import Counter
from collections.abc import Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.core.order.audit_draw import ErrorRate
from annotation.core.stored import IntervalJson
from modeling.figures.words.numbers import p_words, percent, signed, span
from modeling.figures.words.returns import experts_words, hours_words, per_hour_words, periods_words
from modeling.reading.watching.decisions_made import Period
from modeling.templatetags.figures import difference

register = template.Library()

register.filter("time_words", hours_words)
register.filter("rate_words", per_hour_words)
register.filter("points_words", signed)
register.filter("p_words", p_words)


@register.simple_tag
def audited_share(rate: ErrorRate | None) -> SafeString:
    """4.1 % 2.0–7.9, n = 180 answers; – where no audit was answered."""
    if rate is None:
        return SafeString("–")
    found = rate.rate
    return format_html(
        '{} <span class="soft nowrap">{}, n = {}</span>', percent(found.value), span(found.low, found.high), found.n
    )


@register.simple_tag
def experts_heading(periods: Sequence[Period]) -> str:
    """Who decided most."""
    decided: Counter[str] = Counter()
    for one in periods:
        decided.update({name: spent.decisions for name, spent in one.by.items()})
    return experts_words(decided)


@register.simple_tag
def points_of_100(found: IntervalJson) -> SafeString:
    """A gain per label as that of 100 labels, in points."""
    return difference(100 * found["value"], 100 * found["low"], 100 * found["high"])


@register.simple_tag
def periods_heading(periods: Sequence[Period]) -> str:
    """The finding of the table of periods."""
    last = periods[-1]
    fallen = next((one.fallen for one in reversed(periods) if one.fallen), None)
    return periods_words(last.spent, fallen)
