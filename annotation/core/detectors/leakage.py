"""Pool items that production holds too."""

from dataclasses import dataclass
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from annotation.core.detectors.suspicion import QUOTED, Suspicion, counted, percent, short
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.grouping import copies_of_items

COPIES: WeakKeyDictionary[Evidence, np.ndarray] = WeakKeyDictionary()
_EXAMPLES = 3


@dataclass(frozen=True)
class Leakage:
    """The item is a near-copy of a production input, so a model trained on it would be proved on what it has seen.

    It is a finding about items and accuses no label: every score is 0. Encodings are repaired before comparing.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "production"})
    flag_above: float = 0.0

    def score(self, evidence: Evidence) -> np.ndarray:
        return np.zeros(len(evidence.labels))

    def suggest(self, evidence: Evidence) -> np.ndarray:
        return np.full(len(evidence.labels), -1)

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        copied = leaked(evidence)
        said = {True: "It is a near-copy of a production input.", False: "No production input is a near-copy of it."}
        return [said[bool(copied[item])] for item in items.tolist()]

    def findings(self, evidence: Evidence) -> list[Suspicion]:
        copied = np.flatnonzero(leaked(evidence))
        if not len(copied) or evidence.production is None:
            return []
        n = len(evidence.table)
        share = wilson(len(copied), n)
        rows = _rows(evidence.table.iloc[copied])
        there = set(_rows(evidence.production))
        changed = [row not in there for row in rows]
        first = sorted(rows, key=lambda row: row in there)[:_EXAMPLES]
        examples = "; ".join(f"“{short(row, QUOTED)}”" for row in first)
        return [
            Suspicion(
                kind="leakage",
                key="leakage",
                title=f"Production inputs are in the pool: {counted(len(copied), 'item')}",
                reason=(
                    f"Of {counted(n, 'pool item')} {len(copied)} ({percent(share.value)}) copy a production input, "
                    f"{sum(changed)} of them not letter by letter: edited, or in another encoding. Training snapshots "
                    f"leave them out. Examples: {examples}."
                ),
                rule={"copies": len(copied), "not identical": sum(changed)},
                items=copied[np.argsort(~np.array(changed), kind="stable")],
                n=n,
                value=share.value,
                low=share.low,
                high=share.high,
            )  # fmt: skip
        ]


def leaked(evidence: Evidence) -> np.ndarray:
    """Bool (n,): the pool item is a near-copy of a production input. Worked out once per evidence."""
    if evidence not in COPIES:
        production = evidence.production if evidence.production is not None else evidence.table.iloc[:0]
        both = pd.concat([production, evidence.table], ignore_index=True)
        inside = np.arange(len(both)) < len(production)
        copies = copies_of_items(both, evidence.fields, inside, earlier=evidence.index)
        COPIES[evidence] = copies[len(production) :]
    return COPIES[evidence]


def _rows(table: pd.DataFrame) -> list[str]:
    """Each row's values as they are written, one after the other."""
    return [" · ".join(map(str, row)) for row in table.itertuples(index=False)]
