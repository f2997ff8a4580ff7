"""What others' writers write is read as it was; what nobody wrote is refused in a sentence."""

import csv
import gzip
import json
import math
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.core.files.tables import FORMATS, UnableToRead, open_source, read_table

FEW = settings(max_examples=10, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(STORABLE, max_size=12)
# What XML takes; a workbook's writer turns \r into \n, and _x0041_ is its own way to write a sign.
SHEET_TEXTS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=12).map(lambda text: "t" + text)
NAMES = st.lists(
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8).map(lambda name: "n" + name),
    min_size=2, max_size=5, unique=True,
)  # fmt: skip


@st.composite
def tables(draw, texts=TEXTS):
    """(names, rows) whose first cell is never blank: a row without any text is passed over."""
    names = draw(NAMES)
    rows = draw(st.lists(st.lists(texts, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    return names, [[f"r{number}", *row[1:]] for number, row in enumerate(rows)]


def read(name, write):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return read_table(path)


def cells_of(table):
    return [list(row) for row in zip(*table.cells.values(), strict=True)]


@FEW
@given(tables(), st.sampled_from(["items.csv", "items.tsv", "items.csv.gz"]), st.sampled_from(["\n", "\r\n"]))
def test_csv(given_table, name, newline):
    names, rows = given_table

    def write(path):
        opened = gzip.open if name.endswith(".gz") else open
        with opened(path, "wt", newline="", encoding="utf-8") as file:
            dialect = {"delimiter": "\t"} if ".tsv" in name else {}
            writer = csv.writer(file, lineterminator=newline, quoting=csv.QUOTE_ALL, **dialect)
            writer.writerows([names, *rows])

    table = read(name, write)
    assert list(table.columns) == names
    assert cells_of(table) == rows


@FEW
@given(tables(), st.sampled_from(["items.json", "items.jsonl"]), st.booleans())
def test_json(given_table, name, escaped):
    names, rows = given_table
    records = [dict(zip(names, row, strict=True)) for row in rows]
    lines = [json.dumps(record, ensure_ascii=escaped) for record in records]
    content = "\n".join(lines) if name.endswith("l") else f"[{','.join(lines)}]"
    table = read(name, lambda path: path.write_text(content, encoding="utf-8"))
    assert (list(table.columns), cells_of(table)) == (names, rows)


@FEW
@given(tables())
def test_parquet(given_table):
    names, rows = given_table
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    table = read("items.parquet", lambda path: pq.write_table(pa.table(columns), path))
    assert (list(table.columns), cells_of(table)) == (names, rows)


@FEW
@given(tables(SHEET_TEXTS))
def test_xlsx(given_table):
    names, rows = given_table

    def write(path):
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([names, *rows]):
                for at, text in enumerate(row):
                    sheet.write_string(number, at, text)

    table = read("items.xlsx", write)
    assert (list(table.columns), cells_of(table)) == (names, rows)


@FEW
@given(st.lists(st.booleans(), min_size=1, max_size=5), st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5))
def test_truths_and_whole_numbers_read_the_same_from_every_format(truths, numbers):
    for values in (truths, numbers):
        said = [str(value) for value in values]
        assert read("a.csv", lambda path, v=values: path.write_text("\n".join(["x", *map(str, v)]))).cells["x"] == said
        objects = [{"x": value} for value in values]
        assert read("a.json", lambda path, o=objects: path.write_text(json.dumps(o))).cells["x"] == said
        pandas = [*map(float, values), math.nan] if values is numbers else values
        parquet = read("a.parquet", lambda path, v=pandas: pq.write_table(pa.table({"x": v}), path)).cells["x"]
        assert parquet[: len(said)] == said

        def write(path, values=values):
            with xlsxwriter.Workbook(path) as book:
                book.add_worksheet().write_column(0, 0, ["x", *values])

        assert read("a.xlsx", write).cells["x"] == said


STARTS = [
    b"", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"[{", b'{"a": [', b"id,text\n", b"\x1f\x8b",
    b"\xff\xfe", b"\xef\xbb\xbf", b'{"a": 1}\n', b"sep=,\n",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@FEW
@given(st.sampled_from(STARTS), st.binary(max_size=120), st.booleans())
def test_whatever_bytes_come_they_are_read_or_refused_in_a_sentence(form, start, rest, zipped):
    content = start + rest
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{form}{'.gz' * zipped}"
        path.write_bytes(gzip.compress(content) if zipped else content)
        try:
            source = open_source(path)
            assert sum(len(table) + len(table.broken) for table in source.chunks()) >= 0
            assert all(note.endswith(".") for note in source.notes)
        except UnableToRead as error:
            assert str(error).endswith(".")


@FEW
@given(st.integers(0, 5_000), st.integers(0, 255))
def test_a_damaged_workbook_or_parquet_is_read_or_refused_in_a_sentence(at, byte):
    def sheet(path):
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_column(0, 0, ["x", 1, "two"])

    def parquet(path):
        pq.write_table(pa.table({"x": ["1", "two"]}), path)

    for name, write in {"a.xlsx": sheet, "a.parquet": parquet}.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            write(path)
            content = bytearray(path.read_bytes())
            content[at % len(content)] = byte
            path.write_bytes(content)
            try:
                list(open_source(path).chunks())
            except UnableToRead as error:
                assert str(error).endswith(".")
