"""Labels under a finding that a lead quarantined: out of training until experts decide on them."""

from collections import Counter

from annotation.models import CurrentLabel, Dataset, FindingItem, Item, Ruling


def quarantined_items(dataset: Dataset) -> set[int]:
    """Pool items whose current label is set aside: covered by a finding whose standing ruling is a quarantine, and not
    yet decided on. The finding is the one that was ruled on; a later detection does not widen it."""
    findings = _quarantined_findings(dataset).values()
    decided = CurrentLabel.objects.in_force().decided().filter(item__dataset=dataset)
    covered = FindingItem.objects.filter(finding__in=findings, item__split=Item.POOL)
    covered = covered.exclude(item__in=decided.values("item"))
    return set(covered.values_list("item_id", flat=True))


def quarantined_now(dataset: Dataset) -> Counter[str]:
    """finding key → how many labels it holds in quarantine."""
    items = quarantined_items(dataset)
    counts: Counter[str] = Counter()
    for key, finding in _quarantined_findings(dataset).items():
        covered = FindingItem.objects.filter(finding=finding).values_list("item_id", flat=True)
        counts[key] = len(items.intersection(covered))
    return counts


def _quarantined_findings(dataset: Dataset) -> dict[str, int | None]:
    """key → the finding ruled on, where the newest ruling on the key is a quarantine."""
    standing = {ruling.key: ruling for ruling in dataset.rulings.order_by("id")}
    return {key: ruling.finding_id for key, ruling in standing.items() if ruling.ruling == Ruling.QUARANTINED}
