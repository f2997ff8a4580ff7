"""A backup of the whole site while it runs: the database as it was at one moment, and the artifacts its rows name.

Artifacts are files named by their content and never changed, so a copy taken after that moment has all of them.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection, models, transaction

from annotation.actions.keeping.tables import (
    UnableToBackUp,
    applied_migrations,
    columns_of,
    kept_models,
    kinds_of,
    quoted,
)
from annotation.core.artifacts import NAME
from annotation.core.keeping.archive import FORMAT, MANIFEST, ArchiveWriter, KeptTable, Manifest, sha256_of, writing
from annotation.core.keeping.rows import line_of
from annotation.core.running.version import VERSION

# Writes the rows of a table into a file; returns how many, and the last id that was given.
Dump = Callable[[type[models.Model], IO[bytes]], tuple[int, int]]
BATCH = 2_000


def backup(path: Path, now: datetime) -> tuple[Path, Manifest]:
    """Write it to `path`, a file that is not there yet or a folder. Raises UnableToBackUp."""
    path = _target(path, now)
    try:
        with writing(path) as archive:
            manifest = Manifest(FORMAT, VERSION, now.isoformat(), connection.vendor, applied_migrations())
            with _one_moment() as dump:
                for model in kept_models():
                    manifest.tables[model._meta.db_table] = _add_table(archive, model, dump)
            _add_artifacts(archive, manifest)
            archive.add_bytes(MANIFEST, manifest.written())
    except OSError as error:
        raise UnableToBackUp(f"The backup could not be written to {path} ({error.strerror or error}).") from error
    return path, manifest


def _target(path: Path, now: datetime) -> Path:
    if path.is_dir():
        path = path / f"second-look-{now:%Y%m%d-%H%M%S}.tar"
    if path.exists():
        raise UnableToBackUp(f"{path} is there already; choose another name.")
    if not path.parent.is_dir():
        raise UnableToBackUp(f"There is no folder {path.parent}; make it first.")
    return path


def _add_table(archive: ArchiveWriter, model: type[models.Model], dump: Dump) -> KeptTable:
    table = model._meta.db_table
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as spool:
        rows, sequence = dump(model, spool)
        size = spool.tell()
        spool.seek(0)
        sha256 = sha256_of(spool)
        spool.seek(0)
        archive.add(f"tables/{table}.rows", spool, size)
    return KeptTable(columns_of(model), kinds_of(model), rows, sequence, sha256)


def _add_artifacts(archive: ArchiveWriter, manifest: Manifest) -> None:
    for path in sorted(settings.ARTIFACTS_DIR.glob("*")):
        if not NAME.fullmatch(path.name):
            continue
        with suppress(FileNotFoundError), path.open("rb") as file:  # erased since the moment of the backup
            if sha256_of(file) != path.name[:64]:
                manifest.lost.append(path.name)
                continue
            size = file.tell()
            file.seek(0)
            archive.add(f"artifacts/{path.name}", file, size)
            manifest.artifacts.append(path.name)


@contextmanager
def _one_moment() -> Iterator[Dump]:
    with _postgres() if connection.vendor == "postgresql" else _sqlite() as dump:
        yield dump


@contextmanager
def _postgres() -> Iterator[Dump]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL timezone TO 'UTC'")
        cursor.execute("SET LOCAL statement_timeout TO 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout TO 0")

        def dump(model: type[models.Model], file: IO[bytes]) -> tuple[int, int]:
            table, key = model._meta.db_table, str(model._meta.pk.column)
            source = f"SELECT {quoted(columns_of(model))} FROM {quoted([table])} ORDER BY {quoted([key])}"
            rows = 0
            with cursor.copy(f"COPY ({source}) TO STDOUT") as copy:
                for piece in copy:
                    file.write(piece)
                    rows += bytes(piece).count(b"\n")
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', key])
            sequence = cursor.fetchone()[0]
            if not sequence:
                return rows, 0
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
            return rows, int(cursor.fetchone()[0])

        yield dump


@contextmanager
def _sqlite() -> Iterator[Dump]:
    """From a copy by SQLite's own backup, made in one step; whoever writes goes on meanwhile."""
    with tempfile.NamedTemporaryFile(dir=settings.DATA_DIR, prefix=".backup-", suffix=".sqlite3") as file:
        copy = sqlite3.connect(file.name)
        try:
            connection.ensure_connection()
            connection.connection.backup(copy)

            def dump(model: type[models.Model], file: IO[bytes]) -> tuple[int, int]:
                table, key, kinds = model._meta.db_table, str(model._meta.pk.column), kinds_of(model)
                source = f"SELECT {quoted(columns_of(model))} FROM {quoted([table])} ORDER BY {quoted([key])}"
                rows = 0
                cursor = copy.execute(source)
                while batch := cursor.fetchmany(BATCH):
                    file.write(b"".join(line_of(row, kinds) for row in batch))
                    rows += len(batch)
                found = copy.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
                return rows, int(found[0]) if found else 0

            yield dump
        finally:
            copy.close()
            for ending in ("-wal", "-shm", "-journal"):
                Path(file.name + ending).unlink(missing_ok=True)
