import gzip
from pathlib import Path

import pytest

from annotation.core.files.tables import UnableToRead, preview, read_table
from tests.shared import needs_shared, shared


@pytest.fixture
def write(tmp_path):
    def _write(content: str | bytes, name: str = "items.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


def refusal(path: Path, **options) -> UnableToRead:
    with pytest.raises(UnableToRead) as caught:
        read_table(path, **options)
    return caught.value


def test_it_works(write):
    table = read_table(write("id,text\na1,hello\na2,\n"))
    assert table.columns == ("id", "text")
    assert table.cells == {"id": ["a1", "a2"], "text": ["hello", ""]}
    assert table.row_numbers == [2, 3]
    assert (table.encoding, table.format, len(table)) == ("utf-8", "csv", 2)


def test_a_row_is_numbered_by_the_line_it_starts_on(write):
    table = read_table(write('text,label\r\n"one\r\ntwo",a\r\n\r\nthree,b\r\n'))
    assert table.cells["text"] == ["one\r\ntwo", "three"]
    assert table.row_numbers == [2, 5]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_is_read(write, newline):
    table = read_table(write(newline.join(["text,label", "a,b", "c,d"])))
    assert table.cells == {"text": ["a", "c"], "label": ["b", "d"]}
    assert table.row_numbers == [2, 3]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_of_a_csv_is_recognised(write, separator):
    table = read_table(write(f'text{separator}label\n"a{separator}b"{separator}c; d, e\n'.replace("c; d, e", "c")))
    assert table.cells == {"text": [f"a{separator}b"], "label": ["c"]}


def test_commas_in_the_text_do_not_hide_a_semicolon(write):
    table = read_table(write("text;label\nwell, well, well;good\nno, never;bad\n"))
    assert table.cells["text"] == ["well, well, well", "no, never"]


def test_one_column_needs_no_separator(write):
    assert read_table(write("text\nhello\nworld\n")).cells == {"text": ["hello", "world"]}


def test_tsv(write):
    table = read_table(write("text\tlabel\na, b\tc\n", "items.tsv"))
    assert (table.cells["text"], table.format) == (["a, b"], "tsv")


def test_quotes_inside_a_cell_are_kept(write):
    table = read_table(write('text,label\nsaid "no",a\n"said ""yes""",b\n'))
    assert table.cells["text"] == ['said "no"', 'said "yes"']


def test_column_names_are_stripped(write):
    assert read_table(write("text , label\na,b\n")).columns == ("text", "label")


@pytest.mark.parametrize("name", ["items.csv.gz", "ITEMS.CSV.GZ"])
def test_gzip(write, name):
    assert read_table(write(gzip.compress(b"text\nhello\n"), name)).cells["text"] == ["hello"]


def test_the_name_gives_the_format_of_an_upload(write):
    table = read_table(write('{"text": "hello"}\n', "upload.tmp"), name="items.jsonl")
    assert table.format == "jsonl"


def test_limit_reads_the_first_rows_only(write):
    table = read_table(write("a,b\n1,2\n3,4\nragged\n"), limit=2)
    assert table.row_numbers == [2, 3]
    assert len(read_table(write('{"a": 1}\nbroken\n', "items.jsonl"), limit=1)) == 1


def test_a_sentence_ends_once():
    assert str(UnableToRead("It is empty.")) == str(UnableToRead("It is empty")) == "It is empty."


def test_preview(write):
    assert preview(read_table(write("a,b\n1,2\n3,4\n5,6\n")), rows=2) == [(2, ("1", "2")), (3, ("3", "4"))]


def test_a_cell_longer_than_the_default_limit_of_csv(write):
    assert read_table(write(f"text\n{'x' * 500_000}\n")).cells["text"] == ["x" * 500_000]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["items.csv", "items.jsonl"])
def test_encodings_are_recognised(write, encoding, name):
    content = "text,label\ncafé “noir”,a\n" if name == "items.csv" else '{"text": "café “noir”", "label": "a"}\n'
    table = read_table(write(content.encode(encoding), name))
    assert table.cells["text"] == ["café “noir”"]
    assert table.columns == ("text", "label")
    assert table.encoding == encoding


def test_utf_16_big_endian_with_a_mark(write):
    table = read_table(write(b"\xfe\xff" + "text,label\né,a\n".encode("utf-16-be")))
    assert table.cells["text"] == ["é"]


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1251", "привет"), ("shift_jis", "日本語"), ("utf-16-le", "日本語"), ("latin-1", "café")]
)
def test_a_declared_encoding_is_honoured(write, encoding, text):
    table = read_table(write(f"text\n{text}\n".encode(encoding)), encoding=encoding)
    assert table.cells["text"] == [text]


def test_a_declared_encoding_does_not_mind_its_mark(write):
    assert read_table(write("text\né\n".encode("utf-8-sig")), encoding="UTF8").columns == ("text",)
    assert read_table(write("text\né\n".encode("utf-16")), encoding="utf-16-le").columns == ("text",)


def test_characters_that_python_takes_for_line_ends_stay_in_the_cell(write):
    assert read_table(write("text,label\na\u2028b\x0bc\x85d,x\n")).cells["text"] == ["a\u2028b\x0bc\x85d"]
    table = read_table(write('{"text": "a\u2028b"}\n', "items.jsonl"))
    assert (table.cells["text"], table.row_numbers) == (["a\u2028b"], [1])


def test_jsonl_has_the_columns_of_all_rows_and_numbers_as_written(write):
    lines = ['{"id": 12345678901234567890, "n": 1.10, "t": "a"}', "", '{"id": "x", "ok": true, "n": null, "no": NaN}']
    table = read_table(write("\n".join(lines), "items.jsonl"))
    assert table.columns == ("id", "n", "t", "ok", "no")
    assert table.cells["id"] == ["12345678901234567890", "x"]
    assert table.cells["n"] == ["1.10", ""]
    assert (table.cells["t"], table.cells["ok"], table.cells["no"]) == (["a", ""], ["", "True"], ["", ""])
    assert table.row_numbers == [1, 3]


WRONG_FILES = [
    (b"", "items.csv", "The file 'items.csv' is empty; it needs a header and at least one row."),
    (b"\xef\xbb\xbf\n \n", "items.csv", "The file 'items.csv' is empty; it needs a header and at least one row."),
    (b"", "items.csv.gz", "The file 'items.csv.gz' is empty; compress it, or take .gz off its name."),
    (b"text,label\n", "items.csv", "The file 'items.csv' has a header but no rows; add at least one row."),
    (
        b"text\nx\n",
        "items.doc",
        "The file 'items.doc' is none of .csv, .tsv, .jsonl, .json, .parquet, .xlsx, .xls, .ods, plain or .gz; "
        "export it as one of them.",
    ),
    (
        b"PK\x03\x04rest",
        "items.csv",
        "The file 'items.csv' is a workbook or a zip archive, not the .csv its name says; "
        "name a workbook .xlsx or .ods.",
    ),
    (b"%PDF-1.7", "items.tsv", "The file 'items.tsv' is a PDF, not the .tsv its name says; export the table as CSV."),
    (
        b"PAR1rest",
        "items.csv",
        "The file 'items.csv' is a Parquet file, not the .csv its name says; name it .parquet.",
    ),
    (
        gzip.compress(b"text\nx\n", mtime=0),
        "items.csv",
        "The file 'items.csv' is gzip compressed, not the .csv its name says; add .gz to its name.",
    ),
    (
        b"text\nx\n",
        "items.csv.gz",
        "The file 'items.csv.gz' is named .gz but is not gzip compressed; compress it, or take .gz off its name.",
    ),
    (
        gzip.compress(b"text\nhello\n" * 99, mtime=0)[:-9],
        "items.csv.gz",
        "The gzip file 'items.csv.gz' is damaged or cut short; compress or upload it again.",
    ),
    (
        b'[{"text": "x"}]',
        "items.csv",
        "The file 'items.csv' is JSON, not the .csv its name says; name it .json or .jsonl.",
    ),
    (
        b'{"text": "x"}\n',
        "items.csv",
        "The file 'items.csv' is JSON, not the .csv its name says; name it .json or .jsonl.",
    ),
    (
        b"<!DOCTYPE html>\n<p>",
        "items.csv",
        "The file 'items.csv' is a web page, not the .csv its name says; download the table itself.",
    ),
    (b"text,label\nx,y\n", "items.tsv", "The file 'items.tsv' is separated by ',', not by tabs; name it .csv."),
    (
        b"text,label\nx,y\n",
        "items.jsonl",
        "Row 1: the line is not a JSON object {…}; write one per line, or name a CSV file .csv.",
    ),
]


@pytest.mark.parametrize(("content", "name", "sentence"), WRONG_FILES)
def test_a_wrong_file_is_refused_in_one_sentence(write, content, name, sentence):
    assert str(refusal(write(content, name))) == sentence


WRONG_ROWS = [
    (
        "a,b,c,d\n1,2,3,4\n1,2,3,4,5\n",
        3,
        None,
        "Row 3: the row has 5 cells, the header has 4; put quotes around a cell that contains the separator ','.",
    ),
    (
        'a,b\n"x\ny",2\n1\n',
        4,
        None,
        "Row 4: the row has 1 cell, the header has 2; put quotes around a cell that contains the separator ','.",
    ),
    (
        "text\nx\ny\0z\n",
        3,
        None,
        "Row 3: this row has a NUL byte; the file is damaged or is not text: export it again or name its encoding.",
    ),
    (
        'a,b\n1,2\n"x,2\n3,4\n',
        3,
        None,
        "Row 3: a quote is opened in this row and never closed; "
        'write a quote inside a cell twice ("") and close the cell with one.',
    ),
    (
        'a,b\n1,2\n"x"y,2\n3,4\n',
        3,
        None,
        "Row 3: text follows the closing quote of a cell; "
        'write a quote inside a cell twice ("") and close the cell with one.',
    ),
    ("a,b,a\n1,2,3\n", 1, "a", "Row 1, column 'a': the name stands twice, in columns 1 and 3; rename one."),
    (",text\nx0,x\n", 1, None, "Row 1: column 1 has no name; give it one or delete it."),
]


@pytest.mark.parametrize(("content", "row", "column", "sentence"), WRONG_ROWS)
def test_a_wrong_row_is_named(write, content, row, column, sentence):
    error = refusal(write(content))
    assert (str(error), error.row, error.column) == (sentence, row, column)


WRONG_OBJECTS = [
    (
        '{"a": 1}\n{"a": 1,}\n',
        2,
        None,
        "Row 2: the line is not valid JSON (Expecting property name enclosed in double quotes, character 9); "
        "write one whole object per line.",
    ),
    (
        '{"a": 1}\n{\n',
        2,
        None,
        "Row 2: the line is not valid JSON (Expecting property name enclosed in double quotes, character 3); "
        "write one whole object per line.",
    ),
    ('{"a": 1, "b": 2, "a": 3}\n', 1, "a", "Row 1, column 'a': the name stands twice in this object; remove one."),
    ('{"": 1}\n', 1, None, "Row 1: a value has no name; give it one or delete it."),
    (
        '{"a": ' + "[" * 100_000 + "\n",
        1,
        None,
        "Row 1: the object is nested too deep; write its values as columns of their own.",
    ),
]


@pytest.mark.parametrize(("content", "row", "column", "sentence"), WRONG_OBJECTS)
def test_a_wrong_object_is_named(write, content, row, column, sentence):
    error = refusal(write(content, "items.jsonl"))
    assert (str(error), error.row, error.column) == (sentence, row, column)


def test_a_whole_emoji_written_as_two_escapes_is_fine(write):
    assert read_table(write('{"a": "\\ud83d\\ude00"}\n', "items.jsonl")).cells["a"] == ["😀"]


WRONG_ENCODINGS = [
    (b"\xef\xbb\xbftext\n\xff\n", None, "Row 2: byte 0xff is not utf-8-sig; name the encoding or save as UTF-8."),
    (
        "text\nok\ncafé\n".encode("cp1252"),
        "utf-8",
        "Row 3: byte 0xe9 is not utf-8; name the encoding or save as UTF-8.",
    ),
    (
        "text\nok\ncafé\n".encode(),
        "latin-1",
        "Row 3: the file was declared as latin-1 but is utf-8; name that encoding, or none.",
    ),
    (
        "text\ncafé\n".encode("utf-16"),
        "utf-8",
        "Row 1: the file was declared as utf-8 but is utf-16; name that encoding, or none.",
    ),
    (
        "text\ncafé\n".encode("utf-16-le"),
        "utf-8",
        "Row 1: the file was declared as utf-8 but is utf-16-le; name that encoding, or none.",
    ),
    (
        "text\ncafé\n".encode(),
        "utf-16",
        "Row 1: the file was declared as utf-16 but is utf-8; name that encoding, or none.",
    ),
    (b"text\nok\n", "utf-9", "The encoding 'utf-9' is not known; name one such as utf-8, cp1252 or utf-16, or none."),
    (b"text\nok\n", "base64", "The encoding 'base64' is not known; name one such as utf-8, cp1252 or utf-16, or none."),
    (
        b"text\nok\n\x81\xff\n",
        None,
        "Row 3 is not UTF-8 (byte 0x81), and which encoding it is can't be told: name it, or save the file as UTF-8.",
    ),
]


@pytest.mark.parametrize(("content", "encoding", "sentence"), WRONG_ENCODINGS)
def test_a_wrong_encoding_is_refused(write, content, encoding, sentence):
    assert str(refusal(write(content), encoding=encoding)) == sentence


def test_a_quote_that_swallows_the_file_is_refused(write):
    error = refusal(write('a,b\n1,2\n"' + "x,2\n" * 3_000_000))
    assert str(error).startswith("Row 3: a cell is longer than 10,000,000 characters, most likely an unclosed quote; ")


def test_a_file_too_large_to_hold_is_refused(write, monkeypatch):
    monkeypatch.setattr("annotation.core.files.opening.MAX_BYTES", 2 << 30 >> 21)
    error = refusal(write(gzip.compress(b"text\n" + b"x" * 2_000), "items.csv.gz"))
    assert str(error).startswith("The file 'items.csv.gz' has more than")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    missing, folder = tmp_path / "none.csv", tmp_path / "folder.csv"
    folder.mkdir()
    assert str(refusal(missing)) == "The file 'none.csv' cannot be opened (No such file or directory); check its path."
    assert str(refusal(folder)) == "The file 'folder.csv' cannot be opened (Is a directory); check its path."


REAL = [
    ("banking77/banking77.csv", 13_083, 13_101),
    ("sentfin/sentfin.csv", 10_753, 10_754),
    ("fin_num_claim/pool_second_annotator.csv", 1_345, 1_346),
    ("weather_sentiment_crowd/items.csv", 1_000, 1_045),
    ("youtube_spam_lfs/youtube.csv", 1_956, 1_962),
]


@needs_shared
@pytest.mark.parametrize(("path", "rows", "last"), REAL)
def test_real_files(path, rows, last):
    table = read_table(shared(path))
    assert (len(table), table.row_numbers[-1], table.encoding) == (rows, last, "utf-8")


@needs_shared
def test_the_odd_quoting_of_sentfin():
    table = read_table(shared("sentfin/sentfin.csv"))
    assert table.cells["Decisions"][0].endswith("': 'neutral'}")
    assert table.cells["Title"][2] == "Mid-cap funds can deliver more, stay put: Experts"
