"""Who labelled a production snapshot."""

from collections import Counter
from collections.abc import Sequence

from annotation.models import Annotator, Label, Snapshot
from annotation.reading.production.draws import pool_experts
from modeling.core.proving.stored import ProductionLabels

NAMED = 5


def who_labelled(production: Snapshot) -> ProductionLabels:
    """The names of up to five who labelled most of its rows, and the share of rows that somebody labelled who also
    decided on the pool: by what was frozen with the rows. Who an annotator is may be told later, so that is read now.

    A snapshot from before that was kept is read by the labels of today, and says so (`live`)."""
    rows: list[Sequence[int]] = [
        row or () for row in production.rows.exclude(annotators=None).values_list("annotators", flat=True)
    ]
    live = not rows
    if live:
        rows = _by_labels_of_today(production)
    annotators = list(Annotator.objects.filter(dataset=production.dataset).values_list("id", "name", "user_id"))
    names, experts = {pk: name for pk, name, _ in annotators}, pool_experts(production.dataset)
    both = {pk for pk, _, user in annotators if user in experts}
    counts = Counter(one for row in rows for one in row if one in names)
    most = sorted(counts, key=lambda one: (-counts[one], one))[:NAMED]
    shared = sum(not both.isdisjoint(row) for row in rows)
    found: ProductionLabels = {
        "annotators": [names[one] for one in most], "shared": shared, "share": shared / production.n_rows,
    }  # fmt: skip
    return {**found, "live": True} if live else found


def _by_labels_of_today(production: Snapshot) -> list[Sequence[int]]:
    by_item: dict[int, list[int]] = {}
    labels = Label.objects.counting().filter(item__snapshotrow__snapshot=production)
    for item, annotator in labels.values_list("item_id", "annotator_id"):
        by_item.setdefault(item, []).append(annotator)
    return list(by_item.values())
