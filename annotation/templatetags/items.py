"""Links from a number that counts items to the table of just these items."""

from django import template
from django.urls import reverse

from annotation.core.items.asked import asked_for
from annotation.models import Dataset

register = template.Library()


@register.simple_tag
def items_url(dataset: Dataset, but_not: str = "", **conditions: object) -> str:
    """The address of the table with these conditions: `{% items_url dataset split="pool" %}`. `but_not`: those that
    have to fail, with blanks between. Raises KeyError for what is no condition: the table would show other items."""
    asked = asked_for(conditions, but_not.split())
    return reverse("items", args=[dataset.slug]) + (f"?{asked.query}" if asked.query else "")
