"""What experts found of the labels they looked at."""

from annotation.core.intervals import Interval, wilson
from annotation.models import CurrentLabel, Dataset, Item, class_now


def wrong_among_reviewed(dataset: Dataset) -> Interval:
    """Share in [0, 1] of the pool's labels that experts gave another class, of all to which they gave one; Wilson's
    95 % interval, n = 0 before the first. Of labels picked because they are suspected, not of all."""
    latest = (
        CurrentLabel.objects.in_force()
        .decided()
        .filter(item__dataset=dataset, item__split=Item.POOL, state=CurrentLabel.LABELLED)
    )
    after = dict(latest.values_list("item_id", "label_class_id"))
    earlier = CurrentLabel.objects.filter(item__in=latest.values("item"), state=CurrentLabel.LABELLED)
    rows = earlier.undecided().order_by("id").values_list("item_id", class_now())
    before = dict(rows)
    return wilson(sum(after[item] != label for item, label in before.items()), len(before))
