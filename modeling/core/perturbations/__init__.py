"""Changes to a text that leave its meaning alone. To add one: a function here and a line in PERTURBATIONS."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from modeling.core.perturbations.arrangement import layout, order
from modeling.core.perturbations.spelling import case, ocr, typos
from modeling.core.perturbations.synonyms import Partners, synonyms


class Perturbation(NamedTuple):
    """title: what it does, in words. change(text, draw, partners): the new text, or the same where nothing can be
    changed. It never touches negations, numbers and names, and draws only from `draw`."""

    title: str
    change: Callable[[str, Random, Partners], str]


PERTURBATIONS: dict[str, Perturbation] = {
    "synonyms": Perturbation("words swapped for an accepted synonym", synonyms),
    "typos": Perturbation("letters left out, doubled or mistyped", lambda text, draw, _: typos(text, draw)),
    "case": Perturbation("capitals", lambda text, draw, _: case(text, draw)),
    "ocr": Perturbation("letters misread by a scanner", lambda text, draw, _: ocr(text, draw)),
    "layout": Perturbation("line breaks and spaces", lambda text, draw, _: layout(text, draw)),
    "order": Perturbation("sentences in another order", lambda text, draw, _: order(text, draw)),
}


def drawn(seed: int, what: str, text: str) -> Random:
    """Draws for one change of one text: the same for the same seed, whatever other texts there are."""
    return Random(f"{seed} {what} {text}")


def perturbed(text: str, kind: str, seed: int, number: int = 0, partners: Partners | None = None) -> str:
    """Copy `number` of the text, changed by the perturbation `kind`; the same text where it finds nothing to change."""
    return PERTURBATIONS[kind].change(text, drawn(seed, f"{kind} {number}", text), partners or {})
