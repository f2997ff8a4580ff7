import random

import pytest
from django.utils import timezone

from annotation import frames
from annotation.actions.files.import_labels import import_labels
from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import UnableToSnapshot, matched, snapshot
from annotation.core.frozen_digests import rows_digest
from annotation.models import Finding, Ruling, Snapshot, SnapshotRow
from annotation.reading.pool_evidence import state_of
from annotation.reading.quarantine import quarantined_now
from tests.annotation.views.expert_page import finding_over
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import erin

pytestmark = pytest.mark.django_db
LETTER = "Sehr geehrte Damen und Herren, die Lieferung vom {} für Gebäude Süd ist beschädigt – bitte prüfen"
MOJIBAKE = LETTER.format("Montag").encode().decode("cp1252")


def training(dataset, **asked):
    return snapshot(dataset, Snapshot.TRAINING, **asked)


def labels(frozen):
    rows = frames.snapshot_rows(frozen)
    return dict(zip(rows["external_id"], rows["label"], strict=True))


def decided(dataset, external_id, name):
    decide(open_case(dataset, external_id), erin(dataset), answer(dataset, name), timezone.now())


def rows(*texts, prefix="n"):
    return [{"id": f"{prefix}{n}", "text": text, "label": "access"} for n, text in enumerate(texts, start=1)]


def test_the_rows_are_the_labelled_items_of_the_pool(tmp_path):
    dataset = small_dataset(tmp_path)
    frozen = training(dataset, user=erin(dataset))
    assert labels(frozen) == {f"s{n}": "access" if n % 2 else "payment" for n in range(1, 7)}
    assert (frozen.n_rows, frozen.purpose, frozen.created_by.username) == (6, "training", "erin")
    assert not any(frozen.left_out.values()) and len(frozen.sha256) == 64


def test_the_same_rows_are_the_same_snapshot(tmp_path):
    dataset = small_dataset(tmp_path)
    first = training(dataset)
    assert training(dataset) == first and SnapshotRow.objects.count() == 6
    decided(dataset, "s1", "access")
    assert training(dataset) == first
    decided(dataset, "s2", "access")
    assert training(dataset) != first and labels(first)["s2"] == "payment"


def test_the_hash_does_not_know_the_order_of_import(tmp_path):
    made = rows("one text", "another text", "a third one")
    random.Random(3).shuffle(made)
    one, two = imported(tmp_path, made, "one"), imported(tmp_path, sorted(made, key=str), "two")
    assert training(one).sha256 == training(two).sha256


def test_the_hash_knows_content_id_and_label(tmp_path):
    frame = frames.snapshot_rows(training(small_dataset(tmp_path)))
    digest = rows_digest(frame)
    assert rows_digest(frame.sample(frac=1, random_state=1)) == digest
    for column in ("digest", "external_id", "label"):
        changed = frame.copy()
        changed.loc[0, column] = "something else"
        assert rows_digest(changed) != digest


def test_near_copies_of_production_are_left_out_and_counted(tmp_path):
    texts = [LETTER.format("Montag").upper(), MOJIBAKE, LETTER.format("Mittwoch"), "etwas ganz anderes"]
    dataset = imported(tmp_path, rows(*texts))
    imported(tmp_path, rows(LETTER.format("Montag"), prefix="p"), split="production")
    frozen = training(dataset)
    assert set(labels(frozen)) == {"n4"} and frozen.left_out["near_duplicate_of_production"] == 3
    assert labels(snapshot(dataset, Snapshot.PRODUCTION)) == {"p1": "access"}


def test_production_imported_later_makes_another_snapshot_not_another_past(tmp_path):
    dataset = imported(tmp_path, rows(LETTER.format("Montag"), "etwas ganz anderes"))
    first = training(dataset)
    imported(tmp_path, rows(LETTER.format("Dienstag"), prefix="p"), split="production")
    assert training(dataset).n_rows == 1 and len(labels(first)) == 2


def test_ambiguous_bad_tied_and_unlabelled_items_are_left_out_and_counted(tmp_path):
    dataset = small_dataset(tmp_path)
    decided(dataset, "s1", "ambiguous")
    decided(dataset, "s2", "bad_input")
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label\ns3,ann2,payment\n")
    import_labels(dataset, path, item="item", annotator="who", label="label")
    imported(tmp_path, [{"id": "u", "text": "no label at all"}], label=None)
    frozen = training(dataset)
    assert set(labels(frozen)) == {"s4", "s5", "s6"}
    assert frozen.left_out == {
        "without_label": 1, "contested": 1, "ambiguous": 1, "bad_input": 1, "near_duplicate_of_production": 0,
    }  # fmt: skip


def test_labels_of_an_earlier_snapshot_on_todays_rows(tmp_path):
    dataset = small_dataset(tmp_path)
    earlier = training(dataset)
    decided(dataset, "s1", "payment")
    decided(dataset, "s2", "ambiguous")
    imported(tmp_path, rows("something new"))
    then = training(dataset, labels_of=earlier)
    assert labels(then) == {"s1": "access", "s3": "access", "s4": "payment", "s5": "access", "s6": "payment"}
    assert then.labels_of == earlier and then.left_out["not_in_labels_of"] == 1 and then.left_out["ambiguous"] == 1
    assert labels(training(dataset))["s1"] == "payment"


def test_only_the_sources_asked_for(tmp_path):
    made = [{**row, "from": source} for row, source in zip(rows("one", "two", "three"), "abb", strict=True)]
    dataset = imported(tmp_path, made, source="from", split="production")
    frozen = snapshot(dataset, Snapshot.PRODUCTION, sources=("b",))
    assert set(labels(frozen)) == {"n2", "n3"} and frozen.sources == ["b"]
    assert snapshot(dataset, Snapshot.PRODUCTION, sources=("b", "a")).sources == ["a", "b"]
    with pytest.raises(UnableToSnapshot, match="no labelled production items from c;.*Sources in its production: a, b"):
        snapshot(dataset, Snapshot.PRODUCTION, sources=("c",))


def test_nothing_to_freeze_is_a_sentence(tmp_path):
    dataset = small_dataset(tmp_path)
    with pytest.raises(UnableToSnapshot, match="'support' has no labelled production items; import them with --split"):
        snapshot(dataset, Snapshot.PRODUCTION)
    assert not Snapshot.objects.exists()


def test_nothing_left_to_freeze_says_what_was_left_out(tmp_path):
    dataset = imported(tmp_path, rows(LETTER.format("Montag"), LETTER.format("Dienstag")))
    imported(tmp_path, rows(LETTER.format("Mittwoch"), prefix="p"), split="production")
    with pytest.raises(UnableToSnapshot, match="Left out: 2 near duplicate of production"):
        training(dataset)


def test_matched_has_the_rows_of_both_with_the_labels_of_before(tmp_path):
    dataset = small_dataset(tmp_path)
    before = training(dataset)
    decided(dataset, "s1", "payment")
    decided(dataset, "s2", "bad_input")
    imported(tmp_path, rows("something new"))
    after = training(dataset)
    both = matched(after, before)
    assert labels(both) == {"s1": "access", "s3": "access", "s4": "payment", "s5": "access", "s6": "payment"}
    assert both.labels_of == before and both.left_out == {"not_in_labels_of": 1} and matched(after, before) == both


def test_what_has_nothing_in_common_cannot_be_matched(tmp_path):
    made = [{**row, "from": source} for row, source in zip(rows("one", "two"), "ab", strict=True)]
    dataset = imported(tmp_path, made, source="from")
    one, two = (training(dataset, sources=(source,)) for source in "ab")
    with pytest.raises(UnableToSnapshot, match="have no item in common: nothing to match"):
        matched(one, two)


def quarantine(dataset, *external_ids, ruling=Ruling.QUARANTINED):
    finding = Finding.objects.filter(dataset=dataset, key="k").first() or finding_over(dataset, *external_ids)
    Ruling.objects.create(dataset=dataset, key="k", finding=finding, ruling=ruling, lead=erin(dataset))


def test_labels_in_quarantine_are_left_out_and_the_snapshot_with_them_is_kept(tmp_path):
    dataset = small_dataset(tmp_path)
    quarantine(dataset, "s1", "s2")
    frozen = training(dataset)
    assert sorted(labels(frozen)) == ["s3", "s4", "s5", "s6"]
    assert frozen.left_out["quarantined"] == 2
    assert sorted(labels(frozen.with_quarantined)) == [f"s{n}" for n in range(1, 7)]
    assert frozen.with_quarantined.with_quarantined is None


def test_a_decision_lets_a_label_out_of_quarantine(tmp_path):
    dataset = small_dataset(tmp_path)
    quarantine(dataset, "s1", "s2")
    decided(dataset, "s1", "payment")
    frozen = training(dataset)
    assert labels(frozen)["s1"] == "payment"
    assert (frozen.left_out["quarantined"], quarantined_now(dataset)) == (1, {"k": 1})


@pytest.mark.parametrize("later", [Ruling.ACCEPTED, Ruling.DISMISSED, Ruling.NEW])
def test_a_later_ruling_lifts_the_quarantine(tmp_path, later):
    dataset = small_dataset(tmp_path)
    before = state_of(dataset)
    quarantine(dataset, "s1", "s2")
    quarantine(dataset, ruling=later)
    frozen = training(dataset)
    assert (frozen.n_rows, frozen.with_quarantined, frozen.left_out.get("quarantined")) == (6, None, None)
    assert state_of(dataset) != before


def test_production_knows_no_quarantine(tmp_path):
    dataset = small_dataset(tmp_path)
    imported(tmp_path, rows("a new one"), dataset.slug, split="production")
    quarantine(dataset, "s1")
    assert snapshot(dataset, Snapshot.PRODUCTION).with_quarantined is None


def test_everything_in_quarantine_is_a_sentence(tmp_path):
    dataset = small_dataset(tmp_path)
    quarantine(dataset, *(f"s{n}" for n in range(1, 7)))
    with pytest.raises(UnableToSnapshot, match="6 quarantined"):
        training(dataset)
