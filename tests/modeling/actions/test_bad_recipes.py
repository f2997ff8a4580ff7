"""Recipes and rows that nothing can be learned from: a sentence before anything is queued, or a run that fails with
one, or a run that says what is weak about it."""

import pytest

from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.core.fields import Field
from annotation.models import Job
from modeling.actions.training.train import request_training
from modeling.core.learners import UnableToConfigure
from modeling.models import ModelRun
from tests.factories import imported, small_dataset
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


def asked(dataset, learner, **pairs):
    return request_training(dataset, learner=learner, pairs=pairs, background=False)


@pytest.mark.parametrize(
    ("learner", "pairs", "sentence"),
    [
        ("logistic", {"C": "0"}, "C=0 is not possible; C must be a number above 0, or cv."),
        ("logistic", {"C": "-1"}, "C=-1 is not possible; C must be a number above 0, or cv."),
        ("logistic", {"C": "nan"}, "C=nan is not possible"),
        ("logistic", {"C": "inf"}, "C=inf is not possible"),
        ("logistic", {"C": "ten"}, "C=ten is not possible"),
        ("logistic", {"l1_ratio": "1.5"}, "l1_ratio must be a number from 0 .L2. to 1 .L1., or cv."),
        ("logistic", {"rule": "best"}, "rule=best is not possible; rule must be min or 1se."),
        ("logistic", {"text": "letters"}, "text must be words, words.characters, embeddings or words.embeddings."),
        ("logistic", {"numbers": "raw"}, "numbers=raw is not possible; numbers must be ranges or scaled."),
        ("logistic", {"penalty": "l1"}, "logistic has no setting 'penalty'"),
        ("mlp", {"dropout": "1"}, "dropout must be a number from 0 to less than 1."),
        ("mlp", {"layers": "256,-1"}, "layers must be up to five numbers"),
    ],
)
def test_a_bad_setting_is_refused_before_anything_is_queued(tmp_path, learner, pairs, sentence):
    with pytest.raises(UnableToConfigure, match=sentence) as error:
        asked(small_dataset(tmp_path), learner, **pairs)
    assert "\n" not in str(error.value) and not Job.objects.filter(kind="training").exists()


def one_class(tmp_path):
    rows = [{"id": f"{n}", "text": f"text number {n}", "label": "late"} for n in range(12)]
    return imported(tmp_path, rows, classes=("late", "lost"))


def constant_table(tmp_path):
    rows = [{"id": f"{n}", "a": "1", "b": "x", "label": "no" if n % 2 else "yes"} for n in range(12)]
    return imported(tmp_path, rows, text=(), fields=(Field("a", "number"), Field("b", "category")))


def one_row(tmp_path):
    return imported(tmp_path, [{"id": "1", "text": "alone", "label": "late"}], classes=("late", "lost"))


def unlabelled(tmp_path):
    return imported(tmp_path, [{"id": "1", "text": "alone"}], label=None, classes=("late", "lost"))


@pytest.mark.parametrize(
    ("dataset", "learner", "sentence"),
    [
        (one_class, "logistic", "All 12 rows are labelled 'late'; training needs two classes."),
        (one_class, "mlp", "All 12 rows are labelled 'late'; training needs two classes."),
        (constant_table, "logistic", "rows look alike in a, b: nothing distinguishes the classes."),
        (constant_table, "mlp", "rows look alike in a, b: nothing distinguishes the classes."),
        (one_row, "logistic", "training needs two classes."),
        (unlabelled, "logistic", "Left out: 1 without label"),
        (small_dataset, "mlp", "6 different inputs are too few for that; 10 are needed"),
    ],
)
def test_rows_that_teach_nothing_are_a_run_that_fails_with_a_sentence(tmp_path, dataset, learner, sentence):
    with pytest.raises(UnableToWork, match=sentence) as error:
        work_here(asked(dataset(tmp_path), learner))
    assert "\n" not in str(error.value) and "Traceback" not in str(error.value) and not ModelRun.objects.exists()


@pytest.mark.parametrize(("text", "numbers"), [("words", "ranges"), ("embeddings", "scaled")])
def test_more_features_than_can_be_learned_are_a_sentence(tmp_path, monkeypatch, text, numbers):
    monkeypatch.setattr("modeling.core.fitting.training.MOST_WEIGHTS", 100)
    with pytest.raises(UnableToWork, match="features for 2 classes are more than the 100 weights"):
        work_here(asked(small_world.pool(tmp_path), "logistic", text=text, numbers=numbers))


def test_a_table_too_wide_for_a_network_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("modeling.core.fitting.dense_features.MOST_NUMBERS", 100)
    rows = [{"id": f"{n}", "b": f"value {n % 30}", "label": "yes" if n % 2 else "no"} for n in range(60)]
    dataset = imported(tmp_path, rows, text=(), fields=(Field("b", "category"),))
    with pytest.raises(UnableToWork, match="values of categories are too many"):
        work_here(asked(dataset, "mlp"))


def test_fewer_rows_than_folds_take_fewer_folds_and_are_at_chance(tmp_path):
    rows = [{"id": f"{n}", "text": text, "label": label} for n, (text, label) in enumerate(
        [("good one", "good"), ("good other thing", "good"), ("bad thing", "bad")])]  # fmt: skip
    work_here(asked(imported(tmp_path, rows), "logistic"))
    run = ModelRun.objects.get()
    assert run.resolved["folds"] == 3 and run.at_chance
    assert "Nobody can say how well it knows 'bad': one input" in run.solver_status


def test_a_class_with_one_row_is_trained_and_reported(tmp_path):
    rows = [*small_world.rows(60, 1), {"id": "lone", "text": "something else entirely", "label": "other"}]
    work_here(asked(imported(tmp_path, rows), "logistic"))
    run = ModelRun.objects.get()
    assert "knows 'other': one input each, so held out it was never seen." in run.solver_status
    assert run.converged and not run.at_chance


@pytest.mark.parametrize("numbers", ["ranges", "scaled"])
def test_missing_numbers_some_or_all_are_learned_around(tmp_path, numbers):
    known = {"gone": "", "b": "x"}
    rows = [
        {"id": f"{n}", "a": "" if n % 7 == 0 else f"{n % 2 + n / 100}", "label": "yes" if n % 2 else "no", **known}
        for n in range(60)
    ]
    fields = (Field("a", "number"), Field("gone", "number"), Field("b", "category"))
    dataset = imported(tmp_path, rows, text=(), fields=fields)
    work_here(asked(dataset, "logistic", numbers=numbers, C="1"))
    run = ModelRun.objects.get()
    assert run.converged and run.metrics["validation"]["accuracy"] > 0.7
