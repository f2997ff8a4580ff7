"""A finding and the items it covers. For use inside a transaction that holds the dataset."""

from collections.abc import Iterable, Sequence

from annotation import bulk
from annotation.core.wording import fitting_key, fitting_title
from annotation.models import Dataset, Finding, FindingItem


def finding_over(dataset: Dataset, key: str, items: Sequence[int]) -> Finding | None:
    """The newest finding of that key that no detection made, if it covers just these items."""
    last = dataset.findings.filter(detection__isnull=True, key=fitting_key(key)).order_by("-id").first()
    if last and set(last.covered.values_list("item_id", flat=True)) == set(items):
        return last
    return None


def write_finding(finding: Finding, items: Iterable[int]) -> Finding:
    """Insert `finding`, not yet stored, and the items it covers, in the order in which they are to be opened. Its key
    and title are cut to what their columns hold, the key so that it stays apart from others."""
    finding.key, finding.title = fitting_key(finding.key), fitting_title(finding.title)
    finding.save(force_insert=True)
    bulk.insert(FindingItem, ["finding_id", "item_id"], ((finding.pk, item) for item in items))
    return finding
