"""Lines of the access log, of one dataset or of the whole site."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.models import AccessRecord, Dataset

PAGE = 100


@dataclass(frozen=True)
class AccessPage:
    """Lines, newest first. before: the key of the next page, None on the last."""

    lines: Sequence[AccessRecord]
    before: int | None


def list_access(dataset: Dataset | None, before: int = 0) -> AccessPage:
    """Of `dataset`, or of all of them and of what is in none."""
    found = AccessRecord.objects.select_related("user", "dataset").order_by("-id")
    if dataset is not None:
        found = found.filter(dataset=dataset)
    part = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    return AccessPage(part[:PAGE], part[PAGE - 1].pk if len(part) > PAGE else None)
