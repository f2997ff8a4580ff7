"""What a lead fills in to compare."""

from typing import Any

from django import forms

from annotation.forms.field_kinds import choice_field, row_field
from annotation.models import Dataset, Item, PredictionSet, Snapshot
from annotation.reading.prediction_sets import OF_RUNS
from modeling.forms.training import run_words
from modeling.models import ModelInUse
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.looks import looks_at, steered_by
from modeling.reading.loop_progress import runs_of

# A prediction set's choice is this and its id; a run's is its id.
OF_SET = "set-"


class ProductionChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Snapshot) -> str:
        sources = f" from {', '.join(obj.sources)}" if obj.sources else ""
        looks = f"{looks_at(obj)} of {obj.dataset.planned_looks} planned looks used"
        frozen = f"frozen {obj.created_at:%-d %B %Y}, {obj.n_rows:,} rows{sources}"
        steered = " · exploratory, as cases were opened from what it showed" if steered_by(obj).exists() else ""
        return f"{frozen}, {obj.sha256[:8]}… · {looks}{steered}"


class CompareForm(forms.Form):
    """Two runs or prediction sets and a production snapshot; `production` empty freezes one now, of the chosen sources.
    Cleaned, `before` and `after` are names as `find_side` takes them."""

    before = forms.ChoiceField(error_messages={"invalid_choice": "Choose a run or a prediction set of this dataset."})
    after = forms.ChoiceField(error_messages={"invalid_choice": "Choose a run or a prediction set of this dataset."})
    production = ProductionChoiceField(
        Snapshot.objects.none(), required=False, label="On the production set", widget=forms.RadioSelect,
        empty_label="frozen now · the same rows and labels are the same set and keep its looks", blank=True,
    )  # fmt: skip
    sources = forms.MultipleChoiceField(
        required=False, label="Of these sources only, where it is frozen now", widget=forms.CheckboxSelectMultiple,
        help_text="None ticked is all.",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        runs = [(str(run.pk), run_words(run)) for run in runs_of(dataset).order_by("id")]
        sets = [(f"{OF_SET}{one.pk}", one.name) for one in imported_predictions(dataset)]
        self.names = {value: value for value, _ in runs} | dict(sets)
        live = model_in_use(dataset)
        choice_field(self, "before").choices = _choices(runs, sets, live)
        choice_field(self, "after").choices = _choices(runs[::-1], sets, live, first=False)
        snapshots = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).select_related("dataset")
        row_field(self, "production").queryset = snapshots.order_by("-id")
        sources = [(name, name or "no source") for name in production_sources(dataset)]
        choice_field(self, "sources").choices = sources
        self.several_sources = len(sources) > 1

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("before") and data.get("before") == data.get("after"):
            self.add_error("after", "Before and after are the same; choose two.")
        return data | {side: self.names[data[side]] for side in ("before", "after") if side in data}


def side_value(live: ModelInUse) -> str:
    """The choice that a model in use is."""
    return str(live.run_id) if live.run_id else f"{OF_SET}{live.predictions_id}"


def imported_predictions(dataset: Dataset) -> list[PredictionSet]:
    """Sets that no run here made, the newest first."""
    return [one for one in dataset.prediction_sets.order_by("-id") if not one.name.startswith(OF_RUNS)]


def production_sources(dataset: Dataset) -> list[str]:
    items = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION)
    return list(items.order_by("source").values_list("source", flat=True).distinct())


Choice = tuple[str, str]


def _choices(
    runs: list[Choice], sets: list[Choice], live: ModelInUse | None, *, first: bool = True
) -> list[tuple[str, list[Choice]]]:
    """The model in use by itself, and at the top where it is `first`; then runs, then prediction sets."""
    used = side_value(live) if live else ""
    shown = [(value, f"{words}, in use" if value == used else words) for value, words in [*runs, *sets]]
    groups = [
        ("The model that is live today", [one for one in shown if one[0] == used]),
        ("Runs", [one for one in shown if one[0] != used and not one[0].startswith(OF_SET)]),
        ("Predictions from elsewhere", [one for one in shown if one[0] != used and one[0].startswith(OF_SET)]),
    ]
    ordered = groups if first else [*groups[1:], groups[0]]
    return [group for group in ordered if group[1]]
