"""A few rows beside the copies that training would make of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.core.likeness.differences import Piece, word_differences
from annotation.models import CurrentLabel, Dataset, Item
from modeling.actions.training.synonyms import accepted_pairs
from modeling.core.perturbations import PERTURBATIONS, drawn, perturbed
from modeling.core.perturbations.synonyms import partners_of

ROWS = 5
# Among so many of the newest labelled items those tried are drawn, so that a preview of a large pool is quick.
AMONG, TRIED = 2000, 200
BEFORE_POINT = re.compile(r" (?=[,;:.!?])")


@dataclass(frozen=True)
class Copy:
    """A text of a labelled pool item and its changed copy, in pieces."""

    item: Item
    label: str
    field: str
    original: str
    copy: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Preview:
    """Copies by one kind. changed: of the rows tried, how many it changes; tried: how many those were."""

    kind: str
    title: str
    copies: list[Copy]
    changed: int
    tried: int


def preview_copies(dataset: Dataset, kinds: Sequence[str], seed: int, rows: int = ROWS) -> list[Preview]:
    """For each kind the first `rows` items it changes, in an order drawn from the seed."""
    fields = [field.name for field in dataset.typed_fields if field.type == "text"]
    labelled = CurrentLabel.objects.in_force().filter(
        item__dataset=dataset, item__split=Item.POOL, label_class__isnull=False
    )
    found = list(labelled.select_related("item", "label_class").order_by("-item_id")[:AMONG])
    drawn(seed, "preview", "").shuffle(found)
    found = found[:TRIED]
    partners = partners_of(accepted_pairs(dataset))
    return [_preview(found, fields, kind, seed, partners, rows) for kind in PERTURBATIONS if kind in kinds]


def _preview(
    found: Sequence[CurrentLabel], fields: Sequence[str], kind: str, seed: int, partners: dict[str, list[str]],
    rows: int,
) -> Preview:  # fmt: skip
    copies: list[Copy] = []
    changed = tried = 0
    for current in found:
        tried += 1
        texts = [(name, current.item.content.get(name) or "") for name in fields]
        made = [(name, text, perturbed(text, kind, seed, 0, partners)) for name, text in texts]
        differing = [(name, text, copy) for name, text, copy in made if text != copy]
        changed += bool(differing)
        if len({copy.item for copy in copies}) < rows:
            label = current.label_class.name if current.label_class else ""
            copies += [
                Copy(current.item, label, name, text, copy, marked(text, copy)) for name, text, copy in differing
            ]
    return Preview(kind, PERTURBATIONS[kind].title, copies, changed, tried)


def marked(text: str, copy: str) -> list[Piece]:
    """The pieces that lead from the text to its copy; where only white space differs, it is made visible."""
    if "".join(text.split()) == "".join(copy.split()):
        text, copy = _visible(text), _visible(copy)
    return word_differences(text, copy)


def _visible(text: str) -> str:
    return BEFORE_POINT.sub("␣", text.replace("\n", "⏎\n").replace("  ", " ␣"))
