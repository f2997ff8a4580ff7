import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs.cancel import cancel
from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Job, Snapshot
from modeling.actions.training.beside_tuned import DECAYS, DROPOUTS, tuned_alternatives
from modeling.actions.training.recipes import UnableToBuild, build_recipe, differing, find_recipe, recipe_facts
from modeling.actions.training.sweep import Spec, UnableToSweep, again, grid_specs, request_sweep, spec_of, values_of
from modeling.actions.training.train import request_training
from modeling.core.learners import UnableToConfigure
from modeling.models import ModelRun, Recipe, Sweep
from tests import people
from tests.factories import imported
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_world.pool(tmp_path)


def cs(*values):
    return grid_specs(None, "logistic", {}, {"C": values})


def swept(dataset, specs=None, seeds=2, **more):
    job = work_here(request_sweep(dataset, specs or cs("0.1", "1", "10"), seeds, background=False, **more))
    return Sweep.objects.get(pk=job.result["sweep"])


def test_it_works(dataset):
    sweep = swept(dataset)
    found = sweep.found
    assert (found["metric"], found["n"], found["seeds"], found["fits"], found["done"]) == ("accuracy", 60, 2, 6, 6)
    assert ModelRun.objects.count() == 6 and ModelRun.objects.values("snapshot").distinct().count() == 1
    assert sum(one["best"] for one in found["recipes"]) == sum(one["simplest"] for one in found["recipes"]) == 1
    first = found["recipes"][0]
    runs = ModelRun.objects.filter(pk__in=first["runs"])
    mean = sum(run.metrics["validation"]["accuracy"] for run in runs) / 2
    assert first["best"] and first["score"] == pytest.approx(mean) and first["low"] < first["score"] < first["high"]
    assert first["behind"] == 0 and all(one["behind"] >= 0 for one in found["recipes"])
    assert first["cpu_seconds"] > 0 and first["predict_seconds"] > 0
    simplest = next(one for one in found["recipes"] if one["simplest"])
    assert simplest["close"] and simplest["settings"]["C"] == min(
        one["settings"]["C"] for one in found["recipes"] if one["close"]
    )


def test_the_same_sweep_is_the_same_job_and_a_larger_one_uses_its_fits(dataset):
    first = swept(dataset)
    job = request_sweep(dataset, cs("0.1", "1", "10"), 2, background=False)
    assert job == first.job
    larger = swept(dataset, cs("0.1", "1", "10", "30"), 2)
    assert larger.found["fits"] == 8 and ModelRun.objects.count() == 8


def test_a_training_done_before_is_a_fit_of_the_sweep(dataset):
    run = small_world.trained(dataset, C="1")
    rows = run.snapshot
    ModelRun.objects.filter(pk=run.pk).update(seconds=1)
    job = request_sweep(dataset, cs("1", "3"), 1, snapshot=rows, background=False)
    work_here(job)
    assert ModelRun.objects.count() == 3  # the one without a named snapshot is another request


def test_cancelled_in_the_middle_it_goes_on_where_it_was(dataset):
    job = work(request_sweep(dataset, cs("0.1", "1", "10"), 1, background=False).pk)
    work(job.parts.order_by("id")[0].pk)
    cancel(job, timezone.now())
    small_world.relabelled(dataset)
    resumed = work_here(again(job, background=False))
    assert resumed != job and resumed.result["snapshot"] == ModelRun.objects.earliest("id").snapshot_id
    assert ModelRun.objects.count() == 3 and Snapshot.objects.count() == 1


def test_a_fit_that_fails_is_named_and_the_others_are_judged(dataset, monkeypatch):
    monkeypatch.setattr("modeling.core.learners.mlp.PARTS", 1000)
    network = Spec("mlp", grid_specs(None, "mlp", {"components": "5"}, {})[0].settings, "small network")
    found = swept(dataset, [*cs("1", "3"), network], 1).found
    last = found["recipes"][-1]
    assert last["name"] == "small network"
    assert last["why"].startswith("1 of 1 fits ended without a run: A network holds")
    assert found["done"] == 2 and "score" not in last and found["recipes"][0]["best"]


def test_a_run_that_did_not_converge_takes_no_part(dataset, monkeypatch):
    monkeypatch.setattr("modeling.core.learners.logistic.FLAT", -1.0)
    with pytest.raises(UnableToWork, match="None of the 2 recipes can be judged. The first: Run .*: Not converged"):
        work_here(request_sweep(dataset, cs("1", "3"), 1, background=False))
    assert not Sweep.objects.exists()


def test_one_class_fails_with_its_sentence(tmp_path):
    rows = [{"id": f"{n}", "text": f"text number {n}", "label": "late"} for n in range(8)]
    one = imported(tmp_path, rows, classes=("late", "lost"))
    with pytest.raises(UnableToWork, match="2 of 2 fits ended without a run: All 8 rows are labelled 'late'"):
        work_here(request_sweep(one, cs("1", "3"), 2, background=False))


@pytest.mark.parametrize(
    ("values", "seeds", "sentence"),
    [
        (("1",), 2, "give two different ones or more"),
        (("1", "1.0"), 2, "give two different ones or more"),
        (("1", "2"), 0, "0 seeds are not possible; take 1 to 20"),
        (tuple(map(str, range(1, 100))), 9, "99 recipes × 9 seeds are 891 fits; a sweep has 500 at most"),
    ],
)
def test_what_makes_no_sweep_is_refused_before_anything_is_queued(dataset, values, seeds, sentence):
    with pytest.raises(UnableToSweep, match=sentence):
        request_sweep(dataset, cs(*values), seeds, background=False)
    assert not Job.objects.filter(kind="sweep").exists()


@pytest.fixture
def network(tmp_path):
    """A run of a small network that stopped early, on labels without a mistake."""
    dataset = imported(tmp_path, small_world.rows(80, 1), "support")
    pairs = {"layers": "16", "components": "20", "max_epochs": "200", "learning_rate": "0.01"}
    return ModelRun.objects.get(
        pk=work_here(request_training(dataset, learner="mlp", pairs=pairs, background=False)).result["run"]
    )


def test_a_network_that_stopped_early_stands_beside_the_tuned_alternative(network, client, monkeypatch):
    dataset = network.dataset
    monkeypatch.setattr("modeling.actions.training.beside_tuned.SEEDS", 1)
    monkeypatch.setattr("modeling.actions.training.beside_tuned.EPOCHS", 8)
    first, *tuned, linear = tuned_alternatives(network)
    assert (first.learner, first.settings) == ("mlp", network.recipe.settings)
    assert {(one.settings["dropout"], one.settings["weight_decay"]) for one in tuned} == {
        (rate, decay) for rate in DROPOUTS for decay in DECAYS
    }  # fmt: skip
    assert {one.settings["stop"] for one in tuned} == {"never"} and linear.settings["C"] == "cv"
    client.force_login(people.leo(dataset))
    assert (
        "Set it beside the tuned alternative"
        in client.get(reverse("run", args=[dataset.slug, network.pk])).content.decode()
    )
    response = client.post(reverse("beside_tuned", args=[dataset.slug, network.pk]))
    job = Job.objects.get(kind="sweep")
    assert response.url == reverse("job", args=[dataset.slug, job.pk])
    found = Sweep.objects.get(pk=work_here(job).result["sweep"])
    rows = {one["words"]: one for one in found.found["recipes"]}
    early = rows[first.words]
    assert not early["why"], early
    assert len(early["runs"]) == 1 and early["settled"] == [f"epoch {network.metrics['curve']['best']}"]
    assert early["low"] < early["score"] <= early["high"] and early["cpu_seconds"] > 0
    assert rows[linear.words]["settled"][0].startswith("C = ")
    page = client.get(reverse("sweep", args=[dataset.slug, found.pk])).content.decode()
    assert f"settled on epoch {network.metrics['curve']['best']}" in page


def test_what_did_not_stop_early_has_nothing_beside_it(dataset, client):
    run = small_world.trained(dataset)
    with pytest.raises(UnableToSweep, match=f"Run {run.pk} did not stop early"):
        tuned_alternatives(run)
    client.force_login(people.leo(dataset))
    page = client.post(reverse("beside_tuned", args=[dataset.slug, run.pk]), follow=True).content.decode()
    assert "did not stop early" in page and not Job.objects.filter(kind="sweep").exists()


def test_nothing_is_swept_on_production(tmp_path):
    dataset = small_world.with_production(tmp_path)
    with pytest.raises(UnableToSweep, match="nothing is ever trained on it"):
        request_sweep(dataset, cs("1", "2"), 1, snapshot=snapshot(dataset, Snapshot.PRODUCTION), background=False)


def test_the_deciding_metric_decides(dataset):
    dataset.metric = "macro_f1"
    dataset.save()
    found = swept(dataset, cs("0.1", "10"), 1).found
    run = ModelRun.objects.get(pk=found["recipes"][0]["runs"][0])
    assert found["metric"] == "macro_f1"
    assert found["recipes"][0]["score"] == pytest.approx(run.metrics["validation"]["macro_f1"])


def test_values_of_a_grid():
    assert values_of("1, 3,10") == ["1", "3", "10"] and values_of("256,128|64") == ["256,128", "64"]
    made = grid_specs(None, "mlp", {"dropout": "0"}, {"layers": ["8", "8,4"], "patience": ["3", "5"]})
    assert [one.settings["layers"] for one in made] == [[8], [8], [8, 4], [8, 4]]
    with pytest.raises(UnableToConfigure, match="C=0 is not possible"):
        cs("1", "0")


def test_recipes_are_built_cloned_and_compared_with_each_other(dataset):
    base = build_recipe(dataset, "plain", "logistic", {"C": "3"})
    clone = build_recipe(dataset, "sparse", base=base, pairs={"l1_ratio": "1"})
    assert clone.settings == {**base.settings, "l1_ratio": 1.0}
    assert Recipe.objects.get(name="plain").settings["C"] == 3.0
    assert find_recipe(dataset, "plain") == find_recipe(dataset, str(base.pk)) == base
    lines = differing(recipe_facts(base), recipe_facts(clone))
    assert [(line.key, line.one, line.other) for line in lines if line.differs] == [("l1_ratio", "0", "1")]
    assert not lines[-1].differs


def test_a_network_is_cloned_with_its_layers(dataset):
    base = build_recipe(dataset, "wide", "mlp", {"layers": "8,4"})
    assert build_recipe(dataset, "none", base=base, pairs={"layers": "0"}).settings["layers"] == []
    assert (
        build_recipe(dataset, "still", base=find_recipe(dataset, "none"), pairs={"dropout": "0"}).settings["layers"]
        == []
    )


@pytest.mark.parametrize(
    ("name", "pairs", "sentence"),
    [
        ("", {"C": "1"}, "can't be a recipe's name"),
        ("7", {"C": "1"}, "can't be a recipe's name"),
        ("plain", {"C": "1"}, "There is a recipe 'plain' already"),
        ("other", {"C": "3"}, "Recipe 'plain' has exactly these settings already"),
    ],
)
def test_what_is_no_new_recipe_is_refused(dataset, name, pairs, sentence):
    build_recipe(dataset, "plain", "logistic", {"C": "3"})
    with pytest.raises(UnableToBuild, match=sentence):
        build_recipe(dataset, name, "logistic", pairs)
    assert Recipe.objects.count() == 1


def test_a_run_belongs_to_the_named_recipe_and_like_keeps_its_own(dataset):
    first = small_world.trained(dataset, C="3")
    named = build_recipe(dataset, "plain", "logistic", {"C": "3"})
    small_world.relabelled(dataset)
    assert small_world.trained_like(first).recipe == first.recipe != named
    assert small_world.trained(dataset, C="3").recipe == named
    assert spec_of(named).words == "plain"


def test_an_unknown_recipe_is_a_sentence(dataset):
    build_recipe(dataset, "plain", "logistic", {"C": "3"})
    with pytest.raises(UnableToBuild, match="has no recipe 'fancy'. Named recipes: plain; ids work too."):
        find_recipe(dataset, "fancy")
