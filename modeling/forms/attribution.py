"""What a lead fills in to tell labels from regularization."""

from typing import Any

from django import forms

from annotation.forms.field_kinds import row_field
from annotation.models import Dataset, Snapshot
from modeling.actions.proving.attribute import LEAST_SEEDS, MOST_SEEDS
from modeling.forms.comparing import ProductionChoiceField
from modeling.forms.training import RunChoiceField
from modeling.models import ModelRun
from modeling.reading.loop_progress import runs_of


class AttributionForm(forms.Form):
    """Two runs, a third where the new settings are its own, and a production snapshot."""

    before = RunChoiceField(ModelRun.objects.none(), empty_label=None, label="Old labels and old settings")
    after = RunChoiceField(ModelRun.objects.none(), empty_label=None, label="New labels and new settings")
    settings_of = RunChoiceField(
        ModelRun.objects.none(), required=False, empty_label="those of the run above",
        label="New settings, where they are another run\u2019s",
    )  # fmt: skip
    production = ProductionChoiceField(
        Snapshot.objects.none(), label="On the production set", widget=forms.RadioSelect, empty_label=None
    )
    seeds = forms.IntegerField(
        min_value=LEAST_SEEDS, max_value=MOST_SEEDS, initial=5, label="Seeds",
        help_text="Fits of each of the four, where the learner draws at random; others are fitted once.",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row_field(self, "before").queryset = runs_of(dataset).order_by("id")
        row_field(self, "after").queryset = runs_of(dataset).order_by("-id")
        row_field(self, "settings_of").queryset = runs_of(dataset).order_by("-id")
        snapshots = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION)
        row_field(self, "production").queryset = snapshots.order_by("-id")
