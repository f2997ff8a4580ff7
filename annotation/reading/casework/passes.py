"""Cases that experts passed on, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from annotation.models import Case, Dataset, Skip

# Reasons as a filter names them, beside those an expert can give.
ANY, NONE = "any", "none"


@dataclass(frozen=True)
class PassedFor:
    """n cases were passed on for this reason; `name` as a filter writes it, `words` as a page does."""

    name: str
    words: str
    n: int


def passed_counts(dataset: Dataset) -> list[PassedFor]:
    """How many cases, of those a list shows, were passed on: in all first, then by reason."""
    listed = dataset.cases.work().exclude(status=Case.OPEN, kind__in=(Case.AUDIT, Case.PRODUCTION))
    skips = Skip.objects.standing().filter(case__in=listed.order_by().values("pk"))
    names = [(name, name, words) for name, words in Skip.REASONS.items()]
    reasons = [*names, (NONE, "", "no reason given")]
    by_reason = {name: Count("case", distinct=True, filter=Q(reason=stored)) for name, stored, _ in reasons}
    n = skips.order_by().aggregate(**by_reason, **{ANY: Count("case", distinct=True)})
    return [PassedFor(ANY, "passed on", n[ANY]), *(PassedFor(name, words, n[name]) for name, _, words in reasons)]


def passes_of(case: Case) -> Sequence[Skip]:
    """Who passed the case on, those too who took that back."""
    return list(case.skips.select_related("expert", "undone").order_by("id"))
