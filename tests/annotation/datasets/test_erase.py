"""A dataset is erased, and a search for its texts finds nothing."""

import json
import os

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from annotation.actions.datasets import erase
from annotation.actions.datasets.erase import UnableToErase, request_erasure, what_goes
from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.uploads import keep_upload
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.talking.comment import add_comment
from annotation.core.artifacts import save_bytes
from annotation.models import Consensus, Dataset, Erasure, Item, Job
from annotation.reading.datasets.owned import owned_tables
from modeling.actions.training.train import request_training
from tests import people
from tests.factories import answer, apart, imported, open_case

pytestmark = pytest.mark.django_db(transaction=True)
WORD = "xylophonic"
CONSENSUS = {"method": "majority", "methods": {}, "skills": [], "n_items": 1, "n_labels": 1}


@pytest.fixture
def folders(settings, tmp_path):
    for name in ("ARTIFACTS_DIR", "UPLOADS_DIR"):
        folder = tmp_path / name
        folder.mkdir()
        setattr(settings, name, folder)
    return settings


def a_world(tmp_path, slug, word, whole=True):
    """A dataset with something in most tables, `word` in all its texts."""
    rows = [
        {"id": f"{word}-{n}", "text": apart(f"{word} {one}", n), "label": one, "who": who}
        for n in range(40) for one in [("access", "payment")[n % 2]] for who in ("ann1", "ann2")
    ]  # fmt: skip
    dataset = imported(tmp_path, rows, slug, annotator="who")
    erin = people.erin(dataset)
    case = open_case(dataset, f"{word}-3")
    decide(case, erin, answer(dataset, "access", note=f"because {word}"), timezone.now())
    add_comment(Item.objects.filter(dataset=dataset).first(), erin, f"look at {word}", timezone.now())
    keep_upload("more.csv", [f"id,text\n1,{word}\n".encode()], dataset, people.leo(dataset), {"split": "pool"})
    left = settings.ARTIFACTS_DIR / save_bytes(settings.ARTIFACTS_DIR, f"rejected: {word}".encode(), ".gz")
    os.utime(left, (0, 0))  # a job that failed long ago left it, so no row names it
    if whole:
        work_here(request_detection(dataset, background=False))
        work_here(request_training(dataset, learner="logistic", background=False))
    return dataset


def found(folders, word):
    """Where `word` can still be read, in the database and beside it."""
    places = [str(path) for folder in (folders.ARTIFACTS_DIR, folders.UPLOADS_DIR) for path in folder.rglob("*")
              if path.is_file() and word.encode() in path.read_bytes()]  # fmt: skip
    if connection.vendor == "sqlite":
        return places + ["database"] * (word.encode() in connection.connection.serialize())
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # what is in the files, and not only in memory
        for table in owned_tables():
            cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", [table.name])
            places += [table.name] * (word.encode() in bytes(cursor.fetchone()[0]))
    return places


def test_nothing_of_it_is_found_and_the_other_dataset_is_as_it_was(folders, tmp_path):
    kept = a_world(tmp_path, "kept", "marimba", whole=False)
    Consensus.objects.create(dataset=kept, arrays=save_bytes(settings.ARTIFACTS_DIR, b"marimba", ".npz"), **CONSENSUS)
    before = {table.name: table.rows(kept.pk).count() for table in owned_tables()}
    gone = a_world(tmp_path, "gone", WORD)
    goes = what_goes(gone)
    assert found(folders, WORD)
    done = work_here(request_erasure(gone, "gone", people.leo(gone), background=False)).outcome
    assert (done["rows"], done["files"], done["clean"]) == (goes.rows, goes.files, True)
    assert found(folders, WORD) == []
    assert {table.name: table.rows(gone.pk).count() for table in owned_tables()} == dict.fromkeys(before, 0)
    assert {table.name: table.rows(kept.pk).count() for table in owned_tables()} == before
    left = Erasure.objects.get()
    assert (left.slug, left.counts, left.user.username) == ("gone", goes.counts, "leo")
    asked = Job.objects.filter(kind="erasure").values_list("params", flat=True)
    assert WORD not in json.dumps([left.counts, *asked])
    assert [path.read_bytes() for path in folders.ARTIFACTS_DIR.glob("*.npz")] == [b"marimba"]
    assert len(list(folders.UPLOADS_DIR.glob("*.upload"))) == 1


def test_killed_in_the_middle_it_goes_on_when_asked_again(folders, tmp_path, monkeypatch):
    gone = a_world(tmp_path, "gone", WORD, whole=False)
    deleted = []

    def dies(table, dataset_id, delete=erase._delete):
        if len(deleted) == 20:
            raise SystemExit
        deleted.append(table)
        delete(table, dataset_id)

    monkeypatch.setattr(erase, "_delete", dies)
    with pytest.raises(SystemExit):
        work_here(request_erasure(gone, "gone", None, background=False))
    monkeypatch.undo()
    assert Dataset.objects.filter(slug="gone", archived_at__isnull=False).exists()
    work_here(request_erasure(gone, "gone", None, background=False))
    assert not Dataset.objects.exists()
    assert found(folders, WORD) == []
    assert Erasure.objects.count() == 1


def test_refusals(folders, tmp_path):
    dataset = imported(tmp_path, [{"id": "1", "text": "a", "label": "x"}])
    with pytest.raises(UnableToErase, match="is not the name"):
        request_erasure(dataset, "Support", people.leo(dataset))
    with pytest.raises(UnableToErase, match="Only those who lead"):
        request_erasure(dataset, "support", people.erin(dataset))
    request_erasure(dataset, "support", people.otto())
