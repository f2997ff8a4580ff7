"""What the codes of a dataset's categories mean."""

from collections.abc import Iterator
from typing import Any

from django import forms

from annotation.core.fields import FieldJson
from annotation.models import Dataset

MOST_CODES, LONGEST = 500, 200


class MeaningsForm(forms.Form):
    """One `code = meaning` a line for each category; fields of other types are only listed."""

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.dataset = dataset
        for place, field in enumerate(dataset.fields):
            if field["type"] == "category":
                told = "\n".join(f"{code} = {meaning}" for code, meaning in field.get("meanings", {}).items())
                widget = forms.Textarea({"rows": 4, "class": "wide", "dir": "auto", "placeholder": "A = from abroad"})
                self.fields[f"column_{place}"] = forms.CharField(
                    required=False, initial=told, widget=widget, label=f"Meanings of {field['name']}"
                )

    def columns(self) -> Iterator[tuple[FieldJson, forms.BoundField | None]]:
        """Each field, and where its meanings are written; None where it has none to write."""
        for place, field in enumerate(self.dataset.fields):
            name = f"column_{place}"
            yield field, self[name] if name in self.fields else None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in list(said):
            meanings, fault = _meanings(said[name])
            if fault:
                self.add_error(name, fault)
            else:
                said[name] = meanings
        return said

    def new_fields(self) -> list[FieldJson]:
        fields: list[FieldJson] = []
        for place, field in enumerate(self.dataset.fields):
            plain: FieldJson = {"name": field["name"], "type": field["type"]}
            meanings = self.cleaned_data.get(f"column_{place}")
            fields.append({**plain, "meanings": meanings} if meanings else plain)
        return fields


def _meanings(typed: str) -> tuple[dict[str, str], str]:
    """code → meaning, and what is wrong with the lines, "" where nothing is."""
    found: dict[str, str] = {}
    for number, line in enumerate(typed.splitlines(), start=1):
        if not line.strip():
            continue
        code, equals, meaning = (part.strip() for part in line.partition("="))
        if not equals or not code or not meaning:
            return {}, f"Line {number}, “{line.strip()[:60]}”: write it as code = meaning."
        if code in found:
            return {}, f"Line {number}: the code “{code[:60]}” stands there twice; keep one of them."
        if len(meaning) > LONGEST:
            return {}, f"Line {number}: a meaning has up to {LONGEST} characters, this one has {len(meaning):,}."
        found[code] = meaning
    if len(found) > MOST_CODES:
        return {}, f"Up to {MOST_CODES} codes have a meaning, these are {len(found):,}."
    return found, ""
