"""What stands beside a proof."""

from collections.abc import Sequence

import numpy as np

from annotation.core.progress import Report
from annotation.models import Snapshot
from annotation.reading.classes.unknown import UNKNOWN_CLASS, unknown_classes
from modeling.actions.proving.compared import Compared, proved
from modeling.actions.proving.predict_production import Predicted, ProductionRows
from modeling.actions.proving.price import money_beside
from modeling.actions.proving.terms import Terms
from modeling.actions.proving.training_seeds import draws_at_random, of_other_seeds
from modeling.actions.proving.where_changed import where_changed
from modeling.core.proving.stored import BesideProof, BesideRows, OfClasses, WithLeaked
from modeling.core.telling.overconfidence import confidently_wrong_change
from modeling.reading.comparing.differing_answers import contested_in
from modeling.reading.comparing.production_labels import who_labelled
from modeling.reading.comparison_sides import Side


def of_seeds(
    was: Predicted, now: Predicted, rows: ProductionRows, report: Report
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(before, after) probabilities of further training seeds; none where neither side draws."""
    if not draws_at_random(was.side, now.side):
        return []
    both = of_other_seeds(was, rows, report), of_other_seeds(now, rows, report)
    return list(zip(*both, strict=True))


def beside_proof(compared: Compared, terms: Terms) -> BesideRows:
    rows, was, now = compared.rows, compared.before, compared.after
    return {
        "cost": money_beside(terms.costs, rows.truth, was.probabilities, now.probabilities),
        **where_changed(rows, was, now),
        "confident": confidently_wrong_change(
            rows.truth, was.probabilities, now.probabilities, rows.groups, weights=rows.weights,
            contested=contested_in(rows.snapshot, rows.frame["item"].to_numpy()),
        ),
    }  # fmt: skip


def with_leaked(compared: Compared, lost: np.ndarray, terms: Terms) -> WithLeaked | None:
    """The same figures with the rows a side may have learned from; None where there are none. lost: bool (n,)."""
    if not lost.any():
        return None
    proof = proved(compared, terms)
    return {
        "rows": int(lost.sum()), "n": proof.n, "before": proof.before, "after": proof.after,
        "difference": proof.difference,
    }  # fmt: skip


def of_classes(rows: ProductionRows, sides: Sequence[Side]) -> OfClasses:
    """What the classes are to the rows and to the sides: what was carried over, and what no class stands for."""
    production, classes = rows.snapshot, rows.snapshot.dataset.classes
    lacking = production.left_out.get(UNKNOWN_CLASS, 0)
    return {
        "carried_over": list(dict.fromkeys(filter(None, (side.carried_over(classes) for side in sides)))),
        "rows_of_no_class": production.n_rows - len(rows.frame), "left_out_unknown_class": lacking,
        "unknown_classes": unknown_classes(production.dataset, production.purpose) if lacking else [],
    }  # fmt: skip


def refused_facts(production: Snapshot, left_out: dict[str, int], told: OfClasses) -> BesideProof:
    """Where nothing was read there is nothing to show but what the classes say."""
    return {
        "carried_over": told["carried_over"], "rows_of_no_class": told["rows_of_no_class"],
        "left_out_unknown_class": told["left_out_unknown_class"], "unknown_classes": told["unknown_classes"],
        "cost": None, "slices": [], "production_labels": who_labelled(production), "left_out": left_out,
        "quarantine_kept": None, "as_trained": None, "with_leaked": None,
    }  # fmt: skip
