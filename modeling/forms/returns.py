"""What a lead fills in to measure what decisions bring, and to say when they stop paying."""

from typing import Any

from django import forms

from annotation.forms.field_kinds import row_field
from annotation.models import Dataset, Snapshot
from modeling.forms.training import RunChoiceField
from modeling.models import ModelRun
from modeling.reading.loop_progress import alone, runs_of


class ReturnsForm(forms.Form):
    """Which recipe is trained again and again, and on what it is scored."""

    run = RunChoiceField(ModelRun.objects.none(), empty_label=None, label="Recipe of")
    production = forms.ModelChoiceField(
        Snapshot.objects.none(), required=False, empty_label="none: out of fold", label="Scored on",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row_field(self, "run").queryset = alone(runs_of(dataset)).filter(converged=True).order_by("-id")
        sets = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).order_by("-id")
        row_field(self, "production").queryset = sets
        self.fields["production"].initial = sets.first()


class StopRuleForm(forms.Form):
    """In points of accuracy."""

    points = forms.FloatField(
        label="100 decisions must gain", error_messages={"required": "Say how many points 100 decisions must gain."},
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "step": "any", "size": 6}),
    )  # fmt: skip
