"""Rows that are kept from the check to the writing, and taken in pieces of any size."""

import hashlib
import json

import pytest

from annotation.core.files.bounded.json_texts import content_digests, stored_texts
from annotation.core.files.bounded.kept_rows import BY_ROW, KeptRows
from annotation.core.files.parsing_items import ItemMapping, ItemParser
from annotation.core.files.tables import open_source


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pieces_of_a_part_are_the_part(tmp_path, size):
    path = tmp_path / "f.csv"
    rows = [f"i{at // 2},t{at // 2},w{at % 2},{'ab '[at % 3]}\n" for at in range(20)]
    path.write_text("id,text,who,label\n" + "".join(rows))
    source = open_source(path)
    mapping = ItemMapping(text=("text",), id="id", label="label", annotator="who")
    parser = ItemParser(source.columns, mapping, kept=KeptRows())
    for table in source.chunks():
        parser.check(table)
    parser.close()
    (part,) = parser.ready()
    pieces = [part.within(start, start + size) for start in range(0, len(part), size)]
    for name in (*BY_ROW, "givers", "labels", "repeated"):
        assert [value for piece in pieces for value in getattr(piece, name)] == getattr(part, name)
    assert sum(len(piece.first) for piece in pieces) == len(part.first) == 10
    answered = [(piece.ids[at], label) for piece in pieces for at, label in zip(piece.of, piece.labels, strict=True)]
    assert answered == [(part.ids[at], label) for at, label in zip(part.of, part.labels, strict=True)]


def test_contents_are_written_as_json_writes_them():
    contents = [{"b %": 'say "é"\x7f', "a": 1.0}, {"b %": "plain", "a": None}, {"b %": "", "a": 1e22}]
    assert stored_texts(contents) == [json.dumps(one) for one in contents]
    plain = [json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in contents]
    assert content_digests(contents) == [hashlib.sha256(text.encode()).hexdigest() for text in plain]
    assert content_digests(contents, but={1})[1] == "0" * 64
    assert stored_texts([]) == content_digests([]) == []
    with pytest.raises(ValueError, match="nan"):
        stored_texts([{"a": float("nan")}])
