"""Inviting somebody, accepting, and making a test."""

from typing import Any

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm

from annotation.forms.field_kinds import row_field
from annotation.forms.people import ROLES
from annotation.models import Dataset, LabelClass, User


class InvitationForm(forms.Form):
    name = forms.CharField(
        max_length=150, required=False, label="Invite", widget=forms.TextInput(attrs={"placeholder": "who it is for"})
    )
    role = forms.ChoiceField(choices=ROLES, label="as")


class NewAccountForm(BaseUserCreationForm):
    """Whoever was invited and has no account yet."""

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username",)


class QualificationForm(forms.Form):
    """A test of the whole dataset or of one class, and the share of right answers that passes."""

    label_class = forms.ModelChoiceField(
        LabelClass.objects.none(), required=False, empty_label="all cases", label="Before"
    )
    bar = forms.FloatField(
        min_value=0.05, max_value=1, initial=0.7, label="passed with a share of right answers of",
        widget=forms.NumberInput(attrs={"step": "0.05", "min": 0.05, "max": 1}),
    )  # fmt: skip

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        row_field(self, "label_class").queryset = dataset.label_classes.in_use()
