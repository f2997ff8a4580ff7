import csv
import io
from uuid import UUID

import pytest

from annotation.core.fields import Field
from annotation.core.files.answer_sheet import harmless, read_sheet, sheet_columns, write_sheet
from annotation.core.files.tables import Broken, Table, UnableToRead

ONE, TWO = UUID(int=1), UUID(int=2)
CLASSES, REASONS = ("access", "payment", "Other"), ("off topic", "a; b", "sarcasm")


def table(*rows, columns=("case", "text", "answer", "not sure", "reason", "note"), broken=()):
    cells = {name: [row[at] if at < len(row) else "" for row in rows] for at, name in enumerate(columns)}
    return Table(columns, cells, list(range(2, len(rows) + 2)), "utf-8", "csv", list(broken))


def read(*rows, **options):
    return read_sheet(table(*rows, **options), {ONE, TWO}, CLASSES, REASONS)


def test_it_works():
    sheet = read((str(ONE), "t", " payment ", "yes", "off topic; Sarcasm", "look"), (str(TWO), "t", ""))
    (one,) = sheet.answers
    assert (one.row, one.key, one.outcome, one.label) == (2, ONE, "label", "payment")
    assert one.unsure and one.reasons == ("off topic", "sarcasm") and one.note == "look"
    assert sheet.blank == 1 and sheet.faults == []


@pytest.mark.parametrize(
    ("typed", "outcome", "label"),
    [("ambiguous", "ambiguous", ""), ("Bad Input", "bad_input", ""), (":bad_input", "bad_input", ""),
     ("OTHER", "label", "Other")],
)  # fmt: skip
def test_answers_as_people_write_them(typed, outcome, label):
    (one,) = read((str(ONE), "", typed)).answers
    assert (one.outcome, one.label) == (outcome, label)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (("nonsense", "", "access"), "case", "“nonsense” is no key"),
        ((str(UUID(int=9)), "", "access"), "case", "not of this batch"),
        ((str(UUID(int=9)), "", ""), "case", "not of this batch"),
        ((str(ONE), "", "acess"), "answer", "“acess” is no answer here; write “access”, “payment”, “Other”"),
        ((str(ONE), "", "access", "perhaps"), "not sure", "neither yes nor no"),
        ((str(ONE), "", "access", "", "irony"), "reason", "write off topic; a; b; sarcasm"),
        ((str(ONE), "", "access", "", "", "x" * 4001), "note", "4,001 characters"),
        ((str(ONE), "", "access", "", "", "\ud83d"), "note", "can't be kept"),
    ],
)
def test_a_bad_row_is_named_and_has_no_answer(row, column, words):
    sheet = read(row, (str(TWO), "", "payment"))
    (fault,) = sheet.faults
    assert (fault.row, fault.column) == (2, column) and words in fault.message
    assert [one.key for one in sheet.answers] == [TWO]


def test_a_case_that_stands_twice():
    assert len(read((str(ONE), "", "access"), (str(ONE), "", "access")).answers) == 1
    sheet = read((str(ONE), "", "access"), (str(ONE), "", "payment"))
    assert sheet.answers == [] and "row 2 gives this case another answer" in sheet.faults[0].message


def test_a_reason_may_hold_a_semicolon():
    assert read((str(ONE), "", "access", "", "A; b")).answers[0].reasons == ("a; b",)


def test_columns_go_by_name_and_two_are_needed():
    sheet = read(("access", str(ONE)), columns=("Answer", "CASE "))
    assert sheet.answers[0].label == "access"
    for columns in (("case", "text"), ("answer", "text")):
        with pytest.raises(UnableToRead, match="upload the file that was downloaded here"):
            read(("", ""), columns=columns)


def test_empty_lines_are_passed_over_and_broken_rows_are_faults():
    sheet = read(("", "", ""), broken=[Broken(7, (), "a quote is never closed")])
    assert sheet.answers == [] and sheet.blank == 0 and sheet.faults[0].row == 7


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_formula_is_run(text):
    assert harmless(text) == f"'{text}" and harmless(f"x{text}") == f"x{text}"


def test_what_is_written_can_be_read_again():
    fields = (Field("body", "text"), Field("Answer", "category"), Field("sum", "number"))
    assert sheet_columns(fields) == ("case", "body", "Answer (field)", "sum", "answer", "not sure", "reason", "note")
    stream = io.StringIO(newline="")
    write_sheet(stream, fields, [(ONE, {"body": '=cmd|" \n, é', "Answer": None, "sum": -1.5})])
    written = stream.getvalue()
    assert written.startswith("\ufeffcase,")
    row = next(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    assert row["body"] == "'=cmd|\" \n, é" and row["sum"] == "-1.5" and row["Answer (field)"] == "" == row["answer"]
