import pandas as pd
import pytest
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import undo
from annotation.models import Case, Label
from annotation.reading.agreement.two_annotators import list_shared
from annotation.reading.disagreement import called_different, disagreement_now, measure_disagreement
from tests.factories import answer, imported, open_case
from tests.people import erin

TEXTS = {
    "a": "I can't log in to my account since this morning, please help me soon",
    "b": "the card was declined twice at the shop around the corner yesterday",
    "c": "where is the parcel that I ordered three weeks ago from your store",
    "d": "how do I change the delivery address of an order that is on its way",
}


@pytest.fixture
def crowd(tmp_path, db):
    """a: x x, b: x y, c: y z x, d: one answer only. Two of the three items with several answers disagree."""
    said = {"a": "xx", "b": "xy", "c": "yzx", "d": "x"}
    rows = [
        {"id": item, "text": TEXTS[item], "label": label, "who": f"w{n}"}
        for item, labels in said.items()
        for n, label in enumerate(labels)
    ]
    return imported(tmp_path, rows, annotator="who")


@pytest.fixture
def copies(tmp_path, db):
    """Three pairs of near-identical items, one pair agreeing; e is alone."""
    rows = []
    for key, labels in (("a", "xx"), ("b", "xy"), ("c", "yx"), ("d", "z")):
        rows += [{"id": f"{key}{n}", "text": TEXTS[key] + "!" * n, "label": one} for n, one in enumerate(labels)]
    dataset = imported(tmp_path, rows)
    work_here(request_detection(dataset, background=False))
    return dataset


def settle(dataset, name, *items, user=None):
    return decide(open_case(dataset, *items), user or erin(dataset), answer(dataset, name), timezone.now())


def case_of(dataset, item):
    return Case.objects.open().get(dataset=dataset, case_items__item__external_id=item)


def test_it_works(crowd):
    found = measure_disagreement(crowd)
    assert found.by_items.before.n == found.by_items.after.n == 3
    assert found.by_items.before.value == found.by_items.after.value == pytest.approx(2 / 3)
    assert 0 < found.by_items.before.low < 2 / 3 < found.by_items.before.high < 1
    assert found.by_groups.before.n == 0
    assert found.alpha.n == 3
    assert found.left_out == 0


def test_confused_pairs_are_counted_before_and_after(crowd):
    settle(crowd, "y", "c")
    pairs = {(pair.label, pair.other): (pair.count, pair.after) for pair in measure_disagreement(crowd).by_items.pairs}
    assert pairs == {("x", "y"): (2, 1), ("x", "z"): (1, 0), ("y", "z"): (1, 0)}


def test_pair_that_came_up_since_is_listed(copies):
    settle(copies, "z", "a0")
    pairs = [(pair.label, pair.other, pair.count, pair.after) for pair in measure_disagreement(copies).by_groups.pairs]
    assert pairs == [("x", "y", 2, 2), ("x", "z", 0, 1)]


def test_share_of_a_pair_is_of_the_items_that_differ(crowd):
    pair = measure_disagreement(crowd).by_items.pairs[0]
    assert (pair.label, pair.other, pair.before.value, pair.before.n) == ("x", "y", 1.0, 2)


def test_decided_item_agrees_and_stays_counted(crowd):
    settle(crowd, "z", "c")
    rate = measure_disagreement(crowd).by_items
    assert (rate.before.value, rate.before.n) == (pytest.approx(2 / 3), 3)
    assert (rate.after.value, rate.after.n) == (pytest.approx(1 / 3), 3)


def test_decision_taken_back_disagrees_again(crowd):
    expert = erin(crowd)
    decision = settle(crowd, "z", "c", user=expert)
    undo(decision, expert, answer(crowd, "z").token, timezone.now())
    assert measure_disagreement(crowd).by_items.after.value == pytest.approx(2 / 3)


def test_ambiguous_item_is_left_out_before_and_after(crowd):
    settle(crowd, "ambiguous", "c")
    found = measure_disagreement(crowd)
    assert found.left_out == 1
    assert (found.by_items.before.value, found.by_items.before.n) == (0.5, 2)
    assert (found.by_items.after.value, found.by_items.after.n) == (0.5, 2)


def test_ambiguous_item_with_one_answer_is_no_unit_anyway(crowd):
    settle(crowd, "ambiguous", "d")
    assert measure_disagreement(crowd).left_out == 0


def test_annotators_are_judged_by_decisions_only(crowd):
    settle(crowd, "y", "b")
    settle(crowd, "y", "c")
    rows = {row.name: row for row in measure_disagreement(crowd).annotators}
    # w0 said x on b and y on c; w1 y and z; w2 nothing and x
    judged = {name: (row.labels, row.reversed.n) for name, row in rows.items()}
    assert judged == {"w0": (4, 2), "w1": (3, 2), "w2": (1, 1)}
    assert [rows[name].reversed.value for name in ("w0", "w1", "w2")] == [0.5, 0.5, 1.0]


def test_experts_answers_are_no_imported_labels(crowd):
    settle(crowd, "x", "d")
    assert Label.objects.filter(origin=Label.EXPERT).count() == 1
    found = measure_disagreement(crowd)
    assert found.by_items.before.n == 3
    assert "@erin" not in {row.name for row in found.annotators}


def test_groups_as_imported(copies):
    found = measure_disagreement(copies)
    assert (found.by_groups.before.value, found.by_groups.before.n) == (pytest.approx(2 / 3), 3)
    assert found.by_groups.after == found.by_groups.before
    assert found.by_items.before.n == 0
    assert [(pair.label, pair.other, pair.count) for pair in found.by_groups.pairs] == [("x", "y", 2)]


def test_group_agrees_once_decided(copies):
    decide(case_of(copies, "b0"), erin(copies), answer(copies, "y"), timezone.now())
    rate = measure_disagreement(copies).by_groups
    assert (rate.before.value, rate.after.value) == (pytest.approx(2 / 3), pytest.approx(1 / 3))


def test_group_called_legitimately_different_agrees(copies):
    decide(case_of(copies, "c0"), erin(copies), answer(copies, "different", blind=False), timezone.now())
    rate = measure_disagreement(copies).by_groups
    assert (rate.after.value, rate.after.n) == (pytest.approx(1 / 3), 3)
    assert rate.pairs[0].after == 1


def test_group_with_a_bad_input_is_no_unit_any_more(copies):
    settle(copies, "bad_input", "b1")
    rate = measure_disagreement(copies).by_groups
    assert (rate.before.value, rate.before.n) == (0.5, 2)
    assert rate.after == rate.before


def test_nothing_to_measure(tmp_path, db):
    found = measure_disagreement(imported(tmp_path, [{"id": "1", "text": "alone", "label": "x"}]))
    assert found.by_items.before.n == found.by_groups.before.n == found.alpha.n == 0
    assert found.by_items.pairs == ()


def members(*rows):
    return pd.DataFrame(rows, columns=["group", "digest", "label"])


@pytest.mark.parametrize(
    ("rows", "closed", "expected"),
    [
        ([(1, "a", "x"), (1, "b", "y")], set(), set()),
        ([(1, "a", "x"), (1, "b", "y")], {("a", "b")}, {1}),
        ([(1, "a", "x"), (1, "b", "y"), (1, "c", "y")], {("a", "b")}, set()),
        ([(1, "a", "x"), (1, "b", "y"), (1, "c", "y")], {("a", "b"), ("a", "c")}, {1}),
        ([(1, "a", "x"), (1, "a", "y")], {("a", "a")}, {1}),
        ([(1, "a", "x"), (1, "a", "y"), (1, "a", "y")], {("a", "a")}, {1}),
        ([(1, "a", "x"), (2, "b", "y")], {("a", "b")}, set()),
        ([(1, "a", "x"), (1, "b", "x")], {("a", "b")}, set()),
        ([(1, "a", "x"), (1, "b", "y"), (2, "a", "x"), (2, "c", "z")], {("a", "b")}, {1}),
    ],
)
def test_every_differing_pair_has_to_be_called_different(rows, closed, expected):
    assert called_different(members(*rows), closed) == expected


def test_measured_anew_only_after_a_change(crowd, django_assert_max_num_queries):
    first = disagreement_now(crowd)
    with django_assert_max_num_queries(7):
        assert disagreement_now(crowd) is first
    settle(crowd, "y", "b")
    assert disagreement_now(crowd).by_items.after.value < first.by_items.after.value


def test_taking_back_legitimately_different_is_a_change(copies):
    expert = erin(copies)
    decision = decide(case_of(copies, "c0"), expert, answer(copies, "different", blind=False), timezone.now())
    called = disagreement_now(copies).by_groups.after.value
    undo(decision, expert, answer(copies, "x").token, timezone.now())
    assert disagreement_now(copies).by_groups.after.value > called


def test_share_of_inputs_in_conflict_is_of_all_labelled_items_before_and_after(copies):
    """Of seven items, a pair of the four groups' three pairs agrees; b and c stand in conflict."""
    found = measure_disagreement(copies)
    for inputs in (found.inputs_before, found.inputs_after):
        assert (inputs.inputs, inputs.groups, inputs.share.n, inputs.units) == (4, 2, 7, 4)
    settle(copies, "y", "b0", "b1")
    after = measure_disagreement(copies).inputs_after
    assert (after.inputs, after.groups, after.share.n) == (2, 1, 7)
    assert measure_disagreement(copies).inputs_before.inputs == 4


def test_who_agrees_with_whom_and_on_which_items(tmp_path, db):
    said = {"ann": "xyzxyzxyzxyz", "bob": "xyzxyzxyzyyz", "cy": "xy.........."}
    rows = [
        {"id": f"i{at:02}", "text": f"{TEXTS['a']} {at}", "label": label, "who": who}
        for who, line in said.items()
        for at, label in enumerate(line)
        if label != "."
    ]
    dataset = imported(tmp_path, rows, annotator="who")
    found = measure_disagreement(dataset)
    [pair] = found.pairwise.pairs
    assert (pair.one, pair.other, pair.same.n, found.pairwise.n) == ("ann", "bob", 12, 1)
    assert found.ordinal.n == 12 and pair.linear.value < 1
    ann, bob, cy = (dataset.annotators.get(name=name) for name in said)
    page = list_shared(dataset, ann, bob, size=5)
    assert (page.n, page.differ, page.lines[0].item.external_id) == (12, 1, "i09")
    assert (page.lines[0].one, page.lines[0].other, page.lines[0].now) == ("x", "y", "contested")
    seen = [line.item.pk for line in page.lines]
    while page.after:
        page = list_shared(dataset, ann, bob, page.after, size=5)
        seen += [line.item.pk for line in page.lines]
    assert len(seen) == len(set(seen)) == 12
    few = list_shared(dataset, ann, cy)
    assert (few.agreement, few.n, few.differ) == (None, 2, 0)
    assert list_shared(dataset, ann, bob, "9,²") == list_shared(dataset, ann, bob)
