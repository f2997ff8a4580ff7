import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs.cancel import cancel
from annotation.actions.jobs.work import work, work_here
from annotation.models import Job
from modeling.actions.training.capacity import request_capacity
from modeling.actions.training.recipes import build_recipe
from modeling.actions.training.sweep import grid_specs, request_sweep
from modeling.models import ModelRun, Recipe, Sweep
from modeling.reading.runs import SORTS, RunFilter, list_runs
from tests import people
from tests.factories import small_dataset
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_world.pool(tmp_path)


@pytest.fixture
def lead(client, dataset):
    client.force_login(people.leo(dataset))
    return client


def url(name, *more):
    return reverse(name, args=["support", *more])


def page(lead, name, *more, query=""):
    response = lead.get(url(name, *more) + query)
    assert response.status_code == 200
    return html_of(response)


def swept(dataset, *values, seeds=1):
    specs = grid_specs(dataset, "logistic", {}, {"C": values})
    return work_here(request_sweep(dataset, specs, seeds, background=False))


def test_a_sweep_is_asked_for_by_a_grid_and_named_recipes(lead, dataset):
    named = build_recipe(dataset, "sparse", "logistic", {"C": "3", "l1_ratio": "1"})
    assert "sparse" in page(lead, "sweeps")
    data = {"learner": "logistic", "logistic-C": "0.3, 3", "logistic-l1_ratio": "0", "seeds": "2"}
    data["recipes"] = [named.pk]
    job = Job.objects.get(pk=lead.post(url("start_sweep"), data).url.rstrip("/").split("/")[-1])
    assert [one["name"] for one in job.params["recipes"]] == ["sparse", "", ""] and job.params["seeds"] == 2
    assert job.params["recipes"][1]["settings"]["C"] == 0.3
    work_here(job)
    sweep = Sweep.objects.get()
    shown = page(lead, "sweep", sweep.pk)
    assert "not distinguishable from the best" in shown or "is best, and nothing simpler comes near" in shown
    assert "3 recipes × 2 seeds, 6 of 6 fits with a model" in shown and "<b>sparse</b>" in shown
    assert f"sweep&nbsp;{sweep.pk}" in page(lead, "sweeps") and "See the sweep" in page(lead, "job", job.pk)


def test_layers_with_commas_are_one_value_unless_parted(lead, dataset):
    data = {"learner": "mlp", "mlp-layers": "8,4", "mlp-dropout": "0, 0.5", "seeds": "1"}
    lead.post(url("start_sweep"), data)
    lead.post(url("start_sweep"), data | {"mlp-layers": "8,4|8"})
    first, second = (job.params["recipes"] for job in Job.objects.filter(kind="sweep").order_by("id"))
    assert [one["settings"]["layers"] for one in first] == [[8, 4], [8, 4]] and len(second) == 4


def test_of_a_setting_with_few_values_those_ticked_are_combined(lead, dataset):
    assert 'type="checkbox" name="logistic-text"' in page(lead, "sweeps")
    data = {"learner": "logistic", "logistic-C": "1", "logistic-text": ["words", "words+characters"], "seeds": "1"}
    lead.post(url("start_sweep"), data)
    recipes = Job.objects.get(kind="sweep").params["recipes"]
    assert [one["settings"]["text"] for one in recipes] == ["words", "words+characters"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"seeds": "1"}, "give two different ones or more"),
        ({"learner": "logistic", "logistic-C": "1, none", "seeds": "1"}, "C=none is not possible"),
        ({"learner": "logistic", "logistic-C": "1, 2", "seeds": "90"}, "90 seeds are not possible"),
        ({"learner": "logistic", "logistic-C": ",", "seeds": "1"}, "C has no value"),
        ({"learner": "logistic", "logistic-C": ",".join(map(str, range(1, 10_001))), "seeds": "1"}, "10,000 recipes"),
    ],
)
def test_what_makes_no_sweep_is_a_sentence_on_the_page(lead, dataset, data, sentence):
    response = lead.post(url("start_sweep"), data)
    assert response.status_code == 400 and sentence in html_of(response)
    assert not Job.objects.filter(kind="sweep").exists()


def test_a_cancelled_sweep_goes_on_by_a_press(lead, dataset):
    job = work(request_sweep(dataset, grid_specs(dataset, "logistic", {}, {"C": ["1", "3"]}), 1, background=False).pk)
    assert "A sweep is under way" in page(lead, "sweeps")
    work(job.parts.order_by("id")[0].pk)
    cancel(job, timezone.now())
    assert "Go on where it was" in page(lead, "job", job.pk) and "Stopped" in page(lead, "sweeps")
    lead.post(url("sweep_again", job.pk))
    newest = Job.objects.filter(kind="sweep").latest("id")
    assert newest != job and work_here(newest).result["done"] == 2 and ModelRun.objects.count() == 2


def test_growth_is_a_chart_and_a_table(lead, dataset):
    small_world.trained(dataset)
    small_world.relabelled(dataset)
    assert lead.post(url("grow"), {"grows": "ngrams"}).status_code == 302
    work_here(Job.objects.get(kind="capacity"))
    shown = page(lead, "sweep", Sweep.objects.get().pk)
    assert shown.count("<polyline") == 8 and "10 of these rows carry another one now" in shown
    assert "Contested, n = 10" in shown and "All items, n = 60" in shown
    assert "Growing without regularization" in page(lead, "sweeps")


def test_growth_without_contested_items_says_so(lead, dataset):
    work_here(request_capacity(dataset, "ngrams", background=False))
    shown = page(lead, "sweep", Sweep.objects.get().pk)
    assert shown.count("<polyline") == 2 and "No row is contested" in shown and "Nothing has been relabelled" in shown


def test_a_recipe_is_built_cloned_and_compared(lead, dataset):
    lead.post(url("build_recipe"), {"name": "plain", "learner": "logistic", "logistic-C": "3"})
    plain = Recipe.objects.get()
    assert plain.settings["C"] == 3.0 and "plain" in page(lead, "recipes")
    assert 'value="3"' in page(lead, "recipes", query=f"?clone={plain.pk}")
    lead.post(url("build_recipe"), {"name": "sparse", "clone": plain.pk, "logistic-C": "3", "logistic-l1_ratio": "1"})
    sparse = Recipe.objects.get(name="sparse")
    shown = page(lead, "diff_recipes", query=f"?recipe={plain.pk}&recipe={sparse.pk}")
    assert "differ in 1 setting" in shown and "<del>0</del>" in shown and "<ins>1</ins>" in shown
    again = lead.post(url("build_recipe"), {"name": "sparse", "learner": "logistic"})
    assert again.status_code == 400 and "There is a recipe" in html_of(again)
    assert "Tick two recipes" in html_of(lead.get(url("diff_recipes"), follow=True))


def test_a_recipe_is_trained_by_a_press(lead, dataset):
    recipe = build_recipe(dataset, "plain", "logistic", {"C": "3"}, seed=2)
    assert f'formaction="{url("train_recipe", recipe.pk)}"' in page(lead, "recipes")
    lead.post(url("train_recipe", recipe.pk))
    made = work_here(Job.objects.get(kind="training")).result["run"]
    assert ModelRun.objects.get(pk=made).recipe == recipe


def test_only_the_fit_of_a_sweep_that_is_asked_for_is_offered_as_a_model_to_follow(lead, dataset):
    run = small_world.trained(dataset, C="2")
    first, second = (one["runs"][0] for one in swept(dataset, "1", "3").result["recipes"])
    assert [one.pk for one in lead.get(url("runs")).context["form"].earlier()] == [run.pk]
    form = lead.get(url("runs") + f"?like={second}").context["form"]
    assert [one.pk for one in form.earlier()] == [run.pk, second] and form["like"].value() == second
    lead.post(url("train"), {"how": "like", "like": first})
    assert Job.objects.filter(kind="training").latest("id").params["like"] == first


def test_the_table_is_sorted_filtered_and_compared(lead, dataset):
    swept(dataset, "0.01", "1", "100")
    runs = list(ModelRun.objects.order_by("id"))
    ModelRun.objects.filter(pk=runs[0].pk).update(converged=False)
    shown = page(lead, "runs", query="?sort=accuracy")
    order = [shown.index(f"run&nbsp;{run.pk}<") for run in sorted(runs, key=accuracy)]
    assert order == sorted(order) and "3 runs" in shown and "↑" in shown
    few = page(lead, "runs", query=f"?converged=yes&learner=logistic&snapshot={runs[0].snapshot_id}")
    assert "2 runs" in few and f"run&nbsp;{runs[0].pk}<" not in few
    assert "1 run," in page(lead, "runs", query=f"?recipe={runs[1].recipe_id}")
    assert "No run is like that" in page(lead, "runs", query="?learner=mlp")
    both = page(lead, "diff_runs", query=f"?run={runs[0].pk}&run={runs[1].pk}")
    assert "<del>0.01</del>" in both and "<ins>1</ins>" in both and "differ in 2 settings" in both
    assert "Tick two runs" in html_of(lead.get(url("diff_runs") + "?run=1", follow=True))
    assert page(lead, "runs", query="?sort=magic&snapshot=x&after=y&recipe=99")


def accuracy(run):
    return run.metrics["validation"]["accuracy"], run.pk


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_pages_by_key_show_each_run_once_in_order(dataset, sort):
    swept(dataset, "0.01", "0.3", "1", "3", "100")
    whole = [run.pk for run in list_runs(dataset, RunFilter(sort=sort)).runs]
    pages, after = [], None
    while True:
        found = list_runs(dataset, RunFilter(sort=sort, after=after), size=2)
        pages += [run.pk for run in found.runs]
        after = found.after
        if after is None:
            break
    assert pages == whole and len(whole) == found.n == 5


def test_the_table_as_a_file(lead, dataset):
    response = lead.get(url("download_runs"))
    assert response.status_code == 302
    swept(dataset, "1", "3")
    body = b"".join(lead.get(url("download_runs") + "?sort=run").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    run = ModelRun.objects.earliest("id")
    assert [row["words"] for row in rows] == ["logistic regression, L2, C = 1", "logistic regression, L2, C = 3"]
    assert float(rows[0]["accuracy"]) == run.metrics["validation"]["accuracy"] and rows[0]["converged"] == "yes"
    assert not any("production" in name for name in rows[0])


def test_fits_of_a_sweep_are_not_the_newest_run(lead, dataset):
    run = small_world.trained(dataset, C="2")
    swept(dataset, "1", "3")
    assert f"<h1>Run {run.pk} is right" in page(lead, "runs")
    assert f'newest model: <a href="{url("run", run.pk)}"' in page(lead, "overview")


def test_only_leads_come_in_and_only_to_their_own(client, dataset, tmp_path):
    sweep = Sweep.objects.get(pk=swept(dataset, "1", "3").result["sweep"])
    stopped = Job.objects.create(kind="sweep", dataset=dataset, key="x", status=Job.CANCELLED)
    gets = [url("sweeps"), url("sweep", sweep.pk), url("recipes"), url("diff_runs"), url("download_runs")]
    posts = [url("start_sweep"), url("grow"), url("build_recipe"), url("sweep_again", stopped.pk)]
    posts.append(url("train_recipe", Recipe.objects.first().pk))
    other = small_dataset(tmp_path, "other")
    for person in (people.erin(dataset), people.olga(), people.otto(), people.leo(other)):
        client.force_login(person)
        assert {client.get(one).status_code for one in gets} == {404}
        assert {client.post(one).status_code for one in posts} == {404}
    assert client.get(reverse("sweep", args=["other", sweep.pk])).status_code == 404
    assert client.post(reverse("sweep_again", args=["other", stopped.pk])).status_code == 404
    client.force_login(people.leo(dataset))
    assert {client.get(one).status_code for one in posts} == {405}
