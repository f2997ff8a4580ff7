import pytest

from annotation.core.fields import Field
from annotation.core.files.conventions import UnableToTell, conventions_of
from annotation.core.files.parsing_items import ItemMapping, UnableToParse, parse_items
from annotation.core.files.tables import Table


def column(*cells, form="csv"):
    rows = list(range(2, len(cells) + 2))
    return Table(("t", "x"), {"t": ["text"] * len(cells), "x": list(cells)}, rows, "utf-8", form)


def numbers(*cells, decimal="", form="csv"):
    mapping = ItemMapping(text=("t",), fields=(Field("x", "number"),), decimal=decimal)
    batch = parse_items(column(*cells, form=form), mapping)
    # Equal contents are one item each time they come, so each row is an item.
    return [content["x"] for content in batch.items["content"]], batch.notes


def days(*cells, dates=""):
    batch = parse_items(column(*cells), ItemMapping(text=("t",), received="x", dates=dates))
    return [at and at.isoformat()[:16] for at in batch.items["received_at"]], batch.notes


READ = [
    (["1.5", "2", "-3e2"], [1.5, 2, -300]),
    (["1.234", "0.5"], [1.234, 0.5]),
    (["1,5", "2"], [1.5, 2]),
    (["1.234,5", "0,5", "1.234"], [1234.5, 0.5, 1234]),
    (["1 234,5", "1\u202f234"], [1234.5, 1234]),
    (["1,234.5", "12"], [1234.5, 12]),
    (["1,234,567"], [1234567]),
    (["1'234.50"], [1234.5]),
    (["1 234"], [1234]),
    (["0,500"], [0.5]),
    (["NA", "n/a", "NaN", "null", "-", "", "None", "1"], [None] * 7 + [1]),
    (["NA", "1,5"], [None, 1.5]),
]


@pytest.mark.parametrize(("cells", "values"), READ)
def test_a_column_says_how_its_numbers_are_written(cells, values):
    assert numbers(*cells)[0] == values


def test_what_was_read_otherwise_than_written_is_said():
    assert numbers("1.234,5")[1] == ("The numbers in 'x' were read with decimal commas: '1.234,5' is 1234.5.",)
    assert numbers("NA", "1")[1] == ("Column 'x' has 1 cell that says NA, null or -; taken as missing.",)
    assert numbers("1.5", "2")[1] == ()


def test_a_column_that_says_two_numbers_is_refused_with_the_option_that_reads_it():
    with pytest.raises(UnableToTell, match=r"^Row 3, column 'x': '1,234' can be 1\.234 or 1234; name the decimal mark"):
        numbers("5", "1,234")
    assert numbers("5", "1,234", decimal=",")[0] == [5, 1.234]
    assert numbers("5", "1,234", decimal=".")[0] == [5, 1234]


@pytest.mark.parametrize("cells", [["0,5", "0.5"], ["1,2,3"], ["1.23,4.5"], ["12 34"], ["1,5", "x"]])
def test_a_column_that_is_not_consistent_names_its_row(cells):
    with pytest.raises(UnableToParse, match="is not a number"):
        numbers(*cells)


def test_a_format_that_knows_numbers_keeps_them():
    assert numbers("1.2345", "0,5", form="xlsx")[0] == [1.2345, 0.5]
    assert numbers("12.25", "1,5", form="jsonl", decimal=",")[0] == [12.25, 1.5]
    with pytest.raises(UnableToParse):
        numbers("1.234", "0,5", form="xlsx")


def test_how_a_number_was_written_is_kept():
    cells = ["1,50", "2", "NA", "", "12345678901234567890,0"]
    mapping = ItemMapping(text=("t",), fields=(Field("x", "number"),))
    written = parse_items(column(*cells), mapping).items["written"].tolist()
    assert written == [{"x": "1,50"}, None, {"x": "NA"}, None, {"x": "12345678901234567890,0"}]
    assert parse_items(column("1.5", "2.0", "1e3"), mapping).items["written"].tolist() == [
        None,
        {"x": "2.0"},
        {"x": "1e3"},
    ]


DATES = [
    (["2024-05-01", "2024-05-01T14:05:00Z"], ["2024-05-01T00:00", "2024-05-01T14:05"]),
    (["01/05/2024", "31/05/2024"], ["2024-05-01T00:00", "2024-05-31T00:00"]),
    (["05/01/2024", "05/31/2024 2:30 PM"], ["2024-05-01T00:00", "2024-05-31T14:30"]),
    (["01.05.2024 08:05", "31.05.2024"], ["2024-05-01T08:05", "2024-05-31T00:00"]),
    (["2024/05/01"], ["2024-05-01T00:00"]),
    (["31/12/99", "01/02/24"], ["1999-12-31T00:00", "2024-02-01T00:00"]),
    (["05/05/2024", "NA", ""], ["2024-05-05T00:00", None, None]),
]


@pytest.mark.parametrize(("cells", "values"), DATES)
def test_a_column_says_the_order_of_its_dates(cells, values):
    assert days(*cells)[0] == values


def test_the_order_is_said_with_the_date_that_tells_it():
    assert days("01/05/2024", "31/05/2024")[1] == ("The dates in 'x' were read day first: '31/05/2024' is 2024-05-31.",)


def test_dates_that_can_be_two_days_are_refused_with_the_option_that_reads_them():
    said = (
        r"^Row 2, column 'x': '01/05/2024' can be 2024-01-05 or 2024-05-01; name the order of the dates \(--dates day"
    )
    with pytest.raises(UnableToTell, match=said):
        days("01/05/2024", "02/05/2024")
    assert days("01/05/2024", dates="day-first")[0] == ["2024-05-01T00:00"]
    assert days("01/05/2024", dates="month-first")[0] == ["2024-01-05T00:00"]
    with pytest.raises(UnableToParse, match="is not a date"):
        days("31/05/2024", dates="month-first")
    with pytest.raises(UnableToParse, match="is not a date"):
        days("31/05/2024", "05/31/2024")


def test_texts_categories_and_labels_keep_na():
    table = Table(("t", "c", "l"), {"t": ["NA"], "c": ["NA"], "l": ["NA"]}, [2], "utf-8", "csv")
    batch = parse_items(table, ItemMapping(text=("t",), fields=(Field("c", "category"),), label="l"))
    assert (batch.items["content"][0], batch.classes) == ({"t": "NA", "c": "NA"}, ("NA",))


def test_nothing_is_gone_through_where_nothing_depends_on_it():
    def never():
        raise AssertionError
        yield

    assert conventions_of(never(), [], []).notes == ()
