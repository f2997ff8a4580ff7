"""Pool items that production holds too."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from annotation.core.detectors.suspicion import QUOTED, Judgement, Suspicion, only_findings
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence, needed
from annotation.core.likeness.grouping import copies_of_items
from annotation.core.wording import FindingKind, counted, percent, short

_EXAMPLES = 3


@dataclass(frozen=True)
class Leakage:
    """The item is a near-copy of a production input, so a model trained on it would be proved on what it has seen.

    It is a finding about items and accuses no label: every score is 0. Encodings are repaired before comparing.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "production"})
    prior: ClassVar[float] = 0.0
    kinds: ClassVar[dict[str, FindingKind]] = {
        "leakage": FindingKind(
            "Production inputs in the pool", "pool items", "copy a production input",
            "Find out how they got there; training leaves them out, and nothing needs deciding.",
        )
    }  # fmt: skip
    flag_above: float = 0.0

    def judge(self, evidence: Evidence) -> Judgement:
        """One finding on all pool items that copy a production input, edited or recoded ones first."""
        copied = np.flatnonzero(leaked(evidence))
        return only_findings(len(evidence.labels), [_finding(evidence, copied)] if len(copied) else [])


def _finding(evidence: Evidence, copied: np.ndarray) -> Suspicion:
    n = len(evidence.table)
    share = wilson(len(copied), n)
    rows = _rows(evidence.table.iloc[copied])
    there = set(_rows(evidence.production))
    changed = [row not in there for row in rows]
    first = sorted(rows, key=lambda row: row in there)[:_EXAMPLES]
    examples = "; ".join(f"“{short(row, QUOTED)}”" for row in first)
    return Suspicion(
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
        n=n, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip


def leaked(evidence: Evidence) -> np.ndarray:
    """Bool (n,): the pool item is a near-copy of a production input."""
    production = needed(evidence.production)
    both = pd.concat([production, evidence.table], ignore_index=True)
    inside = np.arange(len(both)) < len(production)
    copies = copies_of_items(both, evidence.fields, inside, earlier=evidence.index)
    return copies[len(production) :]


def _rows(table: pd.DataFrame) -> list[str]:
    """Each row's values as they are written, one after the other."""
    return [" · ".join(map(str, row)) for row in table.itertuples(index=False)]
