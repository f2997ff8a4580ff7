"""Copies of training rows, changed so that their label still holds. They teach; they are never judged by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from modeling.core.fitting.stored import CopySettings, Settings
from modeling.core.learners import Setting, UnableToConfigure, UnableToTrain
from modeling.core.perturbations import PERTURBATIONS, drawn, perturbed
from modeling.core.perturbations.synonyms import Pair, Partners, partners_of, read_pair, written

MOST_COPIES = 10


def read_kinds(text: str) -> list[str]:
    """ "typos,case" → the kinds, each once, in the order of PERTURBATIONS; raises ValueError."""
    named = {name.strip() for name in text.split(",")}
    if not named or named - set(PERTURBATIONS):
        raise ValueError(text)
    return [kind for kind in PERTURBATIONS if kind in named]


def read_count(text: str) -> int:
    """A whole number from 1 to MOST_COPIES; raises ValueError."""
    number = int(text)
    if not 1 <= number <= MOST_COPIES:
        raise ValueError(text)
    return number


# What a recipe may say of copies beside its learner's settings; `synonyms` is filled in from the lead's list.
SETTINGS: dict[str, Setting] = {
    "augment": Setting(read_kinds, f"one or more of {', '.join(PERTURBATIONS)}, with commas between", "copies by"),
    "copies": Setting(read_count, f"a whole number from 1 to {MOST_COPIES}", "copies of each row"),
}
KEYS = (*SETTINGS, "synonyms")


@dataclass(frozen=True)
class Rows:
    """n rows and after them their copies: table (m rows), origin int (m,), the row each comes from; of row i < n itself
    it is i."""

    table: pd.DataFrame
    origin: np.ndarray

    @property
    def original(self) -> np.ndarray:
        """Bool (m,), False for copies."""
        return np.arange(len(self.origin)) == self.origin


def augmentation_settings(pairs: dict[str, str], synonyms: Iterable[Pair]) -> CopySettings:
    """The settings of copies out of `pairs` as typed (KEY → VALUE), complete with the pairs of words accepted so far;
    empty where none are asked for. Raises UnableToConfigure."""
    asked: dict[str, Any] = {}
    for key, value in pairs.items():
        try:
            asked[key] = SETTINGS[key].read(value)
        except ValueError as error:
            raise UnableToConfigure(f"{key}={value} is not possible; {key} must be {SETTINGS[key].must_be}.") from error
    if not asked:
        return {}
    if "augment" not in asked:
        raise UnableToConfigure(f"copies={pairs['copies']} needs augment=…: {SETTINGS['augment'].must_be}.")
    settings: CopySettings = {"augment": asked["augment"], "copies": asked.get("copies", 1)}
    if "synonyms" in settings["augment"]:
        settings["synonyms"] = [written(pair) for pair in sorted(synonyms)]
        if not settings["synonyms"]:
            raise UnableToConfigure("augment=synonyms needs pairs of words, and none is accepted yet.")
    return settings


def with_copies(table: pd.DataFrame, fields: Sequence[Field], settings: Settings, seed: int) -> Rows:
    """A `typed` table of n rows with the copies that resolved `settings` ask for; without "augment" there are none.

    Each copy is changed by one of the kinds, drawn for it; where that finds nothing to change the next is tried. A copy
    that is its original, or another copy of it, is left out. Only texts change. The copies of a row depend on its texts
    and the seed alone. Raises UnableToTrain where no field is a text.
    """
    if not settings.get("augment"):
        return Rows(table, np.arange(len(table)))
    texts = [field.name for field in fields if field.type == "text"]
    if not texts:
        raise UnableToTrain("No field is a text, so there is nothing to make changed copies of; leave out augment.")
    partners = partners_of(read_pair(pair) for pair in settings.get("synonyms", []))
    columns = [table[name].tolist() for name in texts]
    origin, made = list(range(len(table))), []
    for row, values in enumerate(zip(*columns, strict=True)):
        copies = {values: None}
        for number in range(settings["copies"]):
            copies[_copy(values, settings["augment"], seed, number, partners)] = None
        new = list(copies)[1:]
        origin += [row] * len(new)
        made += new
    copied = table.iloc[origin[len(table) :]].copy()
    for at, name in enumerate(texts):
        copied[name] = pd.Series([copy[at] for copy in made], index=copied.index, dtype=object)
    return Rows(pd.concat([table, copied], ignore_index=True), np.array(origin, dtype=np.int64))


def augmentation_words(settings: Settings) -> str:
    """What a recipe says of its copies: 2 copies by typos or case; empty where there are none."""
    if not settings.get("augment"):
        return ""
    n = settings["copies"]
    return f"{n} changed cop{'y' if n == 1 else 'ies'} of each row ({', '.join(settings['augment'])})"


def _copy(values: tuple[str, ...], kinds: Sequence[str], seed: int, number: int, partners: Partners) -> tuple[str, ...]:
    """The texts of a row changed by one kind; the texts themselves where none finds anything to change."""
    first = drawn(seed, f"kind {number}", "\n".join(values)).randrange(len(kinds))
    for kind in [*kinds[first:], *kinds[:first]]:
        changed = tuple(perturbed(text, kind, seed, number, partners) for text in values)
        if changed != values:
            return changed
    return values
