"""Every address of the lab under the wrong person, the wrong method, another dataset's ids and absurd questions: a
refusal or a sentence, never a fault of the server, never another dataset's rows."""

import pytest
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Job, Snapshot
from modeling.actions.running.describe_run import request_description
from modeling.actions.training.sweep import grid_specs, request_sweep
from modeling.models import Recipe, Sweep
from modeling.urls import urlpatterns
from tests import people
from tests.factories import small_dataset
from tests.modeling import small_world

pytestmark = pytest.mark.django_db
HUGE = "9" * 5_000
ODD = ["", "-1", "²", "٣", "nan,nan", "9" * 30, HUGE, "a\x00b", "🙈"]
NAMES = ["which", "given", "predicted", "after", "sort", "run", "recipe", "like", "clone", "learner", "snapshot",
         "converged", "kind", "seed", "before", "production", "class", "words"]  # fmt: skip
FIELDS = ["how", "like", "seeds", "logistic-C", "learner", "recipes", "grows", "name", "clone", "change", "metric",
          "run", "default", "cost_0_1", "unit", "based_on", "which", "seed", "probe", "ruling", "typed", "pair",
          "id", "before", "after", "production", "sources", "settings_of", "side", "item", "worthwhile", "n",
          "stratified", "answers_each", "points"]  # fmt: skip
POSTS = {
    "train", "build_recipe", "train_recipe", "start_sweep", "grow", "sweep_again", "open_run_rows", "learning_curve",
    "beside_tuned", "describe_run", "check_robustness", "open_flipped", "rule_synonyms", "compare", "attribute",
    "in_use", "draw_production", "freeze_production", "measure_unlikeness", "diagnose", "open_doubted",
    "open_contradicted",
    "open_next",
}  # fmt: skip
BOTH = {"costs", "predict", "flip", "returns", "over_time"}
OF_COMPARISONS = ("comparison", "flips", "report", "report_markdown", "report_json")
READ = (
    "runs", "diff_runs", "download_runs", "recipes", "diff_recipes", "costs",
    "augmentation", "comparisons", "run_rows", "coefficients", "download_coefficients", "attributions",
    "production_sets", "returns", "over_time", "diagnosis",
)  # fmt: skip


@pytest.fixture
def world(tmp_path):
    """A dataset with a run, a recipe, a sweep and jobs, and the ids of each address."""
    dataset = small_world.with_production(tmp_path)
    run = small_world.trained(dataset)
    request_description(run, background=False)
    rows = snapshot(dataset, Snapshot.PRODUCTION)
    robust = Job.objects.create(
        kind="robustness", dataset=dataset, key="y", status=Job.DONE, params={"run": run.pk},
        result={"probes": [], "consistency": {"worst": [], "n": 0, "value": None}},
    )  # fmt: skip
    specs = grid_specs(dataset, "logistic", {}, {"C": ["0.1", "1"]})
    job = work_here(request_sweep(dataset, specs, 1, background=False))
    sweep = Sweep.objects.get(pk=job.result["sweep"])
    recipe = Recipe.objects.filter(dataset=dataset).first()
    return {
        "dataset": dataset,
        "run": run,
        "recipe": recipe,
        "sweep": sweep,
        "job": job,
        "robust": robust,
        "rows": rows,
    }


def addresses(slug, run=1, recipe=1, sweep=1, job=1, comparison=1, attribution=1):
    """name → address, all of the lab's."""
    ids = {"train_recipe": [recipe], "sweep_again": [job], "sweep": [sweep], "predicted": [job],
           "attribution": [attribution], "open_flipped": [run, job, "typos"], "flip": [comparison, 1],
           **dict.fromkeys(OF_COMPARISONS, [comparison])}  # fmt: skip
    made = {}
    for one in urlpatterns:
        more = ids.get(one.name, [run] if "pk" in one.pattern.converters else [])
        made[one.name] = reverse(one.name, args=[slug, *more])
    return made


def of(world, slug="support", **other):
    ids = {"run": world["run"].pk, "recipe": world["recipe"].pk, "sweep": world["sweep"].pk, "job": world["job"].pk}
    return addresses(slug, **ids | other)


def ask(client, name, address, **data):
    return client.post(address, data) if name in POSTS else client.get(address, data)


@pytest.mark.fault("pages of the lab asked by who leads nothing there")
def test_nobody_but_a_lead_comes_in(client, world, tmp_path):
    for name, address in of(world).items():
        assert ask(client, name, address).status_code in (302, 404) and "login" in ask(client, name, address).url
    other = small_dataset(tmp_path, "other")
    for person in (people.erin(world["dataset"]), people.olga(), people.otto(), people.leo(other)):
        client.force_login(person)
        answers = {name: ask(client, name, address).status_code for name, address in of(world).items()}
        expected = dict.fromkeys(answers, 404)
        assert answers == expected, person
        assert {client.post(of(world)[name]).status_code for name in BOTH} == {404}


@pytest.mark.fault("numbers of another dataset's runs and sweeps")
def test_ids_of_another_dataset_are_not_there(client, world, tmp_path):
    other = small_dataset(tmp_path, "other")
    client.force_login(people.leo(other))
    own = addresses("other", run=0, recipe=0, sweep=0, job=0, comparison=0, attribution=0)
    for name, address in of(world, "other").items():
        if address != own[name]:
            assert ask(client, name, address).status_code == 404, name
    pk = world["run"].pk
    for name, data in [("diff_runs", {"run": [pk, pk]}), ("diff_recipes", {"recipe": [world["recipe"].pk] * 2})]:
        assert client.get(of(world, "other")[name], data).status_code == 404
    recipe = world["recipe"].pk
    for name, data in [
        ("train", {"how": "like", "like": pk}),
        ("start_sweep", {"recipes": recipe, "seeds": 1}),
        ("compare", {"before": pk, "after": pk, "production": world["rows"].pk}),
        ("attribute", {"before": pk, "after": pk, "production": world["rows"].pk, "seeds": 2}),
        ("diagnose", {"run": pk, "production": world["rows"].pk}),
    ]:
        assert client.post(of(world, "other")[name], data).status_code == 400, name
    assert client.post(of(world, "other")["costs"], {"change": "price", "run": pk}).status_code == 404
    asked = {"change": "measure", "run": pk, "production": world["rows"].pk}
    assert client.post(of(world, "other")["returns"], asked).status_code == 400
    assert not Job.objects.filter(dataset=other).exclude(kind="import").exists()


@pytest.mark.fault("changes asked for by a link")
def test_what_changes_something_takes_no_get(client, world):
    client.force_login(people.leo(world["dataset"]))
    found = {name: client.get(address).status_code for name, address in of(world).items() if name in POSTS}
    assert found == dict.fromkeys(POSTS, 405)
    others = {name: client.post(address).status_code for name, address in of(world).items() if name not in POSTS | BOTH}
    assert set(others.values()) == {405}, others


@pytest.mark.fault("absurd questions to the lab")
def test_absurd_questions_are_no_fault_of_the_server(client, world):
    client.force_login(people.leo(world["dataset"]))
    client.raise_request_exception = False
    asked = of(world)
    bad = []
    for odd in ODD:
        everything = {**dict.fromkeys(NAMES, odd), "run": [odd, odd], "recipe": [odd, odd]}
        cell = {"which": "cell", "given": "access", "predicted": "payment", "after": odd}
        gets = [(name, everything) for name in READ]
        bad += [(name, odd[:9]) for name, data in [*gets, ("run_rows", cell)]
                if client.get(asked[name], data).status_code >= 500]  # fmt: skip
        posts = [(name, {}) for name in POSTS]
        posts += [("costs", {"change": change}) for change in ("price", "costs", "metric")]
        posts += [("returns", {"change": change}) for change in ("measure", "rule")]
        posts += [("start_sweep", {"learner": "logistic", "seeds": "1"}), ("start_sweep", {"learner": "logistic"}),
                  ("build_recipe", {"learner": "logistic"}), ("train", {"how": "like"})]  # fmt: skip
        bad += [(name, more, odd[:9]) for name, more in posts
                if client.post(asked[name], {**dict.fromkeys(FIELDS, odd), **more}).status_code >= 500]  # fmt: skip
    assert not bad


@pytest.mark.fault("numbers beyond any")
def test_ids_beyond_any_are_not_there(client, world):
    client.force_login(people.leo(world["dataset"]))
    client.raise_request_exception = False
    for pk in (0, 10**19 - 1, 10**30):
        ids = dict.fromkeys(("run", "recipe", "sweep", "job", "comparison"), pk)
        single = {name: address for name, address in of(world, **ids).items() if f"/{pk}/" in address}
        answers = {name: ask(client, name, address).status_code for name, address in single.items()}
        assert set(answers.values()) == {404}, answers
