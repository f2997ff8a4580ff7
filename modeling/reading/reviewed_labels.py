"""What experts found of the labels they looked at."""

from annotation import bulk, frames
from annotation.core.intervals import Interval, wilson
from annotation.models import CurrentLabel, Dataset, Item, class_now

# Reviewed labels of which the share is told: more cost a page more, and hardly narrow the interval.
LAST = 2_000


def wrong_among_reviewed(dataset: Dataset) -> tuple[Interval, bool]:
    """Share in [0, 1] of the pool's labels that experts gave another class, of those to which they gave one; Wilson's
    95 % interval, n = 0 before the first. Of labels picked because they are suspected, not of all. And whether that is
    of the LAST they looked at alone."""
    latest = CurrentLabel.objects.in_force().decided()
    latest = latest.filter(decision__case__dataset=dataset, item__split=Item.POOL, state=CurrentLabel.LABELLED)
    before: dict[int, int | None] = {}
    with bulk.looked_up():
        rows = list(latest.order_by("-decision_id").values_list("item_id", "label_class_id")[: LAST + 1])
        after = dict(rows[:LAST])
        for batch in bulk.in_batches(after, frames.BATCH):
            earlier = CurrentLabel.objects.filter(item__in=batch, state=CurrentLabel.LABELLED).undecided()
            found = sorted(earlier.values_list("id", "item_id", class_now()), key=lambda row: row[0])
            before |= {item: label for _, item, label in found}
    return wilson(sum(after[item] != label for item, label in before.items()), len(before)), len(rows) > LAST
