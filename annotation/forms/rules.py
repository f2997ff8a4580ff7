"""A rule as somebody types it."""

from django import forms
from django.http import QueryDict

from annotation.core.rules.typed_rules import (
    KINDS,
    NUMBERED,
    OF_FIELDS,
    OF_TEXT,
    TypedRule,
    UnableToReadRule,
    read_rule,
)
from annotation.forms.field_kinds import choice_field
from annotation.models import Dataset

# What the kind's name and number are called before they are typed.
NAMED = {"word": "Word", "count": "Word", "letters": "Letters", "source": "Source"}
NUMBERS = {"count": "More than", "above": "Above", "below": "Below"}


class RuleForm(forms.Form):
    """What a rule looks at and its parts; which parts are asked for depends on `kind`."""

    kind = forms.ChoiceField(required=False)
    name = forms.CharField(required=False, max_length=200)
    value = forms.CharField(required=False, max_length=200, label="is")
    number = forms.CharField(required=False, max_length=20)
    label = forms.ChoiceField(required=False, label="Review those that carry")

    def __init__(self, dataset: Dataset, data: QueryDict) -> None:
        super().__init__(data)
        self.kinds = kinds_for(dataset)
        choice_field(self, "kind").choices = self.kinds
        choice_field(self, "label").choices = [("", "any label"), *((name, name) for name in dataset.class_names)]
        self._ask_for_the_parts_of(self.chosen_kind, dataset)

    def _ask_for_the_parts_of(self, kind: str, dataset: Dataset) -> None:
        self.fields["name"].label = NAMED.get(kind, "Field")
        self.fields["number"].label = NUMBERS.get(kind, "How many")
        self.fields["number"].widget.attrs["inputmode"] = "decimal"
        for part, size in (("name", 18), ("value", 14), ("number", 6)):
            self.fields[part].widget.attrs |= {"size": size, "autocomplete": "off"}
        if kind in OF_FIELDS:
            wanted = ("number",) if kind in ("above", "below") else ("number", "category")
            fields = [one.name for one in dataset.typed_fields if one.type in wanted]
            self.fields["name"].widget = forms.Select(choices=[(name, name) for name in fields])

    def parts(self) -> list[forms.BoundField]:
        """The inputs the kind needs."""
        kind = self.chosen_kind
        asked = {"name": kind in NAMED or kind in OF_FIELDS, "value": kind == "equals", "number": kind in NUMBERED}
        return [self[part] for part, needed in asked.items() if needed]

    @property
    def chosen_kind(self) -> str:
        kind = self.data.get("kind", "")
        return kind if kind in dict(self.kinds) else self.kinds[0][0]

    @property
    def is_empty(self) -> bool:
        return not any(self.data.get(part, "").strip() for part in ("name", "number", "value"))

    def rule(self, dataset: Dataset) -> TypedRule:
        """Raises UnableToReadRule with what to mend."""
        if not self.is_valid():
            raise UnableToReadRule("Choose what the rule looks at and a label from the lists.")
        said = self.cleaned_data
        return read_rule(self.chosen_kind, said["name"], said["number"], said["value"], dataset.typed_fields)


def kinds_for(dataset: Dataset) -> list[tuple[str, str]]:
    """The kinds of rules that fit the dataset's fields, in words."""
    types = {field.type for field in dataset.typed_fields}
    fitting = [
        kind for kind in KINDS
        if (kind not in OF_TEXT or "text" in types)
        and (kind not in OF_FIELDS or ("number" in types if kind != "equals" else types - {"text"}))
    ]  # fmt: skip
    return [(kind, KINDS[kind]) for kind in fitting]
