"""An import piece by piece: unseen until all is there, and broken off anywhere it comes out the same."""

import csv
import errno
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import bulk
from annotation.actions.exporting.export import export
from annotation.actions.files import import_items, pieces, unfinished
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.files.uploads import UnableToUpload, keep_upload, prune_uploads
from annotation.actions.files.write_items import ItemWriter
from annotation.actions.jobs import fenced
from annotation.actions.jobs.cancel import cancel
from annotation.actions.jobs.reap import reap
from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.actions.snapshot import snapshot
from annotation.core.files.bounded.kept_rows import KeptRows
from annotation.core.files.parsing_items import MAX_CLASSES, ItemMapping
from annotation.core.refusal import Refusal
from annotation.models import CurrentLabel, Dataset, FileImport, Item, Job, Label, Snapshot
from annotation.reading.pool_evidence import state_of
from tests.people import user

pytestmark = pytest.mark.django_db
N = 20


class Killed(BaseException):
    """As SIGKILL: nobody catches it, and nothing is tidied up."""


@pytest.fixture(autouse=True)
def in_pieces(monkeypatch, settings, tmp_path):
    """Three rows are many, on either database."""
    settings.UPLOADS_DIR = tmp_path
    monkeypatch.setattr(bulk, "one_writer_at_a_time", lambda: True)
    monkeypatch.setattr(import_items, "PIECE", 3)
    for module in (pieces, unfinished):
        monkeypatch.setattr(module, "PIECE", 3)
    monkeypatch.setattr(unfinished, "SHOWN", 4)


def asked(tmp_path, rows=None, **mapping):
    path = tmp_path / "rows.csv"
    rows = rows or [{"id": f"i{at}", "text": f"words {at}", "label": "ab"[at % 2], "who": "ann"} for at in range(N)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    chosen = {"text": ("text",), "label": "label", "id": "id", **mapping}
    return request_import(import_params("d", "d", path, ItemMapping(**chosen)), background=False)


def broken_off(monkeypatch, owner, name, after):
    """The call of `name` after so many others kills the worker."""
    inner, calls = getattr(owner, name), []

    def dying(*args, **kwargs):
        calls.append(1)
        if len(calls) > after:
            raise Killed
        return inner(*args, **kwargs)

    monkeypatch.setattr(owner, name, dying)
    return lambda: monkeypatch.setattr(owner, name, inner)


def killed(job):
    with pytest.raises(Killed):
        work(job.pk)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))


def seen():
    here = Item.objects.filter(split__in=Item.HERE)
    return here.count(), CurrentLabel.objects.filter(item__in=here).count()


def whole():
    dataset = Dataset.objects.get()
    return (
        seen(), Label.objects.count(), CurrentLabel.objects.count(), Item.objects.count(),
        FileImport.objects.values_list("state", "items", "labels").get(),
        sorted(dataset.items.values_list("external_id", "labels__label_class__name", "current_labels__state")),
    )  # fmt: skip


def test_it_comes_out_as_in_one_go(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "one_writer_at_a_time", lambda: False)
        job = work_here(asked(tmp_path))
        at_once, result = whole(), job.result
    Dataset.objects.get().file_imports.all()
    CurrentLabel.objects.all().delete()
    Label.objects.all().delete()
    Item.objects.all().delete()
    Dataset.objects.all().delete()
    job = work_here(asked(tmp_path))
    assert whole()[:4] == at_once[:4] and whole()[5] == at_once[5]
    assert job.result | {"file_import": 0} == result | {"file_import": 0}
    assert FileImport.objects.get().state == FileImport.WHOLE
    assert job.finished_at >= FileImport.objects.get().created_at


@pytest.mark.parametrize("mapping", [{}, {"annotator": "who"}, {"id": None, "text": ("text", "who")}])
@pytest.mark.fault("a worker killed in the middle of writing an import")
def test_killed_while_it_writes(tmp_path, monkeypatch, fault, mapping):
    job = asked(tmp_path, **mapping)
    mend = broken_off(monkeypatch, ItemWriter, "add", 4)
    killed(job)
    assert Item.objects.count() == 12 and seen() == (0, 0)
    with pytest.raises(Refusal):
        snapshot(Dataset.objects.get(), Snapshot.TRAINING)  # there is nothing to train on
    export(Dataset.objects.get(), "items", tmp_path / "out.csv")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1
    mend()
    done = work(job.pk)
    assert done.status == Job.DONE, done.error
    assert whole()[:5] == ((N, N), N, N, N, ("whole", N, N))
    fault.lost(N - done.result["items"])


@pytest.mark.fault("a worker killed while it shows what an import brought")
def test_killed_while_it_shows(tmp_path, monkeypatch, fault):
    job = asked(tmp_path)
    mend = broken_off(monkeypatch, fenced, "sleep", 9)
    killed(job)
    dataset = Dataset.objects.get()
    assert 0 < seen()[0] < N and FileImport.objects.get().state == FileImport.REVEALING
    for half in (lambda: snapshot(dataset, Snapshot.TRAINING), lambda: export(dataset, "items", tmp_path / "out.csv")):
        with pytest.raises(Refusal, match="is just being taken in"):
            half()
    before = state_of(dataset)
    mend()
    assert work(job.pk).status == Job.DONE
    assert whole()[:5] == ((N, N), N, N, N, ("whole", N, N))
    assert state_of(dataset) != before
    fault.lost(N - seen()[0])


@pytest.mark.fault("a worker killed while it adds labels to items that were here")
def test_killed_while_it_adds_labels_of_known_items(tmp_path, monkeypatch, fault):
    work_here(asked(tmp_path))
    rows = [{"id": f"i{at}", "text": f"words {at}", "label": "a", "who": "other"} for at in range(N + 5)]
    job = asked(tmp_path, rows, annotator="who")
    mend = broken_off(monkeypatch, ItemWriter, "add_known", 3)
    killed(job)
    mend()
    done = work(job.pk)
    assert (done.status, done.result["items"], done.result["labels"]) == (Job.DONE, 5, N + 5)
    assert Label.objects.count() == 2 * N + 5
    assert sorted(Item.objects.values_list("external_id", flat=True)) == sorted(f"i{at}" for at in range(N + 5))
    fault.lost(2 * N + 5 - Label.objects.count())


@pytest.mark.fault("an import cancelled in the middle")
def test_what_a_cancelled_import_wrote_is_cleared(tmp_path, monkeypatch, fault):
    job = asked(tmp_path)
    broken_off(monkeypatch, ItemWriter, "add", 4)
    killed(job)
    cancel(Job.objects.get(), timezone.now())
    reap(timezone.now() + timedelta(minutes=1))
    dataset = Dataset.objects.get()
    assert not Item.objects.exists() and not Label.objects.exists() and not FileImport.objects.exists()
    assert dataset.fields == [] and not dataset.label_classes.in_use().exists()


@pytest.mark.fault("an import cancelled while it is shown")
def test_what_was_shown_in_part_is_shown_whole(tmp_path, monkeypatch, fault):
    job = asked(tmp_path)
    mend = broken_off(monkeypatch, fenced, "sleep", 9)
    killed(job)
    mend()
    cancel(Job.objects.get(), timezone.now())
    reap(timezone.now() + timedelta(minutes=1))
    fault.lost(N - seen()[0])
    assert FileImport.objects.get().state == FileImport.WHOLE


@pytest.mark.fault("a zombie that goes on writing an import somebody took over")
def test_a_zombie_writes_no_further_piece(tmp_path, monkeypatch):
    job = asked(tmp_path)
    add = ItemWriter.add

    def taken_over(self, part):
        add(self, part)
        Job.objects.filter(pk=job.pk).update(attempt=7)

    monkeypatch.setattr(ItemWriter, "add", taken_over)
    work(job.pk)
    assert Item.objects.count() == 3 and seen() == (0, 0)
    assert Job.objects.get().status == Job.RUNNING


@pytest.mark.fault("two imports into one dataset at once")
def test_a_second_import_does_not_write_beside_the_first(tmp_path, monkeypatch):
    job = asked(tmp_path)
    broken_off(monkeypatch, ItemWriter, "add", 2)
    with pytest.raises(Killed):
        work(job.pk)  # its heart still beats
    monkeypatch.undo()
    brought = FileImport.objects.get()
    second = FileImport.objects.create(dataset=brought.dataset, kind="items", file_name="b.csv", sha256="0" * 64)
    with pytest.raises(Refusal, match=r"rows.csv is being taken in; import this file once that is over"):
        unfinished.refuse_beside(second)


@pytest.mark.fault("a disk that is full while an import reads")
def test_a_full_disk_is_said(tmp_path, monkeypatch, fault):
    def full(*args, **columns):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(KeptRows, "add", full)
        with pytest.raises(UnableToWork, match="disk is full and nothing was imported"):
            work_here(asked(tmp_path))
    assert not Item.objects.exists()
    assert work_here(asked(tmp_path)).status == Job.DONE
    fault.lost(N - seen()[0])


@pytest.mark.fault("a disk that is full while a file is uploaded")
def test_a_full_disk_keeps_no_half_upload(settings, tmp_path):
    def chunks():
        yield b"id,text\n"
        raise OSError(errno.ENOSPC, "No space left on device")

    lead = user("leo")
    dataset = Dataset.objects.create(slug="d", name="d")
    with pytest.raises(UnableToUpload, match="No space left on device"):
        keep_upload("a.csv", chunks(), dataset, lead, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.fault("an upload that a killed web process left half received")
def test_half_received_uploads_are_cleared(tmp_path):
    (tmp_path / "tmpab12.upload.csv").write_bytes(b"id,te")
    (tmp_path / "tmpfolder").mkdir()
    (tmp_path / "tmpfolder" / "table").write_bytes(b"x")
    prune_uploads(timezone.now() + timedelta(hours=1))
    assert len(list(tmp_path.iterdir())) == 2  # somebody may still be sending
    prune_uploads(timezone.now() + timedelta(days=2))
    assert not list(tmp_path.iterdir())


@pytest.mark.fault("a file whose annotators are called like users")
def test_a_name_in_a_file_never_becomes_a_users(tmp_path):
    work_here(asked(tmp_path))
    erin, dataset = user("erin"), Dataset.objects.get()
    own = dataset.annotators.of_user(dataset, erin)
    names = ("@erin", "erin", "@leo")
    rows = [{"id": f"i{at}", "text": f"words {at}", "label": "a", "who": who} for who in names for at in range(4)]
    done = work_here(asked(tmp_path, rows, annotator="who"))
    assert not own.labels.exists() and own.name == "@erin"
    assert not dataset.annotators.filter(user__isnull=False, labels__isnull=False).exists()
    assert any("'@erin' in the file is '@erin (file)' here" in note for note in done.result["notes"])
    leo = user("leo")
    assert not dataset.annotators.of_user(dataset, leo).labels.exists()


@pytest.mark.fault("a million classes")
def test_a_label_column_of_ever_new_labels_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(import_items, "PIECE", 1_000)
    rows = [{"id": f"i{at}", "text": "x", "label": f"c{at}"} for at in range(MAX_CLASSES + 2)]
    with pytest.raises(UnableToWork, match="More than 5,000 classes are in the labels; is this the label column"):
        work_here(asked(tmp_path, rows))
    assert not Item.objects.exists()


@pytest.mark.fault("direction marks hidden in names and labels")
def test_labels_with_direction_marks_are_the_class_they_look_like(tmp_path):
    marked = ["a", "\u202ea\u202c", "\u2067a\u2069", "a\u200f"]
    rows = [{"id": f"i{at}", "text": f"\u202ewords {at}", "label": label} for at, label in enumerate(marked)]
    done = work_here(asked(tmp_path, rows))
    dataset = Dataset.objects.get()
    assert list(dataset.class_names) == ["a"] and any("look like" in note for note in done.result["notes"])
    assert Item.objects.order_by("id").first().content["text"] == "\u202ewords 0"  # a text stays as it is
