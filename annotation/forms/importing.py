"""What a lead fills in to bring a file in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms

from annotation.core.files.guessing import mapping_of
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import Item

ENCODINGS = {
    "": "detect from the file", "utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "ISO 8859-1",
    "iso8859-15": "ISO 8859-15", "mac-roman": "Macintosh", "cp850": "DOS 850", "cp1250": "Windows-1250",
    "iso8859-2": "ISO 8859-2", "cp1251": "Windows-1251", "koi8-r": "KOI8-R", "cp1253": "Windows-1253",
    "cp1254": "Windows-1254", "cp1255": "Windows-1255", "cp1256": "Windows-1256", "cp1257": "Windows-1257",
    "shift_jis": "Shift JIS", "euc-jp": "EUC-JP", "gb18030": "GB 18030", "big5": "Big5", "cp949": "EUC-KR",
    "cp874": "Thai", "utf-16": "UTF-16",
}  # fmt: skip
MARKS = {"": "as the columns say", ".": "point: 1234.5", ",": "comma: 1234,5"}
DAYS = {
    "": "as the columns say", "day-first": "day first: 31/05/2024", "month-first": "month first: 05/31/2024",
    "year-first": "year first: 2024/05/31",
}  # fmt: skip
SPLITS = {
    Item.POOL: "pool: labels to check and to learn from",
    Item.PRODUCTION: "production: for proof only, with labels you trust or without any",
}
ROLES = {
    "ignore": "ignore", "text": "text", "number": "number", "category": "category", "label": "label",
    "wide": "labels by one more annotator", "id": "id", "annotator": "annotator", "source": "source",
    "received": "received",
}  # fmt: skip
ONCE = ("label", "id", "annotator", "source", "received")


class NewDatasetForm(forms.Form):
    name = forms.CharField(
        max_length=120, error_messages={"required": "Give the dataset a name."},
        widget=forms.TextInput(attrs={"placeholder": "Support requests", "autofocus": True, "class": "wide"}),
    )  # fmt: skip


class UploadForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True, error_messages={"required": "Choose a file first."},
        widget=forms.FileInput(attrs={"accept": ".csv, .tsv, .json, .jsonl, .parquet, .xlsx, .xls, .ods, .gz"}),
    )  # fmt: skip
    split = forms.ChoiceField(choices=SPLITS, initial=Item.POOL, label="Where it goes", widget=forms.RadioSelect)
    encoding = forms.ChoiceField(choices=ENCODINGS, required=False)


class ReadingForm(forms.Form):
    """How a file is read, where it does not tell by itself; `sheets`: those of a workbook; `encoded`: it is text."""

    encoding = forms.ChoiceField(choices=ENCODINGS, required=False)
    sheet = forms.ChoiceField(required=False)
    decimal = forms.ChoiceField(choices=MARKS, required=False, label="Decimal mark")
    dates = forms.ChoiceField(choices=DAYS, required=False, label="Order of dates")

    def __init__(self, *args: Any, sheets: Sequence[str] = (), encoded: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not encoded:
            del self.fields["encoding"]
        if len(sheets) > 1:
            self.fields["sheet"] = forms.ChoiceField(choices=[(name, name) for name in sheets], required=False)
        else:
            del self.fields["sheet"]


class ColumnsForm(forms.Form):
    """Which column plays which part; the field `role_3` is that of the fourth column."""

    split = forms.ChoiceField(choices=SPLITS, label="Where it goes", widget=forms.RadioSelect)
    repair = forms.BooleanField(
        required=False, label="Repair texts in a broken encoding, such as â€™ for ’",
        help_text="Only what is plainly broken changes. Items never change later.",
    )  # fmt: skip
    abstain = forms.CharField(
        required=False, label="Label values that mean “I cannot tell”, one a line",
        help_text="Every other value of a label column is a class.", widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    classes = forms.CharField(
        required=False, label="Classes, one a line, in the order of their keys",
        help_text="Left empty, they are the labels found. Under Classes and question they can be changed later.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, columns: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        for number, column in enumerate(columns):
            self.fields[f"role_{number}"] = forms.ChoiceField(choices=ROLES, label=column)

    def clean(self) -> dict[str, Any]:
        for role in ONCE:
            named = [column for column, chosen in self.roles().items() if chosen == role]
            if len(named) > 1:
                raise forms.ValidationError(f"The columns {_and(named)} are both named as {role}; choose one of them.")
        return self.cleaned_data

    def roles(self) -> dict[str, str]:
        """Column → its part, of the columns that were given a valid one."""
        chosen = ((column, self.cleaned_data.get(f"role_{number}")) for number, column in enumerate(self.columns))
        return {column: role for column, role in chosen if role}

    def choices(self) -> dict[str, Any]:
        """What to remember so that the page shows it again."""
        lines = {name: _lines(self.cleaned_data.get(name, "")) for name in ("abstain", "classes")}
        chosen = {"split": self.cleaned_data.get("split", Item.POOL), "repair": self.cleaned_data.get("repair", False)}
        return {**chosen, "roles": self.roles(), **lines}

    def mapping(self) -> ItemMapping:
        chosen = self.choices()
        return replace(
            mapping_of(self.roles()), split=chosen["split"], classes=tuple(chosen["classes"]),
            abstain=tuple(chosen["abstain"]),
        )  # fmt: skip


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _and(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
