"""Two sides on the rows of a production snapshot, and the proof of what differs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from modeling.actions.proving.predict_production import Predicted, ProductionRows
from modeling.actions.proving.price import losses_of
from modeling.actions.proving.terms import Terms
from modeling.core.proving.proof import Pair, Proof
from modeling.core.proving.proof import compare as prove


@dataclass(frozen=True, eq=False)
class Compared:
    """seeds: (before, after) probabilities (n, K) of further training seeds, in their order; none where neither side
    draws."""

    rows: ProductionRows
    before: Predicted
    after: Predicted
    seeds: Sequence[tuple[np.ndarray, np.ndarray]] = ()

    def where(self, kept: np.ndarray) -> "Compared":
        """The same on the rows `kept`, bool (n,)."""
        if kept.all():
            return self
        seeds = [(was[kept], now[kept]) for was, now in self.seeds]
        return replace(
            self, rows=self.rows.where(kept), before=self.before.where(kept), after=self.after.where(kept), seeds=seeds
        )


def proved(compared: Compared, terms: Terms) -> Proof:
    """As a first look; `at_look` makes it another."""
    rows, was, now = compared.rows, compared.before, compared.after
    truth = rows.truth
    more = [
        Pair(one.argmax(axis=1), other.argmax(axis=1), losses_of(terms.costs, truth, one, other))
        for one, other in compared.seeds
    ]
    return prove(
        truth, was.classes, now.classes, len(terms.classes), terms.metric, 1, terms.planned_looks,
        groups=rows.groups, weights=rows.weights, worthwhile=terms.worthwhile, more=more,
        losses=losses_of(terms.costs, truth, was.probabilities, now.probabilities),
        training_seeds=range(len(more) + 1),
    )  # fmt: skip
