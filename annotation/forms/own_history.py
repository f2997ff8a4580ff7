"""What an expert looks for among their own answers."""

from typing import Any

from django import forms

DAY = {"type": "date"}


class OwnHistoryForm(forms.Form):
    """A day that is none is passed over."""

    q = forms.CharField(required=False, label="Words", max_length=200, widget=forms.TextInput({"type": "search"}))
    since = forms.DateField(required=False, label="from", widget=forms.DateInput(DAY))
    until = forms.DateField(required=False, label="to", widget=forms.DateInput(DAY))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    def wanted(self) -> dict[str, Any]:
        """As `own_decisions` takes it."""
        said = self.cleaned_data
        return {"words": said.get("q", ""), "since": said.get("since"), "until": said.get("until")}

    @property
    def is_narrowed(self) -> bool:
        return any(self.wanted().values())
