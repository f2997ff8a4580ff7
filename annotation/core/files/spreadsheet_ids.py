"""Ids that a spreadsheet changed (00007 → 7, 7 → 7.0), read as the items they are where only one can be meant."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from annotation.core.wording import short

NUMBER = re.compile(r"[0-9]+([.][0]+)?")
POWER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
NO_ITEM = "is no item"
SHOWN = 5  # ids that may be meant


@dataclass(frozen=True)
class FoundIds:
    """`ids`: cell → id; `changed`: cells that are an id only in a spreadsheet's writing; `faults`: (cell, why none)."""

    ids: dict[str, str]
    changed: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


def found_ids(cells: Sequence[str], known: Collection[str]) -> FoundIds:
    """The id behind each cell: itself where it is known, else the one id that is the same number."""
    by_number: dict[str, list[str]] = defaultdict(list)
    if any(cell not in known for cell in cells):
        for name in known:
            if NUMBER.fullmatch(name):
                by_number[_number(name)].append(name)
    ids: dict[str, str] = {}
    changed, faults = [], []
    for cell in dict.fromkeys(cells):
        meant = [cell] if cell in known else by_number[_number(cell)] if NUMBER.fullmatch(cell) else []
        if len(meant) == 1:
            ids[cell] = meant[0]
            changed += [cell] if meant[0] != cell else []
        else:
            faults.append((cell, _fault(cell, meant)))
    return FoundIds(ids, tuple(changed), tuple(faults))


def _number(cell: str) -> str:
    return cell.partition(".")[0].lstrip("0") or "0"


def _fault(cell: str, meant: Sequence[str]) -> str:
    if meant:
        first = sorted(meant)[:SHOWN]
        listed = ", ".join(f"'{short(name, 40)}'" for name in first) + (", …" if len(meant) > SHOWN else "")
        return f"may be {listed}"
    if POWER.fullmatch(cell):
        return "is what a spreadsheet leaves of a long number; format the column as text before the file is opened"
    return NO_ITEM
