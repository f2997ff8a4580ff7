import pytest
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import UnableToSnapshot, snapshot
from annotation.models import Annotator, Case, CurrentLabel, Decision, Item, Snapshot, SnapshotRow
from annotation.reading.frozen_rows import frozen_rows
from annotation.reading.production.set_rows import UnableToChooseDraw
from tests.annotation.production_world import both_say, cases, drawn, say, world
from tests.factories import answer, imported, open_case
from tests.people import emil, erin, eve, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return world(tmp_path)


def frozen(dataset, draw=None):
    return snapshot(dataset, Snapshot.PRODUCTION, draw=draw)


def names(row):
    return sorted(Annotator.objects.filter(pk__in=row.annotators).values_list("name", flat=True))


def test_it_works(dataset):
    draw = drawn(dataset, 6, stratified="source")
    first, second, third, *_ = cases(dataset)
    both_say(dataset, first, "access", "access")
    both_say(dataset, second, "access", "payment")
    say(second, leo(dataset), "payment", cause=Decision.SLIP, blind=False)
    both_say(dataset, third, "ambiguous", "ambiguous")
    made = frozen(dataset, draw)
    assert (made.draw, made.n_rows, made.follows) == (draw, 2, None)
    assert made.left_out == {"without_label": 3, "contested": 0, "ambiguous": 1, "bad_input": 0}
    rows = {row.item.case_items.get().case_id: row for row in made.rows.select_related("item")}
    assert names(rows[first.pk]) == ["@emil", "@erin"] and names(rows[second.pk]) == ["@emil", "@leo"]
    weights = dict(draw.drawn.values_list("item_id", "weight"))
    assert all(row.weight == weights[row.item_id] and row.digest for row in rows.values())
    assert len(frozen_rows(made)) == 2 and frozen(dataset, draw) == made


def test_a_label_put_right_is_a_later_version(dataset):
    draw = drawn(dataset, 3)
    first, second, _ = cases(dataset)
    both_say(dataset, first, "access", "access")
    both_say(dataset, second, "access", "access")
    early = frozen(dataset, draw)
    decision = first.decisions.first()
    CurrentLabel.objects.create(
        item=decision.items.get(), label_class=dataset.label_classes.get(name="payment"), state="labelled",
        basis="adjudication", decision=decision,
    )  # fmt: skip
    late = frozen(dataset, draw)
    assert late != early and late.follows == early and early.sha256 != late.sha256


def test_a_draw_and_a_file_are_never_mixed(tmp_path, dataset):
    imported(tmp_path, [{"id": "t1", "text": "by file", "label": "access"}], split="production")
    drawn(dataset, 3)
    case = cases(dataset)[0]
    both_say(dataset, case, "payment", "payment")
    made = frozen(dataset)
    assert made.draw is None and list(made.rows.values_list("item__external_id", flat=True)) == ["t1"]
    assert made.left_out["drawn"] == 1
    row = made.rows.get()
    assert (row.weight, names(row)) == (None, ["import"])


def test_with_one_draw_only_that_is_what_is_frozen(dataset):
    draw = drawn(dataset, 3)
    both_say(dataset, cases(dataset)[0], "payment", "payment")
    made = frozen(dataset)
    assert made.draw == draw and made.left_out["without_label"] == 2
    drawn(dataset, 3)
    both_say(dataset, cases(dataset)[3], "payment", "payment")
    with pytest.raises(UnableToChooseDraw, match="--draw: 'draw 1', 'draw 2'"):
        frozen(dataset)


def test_before_the_first_label_there_is_nothing_to_freeze(dataset):
    draw = drawn(dataset, 3)
    with pytest.raises(UnableToSnapshot, match="Left out: 3 without label"):
        frozen(dataset, draw)


def test_nothing_of_it_is_learned_from(dataset):
    """A settled case of production leaves no trace in what reads the pool."""
    before = snapshot(dataset, Snapshot.TRAINING)
    drawn(dataset, 5)
    for case in cases(dataset):
        both_say(dataset, case, "access", "access")
    assert not Decision.objects.settling().exists() and Decision.objects.standing().count() == 10
    assert snapshot(dataset, Snapshot.TRAINING) == before
    assert not SnapshotRow.objects.filter(snapshot=before, item__split=Item.PRODUCTION).exists()
    decide(open_case(dataset, "i1"), eve(dataset), answer(dataset, "access"), timezone.now())
    assert Decision.objects.settling().count() == 1 and Case.objects.filter(status=Case.SETTLED).count() == 6
    assert {emil(dataset).pk, erin(dataset).pk}.isdisjoint(
        Decision.objects.about_pool().values_list("expert_id", flat=True)
    )


def test_a_set_from_files_says_whose_labels_they_are(tmp_path, dataset):
    rows = [
        {"id": "t1", "text": "by file", "label": label, "who": who}
        for who, label in (("ann", "access"), ("bob", "access"), ("cem", "payment"))
    ]
    imported(tmp_path, rows, split="production", annotator="who")
    row = frozen(dataset).rows.get()
    assert names(row) == ["ann", "bob"] and row.label_class.name == "access"
