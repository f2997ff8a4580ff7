"""What a lead wants of the classes, as the page of them sends it."""

from typing import Any

from django import forms

from annotation.actions.classes.carry_out import WantedChange
from annotation.core.invisible import visible
from annotation.models import ClassChange, Dataset

KINDS = {
    ClassChange.RENAME: "Rename to", ClassChange.MERGE: "Merge into", ClassChange.SPLIT: "Split into (one a line)",
    ClassChange.RETIRE: "Retire", ClassChange.GROUP: "Put under the heading",
    ClassChange.REORDER: "Put first, in this order (one a line)", ClassChange.ADD: "Add (one a line)",
}  # fmt: skip
ONE_ONLY = (ClassChange.RENAME, ClassChange.SPLIT, ClassChange.RETIRE)


class ClassChangeForm(forms.Form):
    """`class`: names of those ticked; `into`: what they become, one a line. `sure`: it was looked at."""

    kind = forms.ChoiceField(choices=KINDS, label="With those ticked")
    into = forms.CharField(
        required=False, max_length=10_000, label="name, heading or parts", widget=forms.Textarea(attrs={"rows": 2})
    )
    sure = forms.BooleanField(required=False)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.dataset = dataset
        self.named = {visible(name): name for name in dataset.class_names}
        self.fields["class"] = forms.MultipleChoiceField(choices=list(self.named.items()), required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        kind, ticked, lines = said.get("kind", ""), said.get("class", []), self.lines()
        if kind in ONE_ONLY and len(ticked) != 1:
            raise forms.ValidationError("Tick the one class this is about.")
        if kind in (ClassChange.MERGE, ClassChange.GROUP) and not ticked:
            raise forms.ValidationError("Tick the classes this is about.")
        if kind in (ClassChange.RENAME, ClassChange.MERGE) and len(lines) != 1:
            raise forms.ValidationError("Write the one name it is to have.")
        if kind in (ClassChange.ADD, ClassChange.REORDER, ClassChange.SPLIT) and not lines:
            raise forms.ValidationError("Write the names, one a line.")
        return said

    def lines(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data.get("into", "").splitlines() if line.strip()]

    def wanted(self) -> WantedChange:
        """What is asked for, once valid."""
        kind, lines = self.cleaned_data["kind"], self.lines()
        ticked = [self.named[one] for one in self.cleaned_data["class"]]
        if kind in (ClassChange.ADD, ClassChange.REORDER):
            return WantedChange(kind, lines)
        if kind == ClassChange.GROUP:
            return WantedChange(kind, ticked, text=" ".join(lines))
        return WantedChange(kind, ticked, lines)
