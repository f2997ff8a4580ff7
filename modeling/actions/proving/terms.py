"""By what comparisons of a dataset are decided, as of one moment, and what was asked of the same sides by others."""

import hashlib
import json
from dataclasses import dataclass

from django.db.models import Q

from annotation.models import CostMatrix, Dataset, PredictionSet, Snapshot
from modeling.core.proving.per_row import EXPECTED_COST
from modeling.models import Comparison, ModelRun
from modeling.reading.comparison_sides import Side
from modeling.reading.looks import sharing_rows


@dataclass(frozen=True)
class Terms:
    """worthwhile: the smallest difference worth having in the deciding metric, None where nobody has said."""

    metric: str
    planned_looks: int
    costs: CostMatrix | None
    classes: tuple[str, ...]
    worthwhile: float | None

    @classmethod
    def of(cls, dataset: Dataset) -> "Terms":
        by_cost = dataset.metric == EXPECTED_COST
        worthwhile = dataset.worthwhile_cost if by_cost else dataset.worthwhile
        return cls(dataset.metric, dataset.planned_looks, dataset.costs, dataset.class_names, worthwhile)

    @property
    def question(self) -> str:
        """SHA-256 of all of them but the classes: another question is another comparison."""
        said = [self.metric, self.costs.pk if self.costs else None, self.worthwhile, self.planned_looks]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def decide_like(self, earlier: Comparison) -> bool:
        """Whether what decides is what decided then; costs beside an accuracy do not."""
        proof = earlier.proof
        same = (proof["difference"]["metric"], proof["planned_looks"]) == (self.metric, self.planned_looks)
        by_cost = self.metric == EXPECTED_COST
        costs = self.costs.pk if self.costs else None
        # before it was kept, a comparison was asked as if by the same
        worthwhile = proof.get("worthwhile", self.worthwhile)
        return same and worthwhile == self.worthwhile and (not by_cost or earlier.costs_id == costs)


def asked_by_other_terms(terms: Terms, before: Side, after: Side, production: Snapshot) -> bool:
    """Whether the same two were compared on any of these rows by other terms, in whichever order."""
    either = _sides(before, after) | _sides(after, before)
    read = Comparison.objects.filter(either, snapshot__in=sharing_rows(production), look__isnull=False)
    return any(not terms.decide_like(one) for one in read.select_related("costs"))


def _sides(before: Side, after: Side) -> Q:
    return _is("before", before) & _is("after", after)


def _is(name: str, side: Side) -> Q:
    held: ModelRun | PredictionSet | None = side.run or side.predictions
    if held is None or held.pk is None:
        return Q(pk__in=[])
    return Q(**{f"{name}_run" if side.run else name: held.pk})
