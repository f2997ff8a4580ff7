"""What a lead fills in to say what errors cost."""

from typing import Any

from django import forms

from annotation.models import CostMatrix, Dataset
from modeling.actions.proving.set_costs import Pair
from modeling.reading.costs import matrix_of

# With more classes than this, a table of all pairs is too large to fill in.
MOST_CLASSES = 6
EMPTY_ROWS = 4
EMPTY = 1.0


class CostsForm(forms.Form):
    """Few classes: the field `cost_0_2` is that of the first class predicted as the third. Many: rows of true class,
    predicted class and cost, `true_0`, `predicted_0`, `cost_0` and so on. What is left empty costs the default, or 0
    where it is right."""

    default = forms.FloatField(error_messages={"required": "Say what any other error costs."})
    unit = forms.CharField(max_length=12, error_messages={"required": "Say what costs are counted in."})
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.classes, costs = dataset.class_names, dataset.costs
        self.initial = {
            "default": f"{costs.default:g}" if costs else "1", "unit": costs.unit if costs else "EUR",
            "based_on": costs.version if costs else 0,
        }  # fmt: skip
        self.full = len(self.classes) <= MOST_CLASSES
        if self.full:
            self._add_table(costs)
        else:
            self._add_rows(costs, data)

    def _add_table(self, costs: CostMatrix | None) -> None:
        matrix = matrix_of(costs) if costs else None
        for truth in range(len(self.classes)):
            for predicted in range(len(self.classes)):
                name = f"cost_{truth}_{predicted}"
                self.fields[name] = forms.FloatField(required=False)
                usual = 0.0 if truth == predicted else (costs.default if costs else EMPTY)
                self.initial[name] = f"{usual if matrix is None else matrix[truth, predicted]:g}"

    def _add_rows(self, costs: CostMatrix | None, data: Any) -> None:
        pairs = costs.pairs if costs else []
        self.n_rows = max(len(pairs) + EMPTY_ROWS, sum(1 for name in data or () if name.startswith("true_")))
        names = [("", ""), *((name, name) for name in self.classes)]
        for row in range(self.n_rows):
            self.fields[f"true_{row}"] = forms.ChoiceField(choices=names, required=False)
            self.fields[f"predicted_{row}"] = forms.ChoiceField(choices=names, required=False)
            self.fields[f"cost_{row}"] = forms.FloatField(required=False)
            if row < len(pairs):
                truth, predicted, cost = pairs[row]
                self.initial.update({f"true_{row}": truth, f"predicted_{row}": predicted, f"cost_{row}": f"{cost:g}"})

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        for row in range(0 if self.full else self.n_rows):
            given = [data.get(f"{part}_{row}") not in (None, "") for part in ("true", "predicted", "cost")]
            if any(given) and not all(given):
                self.add_error(None, f"Row {row + 1} of the errors lacks a class or its cost; fill it in or empty it.")
        return data

    def pairs(self) -> list[Pair]:
        data, classes = self.cleaned_data, self.classes
        if not self.full:
            rows = ((data[f"true_{row}"], data[f"predicted_{row}"], data[f"cost_{row}"]) for row in range(self.n_rows))
            return [row for row in rows if row[2] is not None]
        found = []
        for truth, name in enumerate(classes):
            for predicted, other in enumerate(classes):
                cost = data.get(f"cost_{truth}_{predicted}")
                if cost is not None and cost != (0 if truth == predicted else data["default"]):
                    found.append((name, other, cost))
        return found

    def table(self) -> list[tuple[str, list[tuple[str, forms.BoundField]]]]:
        """Per true class its name, and for each predicted class its name and field."""
        return [
            (name, [(other, self[f"cost_{truth}_{predicted}"]) for predicted, other in enumerate(self.classes)])
            for truth, name in enumerate(self.classes)
        ]

    def rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        parts = ("true", "predicted", "cost")
        return [(row + 1, [self[f"{part}_{row}"] for part in parts]) for row in range(self.n_rows)]
