"""Draw unlabelled production items to be answered blind, so that there is truth to prove by."""

from datetime import datetime

import numpy as np
import pandas as pd
from django.db import transaction

from annotation import bulk, frames
from annotation.actions.detecting.tell_ready import told_when_ready
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.core.likeness.grouping import group_items
from annotation.core.order.production_draw import UnitDraw, draw_units
from annotation.core.refusal import Refusal
from annotation.core.stored import DrawnStratum
from annotation.core.wording import counted
from annotation.models import Case, Dataset, Membership, ProductionDraw, ProductionItem, User
from annotation.reading.production.draws import undrawn_items

SIZE, MOST_ANSWERS = 300, 5


class UnableToDrawProduction(Refusal):
    """There is nothing to draw, or nobody to answer it."""


def draw_production(
    dataset: Dataset, *, n: int = SIZE, stratified: str = ProductionDraw.AT_RANDOM, answers_each: int = 2,
    name: str = "", seed: int = 0, lead: User | None = None, now: datetime,
) -> ProductionDraw:  # fmt: skip
    """Draw `n` of the production items without a label and open a case for each, for `answers_each` blind answers.

    Near-duplicates are one unit, asked about as one item of theirs that weighs for all. What was drawn before is not
    drawn again. The groups are found before the dataset is locked, and once more only where items came meanwhile.
    Raises UnableToDrawProduction.
    """
    _refuse_impossible(dataset, n, stratified, answers_each)
    items = undrawn_items(dataset)
    group = _groups(dataset, items)
    with transaction.atomic(), told_when_ready(dataset, now):
        bulk.lock_dataset(dataset)
        if (there := undrawn_items(dataset))["item"].tolist() != items["item"].tolist():
            items, group = there, _groups(dataset, there)
        if items.empty:
            raise UnableToDrawProduction(
                f"{dataset.slug!r} has no production items without a label that were not drawn before; import some "
                "with --split production and without --label."
            )
        names, stratum = _strata(items, stratified)
        drawn = draw_units(group, stratum, n, seed)
        made = ProductionDraw.objects.create(
            dataset=dataset, name=_free_name(dataset, name), seed=seed, stratified=stratified,
            strata=_strata_json(names, drawn), n_items=len(items), n_drawn=len(drawn.chosen),
            answers_each=answers_each, worthwhile=dataset.worthwhile, lead=lead, created_at=now,
        )  # fmt: skip
        _write(made, items["item"].to_numpy(dtype=np.int64), names, drawn, now)
    return made


def _refuse_impossible(dataset: Dataset, n: int, stratified: str, answers_each: int) -> None:
    if n < 1:
        raise UnableToDrawProduction(f"A draw of {n} items proves nothing; draw at least 1.")
    if not 1 <= answers_each <= MOST_ANSWERS:
        raise UnableToDrawProduction(f"Each item gets 1 to {MOST_ANSWERS} answers, not {answers_each}.")
    if stratified not in ProductionDraw.STRATIFIED:
        raise UnableToDrawProduction(f"A draw is split by source or not at all, not by {stratified!r}.")
    if not dataset.label_classes.in_use().exists():
        raise UnableToDrawProduction(f"{dataset.slug!r} has no classes yet, so there is nothing to answer with.")
    experts = Membership.objects.filter(dataset=dataset, role=Membership.EXPERT).count()
    if experts < answers_each:
        raise UnableToDrawProduction(
            f"{counted(answers_each, 'answer')} for each item {'takes' if answers_each == 1 else 'take'} as many "
            f"experts, and {dataset.slug!r} has {experts}. Add experts, or ask for fewer answers."
        )


def _groups(dataset: Dataset, items: pd.DataFrame) -> np.ndarray:
    if items.empty:
        return np.zeros(0, dtype=np.int64)
    table = frames.content_table(items["content"].tolist(), dataset.typed_fields)
    return group_items(table, dataset.typed_fields).of


def _strata(items: pd.DataFrame, stratified: str) -> tuple[list[str], np.ndarray]:
    """The names of the strata, and the code of each item's."""
    if stratified == ProductionDraw.AT_RANDOM:
        return [""], np.zeros(len(items), dtype=np.int64)
    codes, names = pd.factorize(items["source"].fillna(""), sort=True)
    return [str(name) for name in names], codes.astype(np.int64)


def _strata_json(names: list[str], drawn: UnitDraw) -> list[DrawnStratum]:
    rows = zip(names, drawn.items.tolist(), drawn.drawn.tolist(), strict=True)
    return [{"name": name, "items": items, "drawn": n} for name, items, n in rows]


def _free_name(dataset: Dataset, name: str) -> str:
    name = name.strip()[:80]
    taken = set(dataset.production_draws.values_list("name", flat=True))
    if name in taken:
        raise UnableToDrawProduction(f"{dataset.slug!r} has a draw {name!r} already; nothing more was drawn.")
    number = len(taken) + 1
    while not name or name in taken:
        name, number = f"draw {number}", number + 1
    return name


def _write(made: ProductionDraw, items: np.ndarray, names: list[str], drawn: UnitDraw, now: datetime) -> None:
    chosen = items[drawn.chosen].tolist()
    rows = zip(chosen, drawn.stratum.tolist(), drawn.weight.tolist(), strict=True)
    bulk.insert(
        ProductionItem, ["draw_id", "item_id", "stratum", "weight"],
        ((made.pk, item, names[stratum][:200], weight) for item, stratum, weight in rows),
    )  # fmt: skip
    create_cases(made.dataset, [Unit(frozenset([item]), 0.0) for item in chosen], now, kind=Case.PRODUCTION)
