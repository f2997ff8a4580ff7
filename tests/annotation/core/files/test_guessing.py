import pytest

from annotation.core.files.guessing import guess_mapping
from annotation.core.files.tables import Table, read_table
from tests.shared import needs_shared, shared


def guess(**cells: list[str]) -> dict[str, str]:
    rows = len(next(iter(cells.values())))
    return guess_mapping(Table(tuple(cells), cells, [*range(2, 2 + rows)], "utf-8", "csv"))


def test_it_works():
    sentences = [f"this is sentence number {i}" for i in range(6)]
    assert guess(
        id=["a", "b", "c", "d", "e", "f"],
        body=sentences,
        amount=["1", "2.5", "", "4", "5", "6"],
        kind=["x", "y", "x", "y", "x", "y"],
        label=["spam", "ham", "spam", "ham", "spam", "ham"],
        worker_id=["w1", "w2", "w1", "w2", "w1", "w2"],
        source=["web"] * 6,
        createdAt=["2024-05-31"] * 6,
        empty=[""] * 6,
    ) == {
        "id": "id",
        "body": "text",
        "amount": "number",
        "kind": "category",
        "label": "label",
        "worker_id": "annotator",
        "source": "source",
        "createdAt": "received",
        "empty": "ignore",
    }


def test_a_second_label_column_never_becomes_a_field():
    answers = ["a", "b", "a", "b"]
    assert guess(given_label=answers, true_label=answers) == {"given_label": "label", "true_label": "ignore"}


def test_a_repeated_id_needs_several_annotators():
    repeated, labels = ["t1", "t1", "t2", "t2"], ["a", "b", "a", "b"]
    assert guess(tweet_id=repeated, label=labels)["tweet_id"] == "ignore"
    assert guess(tweet_id=repeated, worker=["p", "q", "p", "q"], label=labels)["tweet_id"] == "id"


def test_an_id_that_stands_twice_by_mistake_is_still_the_id():
    ids = [f"t{n}" for n in range(20)]
    assert guess(id=[*ids[:-1], "t0"])["id"] == "id"
    assert guess(who=["ann", "bob"] * 5)["who"] == "annotator"


def test_a_date_column_that_holds_no_dates_is_no_time_of_receipt():
    assert guess(date=["soon", "later", "soon", "later"]) == {"date": "category"}


REAL = [
    ("fin_num_claim/pool_second_annotator.csv", {"id": "id", "text": "text", "given_label": "label"}),
    ("banking77/banking77.csv", {"text": "text", "label": "label"}),
    ("weather_sentiment_crowd/judgments.csv", {"tweet_id": "id", "worker": "annotator", "label": "label"}),
    ("clinc150/clinc150.csv", {"text": "text", "label": "label", "domain": "source"}),
    ("sentfin/sentfin.csv", {"S No.": "id", "Title": "text", "Words": "number"}),
    ("german_credit/german_credit.csv", {"duration": "number", "housing": "category", "label": "label"}),
]


@needs_shared
@pytest.mark.parametrize(("path", "expected"), REAL)
def test_real_files(path, expected):
    assert guess_mapping(read_table(shared(path), limit=2_000)).items() >= expected.items()
