import gzip
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from annotation.core.files.forms import workbook
from annotation.core.files.tables import UnableToRead, open_source, read_table


def book(path, **sheets):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_values_of_a_sheet_as_text(tmp_path):
    rows = [
        ["id", "text", "ok", "n", "at"],
        [7, "café", True, 1.5, date(2024, 5, 1)],
        [12345678901234, " x ", False, 2.0, datetime(2024, 5, 1, 14, 5)],
    ]
    table = read_table(book(tmp_path / "a.xlsx", Data=rows))
    assert table.cells == {
        "id": ["7", "12345678901234"], "text": ["café", " x "], "ok": ["True", "False"], "n": ["1.5", "2"],
        "at": ["2024-05-01", "2024-05-01T14:05:00"],
    }  # fmt: skip
    assert (table.row_numbers, table.format) == ([2, 3], "xlsx")


def test_the_first_sheet_that_holds_something_is_read_and_the_others_are_named(tmp_path):
    path = book(tmp_path / "a.xlsx", Empty=[], Data=[["text"], ["x"]], More=[["text"], ["y"]])
    source = open_source(path)
    assert next(source.chunks()).cells == {"text": ["x"]}
    assert source.notes == ("The sheet 'Data' was read; the workbook has 'More' too, which the option --sheet names.",)
    assert read_table(path, sheet="More").cells == {"text": ["y"]}


def test_what_spreadsheets_leave_around_a_table(tmp_path):
    rows = [["", "", ""], ["", "id", "text"], [0, "a", "x"], ["", "", ""], ["", "id", "text"], [1, "b", "y"]]
    source = open_source(book(tmp_path / "a.xlsx", Data=rows))
    table = next(source.chunks())
    assert table.cells == {"id": ["a", "b"], "text": ["x", "y"]}
    assert table.row_numbers == [3, 6]
    assert len(source.notes) == 3


def test_a_workbook_may_be_compressed(tmp_path):
    path = book(tmp_path / "a.xlsx", Data=[["text"], ["x"]])
    (tmp_path / "b.xlsx.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_table(tmp_path / "b.xlsx.gz").cells == {"text": ["x"]}


WRONG = [
    (b"", "is damaged or is none"),
    (b"text\nx\n", "is damaged or is none"),
    (b"PK\x03\x04rest", "is damaged or is none"),
    (b"%PDF-1.7", "is a PDF, not the .xlsx its name says"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is damaged or is none"),
]


@pytest.mark.parametrize(("content", "sentence"), WRONG)
def test_what_is_no_workbook_is_refused(tmp_path, content, sentence):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(UnableToRead, match=sentence):
        open_source(tmp_path / "a.xlsx")


def test_a_sheet_that_is_not_there_and_an_empty_one_are_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", Empty=[], Data=[["text"], ["x"]])
    with pytest.raises(UnableToRead, match="has no sheet 'data'; it has 'Empty', 'Data'"):
        open_source(path, sheet="data")
    with pytest.raises(UnableToRead, match="The sheet 'Empty' of 'a.xlsx' is empty"):
        open_source(path, sheet="Empty")
    with pytest.raises(UnableToRead, match="has no sheets"):
        (tmp_path / "a.csv").write_text("a\n1\n")
        open_source(tmp_path / "a.csv", sheet="Data")


@pytest.mark.fault("a workbook whose texts unpack to more than memory")
def test_a_small_archive_that_unpacks_to_more_than_memory_is_refused(tmp_path, monkeypatch):
    path = book(tmp_path / "a.xlsx", Data=[["text"], ["x" * 30_000]])
    monkeypatch.setattr(workbook, "MAX_UNPACKED", path.stat().st_size + 1_000)
    with pytest.raises(UnableToRead, match="unpacks to more than"):
        workbook.Workbook.of(path, "a.xlsx", False, None)


@pytest.mark.fault("a workbook with one cell at its far end")
def test_a_cell_at_the_end_of_the_world_is_refused_before_it_takes_memory(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, "text")
        sheet.write(1_048_575, 16_383, "far")
    with pytest.raises(UnableToRead, match="spreads over 1,048,576 rows and 16,384 columns"):
        open_source(tmp_path / "a.xlsx")


@pytest.mark.fault("a zip directory that lies about a size")
def test_a_directory_that_lies_about_a_part_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", Data=[["text"], ["x"]])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        sizes = [info.file_size for info in archive.infolist()]
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (sizes[-1] // 2).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(UnableToRead, match="is damaged"):
        open_source(path)
