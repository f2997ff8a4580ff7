"""Old and new labels with old and new settings: four fits, one look."""

import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Job, Snapshot
from modeling.actions.proving.attribute import request_attribution
from modeling.actions.training.train import request_training
from modeling.core.proving.attribution import UnableToAttribute
from modeling.models import Attribution, Look, ModelRun
from modeling.reading.looks import looks_at
from modeling.reading.loop_progress import loop_progress_of
from tests.factories import imported
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path):
    """A run before, with C = 1000, and one after the relabelling, with C = 0.1; forty production rows."""
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset, C="1000")
    small_world.relabelled(dataset)
    after = small_world.trained(dataset, C="0.1")
    return SimpleNamespace(
        dataset=dataset, before=before, after=after, production=snapshot(dataset, Snapshot.PRODUCTION)
    )


def asked(world, **other):
    how = {"dataset": world.dataset, "before": world.before, "after": world.after, "production": world.production}
    return request_attribution(**how | {"background": False} | other)


def test_it_works(world):
    done = work_here(asked(world))
    found, made = done.result, Attribution.objects.get()
    assert made.found == {key: value for key, value in found.items() if key != "attribution"}
    assert (found["attribution"], found["n"], found["rows"], found["relabelled"]) == (made.pk, 40, 60, 10)
    assert (found["seeds"], found["differing"], found["regularization"]) == ([0], ["C was 1000 and is 0.1"], True)
    cells = {(one["labels"], one["settings"]): one for one in found["cells"]}
    assert cells["old", "old"]["runs"] == [world.before.pk] and cells["new", "new"]["runs"] == [world.after.pk]
    of = {place: one["accuracy"]["value"] for place, one in cells.items()}
    assert found["labels"]["value"] == pytest.approx(
        (of["new", "old"] - of["old", "old"] + of["new", "new"] - of["old", "new"]) / 2
    )
    assert found["labels"]["value"] + found["settings"]["value"] == pytest.approx(found["whole"]["value"])
    assert len({run for one in found["cells"] for run in one["runs"]}) == 4


def test_it_is_one_look_however_often_it_is_asked_for(world):
    work_here(asked(world))
    assert looks_at(world.production) == 1 and Look.objects.get().kind == Look.ATTRIBUTION
    work_here(asked(world))
    assert looks_at(world.production) == 1 and Attribution.objects.get().found["looks"] == 1


def test_past_the_planned_looks_it_is_exploratory(world):
    for _ in range(10):
        Look.objects.create(snapshot=world.production, kind=Look.DIAGNOSIS)
    found = work_here(asked(world)).result
    assert found["looks"] == 11 and "read 11 times; 10 looks were planned" in found["exploratory"]


def test_the_four_learn_from_the_same_rows(tmp_path):
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset, C="1000")
    small_world.relabelled(dataset, outcomes=2)
    after = small_world.trained(dataset, C="0.1")
    found = work_here(request_attribution(dataset, before, after, snapshot(dataset, Snapshot.PRODUCTION),
                                          background=False)).result  # fmt: skip
    runs = ModelRun.objects.filter(pk__in=[pk for one in found["cells"] for pk in one["runs"]])
    assert {frozenset(run.snapshot.rows.values_list("item", flat=True)) for run in runs} == {
        frozenset(after.snapshot.rows.values_list("item", flat=True))
    }
    assert (found["rows"], found["relabelled"], before.pk in {run.pk for run in runs}) == (58, 8, False)
    assert loop_progress_of(dataset).newest_run == after


def test_the_new_settings_may_be_those_of_a_third_run(world):
    tuned, same = small_world.trained(world.dataset, C="0.1"), small_world.trained_like(world.before)
    with pytest.raises(UnableToAttribute, match="have the same settings"):
        asked(world, after=same)
    found = work_here(asked(world, after=same, settings_of=tuned)).result
    assert found["settings_run"] == tuned.pk and found["relabelled"] == 10


def test_learners_that_draw_are_trained_with_each_seed(world):
    copies = {"learner": "logistic", "pairs": {"C": "1000", "augment": "typos", "copies": "1"}}
    old = request_training(world.dataset, snapshot=world.before.snapshot, background=False, **copies)
    before = ModelRun.objects.get(pk=work_here(old).result["run"])
    found = work_here(asked(world, before=before, seeds=2)).result
    cells = {(one["labels"], one["settings"]): one["runs"] for one in found["cells"]}
    assert found["seeds"] == [0, 1] and not found["regularization"]
    assert (len(cells["old", "old"]), len(cells["new", "old"]), len(cells["old", "new"])) == (2, 2, 1)
    assert cells["old", "old"][0] == before.pk
    assert [run.resolved["seed"] for run in ModelRun.objects.filter(pk__in=cells["old", "old"]).order_by("pk")] == [
        0,
        1,
    ]


def test_near_copies_of_what_was_learned_from_are_not_scored(world, tmp_path):
    copied = [row | {"id": f"c{row['id']}", "kind": "web"} for row in small_world.rows(60, 1)[30:32]]
    imported(tmp_path, copied, source="kind", split="production")
    found = work_here(asked(world, production=snapshot(world.dataset, Snapshot.PRODUCTION))).result
    assert (found["n"], found["leaked"]) == (40, 2)


def test_few_independent_rows_are_refused(world, tmp_path):
    copies = [{"id": f"c{n}", "text": "the very same words of a customer, again", "label": "access", "kind": "fax"}
              for n in range(12)]  # fmt: skip
    imported(tmp_path, copies, source="kind", split="production")
    production = snapshot(world.dataset, Snapshot.PRODUCTION, sources=("fax",))
    with pytest.raises(UnableToWork, match="12 production rows are copies of so few inputs that they count as 1"):
        work_here(asked(world, production=production))
    assert looks_at(production) == 0


def test_what_cannot_be_attributed_is_refused_before_anything_is_queued(world):
    sibling = small_world.trained(world.dataset, C="30")
    for other, said in [
        ({"seeds": 1}, "1 seeds are not possible; take 2 to 20"),
        ({"after": world.before}, "have the same settings"),
        ({"production": world.before.snapshot}, "is a training snapshot"),
        ({"before": sibling}, "learned from the same labels of the rows they share"),
    ]:
        with pytest.raises(UnableToAttribute, match=said):
            asked(world, **other)
    ModelRun.objects.filter(pk=sibling.pk).update(converged=False, solver_status="It stopped early.")
    sibling.refresh_from_db()
    with pytest.raises(UnableToAttribute, match=r"did not converge \(It stopped early"):
        asked(world, after=sibling)
    assert not Job.objects.filter(kind="attribution").exists()


def test_a_fit_that_did_not_converge_is_refused_and_costs_no_look(world):
    job = asked(world)
    ModelRun.objects.filter(pk=world.after.pk).update(converged=False, solver_status="It stopped early.")
    with pytest.raises(UnableToWork, match=r"Run \d+ did not converge \(It stopped early"):
        work_here(job)
    assert looks_at(world.production) == 0 and not Attribution.objects.exists()


def test_a_fit_that_failed_is_named(world, monkeypatch):
    monkeypatch.setattr("modeling.actions.training.train.fit", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(UnableToWork, match="A fit of the .* labels with the .* settings ended without a run"):
        work_here(asked(world))
    assert looks_at(world.production) == 0


def test_the_command(world, capsys):
    how = {"before": str(world.before.pk), "after": str(world.after.pk), "production": world.production.pk}
    call_command("attribute", world.dataset.slug, json=True, **how)
    said = json.loads(capsys.readouterr().out)
    assert said["labels"]["low"] <= said["labels"]["value"] <= said["labels"]["high"] and said["attribution"]
    with pytest.raises(CommandError, match="1 seeds are not possible"):
        call_command("attribute", world.dataset.slug, seeds=1, **how)
