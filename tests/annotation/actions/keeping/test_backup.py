import hashlib
import io
import json
import tarfile
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation.actions.keeping.backup import backup
from annotation.actions.keeping.restore import UnableToRestore, restore
from annotation.actions.keeping.tables import UnableToBackUp, kept_models, kinds_of
from annotation.core.artifacts import save_bytes
from annotation.core.keeping.archive import UnableToReadBackup, reading
from annotation.core.keeping.rows import JSON, MOMENT, REAL, TEXT, MisshapenRow, line_of, values_of
from annotation.models import Dataset, Guideline, Job, Process, User
from tests.factories import open_case, small_dataset
from tests.people import erin, leo

pytestmark = pytest.mark.django_db(transaction=True)

ODD = "tab\t newline\n return\r backslash \\ \\N bell\x07 \v \f emoji 🙂 bidi\u202e quote\" '"


@pytest.fixture
def world(tmp_path, settings):
    """A dataset with odd texts, members, a case, a job and artifacts; rows were deleted, so ids have gaps."""
    dataset = small_dataset(tmp_path)
    erin(dataset), leo(dataset)
    open_case(dataset, "s1")
    Guideline.objects.create(dataset=dataset, version=7, text=ODD)
    Job.objects.create(
        kind="t", key="k", params={"b": 1, "a": [None, 1.5e-07, ODD], "ü": True}, dataset=dataset, progress=0.1,
    )  # fmt: skip
    gone = [User.objects.create_user(f"gone{n}").pk for n in range(3)]
    User.objects.filter(pk__in=gone).delete()
    for n in range(3):
        save_bytes(settings.ARTIFACTS_DIR, f"artifact {n}".encode(), ".npz")
    return max(gone)


def digests():
    """Table → rows and a hash of their values as Django reads them, which no database's form is part of."""
    found = {}
    for model in kept_models():
        digest, rows = hashlib.sha256(), 0
        for row in model._base_manager.order_by("pk").values_list():
            digest.update(json.dumps(row, default=str, sort_keys=True).encode())
            rows += 1
        found[model._meta.db_table] = rows, digest.hexdigest()
    return found


def emptied(settings, tmp_path):
    call_command("flush", "--no-input", verbosity=0)
    settings.ARTIFACTS_DIR = tmp_path / "restored"


def test_what_is_restored_is_what_was_kept(world, tmp_path, settings):
    before = digests()
    path, manifest = backup(tmp_path / "site.tar", timezone.now())
    assert manifest.rows == sum(rows for rows, _ in before.values()) and len(manifest.artifacts) == 3
    assert path.stat().st_mode & 0o077 == 0
    emptied(settings, tmp_path)
    assert restore(path).rows == manifest.rows
    assert digests() == before
    assert len(list(settings.ARTIFACTS_DIR.glob("*"))) == 3
    assert User.objects.create_user("next").pk > world
    again, _ = backup(tmp_path / "again.tar", timezone.now())
    with reading(path) as first, reading(again) as second:
        same = {name for name, table in first.manifest.tables.items() if second.manifest.tables[name] == table}
        assert set(first.manifest.tables) - same == {User._meta.db_table}


def test_the_commands_say_what_they_did(world, tmp_path, settings, capsys):
    call_command("backup", str(tmp_path), "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["file"].startswith(str(tmp_path / "second-look-")) and said["damaged"] == []
    call_command("restore", said["file"], "--check", "--json")
    assert json.loads(capsys.readouterr().out)["rows"] == said["rows"]
    with pytest.raises(CommandError, match="This site is not empty"):
        call_command("restore", said["file"])
    emptied(settings, tmp_path)
    call_command("restore", said["file"], "--json")
    assert json.loads(capsys.readouterr().out)["artifacts"] == 3 and Dataset.objects.count() == 1


def test_a_site_that_runs_is_not_restored_into(world, tmp_path, settings):
    path, _ = backup(tmp_path / "site.tar", timezone.now())
    emptied(settings, tmp_path)
    now = timezone.now()
    Process.objects.create(kind="web", host="h", pid=1, version="0", started_at=now, heard_at=now)
    with pytest.raises(UnableToRestore, match="its web showed life on h a moment ago"):
        restore(path)
    Process.objects.update(heard_at=now - timedelta(hours=1))
    restore(path)


def test_other_migrations_are_refused(world, tmp_path, settings, monkeypatch):
    path, _ = backup(tmp_path / "site.tar", timezone.now())
    emptied(settings, tmp_path)
    monkeypatch.setattr("annotation.actions.keeping.restore.applied_migrations", lambda: {"annotation": ["0001"]})
    with pytest.raises(UnableToRestore, match="restore it with the version that made it, then upgrade"):
        restore(path)
    monkeypatch.setattr("annotation.actions.keeping.restore.applied_migrations", dict)
    with pytest.raises(UnableToRestore, match="run manage.py migrate"):
        restore(path)


def test_a_damaged_artifact_is_named_and_not_kept(world, tmp_path, settings):
    name = next(settings.ARTIFACTS_DIR.glob("*"))
    name.write_bytes(b"changed")
    _, manifest = backup(tmp_path / "site.tar", timezone.now())
    assert manifest.lost == [name.name] and len(manifest.artifacts) == 2


def test_nothing_is_written_over(world, tmp_path):
    backup(tmp_path / "site.tar", timezone.now())
    with pytest.raises(UnableToBackUp, match="is there already"):
        backup(tmp_path / "site.tar", timezone.now())
    with pytest.raises(UnableToBackUp, match="There is no folder"):
        backup(tmp_path / "nowhere" / "site.tar", timezone.now())


@pytest.mark.fault("disk full while a backup is written")
def test_a_backup_that_can_t_be_written_leaves_no_file(world, tmp_path, monkeypatch):
    def full(self, name, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("annotation.core.keeping.archive.ArchiveWriter.add_bytes", full)
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(UnableToBackUp, match="No space left"):
        backup(folder / "site.tar", timezone.now())
    assert list(folder.iterdir()) == []


def rewritten(path, change):
    """The archive with each member as `change(name, data)` gives it, None = left out."""
    members = []
    with tarfile.open(path) as tar:
        for member in tar:
            members.append((member, tar.extractfile(member).read()))
    with tarfile.open(path, "w") as tar:
        for member, data in members:
            changed = change(member, data)
            if changed is not None:
                member.size = len(changed)
                tar.addfile(member, io.BytesIO(changed))


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def without_manifest(path):
    rewritten(path, lambda member, data: None if member.name == "manifest.json" else data)


def without_a_table(path):
    rewritten(path, lambda member, data: None if member.name == "tables/auth_user.rows" else data)


def climbing(path):
    def climb(member, data):
        if member.name.startswith("artifacts/"):
            member.name = "artifacts/../../escaped"
        return data

    rewritten(path, climb)


def linked(path):
    def link(member, data):
        if member.name.startswith("artifacts/"):
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            return b""
        return data

    rewritten(path, link)


def twice(path):
    with tarfile.open(path, "a") as tar:
        entry = tarfile.TarInfo("tables/auth_user.rows")
        tar.addfile(entry, io.BytesIO(b""))


def not_json(path):
    rewritten(path, lambda member, data: b"{" if member.name == "manifest.json" else data)


def another_format(path):
    rewritten(
        path, lambda member, data: data.replace(b'"format": 1', b'"format": 9') if "manifest" in member.name else data
    )


def empty(path):
    path.write_bytes(b"")


DAMAGES = {
    "backup with a flipped byte": flip,
    "truncated backup": truncate,
    "backup without its list": without_manifest,
    "backup without one of its tables": without_a_table,
    "path traversal in a backup": climbing,
    "symbolic link in a backup": linked,
    "a file twice in a backup": twice,
    "backup whose list can't be read": not_json,
    "backup of another format": another_format,
    "empty file as a backup": empty,
}


@pytest.mark.parametrize(
    "damage", [pytest.param(one, id=one.__name__, marks=pytest.mark.fault(name)) for name, one in DAMAGES.items()]
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(world, tmp_path, settings, damage):
    path, _ = backup(tmp_path / "site.tar", timezone.now())
    damage(path)
    emptied(settings, tmp_path)
    before = digests()
    with pytest.raises(UnableToReadBackup):
        restore(path)
    assert digests() == before
    assert not settings.ARTIFACTS_DIR.exists() and not (tmp_path / "escaped").exists()


def forged(path, table, change):
    """A row changed, and the hash with it."""
    rows = {}

    def both(member, data):
        if member.name == f"tables/{table}.rows":
            data = rows["data"] = change(data)
        if member.name == "manifest.json":
            said = json.loads(data)
            said["tables"][table]["sha256"] = hashlib.sha256(rows["data"]).hexdigest()
            data = json.dumps(said).encode()
        return data

    rewritten(path, both)


@pytest.mark.fault("rows in a backup that the database refuses")
def test_rows_the_database_refuses_leave_nothing(world, tmp_path, settings):
    path, _ = backup(tmp_path / "site.tar", timezone.now())
    forged(path, "annotation_dataset", lambda data: data + data)
    emptied(settings, tmp_path)
    before = digests()
    with pytest.raises(UnableToRestore, match="Nothing was restored"):
        restore(path)
    assert digests() == before and not list(settings.ARTIFACTS_DIR.glob("*"))


def test_every_column_is_of_a_known_kind():
    assert all(kinds_of(model) for model in kept_models())


@pytest.mark.parametrize("value", ["", ODD, "\\", "a\\tb", None])
def test_a_text_comes_back(value):
    line = line_of([value], [TEXT])
    assert line.count(b"\n") == 1 and values_of(line, [TEXT]) == [value]


@pytest.mark.parametrize("value", [0.1, 1e-300, 5e300, float("inf"), -0.0, 1.0, 123456789.125])
def test_a_number_comes_back(value):
    assert values_of(line_of([value], [REAL]), [REAL]) == [value]


def test_moments_are_written_as_postgresql_writes_them():
    assert line_of(["2026-11-30 20:37:02.120000"], [MOMENT]) == b"2026-11-30 20:37:02.12+00\n"
    assert values_of(b"2026-11-30 20:37:02.12+00\n", [MOMENT]) == ["2026-11-30 20:37:02.120000"]
    assert values_of(b"2026-11-30 20:37:02+00\n", [MOMENT]) == ["2026-11-30 20:37:02"]


@pytest.mark.parametrize("line", [b"1\t2\n", b"{\n", b"\\q\n"])
def test_a_line_that_is_no_row_is_told(line):
    with pytest.raises(MisshapenRow):
        values_of(line, [JSON])
