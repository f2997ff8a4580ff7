"""Count a dataset's items once, where they came in, for the pages that say how many there are."""

import logging
from collections import Counter

from django.db import DatabaseError, transaction
from django.db.models import Max

from annotation.models import Dataset, FileImport, Item, ItemCount, Job
from annotation.reading.sampling.counts import count_items, newest_taken_back

log = logging.getLogger(__name__)
# Items more than were counted: fewer are counted by each page.
WORTH = 5_000


def keep_counts(dataset: Dataset) -> None:
    """Keep how many items there are of each split, where many came since they were counted last. Nothing is kept while
    an import writes, or was killed as it wrote: what it has not shown yet would be missing for good."""
    if dataset.jobs.filter(kind="import", status=Job.RUNNING).exists():
        return
    if dataset.file_imports.filter(state__in=FileImport.UNFINISHED).exists():
        return
    up_to = Item.objects.filter(dataset=dataset).aggregate(last=Max("id"))["last"] or 0
    taken_back = newest_taken_back(dataset)
    there = dataset.item_counts.filter(taken_back=taken_back).aggregate(last=Max("up_to"))["last"] or 0
    if not Item.objects.filter(dataset=dataset, id__gt=there).values("id")[WORTH : WORTH + 1]:
        return
    kept = []
    later = Counter(Item.objects.filter(dataset=dataset, id__gt=up_to).values_list("split", flat=True))
    for split in Item.HERE:
        facts = {"up_to": up_to, "n": count_items(dataset, split) - later[split], "taken_back": taken_back}
        kept.append((split, facts))
    try:
        with transaction.atomic():
            for split, facts in kept:
                ItemCount.objects.update_or_create(dataset=dataset, split=split, defaults=facts)
    except DatabaseError:  # nobody waits for it: pages count by themselves until the next job ends
        log.warning("the items of %s were not counted", dataset.slug, exc_info=True)
