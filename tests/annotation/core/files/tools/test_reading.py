import json
from collections import Counter

import pytest

from annotation.core.files.tools.reading import TOOLS, Reading, tool_of
from tests.annotation.core.files.tools import samples


def reading(objects):
    found = list(enumerate(json.loads(json.dumps(objects)), 1))
    tool = tool_of(found)
    assert tool is not None
    return Reading.of(tool, lambda: iter(found))


def rows(read, *columns):
    return [tuple(cells[read.columns.index(name)] for name in columns) for _, cells in read.rows(Counter())]


@pytest.mark.parametrize(
    ("sample", "tool", "note"),
    [
        (samples.LABEL_STUDIO, "label_studio",
         "Read as a Label Studio export: 4 tasks, 4 labels, 2 annotators; left out: 1 prediction, 1 skipped "
         "annotation, 1 answer with several labels and 1 answer to the question “urgency”."),
        (samples.LABEL_STUDIO_MIN, "label_studio_min",
         "Read as a Label Studio export (JSON-MIN): 3 annotations, 2 labels, 2 annotators; left out: 1 answer with "
         "several labels."),
        (samples.ARGILLA, "argilla",
         "Read as Argilla records: 3 records, 3 labels, 2 annotators; left out: 1 suggestion, 1 vector, 1 discarded "
         "response and 1 answer to the question “why”."),
        (samples.ARGILLA_BY_USER, "argilla",
         "Read as Argilla records: 1 record, 1 label, 1 annotator; left out: 1 suggestion and 1 draft response."),
        (samples.DOCCANO, "doccano",
         "Read as a doccano export: 4 documents, 1 label; left out: 1 comment, 1 span and 1 answer with several "
         "labels."),
        (samples.DOCCANO_BY_USER, "doccano",
         "Read as a doccano export: 2 documents, 2 labels, 2 annotators; left out: 1 span."),
        (samples.PRODIGY, "prodigy",
         "Read as Prodigy annotations: 5 examples, 2 labels, 2 annotators; left out: 1 ignored example, 1 rejected "
         "example without a label and 1 answer with several labels."),
        (samples.PRODIGY_BINARY, "prodigy",
         "Read as Prodigy annotations: 3 examples, 2 labels; left out: 1 ignored example."),
    ],
)  # fmt: skip
def test_each_tool_is_known_by_its_shape_and_says_what_it_left_out(sample, tool, note):
    read = reading(sample)
    assert read.tool is TOOLS[tool] and read.said[0] == note
    assert read.roles["text"] == "text" and read.roles["label"] == "label"


def test_a_task_is_a_row_for_each_annotation_and_one_where_there_is_none():
    read = reading(samples.LABEL_STUDIO)
    assert read.columns == ("text", "channel", "id", "label", "annotator", "at")
    assert rows(read, "id", "label", "annotator", "channel") == [
        ("11", "payment", "7", "mail"), ("11", "access", "8", "mail"), ("12", "access", "7", "chat"),
        ("13", "payment", "8", "mail"), ("14", "", "", "chat"),
    ]  # fmt: skip
    assert [number for number, _ in read.rows(Counter())] == [1, 1, 2, 3, 4]


def test_options_with_a_number_for_an_id_go_by_their_text():
    assert rows(reading(samples.PRODIGY), "label", "annotator")[:2] == [
        ("PAY", "reviews-ann"),
        ("access", "reviews-bob"),
    ]


def test_a_lone_label_that_is_rejected_is_a_class_of_its_own_and_among_several_nothing():
    read = reading(samples.PRODIGY_BINARY)
    assert rows(read, "label") == [("payment",), ("not payment",), ("",)] and "“not payment”" in read.said[1]
    another = {**samples.PRODIGY_BINARY[0], "label": "access"}
    read = reading([*samples.PRODIGY_BINARY, another])
    assert rows(read, "label") == [("payment",), ("",), ("",), ("access",)]
    assert "1 ignored example and 1 rejected label" in read.said[0] and len(read.said) == 1


def test_columns_of_the_data_keep_their_names_and_ours_step_aside():
    task = {**samples.LABEL_STUDIO[0], "data": {"text": "hello", "label": "urgent", "id": "X-1", "annotator": "bot"}}
    read = reading([task])
    assert read.columns == ("text", "label", "id", "annotator", "exported label", "exported annotator", "at")
    assert read.roles == {
        "text": "text",
        "id": "id",
        "exported label": "label",
        "exported annotator": "annotator",
        "at": "at",
    }
    assert rows(read, "id", "label", "exported label")[0] == ("X-1", "urgent", "payment")


def test_ids_of_the_data_that_some_items_lack_are_no_ids():
    tasks = [{**samples.LABEL_STUDIO[0], "data": {"text": "one", "id": "X-1"}}, samples.LABEL_STUDIO[1]]
    read = reading(tasks)
    assert read.roles["exported id"] == "id" and rows(read, "exported id")[-1] == ("12",)


@pytest.mark.parametrize(
    "plain",
    [{"text": "hello", "label": "x"}, {"id": "1", "data": "x", "annotations": "none"}, {"fields": "a", "responses": []},
     {"answer": "accept", "text": "t"}, {"label": ["x"], "n": "1"}],
)  # fmt: skip
def test_an_ordinary_object_is_no_tools(plain):
    assert tool_of([(1, plain)]) is None and tool_of([]) is None


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "odd", [None, [], {}, "x", ["x"], [None], [{"value": None, "result": {}, "label": None}], "1", True]
)
def test_whatever_an_object_holds_it_is_read(tool, odd):
    names = {name for sample in (samples.LABEL_STUDIO, samples.ARGILLA, samples.DOCCANO_BY_USER, samples.PRODIGY,
                                 samples.LABEL_STUDIO_MIN) for name in sample[0]}  # fmt: skip
    found = [(1, dict.fromkeys(names, odd)), (2, {}), (3, {"text": "hello"})]
    read = Reading.of(TOOLS[tool], lambda: iter(found))
    assert len(list(read.rows(Counter()))) >= 3 and read.said
