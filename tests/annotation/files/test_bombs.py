"""Small files that say a lot: refused in one sentence, with little read."""

import gzip
import io
import json
import random
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from annotation.core.files.bounded.limits import MAX_COLUMNS
from annotation.core.files.bounded.looking import look
from annotation.core.files.tables import UnableToRead, open_source, read_table

ODS = b"""<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576">
<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def refused(path, name=None):
    """The sentence with which the whole file is refused."""
    began = time.monotonic()
    with pytest.raises(UnableToRead) as caught:
        for _ in open_source(path, name=name or path.name).chunks():
            pass
    assert time.monotonic() - began < 60
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.fault("a Parquet file of a kilobyte that says millions of rows")
def test_a_parquet_file_of_many_equal_rows(tmp_path):
    path = tmp_path / "a.parquet"
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_000, pa.int8()), pa.array(["the same text " * 4]))
    pq.write_table(pa.table({"text": column}), path)
    assert path.stat().st_size < 20_000
    assert "out of proportion to its size; split it" in refused(path)
    seen = look(path, name="a.parquet")  # the page shows its first rows all the same, and leaves the rest to the job
    assert not seen.whole and len(next(seen.source.chunks(10))) == 10


@pytest.mark.fault("a Parquet file whose one text repeats to gigabytes")
def test_a_parquet_file_of_one_long_text(tmp_path):
    path = tmp_path / "a.parquet"
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int16()), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"text": column}), path, compression="zstd")
    said = refused(path)
    assert "split it" in said or "memory" in said


@pytest.mark.fault("a gzip file that unpacks to a thousand times its size")
def test_a_gzip_bomb(tmp_path):
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"id,text\n")
        for _ in range(60):
            file.write(b"1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 15_000)
    assert "unpacks to more than" in refused(path)
    assert not look(path, name="a.csv.gz").whole


@pytest.mark.fault("a line that never ends")
def test_a_line_of_many_megabytes(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"id,text\n1," + b"x" * (40 << 20))
    assert "Row 2: the line has more than 32 million characters" in refused(tmp_path / "a.csv")


@pytest.mark.fault("JSON nested a hundred thousand deep")
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_deep_nesting(tmp_path, name):
    deep = '{"text": ' + "[" * 100_000 + "]" * 100_000 + "}"
    (tmp_path / name).write_text(f"[{deep}]" if name == "a.json" else deep + "\n")
    assert "nested too deep" in refused(tmp_path / name)


@pytest.mark.fault("one JSON object of many million empty lists")
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_large_object(tmp_path, name):
    large = '{"text": [' + "[]," * 6_000_000 + "[]]}"
    (tmp_path / name).write_text(f"[{large}]" if name == "a.json" else large + "\n")
    assert "million characters; split it" in refused(tmp_path / name)


@pytest.mark.fault("objects with ever new names")
def test_more_names_than_columns(tmp_path):
    lines = (
        json.dumps({f"c{at}": 1 for at in range(start, start + 100)}) for start in range(0, MAX_COLUMNS + 200, 100)
    )
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert "and at most 16,384 are read" in refused(tmp_path / "a.jsonl")


@pytest.mark.fault("a table of a million columns")
def test_a_million_columns(tmp_path):
    (tmp_path / "a.csv").write_text(",".join(f"c{at}" for at in range(1_000_000)) + "\n")
    assert "The file has 1,000,000 columns" in refused(tmp_path / "a.csv")


@pytest.mark.fault("a table of ten thousand columns")
def test_ten_thousand_columns_are_read(tmp_path):
    names, cells = (",".join(f"{mark}{at}" for at in range(10_000)) for mark in "cx")
    (tmp_path / "a.csv").write_text(f"{names}\n{cells}\n")
    assert read_table(tmp_path / "a.csv").cells["c9999"] == ["x9999"]


@pytest.mark.fault("a workbook that unpacks to gigabytes")
def test_a_workbook_bomb(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet().write(0, 0, "text")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/large.xml", "w") as part:
        for _ in range(600):
            part.write(bytes(1 << 20))
    assert "unpacks to more than 512 MiB" in refused(path)


@pytest.mark.fault("an OpenDocument sheet whose one cell is repeated to the end of the world")
def test_an_ods_of_repeated_cells(tmp_path):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS)
    said = refused(path)
    assert "'a.ods'" in said or "columns" in said


@pytest.mark.fault("cells of a megabyte")
def test_cells_of_a_megabyte_come_in_parts_of_few(tmp_path):
    with (tmp_path / "a.csv").open("w") as file:
        file.write("id,text\n")
        file.writelines(f"{at},{'x' * 1_000_000}\n" for at in range(40))
    parts = list(open_source(tmp_path / "a.csv").chunks())
    assert sum(map(len, parts)) == 40 and max(map(len, parts)) < 20


@pytest.mark.fault("ten gigabytes of CSV shown on the page")
def test_the_page_reads_only_the_head_of_a_large_file(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"id,text\n" + b"".join(b"%d,some words\n" % at for at in range(400_000)))
        file.truncate(10 << 30)  # sparse: what follows takes no place on the disk
    began = time.monotonic()
    seen = look(path, name="a.csv")
    assert time.monotonic() - began < 5
    assert not seen.whole and next(seen.source.chunks(2_000)).row_numbers[-1] == 2_001
    assert len(list(seen.source.chunks(1_000_000))[0]) < 400_000


@pytest.mark.fault("ten gigabytes of CSV without a line's end")
def test_a_sparse_file_is_refused_after_some_megabytes(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"id,text\n1,")
        file.truncate(10 << 30)
    assert "the line has more than 32 million characters" in refused(path)


def good(name) -> bytes:
    if name == "a.parquet":
        sink = io.BytesIO()
        pq.write_table(pa.table({"id": [f"i{at}" for at in range(300)], "text": ["some words"] * 300}), sink)
        return sink.getvalue()
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink) as made:
        sheet = made.add_worksheet()
        for at in range(100):
            sheet.write_row(at, 0, [f"i{at}", "some words"])
    return sink.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a.parquet", marks=pytest.mark.fault("a Parquet file corrupted in every third byte")),
        pytest.param("a.xlsx", marks=pytest.mark.fault("a workbook corrupted in every third byte")),
    ],
)
def test_corrupted_bytes_give_one_sentence(tmp_path, name):
    whole = good(name)
    chance = random.Random(0)
    for at, first in enumerate((0, 8, len(whole) // 2, len(whole) - 200)):
        data = bytearray(whole)
        for place in range(first, len(data), 3):
            data[place] = chance.randrange(256)
        path = tmp_path / f"{at}{name}"
        path.write_bytes(data)
        refused(path)


@pytest.mark.fault("a Parquet file with single bytes flipped")
def test_a_flipped_byte_is_read_or_refused(tmp_path):
    whole, chance = good("a.parquet"), random.Random(1)
    for at in range(6):
        data = bytearray(whole)
        data[chance.randrange(4, len(data) - 8)] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{at}.parquet"
        path.write_bytes(data)
        try:
            read_table(path)
        except UnableToRead as refusal:
            assert "\n" not in str(refusal)


@pytest.mark.fault("texts in broken encodings")
def test_random_bytes_give_a_table_or_one_sentence(tmp_path):
    chance = random.Random(2)
    for at in range(20):
        line = "id,text\n1,Grüße aus Köln\n2,naïve café\n".encode(chance.choice(["utf-8", "cp1252", "utf-16"]))
        data = bytearray(line * 5)
        for _ in range(chance.randrange(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / f"{at}.csv"
        path.write_bytes(data)
        try:
            read_table(path)
        except UnableToRead as refusal:
            assert "\n" not in str(refusal)
