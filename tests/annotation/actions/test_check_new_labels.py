import csv
import json

import numpy as np
import pytest
from django.core.management import call_command

from annotation.actions.files import check_new_labels as checking
from annotation.actions.files.import_items import check, import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import Flag, Item
from annotation.reading import new_labels
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, imported, open_case
from tests.people import erin

pytestmark = pytest.mark.django_db
WORDS = {
    "access": ("log", "in", "password", "account", "locked", "reset"),
    "payment": ("card", "charged", "refund", "invoice", "paid", "twice"),
}
MAPPING = ItemMapping(text=("text",), label="label", id="id")


def made(n, seed, prefix, wrong=()):
    """Rows of two classes whose texts are of their class's words; those at `wrong` carry the other label."""
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(n):
        true, other = ("access", "payment") if at % 2 else ("payment", "access")
        text = " ".join([*rng.choice(WORDS[true], 4), f"w{rng.integers(60)}", f"w{rng.integers(60)}"])
        rows.append({"id": f"{prefix}{at}", "text": text, "label": other if at in wrong else true})
    return rows


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    """A pool of 200 items, looked at by a detector that suspects none."""
    use(monkeypatch, says=Says({}))
    pool = imported(tmp_path, made(200, 0, "p"))
    detect(pool)
    return pool


def written(tmp_path, rows):
    path = tmp_path / "batch.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def dry_run(capsys, path, *more):
    asked = ("--text", "text", "--label", "label", "--id", "id", "--dry-run", "--json", *more)
    call_command("import_items", "support", str(path), *asked)
    return json.loads(capsys.readouterr().out)["new_labels"]


def test_a_dry_run_says_how_many_look_wrong_and_names_the_rows(dataset, tmp_path, capsys):
    said = dry_run(capsys, written(tmp_path, made(40, 1, "b", wrong=(3, 17, 30))))
    assert said["sentence"].startswith(
        "3 of these 40 labels look wrong (8 %, 95 % interval 3 % to 20 %) to models that"
    )
    assert "learned from 200 labels of the pool. Of the pool's own labels 0 % do (n = 200)" in said["sentence"]
    assert (said["judged"], said["doubted"]) == (40, 3)
    named = {row["row"]: (row["label"], row["expected"]) for row in said["rows"]}
    assert all(row["excerpt"] for row in said["rows"])
    assert named == {5: ("payment", "access"), 19: ("payment", "access"), 32: ("access", "payment")}
    assert Item.objects.count() == 200


def test_an_import_says_it_too_and_its_own_rows_do_not_vouch_for_themselves(dataset, tmp_path):
    path = written(tmp_path, made(40, 1, "b", wrong=(3,)))
    result = imports(path)
    assert result["new_labels"]["doubted"] == 1 and (result["items"], result["labels"]) == (40, 40)
    detect(dataset, again=True)
    again = new_labels.judge_new_labels(dataset, *rows_of(path))
    assert (again["judged"], again["doubted"]) == (40, 1) and "200 labels of the pool" in again["sentence"]


def imports(path, **more):
    return work_here(
        request_import(import_params("support", "support", path, MAPPING, **more), background=False)
    ).result


def rows_of(path):
    checked = check(import_params("support", "support", path, MAPPING))
    return checking._drawn(checked.source, checked.parser)


def test_labels_that_the_detection_doubts_teach_nothing_until_an_expert_decides(dataset, tmp_path, capsys):
    detection = dataset.detections.get()
    items = list(Item.objects.filter(external_id__in=["p0", "p1"]))
    for item in items:
        Flag.objects.create(detection=detection, detector="label_error", item=item, score=0.9, reason="Because.")
    path = written(tmp_path, made(40, 1, "b"))
    said = dry_run(capsys, path)["sentence"]
    assert "learned from 198 labels" in said and "Of the pool's own labels 1 % do (n = 200)" in said
    decide(open_case(dataset, "p0"), erin(dataset), answer(dataset, "payment"), detection.created_at)
    assert "learned from 199 labels" in dry_run(capsys, path)["sentence"]


def test_items_that_came_after_the_detection_are_not_learned_from(dataset, tmp_path, capsys):
    imported(tmp_path, made(60, 5, "later"))
    assert "learned from 200 labels" in dry_run(capsys, written(tmp_path, made(40, 1, "b")))["sentence"]


def test_without_a_detection_or_a_label_there_is_a_note_or_nothing(tmp_path, capsys):
    path = written(tmp_path, made(10, 1, "b"))
    assert imports(path)["new_labels"] is None
    assert dry_run(capsys, path)["sentence"] == (
        "Whether these labels look wrong can't be said: no detection has run on 'support' yet."
    )
    call_command("import_items", "support", str(path), "--text", "text", "--id", "id", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["new_labels"] is None


def test_production_is_trusted_and_not_judged(dataset, tmp_path, capsys):
    assert dry_run(capsys, written(tmp_path, made(10, 1, "b")), "--split", "production") is None


@pytest.mark.parametrize("error", [MemoryError("too much"), ValueError("a bug")])
def test_a_failure_is_logged_and_stops_no_import(dataset, tmp_path, monkeypatch, caplog, error):
    def fails(*args):
        raise error

    monkeypatch.setattr(checking, "judge_new_labels", fails)
    result = imports(written(tmp_path, made(10, 1, "b")))
    assert result["items"] == 10 and result["new_labels"]["judged"] == 0
    assert "judging them failed, and the log says why" in result["new_labels"]["sentence"]
    assert str(error) in caplog.text


def test_of_many_labels_some_are_drawn(dataset, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(checking, "JUDGED", 25)
    said = dry_run(capsys, written(tmp_path, made(40, 1, "b")))
    assert "of 25 drawn of 40 labels" in said["sentence"] and said["judged"] == 25


def test_of_a_large_pool_items_are_drawn_by_their_number(dataset, tmp_path, capsys, monkeypatch):
    for name, value in (("COUNTED", 100), ("DRAWN", 150), ("ROUNDS", 5)):
        monkeypatch.setattr(new_labels, name, value)
    imported(tmp_path, made(20, 3, "x"), slug="other")
    said = dry_run(capsys, written(tmp_path, made(40, 1, "b", wrong=(3,))))
    assert said["rows"][0]["row"] == 5
    assert 150 <= int(said["sentence"].split("(n = ")[1].split(")")[0]) <= 200
