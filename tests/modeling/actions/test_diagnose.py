import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation.actions.detecting.open_finding import UnableToOpen
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Case, Snapshot
from modeling.actions.proving.diagnose import request_diagnosis
from modeling.actions.proving.open_diagnosed import CONTRADICTED, DOUBTED, NEXT, open_diagnosed
from modeling.models import Diagnosis, Look, ModelRun
from modeling.reading.looks import looks_at, steered_by
from tests import people
from tests.factories import imported
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path):
    """dataset, run, production snapshot."""
    dataset = small_world.with_production(tmp_path)
    return dataset, small_world.trained(dataset), snapshot(dataset, Snapshot.PRODUCTION)


def diagnosed(run, production):
    return Diagnosis.objects.get(pk=work_here(request_diagnosis(run, production, background=False)).result["diagnosis"])


def test_it_works(world):
    dataset, run, production = world
    one = diagnosed(run, production)
    assert (one.run, one.snapshot, one.found["n"], one.found["learned_from"]) == (run, production, 40, 60)
    assert {cause["name"] for cause in one.found["causes"]} == {"labels", "fit", "data", "coverage", "nobody"}
    assert all(cause["gain"]["low"] <= cause["gain"]["value"] <= cause["gain"]["high"] for cause in one.found["causes"])
    assert Look.objects.get().kind == Look.DIAGNOSIS and looks_at(production) == 1
    assert json.loads(json.dumps(one.found)) == one.found


def test_asked_again_it_is_the_same_and_no_look(world):
    _, run, production = world
    assert diagnosed(run, production) == diagnosed(run, production) and looks_at(production) == 1


def test_what_it_doubts_is_opened_as_cases_once(world):
    dataset, run, production = world
    one, lead = diagnosed(run, production), people.leo(dataset)
    one.found["labels"]["doubted"] = list(run.snapshot.rows.values_list("item_id", flat=True)[:4])
    finding, n = open_diagnosed(one, DOUBTED, lead, timezone.now())
    assert n == 4 == Case.objects.count() and finding.covered.count() == 4
    assert open_diagnosed(one, DOUBTED, lead, timezone.now()) == (finding, 0)
    assert not steered_by(production).exists()


def test_opening_what_production_contradicts_is_use_of_the_set(world):
    dataset, run, production = world
    one, lead = diagnosed(run, production), people.leo(dataset)
    one.found["labels"]["contradicted"] = list(run.snapshot.rows.values_list("item_id", flat=True)[:4])
    for _ in range(2):
        open_diagnosed(one, CONTRADICTED, lead, timezone.now())
    assert steered_by(production).get().cases.count() == 4
    after = small_world.trained_like(small_world.trained(dataset, C="3"))
    assert small_world.compared(dataset, run, after).verdict == "exploratory"


def test_rows_to_label_next_are_those_nobody_labelled(tmp_path, world):
    dataset, run, production = world
    texts = [row["text"] for row in small_world.rows(6, 7)]
    new = [{"id": f"n{at}", "text": f"{text} new"} for at, text in enumerate(texts)]
    imported(tmp_path, new, dataset.slug, label=None)
    one = diagnosed(run, production)
    assert len(one.found["coverage"]["next"]) == 6
    finding, n = open_diagnosed(one, NEXT, people.leo(dataset), timezone.now())
    assert n == 6 and set(finding.covered.values_list("item__external_id", flat=True)) == {f"n{at}" for at in range(6)}


def test_nothing_to_open_is_refused(world):
    dataset, run, production = world
    with pytest.raises(UnableToOpen, match="no such rows"):
        open_diagnosed(diagnosed(run, production), NEXT, people.leo(dataset), timezone.now())


def test_a_training_snapshot_is_refused(world):
    _, run, _ = world
    with pytest.raises(UnableToWork, match="is a training snapshot"):
        request_diagnosis(run, run.snapshot)


def test_a_run_that_did_not_converge_is_refused_and_costs_no_look(world):
    _, run, production = world
    ModelRun.objects.filter(pk=run.pk).update(converged=False, solver_status="stopped early")
    with pytest.raises(UnableToWork, match=r"did not converge \(stopped early\)"):
        request_diagnosis(ModelRun.objects.get(pk=run.pk), production)
    assert looks_at(production) == 0


def test_another_learner_is_refused(world):
    _, run, production = world
    run.recipe.learner = "mlp"
    with pytest.raises(UnableToWork, match="no logistic regression"):
        request_diagnosis(run, production)


def test_too_few_production_rows_are_refused(world):
    _, run, production = world
    production.n_rows = 29
    with pytest.raises(UnableToWork, match="29 production rows cannot tell"):
        request_diagnosis(run, production)


def test_the_command_prints_one_line(world, capsys):
    dataset, run, production = world
    call_command("diagnose", dataset.slug, "--run", str(run.pk), "--production", str(production.pk), "--json")
    printed = capsys.readouterr().out
    said = json.loads(printed)
    assert printed.count("\n") == 1 and said["look"] == 1 and said["diagnosis"] and said["named"] is not None


def test_the_command_names_what_is_missing(world):
    dataset, run, _ = world
    with pytest.raises(CommandError, match="has no snapshot 99"):
        call_command("diagnose", dataset.slug, run=str(run.pk), production=99)
