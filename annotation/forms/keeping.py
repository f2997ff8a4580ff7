"""What a lead says of a dataset as a whole."""

from typing import Any

from django import forms

from annotation.actions.datasets.change_columns import WORDS
from annotation.models import Dataset


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=120, error_messages={"required": "Give the dataset a name."},
        widget=forms.TextInput(attrs={"class": "wide", "autocomplete": "off"}),
    )  # fmt: skip


class ColumnTypesForm(forms.Form):
    """A choice for each field of words; numbers stay what they were read as."""

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.names = [field.name for field in dataset.typed_fields if field.type in WORDS]
        kinds = {field.name: field.type for field in dataset.typed_fields}
        for number, name in enumerate(self.names):
            self.fields[f"field_{number}"] = forms.ChoiceField(
                choices=[(kind, kind) for kind in WORDS], label=name, initial=kinds[name]
            )

    def types(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"field_{number}"] for number, name in enumerate(self.names)}


class EraseForm(forms.Form):
    name = forms.CharField(
        strip=False, error_messages={"required": "Write the name of the dataset."},
        widget=forms.TextInput(attrs={"class": "wide", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.dataset = dataset
        self.fields["name"].label = f"To erase it, write its name: {dataset.name}"

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.dataset.name:
            raise forms.ValidationError(f"That is not its name. To erase it, write {self.dataset.name}")
        return self.cleaned_data["name"]
