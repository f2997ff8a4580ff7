"""The settings of learners as form fields: what each SETTINGS names, a select where only some values are possible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from modeling.core.learners import LEARNERS, Setting, settings_of


@dataclass(frozen=True)
class LearnerOption:
    """A learner to choose: its name, the name in words, the form fields of its settings, and whether they are shown
    unfolded."""

    name: str
    title: str
    fields: Sequence[forms.BoundField]
    open: bool = False


def setting_field(key: str, setting: Setting, value: Any, several: bool = False) -> forms.Field:
    """The field of one setting, left empty = `value`; several: of which more than one value can be given."""
    name, typed = setting.title or key.replace("_", " "), as_typed(value)
    label = name[0].upper() + name[1:]
    if not setting.choices:
        return forms.CharField(required=False, initial=typed, label=label, help_text=setting.must_be)
    choices = list(setting.choices.items())
    if several:
        ticks = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(required=False, initial=[typed], label=label, choices=choices, widget=ticks)
    return forms.ChoiceField(required=False, initial=typed, label=label, choices=choices)


def typed_text(value: str | Sequence[str]) -> str:
    """What a field of a setting holds, as a person would type it: several values with commas between."""
    return value if isinstance(value, str) else ",".join(value)


def as_typed(value: Any) -> str:
    """A value as a person would type it: (256, 128) → 256,128."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


def learner_option(form: forms.Form, learner: str, names: Iterable[str], chosen: bool) -> LearnerOption:
    """The learner with the fields of those names; unfolded where it is chosen or a field has something wrong."""
    fields = [form[name] for name in names]
    return LearnerOption(learner, LEARNERS[learner].TITLE, fields, chosen or any(field.errors for field in fields))


def learner_choices() -> list[tuple[str, str]]:
    return [(name, learner.TITLE) for name, learner in LEARNERS.items()]


def setting_names(learner: str) -> list[str]:
    return list(settings_of(learner))
