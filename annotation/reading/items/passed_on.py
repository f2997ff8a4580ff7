"""Open cases that nobody is left for: every expert passed them on."""

from django.db.models import Count

from annotation.models import Case, Dataset, Membership, Skip
from annotation.reading.experts.routing_rules import paused_in


def passed_by_all(dataset: Dataset) -> list[int]:
    """Ids of open cases that each expert who is not paused has passed on; none where the dataset has no expert."""
    experts = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT).values_list("user_id", flat=True)
    asked = set(experts) - paused_in(dataset.pk)
    if not asked:
        return []
    skips = Skip.objects.standing().filter(case__dataset=dataset, case__status=Case.OPEN, expert__in=asked)
    counted = skips.order_by().values("case").annotate(n=Count("expert", distinct=True)).filter(n=len(asked))
    return list(counted.values_list("case", flat=True))
