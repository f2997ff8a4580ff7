"""One row per figure, and whether it holds, computed in one place."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Row:
    """`ratio`: times better than the rival, above 1 is better whatever the unit; `holds`: it reaches the goal."""

    name: str
    data: str
    n: int
    unit: str
    ours: float
    rival: float
    rival_name: str
    rival_version: str
    ratio: float
    goal: float
    holds: bool


def row(
    name: str, data: str, n: int, unit: str, ours: float, rival: float, rival_name: str, rival_version: str,
    goal: float, more_is_better: bool = True,
) -> Row:  # fmt: skip
    better, worse = (ours, rival) if more_is_better else (rival, ours)
    ratio = better / worse if worse else float("inf")
    return Row(name, data, n, unit, ours, rival, rival_name, rival_version, ratio, goal, bool(ratio >= goal))


def show(rows: Sequence[Row]) -> None:
    """Print the rows as a table and write them to bench/results.json."""
    print(f"\n{'figure':44} {'n':>6} {'ours':>8} {'rival':>8} {'ratio':>6} {'goal':>5}  rival")
    for one in rows:
        mark = "" if one.holds else "  goal missed"
        print(
            f"{one.name:44} {one.n:6} {one.ours:8.4g} {one.rival:8.4g} {one.ratio:6.2f} {one.goal:5.2f}  "
            f"{one.rival_name} {one.rival_version} ({one.unit}){mark}"
        )
    RESULTS.write_text(json.dumps([asdict(one) for one in rows], indent=1))
