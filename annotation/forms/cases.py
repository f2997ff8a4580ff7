"""Which open cases to list."""

from typing import Any

from django import forms

from annotation.core.detectors import DETECTORS
from annotation.forms.field_kinds import choice_field, row_field
from annotation.models import Dataset, Finding
from annotation.reading.findings import current_findings


class FindingChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Finding) -> str:
        return obj.title


class CaseFilterForm(forms.Form):
    """Which open cases to list; a finding of an earlier detection is no choice."""

    finding = FindingChoiceField(
        Finding.objects.none(), required=False, empty_label="any finding or none",
        error_messages={"invalid_choice": "That finding is from an earlier detection; all open cases are shown."},
    )  # fmt: skip
    detector = forms.ChoiceField(required=False)

    def __init__(self, dataset: Dataset, data: Any) -> None:
        super().__init__(data)
        row_field(self, "finding").queryset = current_findings(dataset)
        names = {name: name.replace("_", " ") for name in DETECTORS}
        choice_field(self, "detector").choices = {"": "any detector", **names}

    def chosen(self) -> tuple[Finding | None, str]:
        self.is_valid()
        return self.cleaned_data.get("finding"), self.cleaned_data.get("detector", "")
