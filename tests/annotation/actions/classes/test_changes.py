"""Renaming, merging, splitting, retiring, and taking it back: what moves, and what says for ever what it said."""

from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.actions.classes.add import add
from annotation.actions.classes.arrange import give_meanings, group, reorder
from annotation.actions.classes.merge import merge
from annotation.actions.classes.record import UnableToChangeClasses
from annotation.actions.classes.rename import rename
from annotation.actions.classes.retire import retire
from annotation.actions.classes.split import split
from annotation.actions.classes.undo import undo
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.undo import undo as undo_answer
from annotation.actions.snapshot import snapshot
from annotation.models import Case, CurrentLabel, Decision, Label
from annotation.reading.frozen_rows import frozen_rows
from tests import people
from tests.factories import answer, imported, open_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return imported(tmp_path, [
        {"id": f"s{n}", "text": f"{'abcdefgh'[n]} text of its own {n}", "label": label, "who": "ann"}
        for n, label in enumerate(["card", "cash", "card", "cash", "loan", "loan"])
    ], annotator="who")  # fmt: skip


def held(dataset):
    rows = CurrentLabel.objects.in_force().filter(item__dataset=dataset).order_by("item__external_id")
    return [name or state for name, state in rows.values_list("label_class__name", "state")]


def said(dataset):
    labels = Label.objects.filter(item__dataset=dataset).order_by("id")
    return list(labels.values_list("label_class__name", flat=True))


def decided(dataset, external_id, name):
    case = open_case(dataset, external_id)
    return decide(case, people.erin(dataset), answer(dataset, name), timezone.now())


def test_a_renamed_class_moves_current_labels_and_leaves_what_was_said(dataset):
    decided(dataset, "s1", "card")
    frozen = snapshot(dataset, "training")
    change = rename(dataset, "card", "bank card", None, timezone.now())
    assert dataset.class_names == ("bank card", "cash", "loan") and change.moved == 3
    assert held(dataset) == ["bank card", "bank card", "bank card", "cash", "loan", "loan"]
    assert said(dataset) == ["card", "cash", "card", "cash", "loan", "loan", "card"]
    assert Decision.objects.get().label_class.name == "card"
    assert sorted(frozen_rows(frozen)["label"].unique()) == ["card", "cash", "loan"]
    row = CurrentLabel.objects.in_force().get(item__external_id="s1")
    assert (row.basis, row.class_change, row.decision) == ("class change", change, Decision.objects.get())


def test_a_decision_outlives_the_name_of_its_class(dataset):
    made = decided(dataset, "s1", "card")
    rename(dataset, "card", "bank card", None, timezone.now())
    assert CurrentLabel.objects.in_force().decided().get().item.external_id == "s1"
    undo_answer(made, people.erin(dataset), uuid4(), timezone.now())
    assert held(dataset)[1] == "cash"


def test_taking_back_a_decision_gives_the_class_of_now(dataset):
    made = decided(dataset, "s1", "loan")
    rename(dataset, "cash", "notes", None, timezone.now())
    undo_answer(made, people.erin(dataset), uuid4(), timezone.now())
    assert held(dataset)[1] == "notes"


def test_two_classes_become_one_of_them(dataset):
    merge(dataset, ["card", "cash"], "card", None, timezone.now())
    assert dataset.class_names == ("card", "loan")
    assert held(dataset) == ["card"] * 4 + ["loan"] * 2
    assert dataset.classes.now("cash") == "card"


def test_a_chain_of_names_leads_to_the_class_in_use(dataset):
    rename(dataset, "card", "bank card", None, timezone.now())
    merge(dataset, ["bank card", "cash"], "money", None, timezone.now())
    assert dataset.classes.now("card") == "money" and dataset.class_names == ("money", "loan")
    assert held(dataset) == ["money"] * 4 + ["loan"] * 2


def test_a_split_class_is_asked_about_and_has_no_label_until_then(dataset):
    decided(dataset, "s1", "card")
    change = split(dataset, "card", ["debit card", "credit card"], None, timezone.now())
    assert dataset.class_names == ("debit card", "credit card", "cash", "loan")
    assert held(dataset) == ["contested", "contested", "contested", "cash", "loan", "loan"]
    cases = Case.objects.filter(status=Case.OPEN)
    assert set(cases.values_list("reopen_reason", flat=True)) == {"the class “card” was split"}
    assert (cases.count(), cases.exclude(reopens=None).count(), change.details["cases"]) == (3, 1, 3)
    case = cases.get(case_items__item__external_id="s1")
    decide(case, people.eve(dataset), answer(dataset, "debit card"), timezone.now())
    decide(case, people.emil(dataset), answer(dataset, "debit card"), timezone.now())
    assert held(dataset)[1] == "debit card"


def test_whoever_gave_the_split_class_may_say_which_part_it_is(dataset):
    decided(dataset, "s1", "card")
    split(dataset, "card", ["debit card", "credit card"], None, timezone.now())
    erin = people.erin(dataset)
    assert Case.objects.free_for(erin, timezone.now()).filter(case_items__item__external_id="s1").exists()


def test_a_retired_class_leaves_its_items_to_experts(dataset):
    retire(dataset, "card", None, timezone.now())
    assert dataset.class_names == ("cash", "loan") and held(dataset)[0] == "contested"
    with pytest.raises(UnableToDecide, match="“card” is no class"):
        decided(dataset, "s1", "card")
    assert not Decision.objects.exists()


@pytest.mark.parametrize("act", [
    lambda dataset, now: rename(dataset, "card", "bank card", None, now),
    lambda dataset, now: merge(dataset, ["card", "cash"], "money", None, now),
    lambda dataset, now: merge(dataset, ["card", "cash"], "loan", None, now),
    lambda dataset, now: split(dataset, "card", ["debit", "credit"], None, now),
    lambda dataset, now: split(dataset, "card", ["card", "credit"], None, now),
    lambda dataset, now: retire(dataset, "card", None, now),
    lambda dataset, now: add(dataset, ["gift"], None, now),
    lambda dataset, now: reorder(dataset, ["loan"], None, now),
    lambda dataset, now: group(dataset, ["card", "cash"], "Money", None, now),
    lambda dataset, now: give_meanings(dataset, {"card": "of plastic"}, None, now),
])  # fmt: skip
def test_undo_gives_everything_back(dataset, act):
    decided(dataset, "s1", "card")
    before, names = held(dataset), dataset.class_names
    arranged = list(dataset.label_classes.in_use().values_list("group", "meaning", "position"))
    change = act(dataset, timezone.now())
    back = undo(dataset, change.pk, None, timezone.now())
    assert held(dataset) == before and dataset.class_names == names and back.undoes == change
    assert list(dataset.label_classes.in_use().values_list("group", "meaning", "position")) == arranged
    assert not dataset.cases.open().exists()
    assert CurrentLabel.objects.in_force().decided().get().item.external_id == "s1"
    with pytest.raises(UnableToChangeClasses, match="no such change"):
        undo(dataset, change.pk, None, timezone.now())


def test_undo_leaves_what_was_decided_since(dataset):
    change = rename(dataset, "card", "bank card", None, timezone.now())
    decided(dataset, "s0", "cash")
    decided(dataset, "s4", "bank card")
    undo(dataset, change.pk, None, timezone.now())
    assert held(dataset) == ["cash", "cash", "card", "cash", "card", "loan"]


def test_what_was_labelled_with_a_merged_class_meanwhile_is_asked_about(dataset):
    change = merge(dataset, ["card", "cash"], "money", None, timezone.now())
    decided(dataset, "s4", "money")
    undo(dataset, change.pk, None, timezone.now())
    assert held(dataset) == ["card", "cash", "card", "cash", "contested", "loan"]


def test_a_later_change_of_the_same_classes_is_taken_back_first(dataset):
    first = rename(dataset, "card", "bank card", None, timezone.now())
    second = merge(dataset, ["bank card", "cash"], "money", None, timezone.now())
    with pytest.raises(UnableToChangeClasses, match="take that back first: “bank card” and “cash” was merged"):
        undo(dataset, first.pk, None, timezone.now())
    undo(dataset, second.pk, None, timezone.now())
    undo(dataset, first.pk, None, timezone.now())
    assert held(dataset) == ["card", "cash", "card", "cash", "loan", "loan"]


@pytest.mark.parametrize(("act", "why"), [
    (lambda dataset, now: rename(dataset, "card", "cash", None, now), "merge 'card' into it"),
    (lambda dataset, now: rename(dataset, "gold", "cash", None, now), "no class 'gold' in use"),
    (lambda dataset, now: merge(dataset, ["card"], "money", None, now), "at least two classes"),
    (lambda dataset, now: split(dataset, "card", ["debit"], None, now), "at least two classes"),
    (lambda dataset, now: split(dataset, "card", ["card", "cash"], None, now), "at least one new class"),
    (lambda dataset, now: add(dataset, ["card"], None, now), "a class 'card' already"),
    (lambda dataset, now: reorder(dataset, ["card"], None, now), "in this order already"),
    (lambda dataset, now: group(dataset, ["card"], "", None, now), "Nothing is changed"),
])  # fmt: skip
def test_what_can_not_be_done_is_refused(dataset, act, why):
    with pytest.raises(UnableToChangeClasses, match=why):
        act(dataset, timezone.now())
    assert dataset.class_names == ("card", "cash", "loan") and not dataset.class_changes.exists()


def test_labels_that_come_in_under_the_old_name_count_for_the_new(dataset, tmp_path):
    rename(dataset, "card", "bank card", None, timezone.now())
    rows = [{"id": "s9", "text": "another text altogether", "label": "card", "who": "ann"}]
    imported(tmp_path, rows, annotator="who")
    assert held(dataset)[-1] == "bank card" and said(dataset)[-1] == "card"
    with pytest.raises(Exception, match="'gone' is none of"):
        imported(tmp_path, [{"id": "s10", "text": "one more text", "label": "gone", "who": "ann"}], annotator="who")


def test_a_class_that_looks_like_one_there_is_is_not_added_but_may_take_its_place(dataset):
    odd = "very \u200bgood"
    dataset.label_classes.create(name=odd, position=9)
    with pytest.raises(UnableToChangeClasses, match="looks the same"):
        add(dataset, ["very good"], None, timezone.now())
    rename(dataset, odd, "very good", None, timezone.now())
    assert "very good" in dataset.class_names and odd not in dataset.class_names
