"""The production rows on which the two sides of a comparison differ, in three kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from annotation.models import Dataset, Item
from annotation.reading.cases import excerpt_of
from modeling.models import Comparison
from modeling.reading.comparison_sides import probabilities_for

MENDED, BROKEN, CHANGED_WRONG = "mended", "broken", "changed_wrong"
KINDS = {
    BROKEN: "right before, wrong after", MENDED: "wrong before, right after",
    CHANGED_WRONG: "wrong before and after, by another class",
}  # fmt: skip
PAGE = 25
EXCERPT = 300


@dataclass(frozen=True)
class Flip:
    """A production row that the two sides take for different classes."""

    item: Item
    excerpt: str
    truth: str
    before: str
    after: str
    kind: str

    @property
    def gained(self) -> bool:
        return self.kind == MENDED


@dataclass(frozen=True)
class FlipsAsked:
    """Which flips; "" = any. after: the last item of the page before."""

    kind: str = ""
    truth: str = ""
    source: str = ""
    after: int = 0


@dataclass(frozen=True)
class FlipList:
    """A page of `n` flips; next_after: 0 at the end."""

    flips: Sequence[Flip]
    n: int
    next_after: int


def all_flips(comparison: Comparison) -> pd.DataFrame:
    """item, truth, source, before, after, kind of every row that flipped, by item. Raises UnableToLoad where a file is
    gone."""
    rows = comparison.snapshot.rows.order_by("item_id").values_list("item_id", "label_class__name", "item__source")
    frame = pd.DataFrame(list(rows), columns=["item", "truth", "source"])
    sets, known = {"before": comparison.before, "after": comparison.after}, comparison.snapshot.dataset.classes
    then = tuple(comparison.before.classes)
    if sorted(then) != sorted(comparison.after.classes):
        # the classes changed between the two: both are read by those of now
        then = known.names
    meant = frame["truth"].map(known.as_of(then))
    frame = frame.assign(truth=meant)[meant.notna()].reset_index(drop=True)
    for side, predictions in sets.items():
        frame[side] = [then[code] for code in probabilities_for(predictions, frame, then).argmax(axis=1)]
    flipped = frame[frame["before"] != frame["after"]].copy()
    flipped["kind"] = CHANGED_WRONG
    flipped.loc[flipped["before"] == flipped["truth"], "kind"] = BROKEN
    flipped.loc[flipped["after"] == flipped["truth"], "kind"] = MENDED
    return flipped


def counts_of(comparison: Comparison) -> dict[str, int | None]:
    """kind → how many; None where the comparison was made before they were counted."""
    proof = comparison.proof
    if found := proof.get("flips"):
        return {BROKEN: found["broken"], MENDED: found["mended"], CHANGED_WRONG: found["changed_wrong"]}
    return {BROKEN: proof["right_to_wrong"], MENDED: proof["wrong_to_right"], CHANGED_WRONG: None}


def list_flips(comparison: Comparison, asked: FlipsAsked, size: int = PAGE) -> FlipList:
    """Raises UnableToLoad as `all_flips`."""
    frame = all_flips(comparison)
    for name in ("kind", "truth", "source"):
        if wanted := getattr(asked, name):
            frame = frame[frame[name] == wanted]
    following = frame[frame["item"] > asked.after]
    shown = following.head(size)
    more = int(shown["item"].iloc[-1]) if len(following) > size else 0
    return FlipList(flips_over(comparison.snapshot.dataset, shown), len(frame), more)


def flips_over(dataset: Dataset, frame: pd.DataFrame) -> list[Flip]:
    """Rows of `all_flips` as they are shown."""
    items: Mapping[int, Item] = Item.objects.in_bulk(frame["item"].tolist())
    said = {item: excerpt_of(dataset, one.content, EXCERPT) for item, one in items.items()}
    return [
        Flip(items[row.item], said[row.item], row.truth, row.before, row.after, row.kind) for row in frame.itertuples()
    ]
