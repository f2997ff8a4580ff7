"""What a lead fills in to say what errors cost."""

from typing import Any

from django import forms

from annotation.core.refusal import Refusal
from annotation.forms.field_kinds import choice_field, row_field
from annotation.models import CostMatrix, Dataset
from modeling.actions.proving.set_costs import Pair
from modeling.core.proving.proof import EXPECTED_COST
from modeling.forms.training import RunChoiceField
from modeling.models import ModelRun
from modeling.reading.costs import matrix_of, pairs_now
from modeling.reading.loop_progress import runs_of

# With more classes than this, a table of all pairs is too large to fill in.
MOST_CLASSES = 6
EMPTY_ROWS = 4
EMPTY = 1.0


class CostsForm(forms.Form):
    """Few classes: the field `cost_0_2` is that of the first class predicted as the third. Many: rows of true class,
    predicted class and cost, `true_0`, `predicted_0`, `cost_0` and so on. What is left empty costs the default, or 0
    where it is right."""

    default = forms.FloatField(
        label="Any other error costs", error_messages={"required": "Say what any other error costs."}
    )
    unit = forms.CharField(
        max_length=12, label="counted in", error_messages={"required": "Say what costs are counted in."},
        widget=forms.TextInput(attrs={"size": 7}),
    )  # fmt: skip
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
        try:
            matrix = matrix_of(costs) if costs else None
        except Refusal:  # of the classes of now the costs make no sense: they are set anew
            matrix = None
        for truth in range(len(self.classes)):
            for predicted in range(len(self.classes)):
                name = f"cost_{truth}_{predicted}"
                words = f"{self.classes[truth]} predicted as {self.classes[predicted]}"
                self.fields[name] = forms.FloatField(required=False, widget=_named(forms.NumberInput, words))
                usual = 0.0 if truth == predicted else (costs.default if costs else EMPTY)
                self.initial[name] = f"{usual if matrix is None else matrix[truth, predicted]:g}"

    def _add_rows(self, costs: CostMatrix | None, data: Any) -> None:
        pairs = pairs_now(costs) if costs else []
        self.n_rows = max(len(pairs) + EMPTY_ROWS, sum(1 for name in data or () if name.startswith("true_")))
        names = [("", ""), *((name, name) for name in self.classes)]
        for row in range(self.n_rows):
            truth, predicted = (
                _named(forms.Select, f"{what} class of error {row + 1}") for what in ("True", "Predicted")
            )
            cost = _named(forms.NumberInput, f"Cost of error {row + 1}")
            self.fields[f"true_{row}"] = forms.ChoiceField(choices=names, required=False, widget=truth)
            self.fields[f"predicted_{row}"] = forms.ChoiceField(choices=names, required=False, widget=predicted)
            self.fields[f"cost_{row}"] = forms.FloatField(required=False, widget=cost)
            if row < len(pairs):
                for part, value in zip(("true", "predicted", "cost"), pairs[row], strict=True):
                    self.initial[f"{part}_{row}"] = f"{value:g}" if part == "cost" else value

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

    def table(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Per true class its name, and the field of each predicted class."""
        columns = range(len(self.classes))
        return [
            (name, [self[f"cost_{truth}_{predicted}"] for predicted in columns])
            for truth, name in enumerate(self.classes)
        ]

    def rows(self) -> list[list[forms.BoundField]]:
        parts = ("true", "predicted", "cost")
        return [[self[f"{part}_{row}"] for part in parts] for row in range(self.n_rows)]


def _named(widget: type[forms.Widget], words: str) -> forms.Widget:
    """A control in a table, whose head is no label a screen reader could read."""
    return widget(attrs={"aria-label": words})


class PriceForm(forms.Form):
    run = RunChoiceField(ModelRun.objects.none(), empty_label=None)

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row_field(self, "run").queryset = runs_of(dataset).order_by("-id")


class MetricForm(forms.Form):
    """By what comparisons are decided, by costs only where somebody has said what errors cost; and the smallest
    difference worth having."""

    metric = forms.ChoiceField(label="Decided by", required=False)
    worthwhile = forms.FloatField(
        label="Worth having from, points", min_value=0.1, max_value=50, required=False,
        widget=forms.NumberInput(attrs={"step": "any", "size": 5}),
    )  # fmt: skip
    worthwhile_cost = forms.FloatField(
        min_value=0, required=False, widget=forms.NumberInput(attrs={"step": "any", "size": 7})
    )

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        cost, costs = dataset.worthwhile_cost, dataset.costs
        self.initial = {
            "metric": dataset.metric, "worthwhile": f"{100 * dataset.worthwhile:g}",
            "worthwhile_cost": "" if cost is None else f"{cost:g}",
        }  # fmt: skip
        known = [(name, words) for name, words in Dataset.METRICS.items() if costs or name != EXPECTED_COST]
        choice_field(self, "metric").choices = known
        if costs:
            self.fields["worthwhile_cost"].label = f"or from, {costs.unit} saved per 1,000 items"
        else:
            del self.fields["worthwhile_cost"]
