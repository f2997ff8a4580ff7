import csv

import pytest
from django.utils import timezone

from annotation.actions.exporting.export import export
from annotation.actions.queue.decide import decide
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.queue.lease import lease
from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.core.exporting.forms import UnableToExport
from annotation.core.fields import Field
from annotation.models import Case, Detection
from annotation.reading.exports import cases
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, imported, open_case
from tests.people import erin

pytestmark = pytest.mark.django_db
COLUMNS = [
    "rank", "case", "case_rank", "item_id", "text", "given_label", "suggested_label", "score", "probability",
    "probability_rests_on", "detectors", "reason", "group", "suspect_in_group", "second_look_apostrophes",
]  # fmt: skip
ORDER = "the order of {} has not arrived at my address and nobody answers the phone, please look into it soon"
ROWS = [
    ("a", ORDER.format("monday"), "late"), ("b", ORDER.format("tuesday"), "late"),
    ("c", ORDER.format("friday"), "lost"),
    ('x "1", y', "refund wanted", "lost"), ("e", "came doubtful", "late"), ("f", "all is fine here", "late"),
]  # fmt: skip


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    """Six items: a group of three in conflict, two suspected alone, one not suspected; and one of production."""
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict(), says=Says({"doubtful": 0.9, "refund": 0.4}))
    made = imported(tmp_path, [dict(zip(("id", "text", "label"), row, strict=True)) for row in ROWS])
    imported(tmp_path, [{"id": "p", "text": "from production", "label": "late"}], split="production")
    detect(made)
    return made


def exported(dataset, tmp_path, **asked):
    path = tmp_path / "cases.csv"
    count = export(dataset, "cases", path, **asked).rows
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == COLUMNS and len(rows) == count
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, count + 1)]
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert len({row["item_id"] for row in rows}) == count
    return rows


def ids(rows):
    return [row["item_id"] for row in rows]


def decided(dataset, external_id, name):
    case = dataset.cases.open().filter(case_items__item__external_id=external_id).get()
    decide(case, erin(dataset), answer(dataset, name), timezone.now())


def test_rows_go_by_their_own_score_and_say_the_place_of_their_case(dataset, tmp_path):
    rows = exported(dataset, tmp_path)
    assert ids(rows) == ["c", "e", "a", "b", 'x "1", y']
    assert [row["case_rank"] for row in rows] == ["1", "2", "1", "1", "3"]
    group, alone = rows[0], rows[1]
    assert (group["given_label"], group["suggested_label"], group["text"]) == ("lost", "late", ORDER.format("friday"))
    assert group["reason"] == "Near-identical items carry different labels: 2 “late”, 1 “lost”."
    assert group["detectors"] == "near_duplicate_conflict" and group["probability"] == ""
    assert float(group["score"]) == pytest.approx(NearDuplicateConflict.prior * 2 / 3, abs=1e-6)
    assert (alone["detectors"], alone["reason"], alone["group"]) == ("says", "It is item 4.", "")
    assert float(alone["score"]) == pytest.approx(Says.prior * 0.9)
    assert alone["case"] == str(dataset.cases.get(case_items__item__external_id="e").pk)


def test_members_of_a_group_share_case_and_group_and_the_doubtful_one_is_named(dataset, tmp_path):
    rows = [row for row in exported(dataset, tmp_path) if row["item_id"] in "abc"]
    digest = Detection.objects.get().groups.get().digest
    assert {row["group"] for row in rows} == {digest} and len({row["case"] for row in rows}) == 1
    said = {row["item_id"]: row["suspect_in_group"] for row in exported(dataset, tmp_path)}
    assert said == {"c": "yes", "a": "no", "b": "no", "e": "", 'x "1", y': ""}


def test_with_all_the_other_labelled_pool_items_are_ranked_among_them_without_a_case(dataset, tmp_path):
    case = dataset.cases.get(case_items__item__external_id="e")
    case.status = Case.WITHDRAWN
    case.save()
    rows = exported(dataset, tmp_path, everything=True)
    assert ids(rows) == ["c", "e", "a", "b", 'x "1", y', "f"]
    by_id = {row["item_id"]: (row["case"], row["case_rank"], row["given_label"]) for row in rows}
    assert by_id["e"] == by_id["f"] == ("", "", "late") and by_id['x "1", y'][1] == "2"
    assert float(rows[-1]["score"]) == 0.0


def test_every_field_has_its_column_and_one_called_like_another_says_so(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"doubtful": 0.9}))
    rows = [{"id": "a", "text": "came doubtful", "score": "2.5", "label": "late"},
            {"id": "b", "text": "doubtful too", "score": "", "label": "lost"}]  # fmt: skip
    made = imported(tmp_path, rows, fields=(Field("score", "number"),))
    detect(made)
    path = tmp_path / "cases.csv"
    export(made, "cases", path)
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [(row["item_id"], row["text"], row["score"], row["second_look_score"]) for row in read] == [
        ("a", "came doubtful", "2.5", "0.450000"), ("b", "doubtful too", "", "0.450000"),
    ]  # fmt: skip


def test_decisions_count_without_a_new_detection(dataset, tmp_path):
    decided(dataset, "e", "lost")
    decided(dataset, "a", "late")
    assert ids(exported(dataset, tmp_path)) == ['x "1", y']
    rows = exported(dataset, tmp_path, everything=True)
    assert set(ids(rows)[:2]) == {'x "1", y', "f"} and ids(rows)[2:] == ["a", "b", "c", "e"]
    assert {row["item_id"]: row["given_label"] for row in rows}["e"] == "lost"
    assert [float(row["score"]) for row in rows[2:]] == [0.0] * 4


def test_items_taken_out_are_in_no_list(dataset, tmp_path):
    decided(dataset, "e", "ambiguous")
    assert "e" not in ids(exported(dataset, tmp_path, everything=True))


def test_an_item_that_two_open_cases_share_is_one_row(dataset, tmp_path):
    """A case that an expert holds is not withdrawn when its item has come into a group meanwhile."""
    lease(dataset, erin(dataset), timezone.now())
    imported(tmp_path, [{"id": "g", "text": ORDER.format("sunday"), "label": "lost"}])
    detect(dataset)
    assert dataset.cases.open().filter(case_items__item__external_id="a").count() == 2
    rows = exported(dataset, tmp_path, everything=True)
    assert sorted(ids(rows)) == sorted(["a", "b", "c", "g", "e", 'x "1", y', "f"])


def test_nothing_tells_an_audit_case_from_another(dataset, tmp_path):
    lists = [exported(dataset, tmp_path, everything=everything) for everything in (False, True)]
    draw_audit(dataset, size=6, now=timezone.now())
    assert dataset.cases.open().get(kind=Case.AUDIT).case_items.get().item.external_id == "f"
    assert [exported(dataset, tmp_path, everything=everything) for everything in (False, True)] == lists


def test_a_case_opened_by_hand_has_no_reason_but_is_listed(dataset, tmp_path):
    open_case(dataset, "f", score=0.01)
    row = exported(dataset, tmp_path)[-1]
    assert (row["item_id"], row["detectors"], row["reason"], row["score"]) == ("f", "", "", "0.000000")
    assert row["case_rank"] == "4"


def test_a_file_half_written_never_appears_under_its_name(dataset, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "cases.csv"
    judged = cases._judged
    written = []

    def fails_at_the_second(*args):
        written.append(args)
        if len(written) == 2:
            raise MemoryError
        return judged(*args)

    monkeypatch.setattr(cases, "_judged", fails_at_the_second)
    with pytest.raises(MemoryError):
        export(dataset, "cases", path)
    assert list(folder.iterdir()) == []
    path.write_text("the last one")
    written.clear()
    with pytest.raises(MemoryError):
        export(dataset, "cases", path)
    assert [file.name for file in folder.iterdir()] == ["cases.csv"] and path.read_text() == "the last one"


def test_where_it_cannot_be_written_is_a_sentence(dataset, tmp_path):
    with pytest.raises(UnableToExport, match=r"no/such/folder/x.csv can't be written: No such file or directory\."):
        export(dataset, "cases", tmp_path / "no/such/folder/x.csv")
    with pytest.raises(UnableToExport, match="can't be written: Is a directory"):
        (tmp_path / "folder.csv").mkdir()
        export(dataset, "cases", tmp_path / "folder.csv")
    with pytest.raises(UnableToExport, match="ends in ''; name a file that ends in .csv"):
        export(dataset, "cases", type(tmp_path)("."))


def test_before_the_first_detection_it_says_so(tmp_path):
    dataset = imported(tmp_path, [{"id": "a", "text": "x", "label": "y"}])
    with pytest.raises(UnableToExport, match="has no detection yet; run detect first"):
        export(dataset, "cases", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()
