"""Runs of before a change of the classes, compared with those of after it."""

import pytest
from django.utils import timezone

from annotation.actions.classes.add import add
from annotation.actions.classes.left_out_rows import left_out_rows
from annotation.actions.classes.merge import merge
from annotation.actions.classes.rename import rename
from annotation.actions.classes.split import split
from annotation.actions.classes.undo import undo
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.snapshot import snapshot
from annotation.models import FileImport, Item, Snapshot
from annotation.reading.frozen_rows import frozen_rows, rows_now
from modeling.actions.proving.compare import request_comparison
from modeling.actions.training.train import request_training
from modeling.models import Comparison, ModelRun
from modeling.reading.comparing.between import relabelled_rows
from modeling.reading.comparing.flips import all_flips
from modeling.reading.rows_learned_from import rows_of
from tests.factories import apart, imported

pytestmark = pytest.mark.django_db

WORDS = {"card": "plastic", "cash": "notes", "loan": "debt"}


def rows(name, n, classes=tuple(WORDS), start=0):
    said = [(at, classes[at % len(classes)]) for at in range(n)]
    return [
        {"id": f"{name}{at}", "text": apart(f"{WORDS.get(label, label)} {WORDS.get(label, label)}", start + at),
         "label": label}
        for at, label in said
    ]  # fmt: skip


@pytest.fixture
def dataset(tmp_path):
    found = imported(tmp_path, rows("s", 60))
    imported(tmp_path, rows("p", 45, start=1000), split="production")
    return found


def trained(dataset, C="1", **more):
    job = work_here(request_training(dataset, learner="logistic", pairs={"C": C}, background=False, **more))
    return ModelRun.objects.get(pk=job.result["run"])


def compared(dataset, before, after, production):
    job = work_here(request_comparison(dataset, str(before.pk), str(after.pk), production, background=False))
    return Comparison.objects.get(pk=job.result["comparison"])


def test_a_run_of_before_a_rename_is_compared_with_one_of_after(dataset):
    frozen, first = snapshot(dataset, Snapshot.PRODUCTION), trained(dataset)
    assert compared(dataset, first, trained(dataset, "10"), frozen).proof["carried_over"] == []
    flips_then = all_flips(Comparison.objects.get())
    rename(dataset, "card", "bank card", None, timezone.now())
    second = trained(dataset)
    assert sorted(second.predictions.classes) == ["bank card", "cash", "loan"]
    for production in (frozen, snapshot(dataset, Snapshot.PRODUCTION)):
        proof = compared(dataset, first, second, production).proof
        sentence = f"Run {first.pk} is of before the classes changed: “card” is read as “bank card”."
        assert proof["carried_over"] == [sentence] and proof["rows_of_no_class"] == 0
        assert proof["before"]["accuracy"] == proof["after"]["accuracy"] == 1.0
    assert not relabelled_rows(first, second).exists()
    assert sorted(frozen_rows(frozen)["label"].unique()) == ["card", "cash", "loan"]
    assert all_flips(Comparison.objects.order_by("id").first()).equals(flips_then)


def test_merged_classes_are_trained_and_compared(dataset):
    frozen, first = snapshot(dataset, Snapshot.PRODUCTION), trained(dataset)
    merge(dataset, ["card", "cash"], "money", None, timezone.now())
    again = trained(dataset, snapshot=first.snapshot)
    assert sorted(again.predictions.classes) == ["loan", "money"]
    proof = compared(dataset, first, again, frozen).proof
    assert "“card” is read as “money” and “cash” is read as “money”" in proof["carried_over"][0]
    assert proof["before"]["accuracy"] == 1.0 and {one["slice"] for one in proof["by_class"]} <= {"loan", "money"}
    assert set(rows_of(again).classes) == {"loan", "money"} and len(rows_of(again).item) == 60
    assert set(rows_of(first).classes) == set(WORDS)


def test_what_was_compared_while_merged_stays_readable_once_that_is_taken_back(dataset):
    frozen, first = snapshot(dataset, Snapshot.PRODUCTION), trained(dataset)
    change = merge(dataset, ["card", "cash"], "money", None, timezone.now())
    old = compared(dataset, first, trained(dataset), frozen)
    undo(dataset, change.pk, None, timezone.now())
    assert old.proof["n"] == 45
    assert compared(dataset, first, trained(dataset, "10"), frozen).proof["n"] == 45


def test_after_a_split_the_refusal_names_it_and_a_run_trained_again_goes_on(dataset):
    frozen, first = snapshot(dataset, Snapshot.PRODUCTION), trained(dataset)
    split(dataset, "card", ["debit", "credit"], None, timezone.now())
    second = trained(dataset)
    with pytest.raises(UnableToWork, match=r"Run \d+ was trained for “card”, which was split on .* Train it again"):
        compared(dataset, first, second, frozen)
    assert len(rows_now(frozen)) == 30 and second.snapshot.left_out["contested"] == 20
    proof = compared(dataset, second, trained(dataset, "10"), frozen).proof
    assert (proof["rows_of_no_class"], proof["n"]) == (15, 30)
    assert len(rows_of(first).item) == 60


def test_a_class_that_only_production_has_is_added_and_counted(dataset, tmp_path):
    frozen, first = snapshot(dataset, Snapshot.PRODUCTION), trained(dataset)
    imported(tmp_path, rows("g", 12, ("gift",), start=2000), split="production", classes=("gift",))
    assert dataset.class_names == ("card", "cash", "loan", "gift")
    assert dataset.class_changes.get().kind == "add"
    whole = snapshot(dataset, Snapshot.PRODUCTION)
    proof = compared(dataset, first, trained(dataset, "10"), whole).proof
    assert proof["n"] == 57 and proof["before"]["accuracy"] == pytest.approx(45 / 57)
    assert "it never says “gift”" in proof["carried_over"][0] and frozen.n_rows == 45


def test_rows_left_out_for_an_unknown_class_are_counted_in_the_snapshot_and_said_first(dataset, client):
    brought = FileImport.objects.create(dataset=dataset, kind="items", file_name="p.csv", split=Item.PRODUCTION)
    left_out_rows(brought, [("g1", "gift"), ("g2", "gift"), ("p0", "gift")])
    production = snapshot(dataset, Snapshot.PRODUCTION)
    assert production.left_out["unknown_class"] == 2  # p0 has a label by now
    found = compared(dataset, trained(dataset), trained(dataset, "10"), production)
    assert (found.proof["left_out_unknown_class"], found.proof["unknown_classes"]) == (2, ["gift"])
    add(dataset, ["gift"], None, timezone.now())
    assert left_out_rows(None, [("g3", "gift")]) == 0
