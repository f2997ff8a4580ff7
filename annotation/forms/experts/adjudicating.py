"""What an adjudicator says of a case, and what a lead does with one that was passed on."""

from typing import Any

from django import forms

from annotation.forms.field_kinds import row_field
from annotation.models import Case, Dataset, Decision, Item, LabelClass, User

OUTCOMES = {Decision.AMBIGUOUS: "Nobody could tell", Decision.BAD_INPUT: "Bad input"}


class AdjudicationForm(forms.Form):
    """The answer is a class's id or an outcome that is none; the cause says why experts differed."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    answer = forms.CharField(error_messages={"required": "Choose what it should be."})
    cause = forms.ChoiceField(
        choices=Decision.CAUSES, widget=forms.RadioSelect, label="Why they differed",
        error_messages={"required": "Say why they differed."},
    )  # fmt: skip
    item = forms.ModelMultipleChoiceField(Item.objects.none(), required=False)
    note = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data)
        self.case = case
        row_field(self, "item").queryset = case.dataset.items.filter(case_items__case=case)
        if case.awaits != Case.ADJUDICATOR:
            self.fields["cause"].label = "Why experts passed it on"

    def clean_answer(self) -> tuple[str, LabelClass | None]:
        said = self.cleaned_data["answer"]
        if said in OUTCOMES:
            return said, None
        found = self.case.dataset.label_classes.in_use().filter(pk=said if said.isdecimal() else 0).first()
        if found is None:
            raise forms.ValidationError("This answer is none of the dataset's.")
        return Decision.LABEL, found


class MoveOnForm(forms.Form):
    """Back to the experts, to one of them, or aside."""

    to = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="any expert who may", label="Send to")

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        row_field(self, "to").queryset = User.objects.filter(membership__dataset=dataset).order_by("username")
