"""A dataset that was decided before any run: the labels as imported are still there to learn from."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from annotation import frames
from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_labels import import_labels
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import snapshot
from annotation.models import Job, Snapshot
from modeling.actions.training.train import request_training
from modeling.models import ModelRun
from modeling.reading.labels_as_imported import labels_as_imported
from modeling.reading.loop_progress import AS_IMPORTED, before_and_after, loop_progress_of, next_step
from tests import people
from tests.factories import answer, imported, open_case, small_dataset
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def decided(dataset, external_id, name):
    decide(open_case(dataset, external_id), people.erin(dataset), answer(dataset, name), timezone.now())


def as_imported(dataset):
    return snapshot(dataset, Snapshot.TRAINING, as_imported=True)


def labels(frozen):
    rows = frames.snapshot_rows(frozen)
    return dict(zip(rows["external_id"], rows["label"], strict=True))


def learned(dataset, **how):
    if not how.get("like"):
        how |= {"learner": "logistic", "pairs": {"C": "1"}}
    return ModelRun.objects.get(pk=work_here(request_training(dataset, background=False, **how)).result["run"])


def test_todays_rows_carry_the_labels_of_files(tmp_path):
    dataset = small_dataset(tmp_path)
    untouched = snapshot(dataset, Snapshot.TRAINING)
    decided(dataset, "s1", "payment")
    assert as_imported(dataset) == untouched and labels(snapshot(dataset, Snapshot.TRAINING))["s1"] == "payment"
    decided(dataset, "s2", "bad_input")
    frozen = as_imported(dataset)
    assert labels(frozen) == {"s1": "access", "s3": "access", "s4": "payment", "s5": "access", "s6": "payment"}
    assert frozen.left_out["bad_input"] == 1 and frozen.left_out["without_label_at_import"] == 0
    assert frozen.labels_of is None


def test_an_item_that_only_experts_labelled_is_left_out_and_counted(tmp_path):
    dataset = small_dataset(tmp_path)
    imported(tmp_path, [{"id": "u", "text": "no label at all"}], label=None)
    decided(dataset, "u", "access")
    decided(dataset, "s1", "payment")
    frozen = as_imported(dataset)
    assert "u" not in labels(frozen) and frozen.left_out["without_label_at_import"] == 1


def test_it_is_the_first_label_of_files_that_counts(tmp_path):
    dataset = small_dataset(tmp_path)
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label\ns1,ann2,payment\ns1,ann3,payment\n")
    import_labels(dataset, path, item="item", annotator="who", label="label")
    assert labels(snapshot(dataset, Snapshot.TRAINING))["s1"] == "payment"
    assert labels(as_imported(dataset))["s1"] == "access"


def test_near_copies_of_production_are_left_out_here_too(tmp_path):
    dataset = small_dataset(tmp_path)
    decided(dataset, "s1", "payment")
    imported(tmp_path, [{"id": "p1", "text": "I can't log in 1", "label": "access"}], split="production")
    assert "s1" not in labels(as_imported(dataset))


def test_the_command_freezes_them_and_no_production(tmp_path, capsys):
    dataset = small_dataset(tmp_path)
    decided(dataset, "s1", "payment")
    call_command("snapshot", dataset.slug, purpose="training", as_imported=True, json=True)
    said = json.loads(capsys.readouterr().out)
    assert labels(Snapshot.objects.get(pk=said["snapshot"]))["s1"] == "access"
    with pytest.raises(CommandError, match="--as-imported is for training"):
        call_command("snapshot", dataset.slug, purpose="production", as_imported=True)


def test_overview_offers_the_baseline_where_decisions_came_first(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    work_here(request_detection(dataset, background=False))
    assert next_step(loop_progress_of(dataset)).action == "Train"
    small_world.relabelled(dataset)
    step = next_step(loop_progress_of(dataset))
    assert step.action == AS_IMPORTED and "10 labels" in step.sentence
    client.force_login(people.leo(dataset))
    assert f">{AS_IMPORTED}<" in html_of(client.get(reverse("overview", args=[dataset.slug])))
    assert 'name="labels" value="imported"' in html_of(client.get(reverse("runs", args=[dataset.slug])))
    response = client.post(reverse("train", args=[dataset.slug]), {"how": "number", "C": "1", "labels": "imported"})
    job = work_here(Job.objects.get(pk=response.url.rstrip("/").split("/")[-1]))
    before = ModelRun.objects.get(pk=job.result["run"])
    assert labels(before.snapshot)["r1-0"] == "access" and labels_as_imported(dataset).baselines == {before.snapshot_id}
    now = loop_progress_of(dataset)
    assert (now.newest_run, now.decided_since, now.changed, now.baseline_lost) == (before, 10, 10, False)
    after = learned(dataset, like=before)
    now = loop_progress_of(dataset)
    assert (now.newest_run, now.decided_since, now.untried) == (after, 0, (before, after))


def test_a_run_of_today_comes_after_its_baseline_though_it_was_trained_first(tmp_path):
    dataset = small_world.with_production(tmp_path)
    small_world.relabelled(dataset)
    today = learned(dataset)
    assert loop_progress_of(dataset).baseline_lost
    before = learned(dataset, like=today, as_imported=True)
    now = loop_progress_of(dataset)
    assert (now.newest_run, now.untried, now.baseline_lost) == (today, (before, today), False)
    assert before_and_after(dataset) == (before, today)
    assert labels(before.snapshot)["r1-0"] != labels(today.snapshot)["r1-0"]


def test_nothing_is_lost_where_decisions_changed_no_label(tmp_path):
    dataset = small_world.pool(tmp_path)
    decided(dataset, "r1-20", "payment")
    decided(dataset, "r1-21", "bad_input")
    assert not loop_progress_of(dataset).baseline_lost
    early = learned(dataset)
    decided(dataset, "r1-0", "payment")
    found = labels_as_imported(dataset)
    assert (found.changed, found.baselines, found.lost) == (1, {early.snapshot_id}, False)
    assert loop_progress_of(dataset).decided_since == 1


def test_the_command_trains_them_as_imported(tmp_path, capsys):
    dataset = small_world.pool(tmp_path)
    small_world.relabelled(dataset)
    call_command("train", dataset.slug, learner="logistic", set=["C=1"], as_imported=True, json=True)
    run = ModelRun.objects.get(pk=json.loads(capsys.readouterr().out)["run"])
    assert labels(run.snapshot)["r1-0"] == "access"
    with pytest.raises(CommandError, match="leave out --snapshot"):
        call_command("train", dataset.slug, learner="logistic", as_imported=True, snapshot=run.snapshot_id)
