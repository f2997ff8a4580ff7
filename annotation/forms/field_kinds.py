"""A form's field by its name, as the kind it was declared: `form.fields` says of none what it can do."""

from django import forms


def choice_field(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} offers no choices.")
    return field


def row_field(form: forms.BaseForm, name: str) -> forms.ModelChoiceField:
    """The field that chooses among rows of a table."""
    field = form.fields[name]
    if not isinstance(field, forms.ModelChoiceField):
        raise TypeError(f"{name} chooses among no rows.")
    return field
