"""A figure with its interval in the soft colour right after it."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from modeling.words import percent, signed, signed_span, span

register = template.Library()


@register.simple_tag
def share(value: float, low: float, high: float) -> SafeString:
    """0.714 0.701 0.726 → 71.4 % 70.1–72.6"""
    return format_html('{} <span class="soft nowrap">{}</span>', percent(value), span(low, high))


@register.simple_tag
def difference(value: float, low: float, high: float) -> SafeString:
    """0.093 0.071 0.114 → +9.3 +7.1 to +11.4"""
    return format_html('{} <span class="soft nowrap">{}</span>', signed(value), signed_span(low, high))
