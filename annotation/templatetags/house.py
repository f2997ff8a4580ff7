"""How figures are written everywhere: percent with their interval, and the role of whoever looks."""

import math
import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotation.core.wording import FindingKind
from annotation.models import Dataset, Finding, User
from annotation.reading.finding_kinds import kind_named
from annotation.templatetags.texts import as_named

register = template.Library()
NO_CLASS = re.compile(r": '(.+?)' is none of ")


@register.filter
def role_of(dataset: Dataset, user: User) -> str | None:
    return dataset.role_of(user) if user.is_authenticated else None


@register.filter
def of_key(table: dict[Any, Any], key: Any) -> Any:
    """What stands under the key, None where nothing does."""
    return table.get(key)


@register.filter
def kind_of(finding: Finding) -> FindingKind:
    return kind_named(finding.kind)


@register.filter
def spaced(name: str) -> str:
    """near_duplicate_conflict → near duplicate conflict."""
    return name.replace("_", " ")


@register.filter
def quoted(name: object) -> SafeString:
    """positive → “positive”, so that a class stands out in a sentence."""
    return format_html("“{}”", as_named(name))


@register.filter
def counted(pairs: Iterable[tuple[str, int]]) -> SafeString:
    """(name, how many) → 3 access, 1 payment."""
    return format_html_join(", ", "{} {}", ((f"{n:,}", as_named(name)) for name, n in pairs))


@register.filter
def by_name(pairs: Iterable[tuple[str, int]]) -> str:
    """(name, how many) → erin 12, leo 3."""
    return ", ".join(f"{name} {n:,}" for name, n in pairs)


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """0.1234 → 12.3 %; nothing known → –."""
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.{digits}f}\u00a0%".replace("-", "−")


@register.filter
def points(difference: float | None, digits: int = 1) -> str:
    """0.093 → +9.3; a difference of shares in percentage points."""
    if difference is None or math.isnan(difference):
        return "–"
    return f"{100 * difference:+.{digits}f}".replace("-", "−")


@register.filter
def class_it_lacks(fault: str | None) -> str:
    """The label of which a fault of a file says that it is no class; "" where it says something else."""
    found = NO_CLASS.search(fault or "")
    return found[1] if found else ""
