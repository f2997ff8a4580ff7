"""The lead's list of words that mean the same in a dataset: proposed, accepted, rejected."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from annotation import bulk, frames
from annotation.core.likeness.grouping import joined_text
from annotation.models import Dataset, Item, User
from modeling.core.perturbations.synonyms import Pair, Proposal, proposals
from modeling.models import SynonymRuling
from modeling.reading.confirmed_copies import confirmed_groups

MOST_PROPOSED = 200


def rulings_of(dataset: Dataset) -> dict[Pair, SynonymRuling]:
    """The latest word on each pair, in order of the alphabet."""
    rows = dataset.synonym_rulings.select_related("lead").order_by("id")
    latest = {(row.first, row.second): row for row in rows}
    return dict(sorted(latest.items()))


def accepted_pairs(dataset: Dataset) -> list[Pair]:
    return [pair for pair, row in rulings_of(dataset).items() if row.ruling == SynonymRuling.ACCEPTED]


def proposed_pairs(dataset: Dataset) -> list[Proposal]:
    """Pairs of words that vary inside groups experts confirmed, without those a lead has ruled on: at most 200."""
    groups = confirmed_groups(dataset)
    fields = dataset.typed_fields
    if not groups or not any(field.type == "text" for field in fields):
        return []
    content: dict[int, dict] = {}
    for batch in bulk.in_batches(item for group in groups for item in group):
        content |= dict(Item.objects.filter(pk__in=batch).values_list("id", "content"))
    items = list(content)
    table = frames.content_table([content[item] for item in items], fields)
    text = dict(zip(items, joined_text(table, fields), strict=True))
    return proposals([[text[item] for item in group] for group in groups], rulings_of(dataset))[:MOST_PROPOSED]


@transaction.atomic
def rule_on(dataset: Dataset, pairs: Iterable[Pair], ruling: str, lead: User | None, now: datetime) -> list[Pair]:
    """Append the lead's word on each pair, unless it is the lead's word already; returns those it was news for."""
    bulk.lock_dataset(dataset)
    current = {pair: row.ruling for pair, row in rulings_of(dataset).items()}
    news = [pair for pair in dict.fromkeys(pairs) if current.get(pair) != ruling]
    SynonymRuling.objects.bulk_create(_rows(dataset, news, ruling, lead, now))
    return news


def _rows(
    dataset: Dataset, pairs: Sequence[Pair], ruling: str, lead: User | None, now: datetime
) -> list[SynonymRuling]:
    return [
        SynonymRuling(dataset=dataset, first=first, second=second, ruling=ruling, lead=lead, created_at=now)
        for first, second in pairs
    ]
