import gzip
import json

import pytest

from annotation.core.files.forms import objects
from annotation.core.files.parsing_items import ItemMapping, parse_items
from annotation.core.files.tables import UnableToRead, open_source, read_table

ROWS = [{"id": 1, "text": "red", "label": "a"}, {"id": 2, "text": "blue", "label": "b"}]
CELLS = {"id": ["1", "2"], "text": ["red", "blue"], "label": ["a", "b"]}


@pytest.fixture
def write(tmp_path):
    def _write(content, name="items.json"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


SHAPES = [
    json.dumps(ROWS),
    json.dumps(ROWS, indent=2),
    json.dumps({"version": 1, "tags": ["x"], "data": ROWS, "info": {"n": 2}}),
    "\n".join(map(json.dumps, ROWS)),
    "\ufeff" + json.dumps(ROWS),
]


@pytest.mark.parametrize("content", SHAPES)
@pytest.mark.parametrize("part", [1 << 18, 7])
def test_json_is_read_whatever_its_shape(write, content, part, monkeypatch):
    monkeypatch.setattr(objects, "PART", part)
    table = read_table(write(content))
    assert (table.cells, table.format) == (CELLS, "json")
    assert table.row_numbers == [1, 2]
    assert read_table(write(gzip.compress(content.encode()), "items.json.gz")).cells == CELLS


def test_an_array_named_jsonl_is_read_and_said(write):
    source = open_source(write(json.dumps(ROWS), "items.jsonl"))
    assert next(source.chunks()).cells == CELLS
    assert source.notes == ("The file holds one array of objects and was read as .json.",)


WRONG = [
    ('[{"a": 1}, {"a": 2}', "Row 2: the array is cut short here; write the file again."),
    ('[{"a": 1} {"a": 2}]', "Row 1: a comma is missing after this object; write the file again."),
    ('[{"a": 1}, {"a": }]', "Row 2: no valid JSON (Expecting value, character 7 of the value); write the file again."),
    ("[[1, 2]]", "Row 1: the element is not a JSON object {…}; write an array of objects."),
    ('{"a": 1}', "The object holds no list of objects; write an array of objects, one for each row."),
    ('{"a": [{"x": 1}], "b": [{"x": 1}]}', "The object holds more than one list of objects, 'a' and 'b'; keep one."),
    ('[{"a": 1}] more', "More text follows the end of the JSON; write one array of objects."),
    ("id,text\n1,x\n", "The file 'items.json' is not JSON; write an array of objects, or name a CSV file .csv."),
]


@pytest.mark.parametrize(("content", "sentence"), WRONG)
def test_json_that_is_no_table_is_refused(write, content, sentence):
    with pytest.raises(UnableToRead) as caught:
        read_table(write(content))
    assert str(caught.value) == sentence


ODD = [{"a": {"b": 1}}, [1, 2], {"a": 1, "b": [[]]}]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("name", ["items.json", "items.jsonl"])
def test_a_nested_value_is_a_fault_only_where_its_column_plays_a_part(write, value, name):
    rows = [ROWS[0] | {"meta": None}, ROWS[1] | {"meta": value}]
    content = json.dumps(rows) if name == "items.json" else "\n".join(map(json.dumps, rows))
    table = read_table(write(content, name))
    assert len(parse_items(table, ItemMapping(text=("text",), id="id", label="label")).items) == 2
    kind = "an object" if isinstance(value, dict) else "a list of 2"
    with pytest.raises(UnableToRead, match=f"^Row 2, column 'meta': the value is {kind}, not a text or number"):
        parse_items(table, ItemMapping(text=("text",), id="id", label="meta"))


def test_a_list_of_one_is_its_element_and_a_truth_reads_as_everywhere(write):
    table = read_table(write('[{"a": ["x"], "b": [], "c": true, "d": [[1.50]], "e": {}}]'))
    assert {name: cells[0] for name, cells in table.cells.items()} == {
        "a": "x", "b": "", "c": "True", "d": "1.50", "e": "",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["x\\u0000", "\\ud83d"])
def test_a_damaged_text_is_named_where_its_column_plays_a_part(write, text):
    table = read_table(write(f'{{"a": "fine", "b": "{text}"}}\n', "items.jsonl"))
    assert parse_items(table, ItemMapping(text=("a",))).items.content[0] == {"a": "fine"}
    with pytest.raises(UnableToRead, match="^Row 1, column 'b': the text has a NUL or half a character"):
        parse_items(table, ItemMapping(text=("b",)))


def test_an_object_too_long_to_hold_is_refused(write, monkeypatch):
    monkeypatch.setattr(objects, "MAX_OBJECT", 100)
    monkeypatch.setattr(objects, "PART", 10)
    with pytest.raises(UnableToRead, match="^Row 1: an object has more than"):
        open_source(write('[{"a": "' + "x" * 2_000))
