import pytest

from annotation.actions.jobs.work import work_here
from annotation.core.fields import Field
from modeling.actions.training.capacity import GROWTHS, Growth, again, request_capacity
from modeling.actions.training.sweep import UnableToSweep
from modeling.models import ModelRun, Sweep
from tests.factories import imported
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short(monkeypatch):
    few = GROWTHS["words"].__dict__ | {"sizes": (5, 200)}
    monkeypatch.setitem(GROWTHS, "words", Growth(**few))


def grown(dataset, **more):
    return Sweep.objects.get(pk=work_here(request_capacity(dataset, background=False, **more)).result["sweep"])


def test_it_works_on_old_and_new_labels_of_the_same_rows(tmp_path):
    dataset = small_world.pool(tmp_path)
    small_world.trained(dataset)
    small_world.relabelled(dataset, outcomes=2)
    sweep = grown(dataset)
    found = sweep.found
    assert (found["n"], found["relabelled"], found["contested"]) == (58, 8, 8)
    assert len(found["points"]) == 8 and sweep.earlier.n_rows == sweep.snapshot.n_rows == 58
    assert sweep.earlier.labels_of is not None
    of = {(one["labels"], one["regularized"], one["size"]): one for one in found["points"]}
    old, new = of["old", False, 200], of["new", False, 200]
    assert new["overall"]["value"] > old["overall"]["value"] and old["contested"]["n"] == 8
    assert new["overall"]["low"] < new["overall"]["value"] < new["overall"]["high"] and new["overall"]["n"] == 58
    assert of["old", True, 5]["features"] == 5 and new["features"] > 100
    assert {one["what"] for one in found["changes"]} == {"growing", "regularization", "relabelling"}
    assert len(found["changes"]) == 16 and all("right" not in one for one in found["points"])


def test_where_no_row_went_the_old_labels_are_those_of_the_first_snapshot(tmp_path):
    dataset = small_world.pool(tmp_path)
    first = small_world.trained(dataset).snapshot
    small_world.relabelled(dataset)
    sweep = grown(dataset)
    assert sweep.earlier == first and sweep.snapshot.pk > first.pk and sweep.found["relabelled"] == 10
    assert work_here(again(sweep.job, background=False)).result["sweep"] == sweep.pk + 1
    assert ModelRun.objects.count() == 9


def test_accuracy_is_out_of_fold(tmp_path):
    dataset = small_world.pool(tmp_path)
    found = grown(dataset).found
    point = found["points"][-1]
    run = ModelRun.objects.get(pk=point["run"])
    assert point["overall"]["value"] == pytest.approx(run.metrics["validation"]["accuracy"])
    assert point["train_accuracy"] == run.metrics["train"]["accuracy"]


def test_without_new_labels_there_is_one_kind_of_labels(tmp_path):
    sweep = grown(small_world.pool(tmp_path))
    assert {one["labels"] for one in sweep.found["points"]} == {"new"} and sweep.earlier is None
    assert (sweep.found["relabelled"], sweep.found["contested"]) == (0, 0)
    assert {one["slice"] for one in sweep.found["changes"]} == {"overall"}


def test_a_table_has_no_words_to_grow(tmp_path):
    rows = [{"id": f"{n}", "size": f"{n}", "label": "ab"[n % 2]} for n in range(10)]
    dataset = imported(tmp_path, rows, text=(), fields=(Field("size", "number"),))
    with pytest.raises(UnableToSweep, match="has no text, so words can't grow"):
        request_capacity(dataset, background=False)
    with pytest.raises(UnableToSweep, match="'depth' can't grow; choose one of: words, ngrams, width"):
        request_capacity(dataset, "depth", background=False)


@pytest.mark.parametrize("grows", ["ngrams", "width"])
def test_what_else_can_grow(tmp_path, grows, monkeypatch):
    few = GROWTHS[grows].__dict__ | {"sizes": GROWTHS[grows].sizes[:2]}
    monkeypatch.setitem(GROWTHS, grows, Growth(**few))
    found = grown(small_world.pool(tmp_path), grows=grows).found
    assert sorted({one["size"] for one in found["points"]}) == [1, 2] if grows == "ngrams" else [4, 16]
    assert all(one["run"] for one in found["points"])
