"""Where a comparison changed, as tables: each slice with its small verdict, small slices folded."""

from dataclasses import dataclass

from modeling.core.proving.proof import EXPECTED_COST
from modeling.core.proving.slices import SMALL, slice_verdict
from modeling.core.proving.stored import ComparisonProof, SliceChange
from modeling.figures.words.numbers import signed

MOST = 12


@dataclass(frozen=True)
class SliceTable:
    """Slices of one kind: `shown` first, the small ones and those beyond MOST in `folded`; heading: the finding;
    parts: how many there are, in words."""

    kind: str
    column: str
    heading: str
    shown: list[tuple[SliceChange, str]]
    folded: list[tuple[SliceChange, str]]
    parts: str


def slice_tables(proof: ComparisonProof) -> list[SliceTable]:
    """By class, by source and by distance to what *after* learned; those with no slices are left out."""
    worthwhile = None if proof["difference"]["metric"] == EXPECTED_COST else proof.get("worthwhile")
    kinds = (
        ("class", "Class", proof.get("by_class", [])), ("source", "Source", proof["slices"]),
        ("distance", "Likeness to what it learned", proof.get("by_distance", [])),
    )  # fmt: skip
    return [_table(kind, column, slices, worthwhile) for kind, column, slices in kinds if slices]


def _table(kind: str, column: str, slices: list[SliceChange], worthwhile: float | None) -> SliceTable:
    judged = [(one, slice_verdict(one, worthwhile)) for one in slices]
    large = [pair for pair in judged if pair[0]["n"] >= SMALL]
    shown = large[:MOST] or judged[:MOST]
    folded = [pair for pair in judged if pair not in shown]
    noun = {"class": ("class", "classes"), "source": ("source", "sources")}.get(kind, ("part", "parts"))
    parts = f"{len(slices):,} {noun[len(slices) != 1]}"
    return SliceTable(kind, column, _heading(kind, judged), shown, folded, parts)


def _heading(kind: str, judged: list[tuple[SliceChange, str]]) -> str:
    """The slice with the surest change, or that there is none."""
    told = [one for one, verdict in judged if verdict in ("better", "worse")]
    word = {"class": "class", "source": "source"}.get(kind, "third by likeness")
    if not told:
        return f"No {word} can be told to have changed by itself"
    most = max(told, key=lambda one: abs(one["difference"]))
    name = f"“{most['slice']}”" if kind != "distance" else f"Rows {most['slice']}"
    return f"{name} changed most: {signed(most['difference'])} points"
