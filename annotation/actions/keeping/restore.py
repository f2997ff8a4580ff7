"""A site made from a backup: an empty one that was migrated, on either database, whichever the backup came from.

The rows go in within one transaction; the artifacts before it is over, and are taken away again where it fails.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, models, transaction

from annotation.actions.keeping.tables import applied_migrations, columns_of, kept_models, kinds_of, quoted
from annotation.bulk import in_batches
from annotation.core.keeping.archive import PIECE, ArchiveReader, KeptTable, Manifest, reading
from annotation.core.keeping.rows import MisshapenRow, values_of
from annotation.core.refusal import Refusal
from annotation.models import Process

# What migrating alone writes; the backup brings its own.
BY_MIGRATING = (ContentType, Permission)


class UnableToRestore(Refusal):
    """This site, or this backup, is not one to restore with."""


def restore(path: Path) -> Manifest:
    """Raises UnableToRestore or UnableToReadBackup, and then nothing was changed."""
    with reading(path) as archive:
        _refuse(archive.manifest)
        placed: list[Path] = []
        try:
            with transaction.atomic():
                _empty()
                for model in kept_models():
                    _load(archive, model)
                _place_artifacts(archive, placed)
        except BaseException as error:
            for artifact in placed:
                artifact.unlink(missing_ok=True)
            if isinstance(error, DatabaseError | OSError):
                raise UnableToRestore(f"Nothing was restored: {' '.join(str(error).split())[:300]}") from error
            raise
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return archive.manifest


def _refuse(manifest: Manifest) -> None:
    applied = applied_migrations()
    if not applied:
        raise UnableToRestore("This database is not migrated; run manage.py migrate, then restore.")
    if applied != manifest.migrations:
        theirs = {f"{app} {name}" for app, names in manifest.migrations.items() for name in names}
        ours = {f"{app} {name}" for app, names in applied.items() for name in names}
        odd = sorted(theirs ^ ours)
        raise UnableToRestore(
            f"The backup was made by version {manifest.version} with other migrations ({odd[0]} is in one alone); "
            "restore it with the version that made it, then upgrade."
        )
    running = Process.objects.heard_within(settings.SILENT_SECONDS).order_by("kind").first()
    if running:
        raise UnableToRestore(
            f"The site runs: its {running.kind} showed life on {running.host} a moment ago. Stop it, then restore."
        )
    for model in kept_models():
        if model not in BY_MIGRATING and model._base_manager.exists():
            raise UnableToRestore(
                f"This site is not empty: {model._meta.db_table} has rows. Restore into a new database."
            )
    for model in kept_models():
        kept = manifest.tables.get(model._meta.db_table)
        if kept is None or kept.columns != columns_of(model) or kept.kinds != kinds_of(model):
            raise UnableToRestore(f"The backup's {model._meta.db_table} is not this version's; restore with its own.")


def _empty() -> None:
    for model in (Permission, ContentType):
        model._base_manager.all().delete()


def _load(archive: ArchiveReader, model: type[models.Model]) -> None:
    table = model._meta.db_table
    kept = archive.manifest.tables[table]
    try:
        with archive.table(table) as file:
            rows = _copy(table, kept, file) if connection.vendor == "postgresql" else _insert(table, kept, file)
    except MisshapenRow as error:
        raise UnableToRestore(f"Nothing was restored: a row of {table} can't be read ({error}).") from error
    if rows != kept.rows:
        raise UnableToRestore(f"Nothing was restored: {table} took {rows} rows of {kept.rows}.")
    _continue_from(model, kept)


def _copy(table: str, kept: KeptTable, file: IO[bytes]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout TO 0")
        # psycopg's own call, which Django does not translate the errors of
        with (
            connection.wrap_database_errors,
            cursor.copy(f"COPY {quoted([table])} ({quoted(kept.columns)}) FROM STDIN") as copy,
        ):
            while piece := file.read(PIECE):
                copy.write(piece)
        return int(cursor.rowcount)


def _insert(table: str, kept: KeptTable, file: IO[bytes]) -> int:
    marks = ", ".join(["%s"] * len(kept.columns))
    statement = f"INSERT INTO {quoted([table])} ({quoted(kept.columns)}) VALUES ({marks})"
    count = 0
    with connection.cursor() as cursor:
        for lines in in_batches(file):
            cursor.executemany(statement, _rows(lines, kept.kinds))
            count += len(lines)
    return count


def _rows(lines: Iterable[bytes], kinds: Sequence[str]) -> list[list[Any]]:
    return [values_of(line, kinds) for line in lines]


def _continue_from(model: type[models.Model], kept: KeptTable) -> None:
    """The next id is one that was never given."""
    if not kept.sequence:
        return
    table, key = model._meta.db_table, str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [f'"{table}"', key, kept.sequence])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [kept.sequence, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, kept.sequence])


def _place_artifacts(archive: ArchiveReader, placed: list[Path]) -> None:
    settings.ARTIFACTS_DIR.mkdir(parents=True, exist_ok=True)
    for name in archive.manifest.artifacts:
        path = settings.ARTIFACTS_DIR / name
        if path.exists():
            continue
        placed.append(path)
        partial = path.with_name(f".restoring-{name}")
        try:
            with archive.artifact(name) as source, partial.open("wb") as file:
                shutil.copyfileobj(source, file, PIECE)
            partial.chmod(0o644)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
