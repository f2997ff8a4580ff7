"""What waits for a member in the header, and what is said of a case, on whatever page shows it."""

from typing import Any

from django import template
from django.template.context import RequestContext

from annotation.models import Case, Item, Notice, User
from annotation.reading.talking.comments import thread_of, thread_of_case

register = template.Library()

# Counting stops here, as for the marks of the stages.
MOST = 9


@register.simple_tag
def unread_notices(user: User) -> str:
    """ "" = none, "9+" = more than anybody counts."""
    n = Notice.objects.filter(user=user, read_at=None)[: MOST + 1].count()
    return f"{MOST}+" if n > MOST else str(n or "")


@register.inclusion_tag("annotation/talking/_comments.html", takes_context=True)
def comments_of(context: RequestContext, case: Case, blind: bool = False) -> dict[str, Any]:
    """What was said of the items of a case, with a form to say more; it must not stand inside another form.

    blind: for the page on which the case is answered, where a lead reads no more than an expert.
    """
    return _fragment(context, {"thread": thread_of_case(case, context["user"], blind=blind)})


@register.inclusion_tag("annotation/talking/_comments.html", takes_context=True)
def comments_on(context: RequestContext, item: Item) -> dict[str, Any]:
    """What was said of one item."""
    return _fragment(context, {"thread": thread_of(item.dataset, [item], context["user"])})


def _fragment(context: RequestContext, page: dict[str, Any]) -> dict[str, Any]:
    """An inclusion tag sees nothing of its page: who asks, and where to go back to without JavaScript."""
    request = context["request"]
    back = request.get_full_path() if request.method == "GET" else ""
    return {**page, "user": context["user"], "csrf_token": context.get("csrf_token"), "back": back}
