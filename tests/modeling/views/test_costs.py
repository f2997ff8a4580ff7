"""Costs by command and page; a run priced; a comparison decided by what it saves."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.models import CostMatrix, Dataset, Job
from modeling.actions.proving.price_run import request_pricing
from modeling.actions.proving.set_costs import read_pair, set_costs, set_metric
from modeling.core.proving.costs import UnableToPrice
from modeling.models import Comparison, RunCost
from modeling.reading.costs import matrix_of
from tests import people
from tests.factories import imported, small_dataset
from tests.modeling import small_world
from tests.modeling.actions.test_compare import compare, predictions, production_of
from tests.pages import html_of
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db


def test_by_command_each_change_is_a_version_and_the_same_again_is_none(tmp_path):
    dataset = small_dataset(tmp_path)
    output = result("set_costs", "support", "--cost", "payment:access=5", "--unit", "min")
    assert output == {
        "version": 1, "default": 1.0, "costs": [["payment", "access", 5.0]], "unit": "min", "metric": "accuracy",
        "worthwhile": 0.01, "worthwhile_cost": None,
    }  # fmt: skip
    assert result("set_costs", "support", "--cost", "payment:access=5", "--unit", "min")["version"] == 1
    assert result("set_costs", "support", "--cost", "payment:access=7", "--default", "2")["version"] == 2
    assert matrix_of(dataset.costs).tolist() == [[0, 2], [7, 0]] and dataset.costs.unit == "min"
    assert result("set_costs", "support", "--default", "3")["costs"] == [["payment", "access", 7.0]], "the rest stays"
    assert result("set_costs", "support")["version"] == 3, "without an option it only tells"
    assert CostMatrix.objects.get(version=1).pairs == [["payment", "access", 5.0]], "what was said stays"


def test_the_difference_worth_having_is_declared_by_command_and_on_the_page(client, tmp_path):
    dataset = small_dataset(tmp_path)
    output = result("set_costs", "support", "--worthwhile", "2", "--worthwhile-cost", "30")
    assert (output["worthwhile"], output["worthwhile_cost"]) == (0.02, 30.0)
    assert "0.1 to 50" in refusal("set_costs", "support", "--worthwhile", "0")
    client.force_login(people.leo(dataset))
    assert "worth having is a difference of 2 points" in html_of(client.get(url(dataset)))
    posted = {"change": "metric", "metric": "macro_f1", "worthwhile": "0.5"}
    assert client.post(url(dataset), posted).url == url(dataset)
    dataset.refresh_from_db()
    assert (dataset.metric, dataset.worthwhile, dataset.worthwhile_cost) == ("macro_f1", 0.005, 30.0)
    said = html_of(client.post(url(dataset), {**posted, "worthwhile": "99"}, follow=True))
    dataset.refresh_from_db()
    assert "from 0.1 to 50" in said and dataset.worthwhile == 0.005


def test_the_metric_by_command_needs_costs_first(tmp_path):
    small_dataset(tmp_path)
    assert "Nobody has said what errors cost" in refusal("set_costs", "support", "--metric", "expected_cost")
    assert CostMatrix.objects.count() == 0
    output = result("set_costs", "support", "--default", "3", "--metric", "expected_cost")
    assert (output["metric"], Dataset.objects.get().metric) == ("expected_cost", "expected_cost")
    assert result("set_costs", "support", "--metric", "accuracy")["version"] == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--cost", "payment=5"], "--cost 'payment=5' is not TRUE:PREDICTED=VALUE"),
        (["--cost", "payment:access=much"], "is not TRUE:PREDICTED=VALUE"),
        (["--cost", "payment:refund=5"], "'refund' is none of the classes: access, payment."),
        (["--default", "-2"], "Any error cannot cost -2"),
        (["--default", "0"], "Every prediction would cost the same"),
        (["--unit", "euros and cents"], "cannot be the unit"),
    ],
)
def test_costs_that_make_no_sense_are_a_sentence_and_no_version(tmp_path, given, sentence):
    small_dataset(tmp_path)
    assert sentence in refusal("set_costs", "support", *given) and CostMatrix.objects.count() == 0


def test_class_names_may_hold_what_separates_them():
    classes = ("a:b", "c=d", "e")
    assert read_pair("a:b:c=d=2.5", classes) == ("a:b", "c=d", 2.5)
    assert read_pair("e:a:b=1", classes) == ("e", "a:b", 1.0)


def test_the_database_takes_each_version_once_and_no_negative_default(tmp_path):
    dataset = small_dataset(tmp_path)
    set_costs(dataset)
    for broken in ({"version": 1, "default": 1.0}, {"version": 2, "default": -1.0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CostMatrix.objects.create(dataset=dataset, unit="EUR", **broken)


def test_a_run_is_priced_once_by_each_version(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    set_costs(run.dataset, pairs=[("access", "payment", 5)])
    output = result("cost", "support", "--run", run.pk)
    assert (output["run"], output["version"], output["unit"], output["n"], output["groups"]) == (
        run.pk,
        1,
        "EUR",
        60,
        60,
    )
    assert [one["rule"] for one in output["rules"]] == ["likeliest", "cheapest", "threshold", "constant"]
    likeliest = output["rules"][0]
    right = run.metrics["validation"]["accuracy"]
    assert likeliest["validation"]["accuracy"]["value"] == pytest.approx(right)
    assert likeliest["train"]["accuracy"]["value"] == pytest.approx(run.metrics["train"]["accuracy"])
    for one in output["rules"]:
        for side in ("train", "validation"):
            money = one[side]["per_thousand"]
            assert 0 <= money["low"] <= money["value"] <= money["high"]
            assert one[side]["total"]["value"] == pytest.approx(money["value"] * 60 / 1000)
    assert output["threshold"]["class"] == "access" and output["threshold"]["by_theory"] == pytest.approx(1 / 6)
    assert result("cost", "support", "--run", run.pk) == output and RunCost.objects.count() == 1
    set_costs(run.dataset, pairs=[("access", "payment", 6)])
    assert result("cost", "support", "--run", run.pk)["version"] == 2 and RunCost.objects.count() == 2


def test_more_than_two_classes_have_no_threshold(tmp_path):
    rows = [{**row, "label": "other" if n % 3 == 0 else row["label"]} for n, row in enumerate(small_world.rows(60, 1))]
    run = small_world.trained(imported(tmp_path, rows))
    set_costs(run.dataset, pairs=[("access", "payment", 5)])
    output = result("cost", "support", "--run", run.pk)
    assert output["threshold"] is None and len(output["rules"]) == 3


def test_without_costs_nothing_is_priced(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    assert "Nobody has said what errors cost in 'support'" in refusal("cost", "support", "--run", run.pk)
    with pytest.raises(UnableToPrice):
        request_pricing(run)
    assert not Job.objects.filter(kind="pricing").exists()


# ---- comparisons


def sides(dataset):
    """Production, and two prediction sets: "careful" errs on 8 of one class, "bold" on 4 of the other."""
    production, items, truth = production_of(dataset)
    access = [at for at, code in enumerate(truth) if code == 0][:8]
    payment = [at for at, code in enumerate(truth) if code == 1][:4]
    for name, wrong in (("careful", access), ("bold", payment)):
        predictions(dataset, name, items, [1 - code if at in wrong else code for at, code in enumerate(truth)])
    return production


def test_what_is_saved_decides_and_both_ways_round(tmp_path):
    dataset = small_world.with_production(tmp_path)
    assert dataset.class_names == ("payment", "access") or dataset.class_names == ("access", "payment")
    first, second = dataset.class_names
    # an error on the second class costs 100, on the first 1: careful pays 8, bold 400
    set_costs(dataset, pairs=[(second, first, 100)])
    set_metric(dataset, "expected_cost")
    Dataset.objects.update(planned_looks=1)
    production = sides(Dataset.objects.get())
    cheaper = compare(dataset, "bold", "careful", production)
    difference = cheaper["difference"]
    assert (difference["metric"], difference["unit"]) == ("expected_cost", "EUR per 1,000 items")
    assert difference["value"] == pytest.approx(1000 * (400 - 8) / 40)
    assert difference["accuracy"] == pytest.approx(-0.1), "fewer are right, and it is cheaper"
    dearer = compare(dataset, "careful", "bold", production)
    assert dearer["difference"]["value"] == -difference["value"]
    assert dearer["difference"]["low"] == pytest.approx(-difference["high"])
    assert cheaper["verdict"] == "not distinguishable", "four rows save all of it, and one more could cost as much"
    assert cheaper["cost"]["before"]["cheapest"]["total"]["value"] == 400
    assert cheaper["cost"]["after"]["cheapest"]["total"]["value"] == 8
    comparison = Comparison.objects.get(pk=cheaper["comparison"])
    assert comparison.costs == dataset.costs and cheaper["cost"]["version"] == 1


def test_better_and_worse_are_the_right_way_round(tmp_path):
    dataset = small_world.with_production(tmp_path)
    set_costs(dataset)
    set_metric(dataset, "expected_cost")
    production, items, truth = production_of(Dataset.objects.get())
    predictions(dataset, "right", items, truth)
    predictions(dataset, "half", items, [1 - code if at < 20 else code for at, code in enumerate(truth)])
    better, worse = compare(dataset, "half", "right", production), compare(dataset, "right", "half", production)
    assert (better["verdict"], worse["verdict"]) == ("better", "worse")
    assert better["difference"]["value"] == 500 and worse["difference"]["value"] == -500
    assert compare(dataset, "right", "right", production)["verdict"] == "not distinguishable"


def test_costs_stand_beside_where_accuracy_decides(tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    assert comparison.costs is None and comparison.proof["cost"] is None
    set_costs(dataset)
    again = small_world.compared(dataset, after, before)
    assert again.proof["difference"]["metric"] == "accuracy" and "unit" not in again.proof["difference"]
    money = again.proof["cost"]["before"]["likeliest"]
    assert money["per_thousand"]["value"] == pytest.approx(1000 * (1 - again.proof["before"]["accuracy"]))


def test_the_pages_show_what_is_saved(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    set_costs(dataset, unit="min")
    set_metric(dataset, "expected_cost")
    production, items, truth = production_of(Dataset.objects.get())
    predictions(dataset, "right", items, truth)
    predictions(dataset, "half", items, [1 - code if at < 20 else code for at, code in enumerate(truth)])
    pk = compare(dataset, "half", "right", production)["comparison"]
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("comparison", args=[dataset.slug, pk])))
    assert "Right against half saves 500 min per 1,000 items in production (" in page
    assert "+500 min per 1,000 items saved" in page and "500 before, 0 after, min per 1,000 items" in page
    listed = html_of(client.get(reverse("comparisons", args=[dataset.slug])))
    assert "min per 1,000 items saved" in listed and "adds up which costs less" in listed
    overview = html_of(client.get(reverse("overview", args=[dataset.slug])))
    assert "+500 <small>min per 1,000 items saved" in overview
    worse = compare(dataset, "right", "half", production)["comparison"]
    page = html_of(client.get(reverse("comparison", args=[dataset.slug, worse])))
    assert "Half against right loses 500 min per 1,000 items in production (" in page


# ---- the page


def url(dataset):
    return reverse("costs", args=[dataset.slug])


def test_the_page_works_and_saves_a_version(client, tmp_path):
    dataset = small_dataset(tmp_path)
    leo = people.leo(dataset)
    client.force_login(leo)
    page = html_of(client.get(url(dataset)))
    assert "Nobody has said what errors cost" in page and "access predicted as payment" in page
    posted = {"change": "costs", "default": "1", "unit": "EUR", "based_on": "0", "cost_0_1": "5", "cost_1_0": ""}
    assert client.post(url(dataset), posted).url == url(dataset)
    made = dataset.costs
    assert (made.version, made.pairs, made.author) == (1, [["access", "payment", 5.0]], leo)
    assert client.post(url(dataset), {**posted, "cost_0_1": "6"}).status_code == 400, "written on another version"
    assert client.post(url(dataset), {**posted, "cost_0_1": "6", "based_on": "1"}).url and dataset.costs.version == 2


def test_many_classes_are_rows_of_errors(client, tmp_path):
    rows = [{"id": f"m{n}", "text": f"text number {n}", "label": f"class {n % 8}"} for n in range(16)]
    dataset = imported(tmp_path, rows)
    client.force_login(people.leo(dataset))
    assert "True class of error 1" in html_of(client.get(url(dataset)))
    posted = {"change": "costs", "default": "2", "unit": "EUR", "based_on": "0"}
    row = {"true_0": "class 1", "predicted_0": "class 3", "cost_0": "9"}
    client.post(url(dataset), {**posted, **row})
    assert dataset.costs.pairs == [["class 1", "class 3", 9.0]] and dataset.costs.default == 2
    page = html_of(client.get(url(dataset)))
    assert '<option value="class 3" selected>' in page
    half = client.post(url(dataset), {**posted, "based_on": "1", "true_0": "class 1"})
    assert half.status_code == 400 and "Row 1 of the errors lacks a class or its cost" in html_of(half)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"default": "0"}, "Every prediction would cost the same"),
        ({"default": "-1"}, "cannot cost -1"),
        ({"default": "nan"}, "Enter a number."),
        ({"unit": ""}, "Say what costs are counted in."),
        ({"cost_0_0": "3"}, "predicted correctly would cost more"),
    ],
)
def test_what_makes_no_sense_is_a_sentence_on_the_page(client, tmp_path, change, sentence):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    response = client.post(url(dataset), {"change": "costs", "default": "1", "unit": "EUR", "based_on": "0", **change})
    assert response.status_code == 400 and sentence in html_of(response) and dataset.costs is None


def test_the_metric_and_a_price_are_asked_for_on_the_page(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    dataset = run.dataset
    client.force_login(people.leo(dataset))
    client.post(url(dataset), {"change": "metric", "metric": "expected_cost"})
    assert Dataset.objects.get().metric == "accuracy", "nobody has said what errors cost"
    set_costs(dataset, pairs=[("access", "payment", 5)])
    client.post(url(dataset), {"change": "metric", "metric": "expected_cost"})
    assert Dataset.objects.get().metric == "expected_cost"
    asked = client.post(url(dataset), {"change": "price", "run": run.pk})
    job = Job.objects.get(kind="pricing")
    assert asked.url == reverse("job", args=[dataset.slug, job.pk]) and job.created_by.username == "leo"
    work_here(job)
    assert "is priced by the costs of version 1" in html_of(client.get(asked.url))
    page = html_of(client.get(url(dataset)))
    for shown in ("Likeliest class", "Cheapest class", "Threshold", "Always ", "costs least from a probability of"):
        assert shown in page
    assert client.get(f"{url(dataset)}?run=99").context["priced"] is None
    assert client.post(url(dataset), {"change": "price", "run": "99"}).status_code == 404
    assert client.post(url(dataset), {"change": "nothing"}).status_code == 404


def test_the_metric_of_costs_is_refused_without_costs(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    posted = {"change": "settings", "question": "What?", "metric": "expected_cost", "planned_looks": "5"}
    page = html_of(client.post(reverse("question", args=[dataset.slug]), posted))
    assert "Nobody has said what errors cost; say it on Costs, under Models, first." in page
    set_costs(dataset)
    client.post(reverse("question", args=[dataset.slug]), posted)
    assert Dataset.objects.get().metric == "expected_cost"


@pytest.mark.parametrize("who", ["erin", "olga", "nobody"])
def test_others_see_nothing(client, tmp_path, who):
    dataset = small_dataset(tmp_path)
    if who != "nobody":
        client.force_login(people.erin(dataset) if who == "erin" else people.olga())
    assert client.get(url(dataset)).status_code == (302 if who == "nobody" else 404)
    client.post(url(dataset), {"change": "costs", "default": "1", "unit": "EUR", "based_on": "0"})
    assert dataset.costs is None
