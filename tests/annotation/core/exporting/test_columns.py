import pytest

from annotation.core.exporting.columns import aside_in_words, beside, called, stepping_aside
from annotation.core.fields import Field


def test_our_columns_step_aside_and_theirs_stay():
    columns, aside = beside({"item_id": "text", "source": "text"}, [Field("source", "text")], {"label": "text"})
    assert [column.name for column in columns] == ["item_id", "second_look_source", "source", "label"]
    assert aside == {"source": "second_look_source"}
    assert aside_in_words(aside) == (
        "Your columns keep their names, so of ours “source” is called “second_look_source”."
    )  # fmt: skip
    assert aside_in_words({}) == ""


@pytest.mark.parametrize("theirs", ["Label", " label ", "LABEL"])
def test_names_that_a_reader_may_hold_for_one_meet(theirs):
    assert stepping_aside(["label"], [theirs]) == {"label": "second_look_label"}


def test_they_step_aside_as_often_as_needed_and_are_found_again():
    theirs = ["label", "second_look_label", "state"]
    shown = stepping_aside(["label", "state", "basis"], theirs)
    assert shown == {"label": "second_look_second_look_label", "state": "second_look_state", "basis": "basis"}
    everything = [*theirs, *shown.values()]
    assert {name: called(name, everything) for name in shown} == shown
    assert called("since", everything) is None
