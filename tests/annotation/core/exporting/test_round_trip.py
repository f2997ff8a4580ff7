"""Whatever a cell or a column is called or holds: out in any form and in again it is the same."""

import csv
import io
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from annotation.core.exporting.binaries import MOST_LETTERS
from annotation.core.exporting.columns import AsWritten, Column, Sheet, beside
from annotation.core.exporting.forms import SUFFIXES, UnableToExport, form_of
from annotation.core.exporting.texts import Told, text_parts
from annotation.core.exporting.writing import told_in_words, written
from annotation.core.fields import Field
from annotation.core.files.tables import read_table

VALUES = [
    "two\nlines", "two\r\nlines", "a lone\rreturn", "a\ttab", '"quoted", said', "it's", "=1+1", "+1", "-1-1",
    "@SUM(A1)",
    "'=1", "''", "\t=x", "a\u00a0b", "\u200b", "🙈👩‍👩‍👧", "שלום \u202eעולם", "12345678901234567890", "007", "NA",
    "nan", "null", "True", "2024-05-31", "1e5", "-5", " spaces ", "a;b|c", "\\n \\", "_x0041_", "\ufeffmark",
    "line\u2028end", "\x0b\x1f\x85", "#N/A", "{'a': [1]}", "x" * 20_000,
]  # fmt: skip
NAMES = [
    "source", "split", "item", "item_id", "state", "label", "Label", " blank", "a__b", "=1+1", "🙈", "x" * 200,
    'quo"te', "a,b", "tab\tbed", "second_look_label", "second_look_apostrophes", "basis", "digest", "שם", "_x0041_",
    "true", "1", *(f"column {n} é" for n in range(180)),
]  # fmt: skip
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=12)


def out_and_in(suffix, columns, rows, **asked):
    """Column → texts, read again from a file of that suffix."""
    form = form_of(f"t{suffix}", **asked)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        sheet = Sheet(tuple(columns), lambda: iter(rows), len(rows))
        path.write_bytes(b"".join(written(sheet, form, Told(), Path(folder))))
        assert [one.name for one in Path(folder).iterdir()] == [path.name]
        if suffix == ".xlsx":
            header, *lines = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
            return dict(zip(header, map(list, zip(*lines, strict=True)), strict=True))
        return read_table(path).cells


@pytest.mark.parametrize("suffix", [*SUFFIXES])
def test_every_awkward_value_comes_back(suffix):
    columns = [Column("id"), Column("text")]
    cells = out_and_in(suffix, columns, [(f"i{n}", value) for n, value in enumerate(VALUES)])
    for value, came in zip(VALUES, cells["text"], strict=True):
        assert came == value


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_raw_and_marked_files_come_back_too(suffix):
    columns = [Column("id"), Column("text")]
    rows = [(f"i{n}", value) for n, value in enumerate(VALUES)]
    assert out_and_in(suffix, columns, rows, raw=True)["text"] == VALUES
    assert out_and_in(suffix, columns, rows, mark=True)["text"] == VALUES


@pytest.mark.parametrize("suffix", [*SUFFIXES])
def test_two_hundred_odd_columns_keep_their_names_and_stand_in_their_places(suffix):
    fields = [Field(name, "text") for name in NAMES]
    columns, aside = beside({"item_id": "text", "split": "text"}, fields, {"label": "text", "state": "text"})
    assert len({column.name for column in columns}) == len(columns) == len(NAMES) + 4 and len(aside) == 4
    rows = [[f"cell {n} of {at}" for n in range(len(columns))] for at in range(2)]
    cells = out_and_in(suffix, columns, rows)
    for place, column in enumerate(columns):
        # a delimited file is read without blanks around the names of its columns
        name = column.name if suffix in (".jsonl", ".jsonl.gz", ".parquet", ".xlsx") else column.name.strip()
        assert cells[name] == [row[place] for row in rows]


@pytest.mark.parametrize("suffix", [".csv", ".tsv.gz", ".jsonl"])
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
@example([("'=", "'")])
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back(suffix, rows):
    cells = out_and_in(suffix, [Column("a"), Column("b")], rows)
    assert list(zip(cells["a"], cells["b"], strict=True)) == rows


def test_header_and_rows_are_of_one_length_whatever_fields_are_called():
    columns, _ = beside({"item_id": "text"}, [Field("", "text"), Field("ITEM_ID", "text")], {"label": "text"})
    parts = text_parts(form_of("t.csv"), columns, [("i", "", "=x", "a")], Told())
    header, row = csv.reader(io.StringIO(b"".join(parts).decode(), newline=""))
    assert header == ["second_look_item_id", "", "ITEM_ID", "label", "second_look_apostrophes"]
    assert row == ["i", "", "'=x", "a", "1"]


def test_numbers_are_as_the_file_wrote_them_and_numbers_again_where_a_form_has_numbers(tmp_path):
    columns, rows = [Column("n", "number")], [[AsWritten(-1.5, "-1.50")], [2.0], [None], [float("nan")]]
    assert out_and_in(".csv", columns, rows)["n"][:2] == ["-1.50", "2.0"]
    assert out_and_in(".jsonl", columns, rows)["n"] == ["-1.50", "2.0", "", ""]
    path = tmp_path / "t.parquet"
    sheet = Sheet(tuple(columns), lambda: iter(rows), 4)
    path.write_bytes(b"".join(written(sheet, form_of("t.parquet"), Told(), tmp_path)))
    assert pq.read_table(path).to_pydict() == {"n": [-1.5, 2.0, None, None]}
    assert out_and_in(".xlsx", columns, rows)["n"] == [-1.5, 2.0]


@pytest.mark.fault("a spreadsheet's formula in a cell that leaves")
def test_formula_cells_are_counted_and_said():
    told = Told()
    sheet = Sheet((Column("text"),), lambda: iter([["=1"], ["-5"], ["+a"]]), 3)
    b"".join(written(sheet, form_of("t.csv"), told, Path()))
    assert told.harmless == 2
    assert told_in_words(sheet, form_of("t.csv"), told)[0].startswith("2 cells would be run as a formula")


def test_a_workbook_is_refused_where_a_text_does_not_fit_and_leaves_nothing(tmp_path):
    sheet = Sheet((Column("id"), Column("text")), lambda: iter([("a", "x"), ("b", "🙈" * (MOST_LETTERS // 2 + 1))]), 2)
    with pytest.raises(UnableToExport, match="Row 3, column “text”: the text has 32,768 characters"):
        list(written(sheet, form_of("t.xlsx"), Told(), tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_rows_that_went_missing_meanwhile_are_said():
    sheet = Sheet((Column("id"),), lambda: iter([("a",)]), 2)
    with pytest.raises(UnableToExport, match="2 rows were to be written and 1 left"):
        list(written(sheet, form_of("t.csv"), Told(), Path()))


def test_a_mark_is_for_delimited_files():
    with pytest.raises(UnableToExport, match="A byte order mark is for .csv and .tsv"):
        form_of("t.jsonl", mark=True)
