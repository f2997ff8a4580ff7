"""Texts that were read in the wrong encoding somewhere on their way ("â€™" for "’"): found, and mended."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import ftfy

# Bytes read in the wrong encoding leave two odd characters side by side, or one whose partner became a space or a
# control character. Asking first spares most texts the repair, which costs more than all the rest.
SUSPECT = re.compile(r"[^\x00-\x7f]{2}|[ÂÃàâ] |[\x80-\x9f]")
AROUND = 40  # characters compared to show what changed


@dataclass
class Repairs:
    """How many texts were broken so far, the row of the first and what stood there for what."""

    n: int = 0
    row: int = 0
    broken: str = ""
    meant: str = ""

    def sentence(self, mended: bool) -> str:
        texts, were = ("1 text", "was") if self.n == 1 else (f"{self.n:,} texts", "were")
        seen = f"({self.broken} for {self.meant})" if self.meant else f"({self.broken})"
        if mended:
            return f"{texts} had broken characters {seen} and {were} repaired, first in row {self.row}."
        look = "looks" if self.n == 1 else "look"
        return f"{texts} {look} broken {seen}, first in row {self.row}, and {were} taken as they are: see --repair."


def repaired(text: str) -> str:
    """The text with its encoding repaired where it is plainly broken; any other text is returned as it is."""
    if text.isascii() or not SUSPECT.search(text):
        return text
    return ftfy.fix_encoding(text)


def mend(cells: Sequence[str], row_numbers: Sequence[int], repairs: Repairs) -> list[str]:
    """The cells repaired, and counted in `repairs`."""
    if all(map(str.isascii, cells)):
        return list(cells)
    mended = []
    for cell, row in zip(cells, row_numbers, strict=True):
        better = repaired(cell)
        if better != cell:
            if not repairs.n or row < repairs.row:
                repairs.row, (repairs.broken, repairs.meant) = row, _change(cell, better)
            repairs.n += 1
        mended.append(better)
    return mended


def _change(broken: str, meant: str) -> tuple[str, str]:
    """The first stretch that differs, before and after."""
    start = next((at for at, (a, b) in enumerate(zip(broken, meant, strict=False)) if a != b), len(meant))
    broken, meant = broken[start : start + AROUND], meant[start : start + AROUND]
    for kind, a, b, c, d in SequenceMatcher(None, broken, meant, autojunk=False).get_opcodes():
        if kind != "equal":
            return broken[a:b].strip() or broken[a:b], meant[c:d].strip()
    return broken, meant
