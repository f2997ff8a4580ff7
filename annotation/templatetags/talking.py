"""What waits for a member in the header, and what is said of a case, on whatever page shows it."""

from django import template

from annotation.models import Notice, User

register = template.Library()

# Counting stops here, as for the marks of the stages.
MOST = 9


@register.simple_tag
def unread_notices(user: User) -> str:
    """ "" = none, "9+" = more than anybody counts."""
    n = Notice.objects.filter(user=user, read_at=None)[: MOST + 1].count()
    return f"{MOST}+" if n > MOST else str(n or "")
