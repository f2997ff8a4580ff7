"""Keys for scripts, and what a script says of the file it brings."""

from typing import Any

from django import forms

from annotation.actions.guarding.tokens import MOST_DAYS
from annotation.forms.field_kinds import row_field
from annotation.models import AccessToken, Dataset, Item, Membership, User


class TokenForm(forms.Form):
    dataset = forms.ModelChoiceField(Dataset.objects.none(), label="For")
    scope = forms.ChoiceField(choices=AccessToken.SCOPES, label="It may")
    name = forms.CharField(max_length=60, label="What uses it")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=90, label="Days it works")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        led = Dataset.objects.filter(membership__user=user, membership__role=Membership.LEAD)
        row_field(self, "dataset").queryset = led.order_by("name")


class ScriptImportForm(forms.Form):
    """The file, and the names of its columns; `text` may come several times."""

    file = forms.FileField()
    text = forms.CharField(max_length=200)
    label = forms.CharField(max_length=200, required=False)
    id = forms.CharField(max_length=200, required=False)
    annotator = forms.CharField(max_length=200, required=False)
    source = forms.CharField(max_length=200, required=False)
    split = forms.ChoiceField(choices={Item.POOL: "pool", Item.PRODUCTION: "production"}, required=False)

    def clean_split(self) -> str:
        return str(self.cleaned_data["split"] or Item.POOL)
