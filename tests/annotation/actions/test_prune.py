"""What nothing rests on goes after a week; what people made or were shown stays."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from annotation.actions.detecting.prune import prune
from annotation.actions.jobs.reap import reap
from annotation.actions.queue.decide import decide
from annotation.models import Detection, Flag, Ruling
from tests.annotation.actions.fake_detectors import Says, detect, one_finding, use
from tests.annotation.actions.test_detection_faults import ROWS
from tests.factories import answer, imported
from tests.people import erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"refund": 0.9}, one_finding))
    return imported(tmp_path, ROWS)


def days_ago(detection, days):
    Detection.every.filter(pk=detection.pk).update(created_at=timezone.now() - timedelta(days=days))
    return detection


def aged():
    for path in Path(settings.ARTIFACTS_DIR).iterdir():
        os.utime(path, (0, 0))


def artifacts():
    return {path.name for path in Path(settings.ARTIFACTS_DIR).iterdir()}


def test_a_detection_nobody_decided_by_goes_with_its_files(dataset):
    old = days_ago(detect(dataset), 20)
    newest = days_ago(detect(dataset, again=True), 10)
    dataset.items.first().flags.update(score=0.1)
    (Path(settings.ARTIFACTS_DIR) / f"{'a' * 64}.npz").write_bytes(b"of a job that died")
    aged()
    told = prune(timezone.now(), dry_run=True)
    assert told["detections"] == [old.pk] and Detection.objects.count() == 2 and f"{'a' * 64}.npz" in artifacts()
    done = prune(timezone.now())
    assert done["detections"] == [old.pk] and f"{'a' * 64}.npz" in done["files"]
    assert list(Detection.every.all()) == [newest] and set(Flag._base_manager.values_list("detection", flat=True)) == {
        newest.pk
    }
    assert {newest.arrays} <= artifacts() and dataset.cases.open().count() == 6


def test_what_people_did_keeps_a_detection(dataset):
    decided, ruled, recent, newest = (detect(dataset, again=True) for _ in range(4))
    for detection, days in ((decided, 40), (ruled, 30), (recent, 5), (newest, 1)):
        days_ago(detection, days)
    case = dataset.cases.open().first()
    decide(case, erin(dataset), answer(dataset, "late"), timezone.now() - timedelta(days=35))
    Ruling.objects.create(dataset=dataset, key="k", finding=ruled.findings.get(), ruling=Ruling.ACCEPTED,
                          lead=leo(dataset))  # fmt: skip
    aged()
    kept = artifacts()
    assert prune(timezone.now())["detections"] == [] and Detection.objects.count() == 4
    assert {one.arrays for one in Detection.objects.all()} <= artifacts() <= kept


def test_a_young_file_stays_whatever_it_is(dataset):
    detect(dataset)
    (Path(settings.ARTIFACTS_DIR) / f"{'b' * 64}.skops").write_bytes(b"a model whose run is about to be written")
    assert prune(timezone.now())["files"] == []


def test_the_reaper_takes_away_what_a_dead_detection_left(dataset):
    left = detect(dataset)
    Detection.every.filter(pk=left.pk).update(finished=False)
    reap(timezone.now())
    assert not Detection.every.exists() and not Flag._base_manager.exists()


def test_the_command_tells_what_would_go(dataset, capsys):
    old, _ = days_ago(detect(dataset), 20), days_ago(detect(dataset, again=True), 10)
    call_command("prune", "--dry-run", "--json")
    assert f'"detections": [{old.pk}]' in capsys.readouterr().out
