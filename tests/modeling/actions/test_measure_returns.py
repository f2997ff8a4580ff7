from datetime import timedelta

import pandas as pd
import pytest
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import undo
from annotation.actions.snapshot import snapshot
from annotation.models import Decision, Item, Snapshot
from modeling.actions.watching import measure_returns
from modeling.actions.watching.measure_returns import request_returns
from modeling.actions.watching.set_stop_rule import UnableToSetRule, set_stop_rule
from modeling.models import Look, ModelRun, ReturnCurve, StopRule
from modeling.reading.looks import looks_at
from modeling.reading.watching.decisions_made import by_expert, decisions_made, labels_along, periods_of, spent_on
from tests import people
from tests.factories import answer, open_case
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(measure_returns, "ENOUGH", 5)


def measured(run, production=None):
    return work_here(request_returns(run, production, background=False)).result


def labels_of(dataset, items):
    return [None if name != name else name for name in items]


def test_the_recipe_is_trained_after_ever_more_decisions_and_that_is_one_look(tmp_path):
    dataset = small_world.with_production(tmp_path)
    work_here(request_detection(dataset, background=False))
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    open_case(dataset, "r1-20")
    after = small_world.trained_like(run)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    found = measured(run, production)
    assert [one["decisions"] for one in found["points"]] == [0, 2, 4, 6, 8, 10]
    assert [one["changed"] for one in found["points"]] == [0, 2, 4, 6, 8, 10]
    # the first and the last point are the runs themselves
    comparison = small_world.compared(dataset, run, after).proof
    ends = [found["points"][at]["accuracy"]["value"] for at in (0, -1)]
    assert ends == pytest.approx([comparison[side]["accuracy"] for side in ("before", "after")])
    assert (found["rows"], found["scored_on"], found["looks"]) == (40, "production", 1)
    assert Look.objects.get(kind="returns").returns_id == found["curve"] and looks_at(production) == 2
    assert measured(run, production) == found and ReturnCurve.objects.count() == 1


def test_without_production_it_is_scored_out_of_fold_and_costs_no_look(tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    found = measured(run)
    assert (found["rows"], found["snapshot"], found["looks"]) == (60, None, 0) and not Look.objects.exists()
    assert found["projection"] is None and "No detector has looked" in found["why"]
    assert found["points"][-1]["accuracy"]["value"] > found["points"][0]["accuracy"]["value"]


def test_the_next_are_projected_from_what_the_order_learned(tmp_path, monkeypatch):
    monkeypatch.setattr("annotation.core.order.worth_deciding.ENOUGH", 5)
    dataset = small_world.with_production(tmp_path)
    work_here(request_detection(dataset, background=False))
    run = small_world.trained(dataset)
    for case in dataset.cases.all():
        case.delete()
    small_world.relabelled(dataset)
    for number in (20, 21, 22):
        open_case(dataset, f"r1-{number}")
    ahead = measured(run, snapshot(dataset, Snapshot.PRODUCTION))["projection"]
    assert (
        ahead["cases"] == 3 and 0 <= ahead["errors"]["low"] <= ahead["errors"]["value"] <= ahead["errors"]["high"] <= 3
    )
    assert ahead["gain"]["value"] == pytest.approx(ahead["per_error"]["value"] * ahead["errors"]["value"])


def test_labels_are_those_that_stood_whatever_was_taken_back(tmp_path):
    dataset, now = small_world.pool(tmp_path), timezone.now()
    erin, emil = people.erin(dataset), people.emil(dataset)
    first = decide(open_case(dataset, "r1-0"), erin, answer(dataset, "payment"), now)
    slip = decide(open_case(dataset, "r1-1"), erin, answer(dataset, "payment"), now)
    undo(slip, erin, answer(dataset, "payment").token, now)
    case = dataset.cases.get(case_items__item__external_id="r1-1")
    second = decide(case, erin, answer(dataset, "access"), now)
    decide(open_case(dataset, "r1-2"), emil, answer(dataset, "ambiguous"), now)
    made = decisions_made(dataset)
    assert made["decision"].tolist()[:2] == [first.pk, second.pk] and made["fixed"].tolist() == [True, True, False]
    items = list(
        Item.objects.filter(external_id__in=["r1-0", "r1-1", "r1-2"]).order_by("id").values_list("id", flat=True)
    )
    along = labels_along(dataset, made, [0, 1, 2, 3], pd.Series(["payment", "access", None, "kept"], [*items, 0]))
    assert along.loc[0].tolist() == ["kept"] * 4
    along = along.loc[items]
    assert along[0].tolist() == ["access", "payment", "access"]
    assert along[1].tolist() == ["payment", "payment", "access"]
    assert along[2].tolist() == ["payment", "access", "access"]
    assert along[3].tolist()[:2] == ["payment", "access"] and along[3].isna().tolist() == [False, False, True]


def test_time_and_errors_are_counted_by_period_and_expert(tmp_path):
    dataset, now = small_world.pool(tmp_path), timezone.now()
    erin, emil = people.erin(dataset), people.emil(dataset)
    for number, (expert, seconds) in enumerate([(erin, 10), (erin, 20), (emil, 30), (emil, None)]):
        right = "access" if number % 2 else "payment"
        decide(open_case(dataset, f"r1-{number}"), expert, answer(dataset, right, seconds=seconds), now)
    decide(open_case(dataset, "r1-20"), emil, answer(dataset, "payment", seconds=30), now)
    made = decisions_made(dataset)
    whole, by = spent_on(made), by_expert(made)
    assert (whole.decisions, whole.changed, whole.seconds) == (5, 4, 115)
    assert (by["emil"].decisions, by["emil"].changed, by["emil"].seconds) == (3, 2, 85)
    assert whole.per_hour.value == pytest.approx(4 * 3600 / 115)
    dataset.audits.create(seed=0, strata=[], n_items=60, n_drawn=0, created_at=now + timedelta(days=1))
    periods = periods_of(dataset, made)
    assert [(one.spent.decisions, one.before, one.after) for one in periods] == [(5, None, None), (0, None, None)]


def test_what_cannot_be_measured_is_refused(tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    with pytest.raises(UnableToWork, match="0 decisions so far; what they bring shows from 5 on"):
        request_returns(run, None)
    with pytest.raises(UnableToWork, match="is a training snapshot; returns are read off a production set"):
        request_returns(run, run.snapshot)
    ModelRun.objects.update(converged=False)
    with pytest.raises(UnableToWork, match="did not converge"):
        request_returns(ModelRun.objects.get(), None)
    assert not Decision.objects.exists()


def test_the_newest_rule_counts_and_a_gain_must_be_one(tmp_path):
    dataset = small_world.pool(tmp_path)
    assert set_stop_rule(dataset, 0.002) == set_stop_rule(dataset, 0.002)
    set_stop_rule(dataset, 0.005, people.leo(dataset))
    assert list(StopRule.objects.order_by("id").values_list("least_gain", flat=True)) == [0.002, 0.005]
    for least in (0, -0.1, 1.0, float("nan")):
        with pytest.raises(UnableToSetRule, match="cannot be asked to gain"):
            set_stop_rule(dataset, least)


def test_a_recipe_that_draws_is_trained_over_several_seeds(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_returns, "SEEDS", 2)
    trained, fit = [], measure_returns.fit_resolved
    monkeypatch.setattr(measure_returns, "draws", lambda resolved: True)
    monkeypatch.setattr(
        measure_returns, "fit_resolved", lambda *given: trained.append(given[-1]["seed"]) or fit(*given)
    )
    dataset = small_world.with_production(tmp_path)
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    found = measured(run, snapshot(dataset, Snapshot.PRODUCTION))
    assert trained == [0] * 6 + [1] * 6 and len(found["points"]) == 6
