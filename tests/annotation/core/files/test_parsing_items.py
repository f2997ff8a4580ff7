import hashlib
from datetime import UTC, datetime

import pytest

from annotation.core.fields import Field
from annotation.core.files.bounded.json_texts import content_digests
from annotation.core.files.parsing_items import ItemMapping, UnableToParse, parse_items
from annotation.core.files.tables import Table, UnableToRead, read_table
from tests.shared import needs_shared, shared

RULES = (
    "keyword_my", "keyword_subscribe", "keyword_link", "keyword_please", "keyword_song", "regex_check_out",
    "short_comment", "has_person_nlp", "textblob_polarity", "textblob_subjectivity",
)  # fmt: skip


def table(header: str, *rows: str, encoding: str = "utf-8") -> Table:
    """A table out of `a|b` rows, numbered from 2 as in a file."""
    columns = tuple(header.split("|"))
    cells = zip(*(row.split("|") for row in rows), strict=True) if rows else [()] * len(columns)
    return Table(
        columns, dict(zip(columns, map(list, cells), strict=True)), [*range(2, 2 + len(rows))], encoding, "csv"
    )


def mapping(**parts) -> ItemMapping:
    return ItemMapping(**{"text": ("text",)} | parts)


def refusal(parse, *args, **options) -> UnableToParse:
    with pytest.raises(UnableToParse) as caught:
        parse(*args, **options)
    return caught.value


def short_id(text: str, occurrence: int) -> str:
    digest = hashlib.sha256(b'{"text":"' + text.encode() + b'"}').hexdigest()
    return f"{digest[:16]}-{occurrence}"


def test_it_works():
    batch = parse_items(
        table(
            "id|text|amount|kind|label|source|received",
            "a1|Hello |1.50| new |spam|web|2024-05-31",
            "a2|Bye|||ham||2024-05-31T14:05:00+02:00",
        ),
        mapping(
            id="id",
            fields=(Field("amount", "number"), Field("kind", "category")),
            label="label",
            source="source",
            received="received",
        ),
    )
    first, second = batch.items.to_dict("records")
    assert first["content"] == {"text": "Hello ", "amount": 1.5, "kind": "new"}
    assert second["content"] == {"text": "Bye", "amount": None, "kind": ""}
    assert first["digest"] == hashlib.sha256(b'{"amount":1.5,"kind":"new","text":"Hello "}').hexdigest()
    assert (first["row"], first["external_id"], first["source"], second["source"]) == (2, "a1", "web", "")
    assert first["received_at"] == datetime(2024, 5, 31, tzinfo=UTC)
    assert second["received_at"] == datetime(2024, 5, 31, 12, 5, tzinfo=UTC)
    assert batch.labels.to_dict("records") == [
        {"row": 2, "external_id": "a1", "annotator": "import", "label": "spam", "abstained": False, "repeated": False},
        {"row": 3, "external_id": "a2", "annotator": "import", "label": "ham", "abstained": False, "repeated": False},
    ]
    assert (batch.classes, batch.notes) == (("spam", "ham"), ())


def test_what_is_missing_is_none_and_not_nan():
    batch = parse_items(
        table("text|n|label", "a||?"), mapping(fields=(Field("n", "number"),), label="label", abstain=("?",))
    )
    assert batch.items["received_at"].tolist() == [None]
    assert batch.items["content"][0]["n"] is None
    assert batch.labels["label"].tolist() == [None]


def test_the_digest_ignores_the_order_of_fields_and_the_sign_of_zero():
    assert content_digests([{"a": "é", "b": 1.0}]) == content_digests([{"b": 1.0, "a": "é"}])
    assert content_digests([{"a": "é", "b": 1.0}]) == [hashlib.sha256('{"a":"é","b":1.0}'.encode()).hexdigest()]
    assert len(set(content_digests([{"a": "x"}, {"a": "x "}, {"a": None}]))) == 3
    zeros = parse_items(table("n", "0", "-0.0"), ItemMapping(fields=(Field("n", "number"),)))
    assert zeros.items["digest"].nunique() == 1


def test_without_an_id_the_content_and_its_occurrence_are_the_id():
    rows = table("text", "a", "b", "a")
    ids = parse_items(rows, mapping()).items["external_id"].tolist()
    assert ids == [short_id("a", 1), short_id("b", 1), short_id("a", 2)]
    assert parse_items(rows, mapping()).items["external_id"].tolist() == ids


def test_two_annotators_on_a_text_make_one_item_and_one_annotator_twice_makes_two():
    rows = table("text|who|label", "a|ann|x", "a|bob|y", "a|ann|y")
    batch = parse_items(rows, mapping(annotator="who", label="label"))
    assert batch.items["external_id"].tolist() == [short_id("a", 1), short_id("a", 2)]
    assert batch.items["row"].tolist() == [2, 4]
    assert batch.labels[["external_id", "annotator", "label"]].values.tolist() == [
        [short_id("a", 1), "ann", "x"],
        [short_id("a", 1), "bob", "y"],
        [short_id("a", 2), "ann", "y"],
    ]


def test_an_id_may_repeat_for_several_annotators():
    rows = table("id|text|who|label", "a1|x|ann|p", "a1|x|bob|q", "a2|x|ann|p")
    batch = parse_items(rows, mapping(id="id", annotator="who", label="label"))
    assert batch.items["external_id"].tolist() == ["a1", "a2"]
    assert batch.labels["external_id"].tolist() == ["a1", "a1", "a2"]


def test_each_wide_column_is_an_annotator():
    rows = table("text|ann|bob", "a|x|-1", "b||y")
    batch = parse_items(rows, mapping(wide=("ann", "bob"), abstain=("-1",)))
    assert batch.labels[["row", "annotator", "label", "abstained"]].values.tolist() == [
        [2, "ann", "x", False],
        [2, "bob", None, True],
        [3, "bob", "y", False],
    ]
    assert batch.classes == ("x", "y")


def test_an_empty_label_is_no_label_and_an_abstention_is_recorded():
    rows = table("text|label", "a|", "b| DOUBT ", "c| x ")
    batch = parse_items(rows, mapping(label="label", abstain=("DOUBT",)))
    assert len(batch.items) == 3
    assert batch.labels[["row", "label", "abstained"]].values.tolist() == [[3, None, True], [4, "x", False]]


def test_an_empty_cell_can_be_named_as_an_abstention():
    batch = parse_items(table("text|label", "a|", "b|x"), mapping(label="label", abstain=("",)))
    assert batch.labels["abstained"].tolist() == [True, False]


def test_known_classes_stay_in_their_order():
    rows = table("text|label", "a|y", "b|x")
    assert parse_items(rows, mapping(label="label", classes=("x", "z", "y"))).classes == ("x", "z", "y")
    assert parse_items(rows, mapping(label="label")).classes == ("y", "x")
    assert parse_items(rows, mapping(classes=("x", "y"))).classes == ("x", "y")


def test_items_without_labels():
    batch = parse_items(table("text", "a"), mapping())
    assert (len(batch.items), len(batch.labels), batch.classes) == (1, 0, ())
    assert list(batch.labels.columns) == ["row", "external_id", "annotator", "label", "abstained", "repeated"]


def test_a_source_may_be_a_field_as_well():
    rows = table("text|site", "a|web")
    batch = parse_items(rows, mapping(fields=(Field("site", "category"),), source="site"))
    assert (batch.items["source"][0], batch.items["content"][0]["site"]) == ("web", "web")


def test_fields_may_be_text_too():
    fields = (Field("text", "text"), Field("title", "text"))
    batch = parse_items(table("text|title", "|t"), ItemMapping(fields=fields))
    assert batch.items["content"][0] == {"text": "", "title": "t"}


@pytest.mark.parametrize(("cell", "number"), [("3", 3.0), (" -1.5e3 ", -1500.0), (".5", 0.5), ("", None), ("  ", None)])
def test_numbers(cell, number):
    batch = parse_items(table("text|n", f"a|{cell}"), mapping(fields=(Field("n", "number"),)))
    assert batch.items["content"][0]["n"] == number


def test_notes_say_what_to_check():
    rows = table("text|label", "a|Spam", "b|spam")
    assert parse_items(rows, mapping(label="label")).notes == (
        "The classes 'Spam' and 'spam' differ only in capitals and stay two classes; if they mean the same, write them "
        "alike in the file, or merge the two after the import.",
    )
    free = table("text|label", *(f"t|answer {i}" for i in range(30)))
    assert parse_items(free, mapping(label="label")).notes == (
        "30 classes are in 30 labels; is this the label column?",
    )


WRONG_CELLS = [
    (["1|a|", "2||"], {}, 3, "text", "the cell is empty; fill it or delete the row."),
    (
        ["1|a|", "2| |  "],
        {"fields": (Field("c", "category"),)},
        3,
        "text",
        "the row is empty in all of 'text', 'c'; fill it or delete the row.",
    ),
    (["1|a|x", "|b|x"], {"id": "id"}, 3, "id", "the id is empty; give every row one."),
    (
        ["a1|a|x", "a2|b|x", "a1|a|y"],
        {"id": "id"},
        4,
        "id",
        "the id 'a1' is already in row 2; delete one, or name the annotator column.",
    ),
    (
        ["a1|a|x", "a1|b|x"],
        {"id": "id"},
        3,
        "id",
        "the id 'a1' is in row 2 with another content; give each item an id of its own.",
    ),
    ([f"{'i' * 201}|a|"], {"id": "id"}, 2, "id", "the value has 201 characters; shorten it to 200."),
    ([f"1|a|{'l' * 101}"], {"label": "c"}, 2, "c", "the value has 101 characters; shorten it to 100."),
    (
        ["1|a|:different"],
        {"label": "c"},
        2,
        "c",
        "':different' is reserved for decisions and can't be a label; give it another name.",
    ),
    (["1|a\0|x"], {}, 2, "text", "the cell has a NUL or half a character; remove it."),
    (["1|a|x\ud83d"], {"label": "c"}, 2, "c", "the cell has a NUL or half a character; remove it."),
    (
        ["1|a|ham", "2|b|spm"],
        {"label": "c", "classes": ("spam", "ham")},
        3,
        "c",
        "'spm' is none of 'spam', 'ham' (did you mean 'spam'?); correct it, or name it as an abstention.",
    ),
    (
        ["1|a|12"],
        {"label": "c", "classes": tuple(f"class{i}" for i in range(12))},
        2,
        "c",
        "'12' is none of " + ", ".join(f"'class{i}'" for i in range(10)) + " and 2 more; correct it, or name it as an "
        "abstention.",
    ),
]


@pytest.mark.parametrize(("rows", "parts", "row", "column", "sentence"), WRONG_CELLS)
def test_a_wrong_cell_is_named(rows, parts, row, column, sentence):
    error = refusal(parse_items, table("id|text|c", *rows), mapping(**parts))
    assert (str(error), error.row, error.column) == (f"Row {row}, column '{column}': {sentence}", row, column)


def test_an_id_with_another_content_is_refused_for_several_annotators_too():
    rows = table("id|text|who|label", "a1|x|ann|p", "a1|y|bob|q")
    error = refusal(parse_items, rows, mapping(id="id", annotator="who", label="label"))
    assert str(error) == (
        "Row 3, column 'id': the id 'a1' is in row 2 with another content; give each item an id of its own."
    )


def test_a_label_without_its_annotator_is_refused():
    rows = table("text|who|label", "a||", "b||x")
    error = refusal(parse_items, rows, mapping(annotator="who", label="label"))
    assert str(error) == "Row 3, column 'who': the label has no annotator; name who gave it, or clear the label."


@pytest.mark.parametrize("cell", ["x", "1_000", "inf", "1e999", "12 EUR"])
def test_what_is_not_a_number_is_refused(cell):
    error = refusal(parse_items, table("text|n", "a|1", f"b|{cell}"), mapping(fields=(Field("n", "number"),)))
    assert str(error) == (
        f"Row 3, column 'n': '{cell}' is not a number; write it like 1234.5, or leave the cell empty."
    )


@pytest.mark.parametrize(
    "cell", ["yesterday", "31/05/24 noon", "2024-13-01", "1714564800", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_not_a_date_is_refused(cell):
    error = refusal(parse_items, table("text|at", "a|2024-05-31", f"b|{cell}"), mapping(received="at"))
    assert str(error) == (
        f"Row 3, column 'at': '{cell}' is not a date; "
        "write it like 2024-05-31 or 2024-05-31T14:05:00Z, or leave the cell empty."
    )


WRONG_MAPPINGS = [
    (
        {"text": ("txt",)},
        "Column 'txt': the file has no such column (did you mean 'text'?); it has 'id', 'text', 'label', 'who'.",
    ),
    (
        {"label": "Label"},
        "Column 'Label': the file has no such column (did you mean 'label'?); it has 'id', 'text', 'label', 'who'.",
    ),
    ({"wide": ("who", "zoe")}, "Column 'zoe': the file has no such column; it has 'id', 'text', 'label', 'who'."),
    ({"text": ()}, "No text or other field is named; choose among the columns 'id', 'text', 'label', 'who'."),
    ({"label": "text"}, "Column 'text': the column is named as text and as label; give it one part only."),
    ({"text": ("text", "text")}, "Column 'text': the column is named twice as text; give it one part only."),
    (
        {"label": "label", "fields": (Field("label", "category"),)},
        "Column 'label': the column is named as field and as label; give it one part only.",
    ),
    ({"source": "text"}, "Column 'text': the column is named as text and as source; give it one part only."),
    ({"fields": (Field("who", "date"),)}, "Column 'who': 'date' is not a type; write 'text', 'number', 'category'."),
    (
        {"wide": ("who",), "label": "label"},
        "Each wide column is an annotator with labels; name no label or annotator column beside it.",
    ),
    ({"annotator": "who"}, "Column 'who': an annotator without labels; name the label column too."),
    ({"split": "test"}, "The split 'test' is not known; write pool or production."),
    ({"classes": ("a", "a")}, "A class is named twice among 'a', 'a'; name each once."),
    ({"classes": (":ambiguous",)}, "':ambiguous' can't be a class; give it a name of 1 to 100 plain characters."),
    ({"classes": ("",)}, "'' can't be a class; give it a name of 1 to 100 plain characters."),
    ({"classes": ("a", "?"), "abstain": ("?",)}, "'?' is named as a class and as an abstention; choose one."),
]


@pytest.mark.parametrize(("parts", "sentence"), WRONG_MAPPINGS)
def test_a_wrong_mapping_is_refused(parts, sentence):
    rows = table("id|text|label|who", "1|a|x|ann")
    assert str(refusal(parse_items, rows, mapping(**parts))) == sentence


def test_a_refusal_to_parse_is_a_refusal_to_read():
    assert issubclass(UnableToParse, UnableToRead)


@needs_shared
def test_banking77():
    batch = parse_items(read_table(shared("banking77/banking77.csv")), mapping(label="label", source="split"))
    assert (len(batch.items), len(batch.labels), len(batch.classes)) == (13_083, 13_083, 77)
    assert batch.items["external_id"].is_unique
    assert set(batch.items["source"]) == {"train", "test"}
    assert batch.classes[0] == "card_arrival"


@needs_shared
def test_sentfin_with_an_id_a_number_and_odd_quotes():
    fields = (Field("Words", "number"), Field("Decisions", "category"))
    batch = parse_items(
        read_table(shared("sentfin/sentfin.csv")), ItemMapping(text=("Title",), fields=fields, id="S No.")
    )
    assert len(batch.items) == 10_753
    first = batch.items["content"][0]
    assert first["Words"] == len(first["Title"].split()) == 8
    assert first["Decisions"].startswith("{'") and first["Decisions"].endswith("': 'neutral'}")


@needs_shared
def test_doubt_is_an_abstention():
    rows = read_table(shared("fin_num_claim/pool_second_annotator.csv"))
    batch = parse_items(rows, mapping(id="id", label="given_label", abstain=("DOUBT",)))
    assert (len(batch.items), len(batch.labels), int(batch.labels["abstained"].sum())) == (1_345, 1_345, 19)
    assert set(batch.classes) == {"in_claim", "out_of_claim"}


@needs_shared
def test_ten_rules_as_annotators():
    batch = parse_items(read_table(shared("youtube_spam_lfs/youtube.csv")), mapping(wide=RULES, abstain=("-1",)))
    assert (len(batch.items), len(batch.labels)) == (1_956, 19_560)
    assert set(batch.labels["annotator"]) == set(RULES)
    assert set(batch.classes) == {"0", "1"}
