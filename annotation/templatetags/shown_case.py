"""How a case is named on the pages of experts."""

from django import template

from annotation.access import shown_finding, shown_id

register = template.Library()


@register.filter
def shown_in_link(pk: int) -> str:
    """A finding's id as links to its queue write it."""
    return shown_finding(pk)


@register.filter
def shown(pk: int) -> str:
    """The id of a case → what experts see of it."""
    return shown_id(pk)
