import re

import numpy as np
import pytest

from annotation.access import UnableToFind
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.snapshot import snapshot
from annotation.models import CurrentLabel, Dataset, Item, Job, Label, PredictionSet, Ruling, Snapshot
from modeling.actions.proving import compare as comparing
from modeling.actions.proving.compare import request_comparison
from modeling.actions.training.train import save_probabilities
from modeling.models import Comparison, Look, ModelRun
from modeling.reading.comparison_sides import find_side
from tests import people
from tests.annotation.views.expert_page import finding_over
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


def two_runs(tmp_path):
    """dataset, before, after (on relabelled rows)."""
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset)
    small_world.relabelled(dataset)
    return dataset, before, small_world.trained_like(before)


def predictions(dataset, name, items, chosen):
    """A prediction set made elsewhere: class `chosen` (code per item) with certainty."""
    probability = np.eye(2)[chosen]
    return PredictionSet.objects.create(
        dataset=dataset, name=name, classes=list(dataset.class_names), n=len(items),
        arrays=save_probabilities(np.array(items), probability),
    )  # fmt: skip


def production_of(dataset):
    frozen = snapshot(dataset, Snapshot.PRODUCTION)
    pairs = frozen.rows.order_by("item_id").values_list("item_id", "label_class__position")
    items, truth = zip(*pairs, strict=True)
    return frozen, list(items), list(truth)


def compare(dataset, before, after, production):
    return work_here(request_comparison(dataset, str(before), str(after), production, background=False)).result


def test_the_result_has_the_figures_of_the_contract(tmp_path):
    dataset, before, after = two_runs(tmp_path)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    result = compare(dataset, before.pk, after.pk, production)
    assert result["n"] == 40 and result["planned_looks"] == 10 and result["looks"] == 1
    for side in ("before", "after"):
        assert 0 <= result[side]["accuracy"] <= 1 and 0 <= result[side]["macro_f1"] <= 1
    difference = result["difference"]
    assert set(difference) == {"metric", "value", "low", "high", "low_planned", "high_planned", "accuracy", "macro_f1"}
    assert difference["value"] == pytest.approx(result["after"]["accuracy"] - result["before"]["accuracy"])
    assert difference["low_planned"] <= difference["low"] <= difference["value"] <= difference["high"]
    assert difference["high"] <= difference["high_planned"] and 0 <= result["mcnemar_p"] <= 1
    assert result["verdict"] in ("better", "worse", "not distinguishable") and "reason" not in result
    assert set(result["left_out"]) >= {"ambiguous", "bad_input", "near_duplicate_of_production"}
    comparison = Comparison.objects.get()
    assert (comparison.pk, comparison.look, comparison.verdict) == (result["comparison"], 1, result["verdict"])


def test_sets_from_elsewhere_are_compared_by_hand_computed_figures(tmp_path):
    dataset = small_world.with_production(tmp_path)
    production, items, truth = production_of(dataset)
    wrong = [1 - code for code in truth]
    predictions(dataset, "half", items, [*wrong[:20], *truth[20:]])
    predictions(dataset, "all but two", items[::-1], [*truth[2:][::-1], *wrong[:2][::-1]])
    result = compare(dataset, "half", "all but two", production)
    assert (result["before"]["accuracy"], result["after"]["accuracy"]) == (0.5, 0.95)
    assert (result["wrong_to_right"], result["right_to_wrong"]) == (18, 0)
    # Exact McNemar (1947): 2 / 2¹⁸.
    assert result["mcnemar_p"] == pytest.approx(2 / 2**18) and result["verdict"] == "better"
    assert compare(dataset, "all but two", "half", production)["verdict"] == "worse"
    assert compare(dataset, "half", "half", production)["verdict"] == "not distinguishable"


def test_the_same_comparison_twice_is_one_look_and_another_is_a_second(tmp_path):
    dataset = small_world.with_production(tmp_path)
    production, items, truth = production_of(dataset)
    for name in ("one", "two"):
        predictions(dataset, name, items, truth)
    first = compare(dataset, "one", "two", production)
    assert compare(dataset, "one", "two", production) == first and Comparison.objects.count() == 1
    assert compare(dataset, "two", "one", production)["looks"] == 2


def test_a_run_and_its_production_predictions_by_name_are_one_look(tmp_path):
    dataset, before, after = two_runs(tmp_path)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    first = compare(dataset, before.pk, after.pk, production)
    named = [f"run {run.pk} on production snapshot {production.pk}" for run in (before, after)]
    assert compare(dataset, *named, production)["comparison"] == first["comparison"]
    assert Job.objects.filter(kind="comparison").count() == 2 and Comparison.objects.count() == 1


def test_past_the_planned_looks_it_is_exploratory(tmp_path):
    dataset = small_world.with_production(tmp_path)
    Dataset.objects.filter(pk=dataset.pk).update(planned_looks=1)
    production, items, truth = production_of(dataset)
    predictions(dataset, "right", items, truth)
    predictions(dataset, "wrong", items, [1 - code for code in truth])
    assert compare(dataset, "wrong", "right", production)["verdict"] == "better"
    result = compare(dataset, "right", "wrong", production)
    assert result["verdict"] == "exploratory" and "have been read 2 times; 1 looks were planned" in result["reason"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_run_that_did_not_converge_is_refused_and_costs_no_look(tmp_path, side):
    dataset, before, after = two_runs(tmp_path)
    unfinished = {"converged": False, "solver_status": "stopped early"}
    ModelRun.objects.filter(pk={"before": before, "after": after}[side].pk).update(**unfinished)
    comparison = small_world.compared(dataset, before, after)
    assert comparison.verdict == comparison.proof["verdict"] == "refused"
    assert re.search(r"did not converge \(stopped early\)", comparison.proof["reason"])
    assert comparison.proof["n"] == 40 and comparison.proof["before"]["accuracy"] is None
    assert comparison.look is None and not Look.objects.exists()
    assert small_world.compared(dataset, before, before).look is None if side == "before" else True


def test_a_run_at_chance_is_compared(tmp_path):
    dataset, before, after = two_runs(tmp_path)
    ModelRun.objects.filter(pk=before.pk).update(at_chance=True)
    assert small_world.compared(dataset, before, after).look == 1


def test_a_run_of_before_a_class_was_added_says_so(tmp_path):
    dataset, before, after = two_runs(tmp_path)
    dataset.label_classes.create(name="new", position=9)
    comparison = small_world.compared(dataset, before, after)
    assert comparison.look == 1 and len(comparison.proof["carried_over"]) == 2
    assert "it never says “new”, which it was not made for" in comparison.proof["carried_over"][0]


def test_other_terms_are_another_question_asked_after_the_fact(two_sets):
    dataset, production = two_sets
    first = compare(dataset, "wrong", "right", production)
    Dataset.objects.filter(pk=dataset.pk).update(metric="macro_f1")
    dataset.refresh_from_db()
    again = compare(dataset, "wrong", "right", production)
    assert (first["verdict"], again["verdict"], again["looks"]) == ("better", "exploratory", 2)
    assert again["after_the_fact"] and again["difference"]["metric"] == "macro_f1"
    assert "by other terms before" in again["reason"]


def test_a_set_inherits_the_looks_of_those_it_shares_rows_with(two_sets):
    dataset, production = two_sets
    assert compare(dataset, "wrong", "right", production)["looks"] == 1
    item = production.rows.first().item
    Label.objects.create(
        item=item, annotator=dataset.annotators.create(name="other"), origin=Label.IMPORT,
        label_class=dataset.label_classes.exclude(pk=production.rows.first().label_class_id).first(),
    )  # fmt: skip
    CurrentLabel.objects.create(item=item, state=CurrentLabel.CONTESTED, basis="consensus")
    fewer = snapshot(dataset, Snapshot.PRODUCTION)
    assert fewer != production and fewer.n_rows == production.n_rows - 1
    assert compare(dataset, "wrong", "right", fewer)["looks"] == 2


def test_rows_that_changed_since_they_were_frozen_are_named(two_sets):
    dataset, production = two_sets
    row = production.rows.select_related("item").first()
    Item.objects.filter(pk=row.item_id).update(content={"body": "something else"})
    with pytest.raises(
        UnableToWork, match=f"the annotators of {row.item.external_id} were changed in the database. Nothing"
    ):
        compare(dataset, "wrong", "right", production)
    Item.objects.filter(pk=row.item_id).update(content=row.item.content)
    production.rows.filter(pk=row.pk).update(weight=3.0)
    with pytest.raises(UnableToWork, match=f"of {row.item.external_id} were changed in the database. Nothing"):
        compare(dataset, "wrong", "right", production)
    production.rows.filter(pk=row.pk).delete()
    with pytest.raises(UnableToWork, match="it had 40 rows and has 39"):
        compare(dataset, "wrong", "right", production)
    assert not Look.objects.exists()


def test_production_that_was_learned_from_is_left_out_and_shown_beside(tmp_path):
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset)
    item = Item.objects.filter(dataset=dataset, split=Item.POOL, snapshotrow__snapshot=before.snapshot).first()
    copy = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION).first()
    Item.objects.filter(pk=copy.pk).update(content=item.content, digest=item.digest)
    small_world.relabelled(dataset)
    comparison = small_world.compared(dataset, before, small_world.trained_like(before))
    assert comparison.proof["n"] == 40 and comparison.proof["with_leaked"] is None, "trained again without it"
    alone = small_world.compared(dataset, before, before)
    assert alone.proof["n"] == 39 and alone.proof["with_leaked"]["rows"] == 1 and alone.proof["with_leaked"]["n"] == 40


def test_before_is_trained_again_without_the_rows_that_went_ambiguous(tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path, ambiguous=3)
    again = comparison.before_run
    assert (before.snapshot.n_rows, again.snapshot.n_rows, after.snapshot.n_rows) == (60, 57, 57)
    assert again.like == before and again.recipe == before.recipe and again.resolved["C"] == before.resolved["C"]
    assert set(again.snapshot.rows.values_list("item")) == set(after.snapshot.rows.values_list("item"))
    assert again.snapshot.labels_of == before.snapshot and comparison.as_trained == before
    first = comparison.proof["as_trained"]
    assert (first["run"], first["rows_removed"]) == (before.pk, 3) and 0 <= first["accuracy"] <= 1
    assert comparison.proof["left_out"]["ambiguous"] == 3


def test_the_matched_before_is_trained_once(tmp_path):
    dataset, before, after, _ = small_world.whole_round(tmp_path, ambiguous=1)
    other = small_world.trained(dataset, C="3")
    runs = ModelRun.objects.count()
    second = small_world.compared(dataset, before, other)
    assert ModelRun.objects.count() == runs and second.look == 2


def test_without_rows_removed_before_is_as_it_was(tmp_path):
    _, before, after, comparison = small_world.whole_round(tmp_path)
    assert comparison.before_run == before and comparison.as_trained is None
    assert comparison.proof["as_trained"] is None and ModelRun.objects.count() == 2


def test_who_labelled_production_is_named(tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    assert comparison.proof["production_labels"] == {"annotators": ["import"], "shared": 0, "share": 0.0}
    dataset.annotators.filter(name="import").update(user=people.erin(dataset))
    third = small_world.compared(dataset, after, before)
    assert third.proof["production_labels"] == {"annotators": ["import"], "shared": 40, "share": 1.0}


def worked_out(dataset, before, after, production):
    """What a worker has in hand before it takes the lock."""
    job = request_comparison(dataset, before, after, production, background=False)
    return comparing.run(job, lambda stage, share: None)


@pytest.fixture
def two_sets(tmp_path):
    """dataset, production, with the sets "right" and "wrong"."""
    dataset = small_world.with_production(tmp_path)
    production, items, truth = production_of(dataset)
    predictions(dataset, "right", items, truth)
    predictions(dataset, "wrong", items, [1 - code for code in truth])
    return dataset, production


def test_a_look_counted_meanwhile_counts(two_sets):
    dataset, production = two_sets
    Dataset.objects.filter(pk=dataset.pk).update(planned_looks=1)
    write = worked_out(dataset, "wrong", "right", production)
    assert compare(dataset, "right", "wrong", production)["looks"] == 1
    result = write()
    assert (result["looks"], result["verdict"]) == (2, "exploratory")
    assert result["difference"]["value"] == 1 and "have been read 2 times" in result["reason"]


def test_the_same_compared_meanwhile_is_no_second_look(two_sets):
    dataset, production = two_sets
    writes = [worked_out(dataset, "wrong", "right", production) for _ in range(2)]
    assert writes[0]() == writes[1]() and Comparison.objects.get().look == 1


def test_the_same_runs_compared_meanwhile_keep_one_set_each(tmp_path):
    dataset, before, after = two_runs(tmp_path)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    writes = [worked_out(dataset, str(before.pk), str(after.pk), production) for _ in range(2)]
    assert writes[0]() == writes[1]() and Comparison.objects.get().look == 1
    assert PredictionSet.objects.filter(name__contains="on production snapshot").count() == 2


def test_terms_that_changed_meanwhile_refuse_it_and_no_look_is_counted(two_sets):
    dataset, production = two_sets
    write = worked_out(dataset, "wrong", "right", production)
    Dataset.objects.filter(pk=dataset.pk).update(metric="macro_f1")
    with pytest.raises(UnableToWork, match="was changed while this one was under way. Ask for it again"):
        write()
    assert not Comparison.objects.exists()


def test_a_set_that_lacks_rows_is_no_look(tmp_path):
    dataset = small_world.with_production(tmp_path)
    production, items, truth = production_of(dataset)
    predictions(dataset, "whole", items, truth)
    predictions(dataset, "part", items[3:], truth[3:])
    with pytest.raises(UnableToWork, match="The prediction set 'part' lacks 3 of the 40 production rows; predict them"):
        compare(dataset, "whole", "part", production)
    assert not Comparison.objects.exists()


def test_a_training_snapshot_is_refused(tmp_path):
    dataset = small_world.with_production(tmp_path)
    run = small_world.trained(dataset)
    with pytest.raises(UnableToWork, match="is a training snapshot; a comparison needs a production snapshot"):
        request_comparison(dataset, str(run.pk), str(run.pk), run.snapshot, background=False)


@pytest.mark.parametrize("named", ["99", "nothing", "²", "9" * 30, "", "a\0b"])
def test_what_is_not_there_is_a_sentence(tmp_path, named):
    dataset = small_world.pool(tmp_path)
    said = f"has no run or prediction set {re.escape(repr(named))}. Its newest runs: none yet"
    with pytest.raises(UnableToFind, match=said):
        find_side(dataset, named)


def test_another_datasets_run_is_not_found(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    with pytest.raises(UnableToFind, match="has no run or prediction set"):
        find_side(small_world.pool(tmp_path, "other"), str(run.pk))


def test_labels_in_quarantine_are_shown_both_ways(tmp_path):
    dataset = small_world.with_production(tmp_path)
    before, flipped = small_world.trained(dataset), small_world.FLIPPED
    finding = finding_over(dataset, *(f"r1-{number}" for number in range(flipped)))
    Ruling.objects.create(
        dataset=dataset, key=finding.key, finding=finding, ruling=Ruling.QUARANTINED, lead=people.leo(dataset)
    )
    after = small_world.trained_like(before)
    assert after.snapshot.n_rows == before.snapshot.n_rows - flipped
    result = compare(dataset, before.pk, after.pk, production_of(dataset)[0])
    kept = result["quarantine_kept"]
    assert kept["rows"] == [before.snapshot.n_rows] * 2
    assert kept["difference"]["value"] == 0, "no label changed, so with all of them nothing differs"
    assert result["left_out"]["quarantined"] == flipped
    assert kept["before"]["accuracy"] < result["after"]["accuracy"]
    assert result["looks"] == 1


def test_without_a_quarantine_there_is_one_way(tmp_path):
    dataset, before, after = two_runs(tmp_path)
    assert compare(dataset, before.pk, after.pk, production_of(dataset)[0])["quarantine_kept"] is None
