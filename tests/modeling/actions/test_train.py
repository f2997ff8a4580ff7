import pytest

from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.snapshot import snapshot
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.models import Job, PredictionSet, Snapshot
from modeling.actions.training.train import request_training
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.learners import UnableToConfigure
from modeling.models import ModelRun, Recipe
from tests.factories import imported, small_dataset
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


def asked(dataset, again=False, learner="logistic", **more):
    return request_training(dataset, learner=learner, background=False, again=again, **more)


def test_a_run_is_stored_with_all_it_takes_to_run_again(tmp_path, settings):
    dataset = small_world.pool(tmp_path)
    job = work_here(asked(dataset, pairs={"C": "2"}, seed=3))
    run = ModelRun.objects.get()
    assert job.result == {
        "run": run.pk, "snapshot": run.snapshot_id, "status": run.solver_status, "converged": True,
        "resolved": run.resolved, "parameter_hash": run.parameter_hash,
    }  # fmt: skip
    assert (run.recipe.learner, run.recipe.seed) == ("logistic", 3)
    assert run.recipe.settings == {"C": 2.0, "l1_ratio": 0.0, "rule": "min", "text": "words", "numbers": "ranges"}
    assert run.resolved["C"] == 2.0 and run.resolved["rows"] == 60 and run.resolved["classes"] == ["access", "payment"]
    assert run.job == job and run.like is None and run.seconds > 0 and "scikit-learn" in run.environment
    assert run.metrics["validation"]["n"] == 60 and 0.5 < run.metrics["validation"]["accuracy"] < 1
    model = load_model(load_bytes(settings.ARTIFACTS_DIR, run.artifact))
    assert list(model.classes_) == ["access", "payment"]


def test_the_out_of_fold_probabilities_are_a_prediction_set(tmp_path, settings):
    run = small_world.trained(small_world.pool(tmp_path))
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, run.predictions.arrays))
    assert arrays["item"].tolist() == list(run.snapshot.rows.order_by("item_id").values_list("item_id", flat=True))
    assert arrays["probability"].shape == (60, 2) and run.predictions.n == 60
    assert arrays["probability"].sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_request_twice_is_one_run(tmp_path):
    dataset = small_world.pool(tmp_path)
    first = work_here(asked(dataset, pairs={"C": "2"}))
    again = asked(dataset, pairs={"C": "2.0"})
    assert again == first and work_here(again).result == first.result and ModelRun.objects.count() == 1
    assert asked(dataset, pairs={"C": "3"}) != first and asked(dataset, pairs={"C": "2"}, seed=1) != first


@pytest.mark.parametrize(
    ("learner", "pairs"),
    [("logistic", {"C": "cv"}), ("logistic", {"C": "3", "text": "words+embeddings"}), ("mlp", {"max_epochs": "8"})],
)
def test_again_makes_another_run_with_the_identical_parameters_and_figures(tmp_path, learner, pairs):
    dataset = small_world.pool(tmp_path)
    for again in (False, True, True):
        work_here(asked(dataset, again, learner, pairs=pairs))
    runs = ModelRun.objects.order_by("id")
    assert runs.count() == 3 and len({run.parameter_hash for run in runs}) == 1
    assert runs[0].metrics == runs[1].metrics == runs[2].metrics
    assert Recipe.objects.count() == 1 and Snapshot.objects.count() == 1


def test_a_new_label_is_a_new_run(tmp_path):
    dataset = small_world.pool(tmp_path)
    first = asked(dataset)
    small_world.relabelled(dataset)
    assert asked(dataset) != first


def test_like_reuses_the_resolved_settings(tmp_path):
    dataset = small_world.pool(tmp_path)
    first = ModelRun.objects.get(pk=work_here(asked(dataset, pairs={"C": "cv"}, seed=4)).result["run"])
    small_world.relabelled(dataset)
    run = small_world.trained_like(first)
    assert run.like == first and run.recipe == first.recipe and run.recipe.settings["C"] == "cv"
    assert run.resolved == first.resolved and isinstance(run.resolved["C"], float)
    assert run.snapshot != first.snapshot and run.parameter_hash != first.parameter_hash


def test_like_on_the_same_rows_is_the_identical_model(tmp_path):
    dataset = small_world.pool(tmp_path)
    first = ModelRun.objects.get(pk=work_here(asked(dataset, pairs={"C": "cv"})).result["run"])
    run = small_world.trained_like(first)
    assert run != first and run.parameter_hash == first.parameter_hash
    assert run.metrics == {**first.metrics, "path": []} and first.metrics["path"]


def test_like_takes_no_settings_of_its_own(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    with pytest.raises(UnableToWork, match="--like takes every setting from the run it names; leave out --set"):
        request_training(run.dataset, like=run, pairs={"C": "2"}, background=False)


@pytest.mark.parametrize(
    ("learner", "pairs", "sentence"),
    [
        ("logistic", {"depth": "3"}, "logistic has no setting 'depth'; its settings are: C, l1_ratio, rule."),
        ("logistic", {"C": "0"}, "C=0 is not possible; C must be a number above 0, or cv."),
        ("logistic", {"C": "nan"}, "C=nan is not possible"),
        ("logistic", {"l1_ratio": "-0.1"}, "l1_ratio=-0.1 is not possible"),
        ("forest", {}, "There is no learner 'forest'; choose one of: logistic."),
    ],
)
def test_what_cannot_be_set_is_refused_before_any_job(tmp_path, learner, pairs, sentence):
    dataset = small_dataset(tmp_path)
    with pytest.raises(UnableToConfigure, match=sentence):
        asked(dataset, learner=learner, pairs=pairs)
    assert not Job.objects.filter(kind="training").exists()


def test_one_class_fails_with_a_sentence_and_leaves_no_run(tmp_path):
    rows = [{"id": f"{n}", "text": f"text number {n}", "label": "late"} for n in range(8)]
    dataset = imported(tmp_path, rows, classes=("late", "lost"))
    with pytest.raises(UnableToWork, match="All 8 rows are labelled 'late'; training needs two classes"):
        work_here(asked(dataset))
    assert not ModelRun.objects.exists() and not PredictionSet.objects.exists() and not Recipe.objects.exists()


def test_no_labelled_items_fails_with_a_sentence(tmp_path):
    dataset = imported(tmp_path, [{"id": "a", "text": "x"}], label=None, classes=("x", "y"))
    with pytest.raises(UnableToWork, match="Left out: 1 without label"):
        work_here(asked(dataset))


def test_a_run_that_did_not_converge_is_stored_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr("modeling.core.learners.logistic.FLAT", -1.0)
    dataset = small_world.pool(tmp_path)
    result = work_here(asked(dataset, pairs={"C": "1"})).result
    run = ModelRun.objects.get()
    assert result["converged"] is False is run.converged and run.solver_status.startswith("Not converged: stopped")


def test_a_run_that_learned_nothing_is_at_chance(tmp_path):
    rows = [{"id": f"{n}", "text": f"word{n} other{n}", "label": "late" if n % 2 else "lost"} for n in range(40)]
    run = small_world.trained(imported(tmp_path, rows))
    assert run.at_chance and run.converged
    assert not small_world.trained(imported(tmp_path, small_world.rows(60, 1), "other")).at_chance


def test_nothing_is_ever_trained_on_production(tmp_path):
    dataset = small_world.with_production(tmp_path)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    with pytest.raises(UnableToWork, match="is a production snapshot; nothing is ever trained on it"):
        asked(dataset, snapshot=production)


def test_the_snapshot_asked_for_is_used_whatever_came_since(tmp_path):
    dataset = small_world.pool(tmp_path)
    rows = snapshot(dataset, Snapshot.TRAINING)
    small_world.relabelled(dataset)
    run = ModelRun.objects.get(pk=work_here(asked(dataset, snapshot=rows)).result["run"])
    assert run.snapshot == rows and Snapshot.objects.count() == 1
