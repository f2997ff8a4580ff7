"""What a diagnosis names where the cause is known: planted one at a time and in pairs in clean rows.

The thresholds of `modeling.core.diagnosing` were set on TUNED_ON; HELD_OUT was scored once.
`python -m bench.proof_diagnosis FILE SEEDS [SETS]` measures and keeps each case as a line, to go on where it stopped.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench.diagnosis_plants import PAIRS, PLANTS, Case, plant
from bench.suite_sets import SUITE
from bench.table import Row, row
from modeling.core.diagnosing.diagnosis import diagnose
from modeling.core.diagnosing.evidence import judge
from modeling.core.diagnosing.naming import DATA, FIT, LABELS, NOBODY
from modeling.core.diagnosing.sides import Sides

TUNED_ON = (
    "banking77", "arsarcasm", "davidson_hate", "economic_news", "hausa_news", "klue_nli", "promise_nfr", "triage_ktas",
    "wiki_politeness",
)  # fmt: skip
HELD_OUT = (
    "clinc150", "amazon_isbook", "climate_fever", "defects", "hatebr", "incident_category", "noisy_agnews",
    "relation_crowd", "uli_abuse", "wiki_toxicity",
)  # fmt: skip
# A plant that costs less than so many points of production accuracy is no cause to be named.
WORTH, GOAL, SEEDS = 0.03, 0.85, 1
ALONE = tuple((name,) for name in PLANTS)


def run() -> list[Row]:
    if not SUITE.is_dir():
        print("proof.diagnosis is skipped: no data; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    return rows_of(list(cases(HELD_OUT, range(SEEDS))))


def cases(sets: tuple[str, ...], seeds: range, known: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """Every set, seed and plant but those `known`, single plants first."""
    for several in (ALONE, PAIRS):
        for seed in seeds:
            for name in sets:
                for names in several:
                    if f"{name} {seed} {' + '.join(names)}" not in known:
                        yield measured(name, seed, names)


def measured(name: str, seed: int, names: tuple[str, ...]) -> dict[str, Any]:
    """What was named, every gain estimated, and what undoing each plant gains in truth."""
    with threadpool_limits(1):
        case = plant(name, seed, names)
        C = _tuned(name, seed, case) * case.factor
        sides = case.sides(case.pool, case.labels, C)
        truth = _truth(case, C, sides, names)
        found = diagnose(sides, seed) if max(truth.values()) >= WORTH else None
    said = {cause.name: [cause.gain.value, cause.gain.low, cause.gain.high] for cause in found.causes} if found else {}
    return {
        "key": f"{name} {seed} {' + '.join(names)}", "set": name, "names": names, "truth": truth, "gains": said,
        "named": found.named if found else None, "n": len(case.production), "pool": len(case.pool),
        "evident": bool(found and found.coverage.evident), "told": case.told,
    }  # fmt: skip


_KEPT: dict[tuple[Any, ...], float] = {}


def _tuned(name: str, seed: int, case: Case) -> float:
    """The C that these rows with true labels ask for: what a recipe in use would have."""
    key = (name, seed, case.pool.tobytes(), case.truth.tobytes())
    if key not in _KEPT:
        _KEPT[key] = judge(case.sides(case.pool, case.truth, 1.0), 0, lambda stage, share: None).C
    return _KEPT[key]


def _truth(case: Case, C: float, sides: Sides, names: tuple[str, ...]) -> dict[str, float]:
    """By cause, what production accuracy gains where its plant, and nothing else, is undone."""
    now, gains = _accuracy(sides, C), {}
    for cause in dict.fromkeys(PLANTS[name][0] for name in names):
        if cause == NOBODY:
            drawn = case.truth != case.world.truth
            gains[cause] = float(drawn[case.production].mean())
            continue
        gains[cause] = _accuracy(*_undone(case, cause, C)) - now
    return gains


def _undone(case: Case, cause: str, C: float) -> tuple[Sides, float]:
    """The case without one plant, and its penalty: of too little data twice as much, of a missing source as many rows
    of all kinds."""
    if cause == LABELS:
        return case.sides(case.pool, case.truth, C), C
    if cause == FIT:
        return case.sides(case.pool, case.labels, C / case.factor), C / case.factor
    if cause == DATA:
        more = np.concatenate([case.pool, case.reserve[: len(case.pool)]])
        return case.sides(more, case.labels, C), C
    every = np.random.default_rng(9).permutation(np.concatenate([case.pool, case.reserve]))
    return case.sides(every[: len(case.pool)], case.labels, C), C


def _accuracy(sides: Sides, C: float) -> float:
    [[said]] = sides.fitted(sides.pool, [C], [sides.production.table])
    return float((said.argmax(axis=1) == sides.production.labels).mean())


def rows_of(found: list[dict[str, Any]]) -> list[Row]:
    """Of the cases whose plant costs enough: how often what is named first was planted."""
    worth = [one for one in found if one["named"] is not None]
    made = []
    for title, among in (
        ("alone", [one for one in worth if len(one["names"]) == 1]),
        ("pairs", [one for one in worth if len(one["names"]) == 2]),
    ):
        told = [one for one in among if one["named"]]
        right = sum(rightly(one) for one in told)
        what = f"named rightly of those named; {len(among) - len(told)} of {len(among)} cannot tell"
        made.append(_row(f"proof.diagnosis.{title}", len(told), what, right))
        made.append(_row(f"proof.diagnosis.{title}.all", len(among), "named rightly of all", right))
    for name in PLANTS:
        among = [one for one in worth if tuple(one["names"]) == (name,)]
        what = f"named rightly of all; {sum(not one['named'] for one in among)} cannot tell"
        made.append(_row(f"proof.diagnosis.{name.replace(' ', '_')}", len(among), what, sum(map(rightly, among))))
    return made


def rightly(one: dict[str, Any]) -> bool:
    """What is named first was planted; of a pair either."""
    return bool(one["named"]) and one["named"][0] in {PLANTS[name][0] for name in one["names"]}


def _row(name: str, n: int, what: str, right: int) -> Row:
    return row(name, "clinc150 and half of the suite", n, what, right / max(n, 1), 1.0, "all", "", GOAL)


def main(path: str, seeds: str, sets: str = "held_out") -> None:
    file = Path(path)
    before = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    chosen = {"held_out": HELD_OUT, "tuned_on": TUNED_ON}.get(sets) or tuple(sets.split(","))
    with file.open("a") as kept:
        for one in cases(chosen, range(int(seeds)), frozenset(one["key"] for one in before)):
            kept.write(json.dumps(one) + "\n")
            kept.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
