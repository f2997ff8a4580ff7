"""What is drawn from production, and how far its answers have come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.db.models import Count, Exists, OuterRef, Q

from annotation.core.order.production_draw import effective_rows
from annotation.models import Case, CurrentLabel, Dataset, Decision, Item, ProductionDraw, ProductionItem


@dataclass(frozen=True)
class DrawProgress:
    """Items of a draw by where they stand, together `draw.n_drawn`: settled with a label; taken out as ambiguous or bad
    input; waiting for an adjudicator; set aside or passed on to the lead; begun by some experts; asked of nobody yet.
    effective: rows of equal weight that say as much. by_expert: (expert, answers), most first. relabelled: of those
    experts, who also decided on the pool. sets: ids of what was frozen of it."""

    draw: ProductionDraw
    labelled: int
    taken_out: int
    for_adjudicator: int
    for_lead: int
    begun: int
    untouched: int
    effective: float
    by_expert: Sequence[tuple[str, int]]
    relabelled: frozenset[str]
    sets: Sequence[int]

    @property
    def is_over(self) -> bool:
        return self.labelled + self.taken_out == self.draw.n_drawn

    @property
    def waiting(self) -> int:
        return self.draw.n_drawn - self.labelled - self.taken_out


def undrawn_items(dataset: Dataset) -> pd.DataFrame:
    """item, source, content of the production items that never had a label and that no draw took, by item."""
    labelled = CurrentLabel.objects.filter(item=OuterRef("pk"))
    drawn = ProductionItem.objects.filter(item=OuterRef("pk"))
    items = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION).filter(~Exists(labelled), ~Exists(drawn))
    rows = items.order_by("id").values_list("id", "source", "content")
    return pd.DataFrame(list(rows), columns=["item", "source", "content"])


def n_undrawn(dataset: Dataset) -> int:
    labelled = CurrentLabel.objects.filter(item=OuterRef("pk"))
    drawn = ProductionItem.objects.filter(item=OuterRef("pk"))
    items = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION)
    return items.filter(~Exists(labelled), ~Exists(drawn)).count()


def progress_of(draw: ProductionDraw) -> DrawProgress:
    """As few queries however many items were drawn."""
    standing = _standing(draw)
    items = Decision.objects.standing().filter(items__productionitem__draw=draw, case__kind=Case.PRODUCTION, cause="")
    by_expert = items.order_by().values_list("expert__username", "expert_id").annotate(n=Count("id")).order_by("-n")
    said = list(by_expert)
    pool = pool_experts(draw.dataset)
    weight = np.array(draw.drawn.values_list("weight", flat=True), dtype=float)
    return DrawProgress(
        draw, standing["labelled"], standing["taken out"], standing[Case.ADJUDICATOR],
        standing[Case.LEAD] + standing[Case.NOBODY], standing["begun"], standing["untouched"], effective_rows(weight),
        [(name, n) for name, _, n in said], frozenset(name for name, user, _ in said if user in pool),
        list(draw.snapshots.order_by("id").values_list("id", flat=True)),
    )  # fmt: skip


def _standing(draw: ProductionDraw) -> Counter[str]:
    """How many items stand where; the newest case of an item says it."""
    said = Count("decisions", filter=Q(decisions__undone_by=None) & ~Q(decisions__outcome=Decision.UNDO))
    cases = Case.objects.filter(kind=Case.PRODUCTION, case_items__item__productionitem__draw=draw)
    rows = cases.order_by("id").values_list("case_items__item", "status", "awaits").annotate(n=said)
    newest = {item: (status, awaits, n) for item, status, awaits, n in rows}
    held = CurrentLabel.objects.in_force().decided().filter(item__productionitem__draw=draw)
    states = dict(held.values_list("item_id", "state"))
    return Counter(_where(*one, states.get(item, "")) for item, one in newest.items())


def _where(status: str, awaits: str, n: int, state: str) -> str:
    if status == Case.OPEN:
        return awaits if awaits != Case.EXPERTS else ("begun" if n else "untouched")
    return "labelled" if state == CurrentLabel.LABELLED else "taken out"


def pool_experts(dataset: Dataset) -> set[int]:
    """Ids of the users whose decisions on the pool stand: who relabelled what models learn from."""
    given = Decision.objects.standing().filter(case__dataset=dataset).about_pool()
    return set(given.order_by().values_list("expert_id", flat=True).distinct())
