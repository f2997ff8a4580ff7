"""In which form a table is to leave."""

from typing import Any

from django import forms

from annotation.core.exporting.forms import DELIMITED, TEXTS, Form

FORMS = {
    "csv": "CSV", "xlsx": "Excel workbook", "tsv": "TSV", "jsonl": "JSONL", "parquet": "Parquet",
}  # fmt: skip


class ExportForm(forms.Form):
    """A tick that says nothing for the form chosen is left out of account."""

    form = forms.ChoiceField(choices=FORMS, initial="csv", label="Format", required=False)
    mark = forms.BooleanField(
        required=False, label="With a byte order mark", help_text="Spreadsheets then read a CSV as UTF-8."
    )
    zipped = forms.BooleanField(
        required=False, label="Packed (.gz)", help_text="CSV, TSV and JSONL, not in everything’s zip."
    )
    raw = forms.BooleanField(
        required=False, label="Leave every cell as it is",
        help_text="Else a cell of a CSV or TSV that begins with = + - @ gets an apostrophe, so that no spreadsheet "
        "runs it.",
    )  # fmt: skip
    all = forms.BooleanField(
        required=False,
        label="Cases: with all other labelled pool items",
        help_text="Ranked among them, without a case.",
    )

    def chosen(self) -> Form:
        """The form asked for, plain CSV where what was asked makes no sense."""
        self.is_valid()
        asked: dict[str, Any] = self.cleaned_data
        kind = asked.get("form") or "csv"
        return Form(
            kind, zipped=asked.get("zipped", False) and kind in TEXTS,
            mark=asked.get("mark", False) and kind in DELIMITED, raw=asked.get("raw", False),
        )  # fmt: skip

    @property
    def everything(self) -> bool:
        self.is_valid()
        return bool(self.cleaned_data.get("all"))
