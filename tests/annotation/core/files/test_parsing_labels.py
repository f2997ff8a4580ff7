from datetime import UTC, datetime

import pytest

from annotation.core.files.parsing_labels import LabelMapping, parse_decisions, parse_labels
from annotation.core.files.tables import read_table
from tests.annotation.core.files.test_parsing_items import refusal, table
from tests.shared import needs_shared, shared


def test_labels():
    rows = table("item|who|label|s|at", "a1|ann|x|2.5|2024-05-31", "a1|ann|y||", "a2|bob|?|1|", "a3|bob|||")
    mapping = LabelMapping("item", "who", "label", "s", "at", abstain=("?",), classes=("x", "y"))
    labels = parse_labels(rows, mapping)
    assert labels.values.tolist() == [
        [2, "a1", "ann", "x", False, True, 2.5, datetime(2024, 5, 31, tzinfo=UTC)],
        [3, "a1", "ann", "y", False, True, None, None],
        [4, "a2", "bob", None, True, False, 1.0, None],
    ]
    assert list(labels.columns) == [
        "row", "external_id", "annotator", "label", "abstained", "repeated", "seconds", "given_at",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("|ann|x|1", "column 'item': the id is empty; give every row one."),
        ("a|  |x|1", "column 'who': the label has no annotator; name who gave it, or clear the label."),
        ("a|ann|z|1", "column 'label': 'z' is none of 'x', 'y'; correct it, or name it as an abstention."),
        ("a|ann|x|-1", "column 's': '-1' is not a time in seconds; write it like 12.5, or leave the cell empty."),
        ("a|ann|x|1:30", "column 's': '1:30' is not a time in seconds; write it like 12.5, or leave the cell empty."),
    ],
)
def test_a_wrong_label_is_named(row, sentence):
    rows = table("item|who|label|s", "a|ann|x|1", row)
    error = refusal(parse_labels, rows, LabelMapping("item", "who", "label", "s", classes=("x", "y")))
    assert str(error) == f"Row 3, {sentence}"


def test_a_label_column_that_is_not_there_is_refused():
    rows = table("item|who|label", "a|ann|x")
    error = refusal(parse_labels, rows, LabelMapping("item", "who", "labels"))
    assert str(error).startswith("Column 'labels': the file has no such column (did you mean 'label'?); it has")


def test_decisions():
    rows = table(
        "item_id|rank|decision", "a1|1|spam", "a2|2|", "a3|3| :ambiguous ", "a4|4|:different", "a5|5|:bad_input"
    )
    decisions = parse_decisions(rows, "item_id", "decision", ("spam", "ham"))
    assert decisions.values.tolist() == [
        [2, "a1", "label", "spam"],
        [4, "a3", "ambiguous", None],
        [5, "a4", "different", None],
        [6, "a5", "bad_input", None],
    ]
    assert list(decisions.columns) == ["row", "external_id", "outcome", "label"]


def test_no_decisions_are_an_empty_frame():
    decisions = parse_decisions(table("id|decision", "a|", "a|"), "id", "decision", ("x",))
    assert list(decisions.columns) == ["row", "external_id", "outcome", "label"]
    assert decisions.empty


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a2|:ambigous", "column 'decision': ':ambigous' is none of 'spam', 'ham', ':ambiguous', ':different', "
                         "':bad_input' (did you mean ':ambiguous'?); correct it or leave it empty."),
        ("a2|Spam", "column 'decision': 'Spam' is none of 'spam', 'ham', ':ambiguous', ':different', "
                    "':bad_input' (did you mean 'spam'?); correct it or leave it empty."),
        ("a1|ham", "column 'id': the id 'a1' already has a decision in row 2; keep one of the two."),
        ("|ham", "column 'id': the id is empty; give every row one."),
    ],
)  # fmt: skip
def test_a_wrong_decision_is_named(row, sentence):
    error = refusal(parse_decisions, table("id|decision", "a1|spam", row), "id", "decision", ("spam", "ham"))
    assert str(error) == f"Row 3, {sentence}"


@needs_shared
def test_judgments_of_a_crowd():
    rows = read_table(shared("weather_sentiment_crowd/judgments.csv"))
    labels = parse_labels(rows, LabelMapping("tweet_id", "worker", "label", "seconds", classes=tuple("01234")))
    assert (len(labels), labels["annotator"].nunique()) == (7_750, 571)
    assert int(labels.duplicated(["external_id", "annotator"]).sum()) == 5
    assert int(labels["seconds"].notna().sum()) == 6_030
