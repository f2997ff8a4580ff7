import pytest

from annotation.core.files.class_names import Spellings, folded, nearly_alike, visible
from annotation.core.files.parsing_items import ItemMapping, parse_items
from annotation.core.files.parsing_labels import LabelMapping, LabelParser, parse_decisions
from annotation.core.files.tables import Table


def table(**cells):
    n = len(next(iter(cells.values())))
    return Table(
        tuple(cells), {name: list(values) for name, values in cells.items()}, list(range(2, n + 2)), "utf-8", "csv"
    )


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("ärger", "ärger"), ("a\u0308rger", "ärger"), ("re\u00adfund", "refund"), ("\u2060late", "late"),
        ("not\u202fdone", "not done"), ("not \t done ", "not done"), ("\u200e", ""), ("❤\ufe0f", "❤"),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_what_can_be_seen_of_a_name(written, seen):
    assert folded(written) == seen == folded(folded(written))


def test_the_spelling_met_first_stands_for_those_that_look_like_it():
    spellings = Spellings()
    spellings.meet(["not done", "not\u00a0done", None, "not\u00a0done", "done", "do\u200bne"])
    assert [spellings.one(name) for name in ("not  done", "done\u200d", "else")] == ["not done", "done", "else"]
    assert spellings.notes() == [
        "'not<U+00A0>done' looks like 'not done' and is that class: 2 labels.",
        "'do<U+200B>ne' looks like 'done' and is that class: 1 label.",
    ]


def test_classes_that_are_there_keep_their_spelling_even_two_that_look_alike():
    spellings = Spellings(["late\u200b", "late", "not\u00a0done"])
    spellings.meet(["late", "late\u200b", "not done", "late "])
    assert [spellings.one(name) for name in ("late", "late\u200b", "not done")] == [
        "late",
        "late\u200b",
        "not\u00a0done",
    ]
    assert spellings.notes()[0] == "'not done' looks like 'not<U+00A0>done' and is that class: 1 label."


def test_many_are_counted_not_listed():
    spellings = Spellings()
    spellings.meet([one for n in range(14) for one in (f"class {n}", f"class  {n}")])
    assert len(spellings.notes()) == 11 and spellings.notes()[-1] == "4 more classes have several spellings."


def test_what_only_capitals_or_figures_tell_apart_stays_apart_and_is_named():
    said = nearly_alike(["Late", "early", "late", "2", "2.0", "02", "LATE"])
    assert [one.partition(" and stay")[0].removeprefix("The classes ") for one in said] == [
        "'Late' and 'late' differ only in capitals", "'2' and '2.0' differ only in how a number is written",
        "'2' and '02' differ only in how a number is written", "'Late' and 'LATE' differ only in capitals",
    ]  # fmt: skip
    assert "merge" in said[0] and nearly_alike(["a", "b", "1", "2"]) == []


def test_vowel_signs_are_shown_as_they_are_where_nothing_is_wrong_with_them():
    assert visible("हिन्दी") == "'हिन्दी'" and visible("e\u0301") == "'e<U+0301>'"


def test_items_take_one_class_for_all_of_a_look():
    rows = table(text=["one", "two", "three", "four", "five"], label=["Zorn\u200b", "Zorn", "zorn", "a\u0308", "ä"])
    batch = parse_items(rows, ItemMapping(text=("text",), label="label"))
    assert batch.classes == ("Zorn\u200b", "zorn", "a\u0308")
    assert batch.labels["label"].tolist() == ["Zorn\u200b", "Zorn\u200b", "zorn", "a\u0308", "a\u0308"]
    assert len(batch.notes) == 3


def test_abstentions_look_alike_too_and_a_cell_without_anything_to_see_is_empty():
    rows = table(text=["one", "two", "three"], label=["not\u00a0sure", "\u200b", "yes"])
    batch = parse_items(rows, ItemMapping(text=("text",), label="label", abstain=("not sure",)))
    assert batch.labels["label"].tolist() == [None, "yes"] and batch.classes == ("yes",)


def test_labels_and_decisions_are_those_of_the_dataset():
    rows = table(id=["1", "2"], who=["a", "a"], say=["na\u0308h", "n\u200ba\u0308h"])
    parser = LabelParser(rows.columns, LabelMapping("id", "who", "say", classes=("näh", "weit")))
    assert parser.check(rows) == []
    parser.close()
    assert parser.parse(rows)["label"].tolist() == ["näh", "näh"] and len(parser.notes()) == 1
    spellings = Spellings(("näh", "weit"))
    decided = parse_decisions(rows, "id", "say", ("näh", "weit"), spellings)
    assert decided["label"].tolist() == ["näh", "näh"] and "2 labels" in spellings.notes()[0]
