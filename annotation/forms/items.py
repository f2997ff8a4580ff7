"""What the table of items is asked for, and what is to be done with the items it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from annotation.core.detectors import DETECTORS
from annotation.core.items.asked import ANY, CHOICE_WORDS, CHOICES, NAMES, RANGES, SORTS, Asked, title_of
from annotation.forms.field_kinds import choice_field
from annotation.forms.own_history import DAY
from annotation.forms.talking import TickedIds
from annotation.models import Dataset, LabelClass
from annotation.reading.findings import current_findings

MOST_OFFERED = 200
LONGEST_NAME = 80


@dataclass(frozen=True)
class FilterLine:
    """One condition of the form: its inputs, and whether it is to fail. `several`: values that one choice can't hold;
    they stay until they are cleared."""

    name: str
    title: str
    inputs: list[forms.BoundField]
    negated: bool
    several: tuple[str, ...] = ()
    is_set: bool = False


class ItemFilterForm(forms.Form):
    """The conditions as inputs, filled with what the address asks for. It only shows: the address is read elsewhere."""

    words = forms.CharField(widget=forms.TextInput({"type": "search", "placeholder": 'refund "by card" -late'}))
    sort = forms.ChoiceField(choices=list(SORTS.items()))

    def __init__(self, dataset: Dataset, asked: Asked) -> None:
        self.dataset, self.asked = dataset, asked
        first = {name: values[0] for name, values in asked.named.items()}
        sides = {
            f"{name}_{side}": value for name, one in asked.between.items()
            for side, value in (("from", one.low), ("to", one.high)) if value is not None
        }  # fmt: skip
        super().__init__(initial={"words": asked.typed, "sort": asked.sort, **first, **sides}, auto_id="filter_%s")
        self._add_choices()
        self._add_ranges()
        for field in self.fields.values():
            field.required = False
            field.widget.attrs["autocomplete"] = "off"

    def _add_choices(self) -> None:
        classes = [(one.name, one.name) for one in self.dataset.label_classes.all()]
        experts = self.dataset.membership_set.order_by("user__username").values_list("user__username", flat=True)
        sets = self.dataset.prediction_sets.order_by("-id").values_list("id", "name")[:MOST_OFFERED]
        findings = current_findings(self.dataset).order_by("id").values_list("id", "title")[:MOST_OFFERED]
        offered: dict[str, Iterable[tuple[Any, str]]] = {
            "label": classes, "was": classes, "said": classes,
            "expert": [(ANY, "any expert"), *((name, name) for name in experts)],
            "detector": [(ANY, "any detector"), *((name, name.replace("_", " ")) for name in DETECTORS)],
            "model": [(str(pk), name) for pk, name in sets], "finding": [(str(pk), title) for pk, title in findings],
            **{name: list(choices.items()) for name, choices in CHOICES.items()},
        }  # fmt: skip
        for name, choices in offered.items():
            self.fields[name] = forms.ChoiceField(choices=[("", "any or none"), *self._with_own(name, choices)])
        for name in ("annotator", "source"):
            self.fields[name] = forms.CharField(max_length=200)
        self.fields["annotator"].widget.attrs["list"] = "annotators"

    def _with_own(self, name: str, choices: Iterable[tuple[Any, str]]) -> list[tuple[Any, str]]:
        """The choices, and the value asked for where it is none of them, such as an older finding."""
        known = list(choices)
        own = self.asked.named.get(name, ())[:1]
        return known + [(one, one) for one in own if one not in {value for value, _ in known}]

    def _add_ranges(self) -> None:
        for name in RANGES:
            for side in ("from", "to"):
                attrs = {"inputmode": "decimal", "size": 5, "placeholder": "0" if side == "from" else "1"}
                self.fields[f"{name}_{side}"] = forms.CharField(widget=forms.TextInput(attrs), label=side)
        for name in ("received", "brought"):
            for side in ("from", "to"):
                self.fields[f"{name}_{side}"] = forms.CharField(widget=forms.DateInput(DAY), label=side)

    @property
    def annotators(self) -> list[str]:
        """Names to choose from, where they are few enough to be listed."""
        return list(self.dataset.annotators.order_by("name").values_list("name", flat=True)[:MOST_OFFERED])

    @property
    def lines(self) -> list[FilterLine]:
        singles = [name for name in (*NAMES, *CHOICE_WORDS, "model", "finding") if name in self.fields]
        lines = [self._line(name, [name]) for name in singles]
        return lines + [self._line(name, [f"{name}_from", f"{name}_to"]) for name in (*RANGES, "received", "brought")]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """(name, value) of conditions that the form has no input for; links bring them."""
        shown = {line.name for line in self.lines}
        return [(name, one) for name, values in self.asked.named.items() if name not in shown for one in values]

    def _line(self, name: str, inputs: list[str]) -> FilterLine:
        values = self.asked.named.get(name, ())
        several = values if len(values) > 1 else ()
        is_set = name in self.asked.named or name in self.asked.between
        return FilterLine(
            name, title_of(name), [self[one] for one in inputs], name in self.asked.but_not, several, is_set
        )  # fmt: skip


class SaveFilterForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_NAME, label="Save this filter as", error_messages={"required": "Give the filter a name."}
    )
    query = forms.CharField(required=False, max_length=8_000, widget=forms.HiddenInput)


class ChosenItemsForm(forms.Form):
    """Items that something is to be done with: the ticked ones, or `every` one that `query` shows."""

    query = forms.CharField(required=False, max_length=8_000)
    every = forms.BooleanField(required=False)
    item = TickedIds(required=False)


class LabelManyForm(forms.Form):
    """The class for many items at once."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    label = forms.ChoiceField(label="All of them are", error_messages={"required": "Choose a class first."})
    also_decided = forms.BooleanField(required=False)

    def __init__(self, dataset: Dataset, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.classes = {str(one.pk): one for one in dataset.label_classes.filter(retired_at=None)}
        names = {pk: one.name for pk, one in self.classes.items()}
        choice_field(self, "label").choices = {"": "choose…", **names}

    @property
    def label_class(self) -> LabelClass:
        return self.classes[self.cleaned_data["label"]]
