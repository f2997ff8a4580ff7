"""What a lead chooses to diagnose."""

from typing import Any

from django import forms

from annotation.forms.field_kinds import row_field
from annotation.models import Dataset, Snapshot
from modeling.forms.comparing import ProductionChoiceField
from modeling.forms.training import RunChoiceField
from modeling.models import ModelRun
from modeling.reading.loop_progress import alone, runs_of


class DiagnosisForm(forms.Form):
    """A run and a production snapshot, the newest of each proposed."""

    run = RunChoiceField(ModelRun.objects.none(), empty_label=None, label="The run")
    production = ProductionChoiceField(
        Snapshot.objects.none(), label="On the production set", widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        runs = alone(runs_of(dataset)).filter(snapshot__labels_of=None).order_by("-id")
        snapshots = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).order_by("-id")
        row_field(self, "run").queryset, row_field(self, "production").queryset = runs, snapshots
        self.possible = runs.exists() and snapshots.exists()
        newest = snapshots.first()
        self.fields["production"].initial = newest and newest.pk
