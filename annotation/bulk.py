"""Everything in which the two databases differ: bulk insert and locking."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import chain, islice
from random import uniform
from time import monotonic, sleep
from types import NoneType
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, models, transaction
from django.db.backends.utils import CursorWrapper

from annotation.core.refusal import Refusal
from annotation.models import Dataset

BATCH = 5_000
# How PostgreSQL reads a table whole.
WHOLE = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
READERS = 180.0  # seconds to wait for whoever might still read what was deleted
# Seconds before work that collided with others' is tried again, each time longer; and for how long it is tried at all.
PAUSES, PATIENCE = (0.02, 0.1, 0.3, 1.0), 10.0
# What PostgreSQL calls two transactions of which one has to begin anew: serialization failure, deadlock, no lock yet.
COLLISIONS = ("40001", "40P01", "55P03")
T = TypeVar("T")
P = ParamSpec("P")
M = TypeVar("M", bound=models.Model)


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert `rows` (values in the order of `columns`, foreign keys as `…_id`); returns how many.

    COPY on PostgreSQL, `executemany` on SQLite; both several times faster than `bulk_create`.
    """
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    columns_of_table = [str(field.column) for field in fields]
    ready = [_preparer(field) for field in fields]
    prepared = chain.from_iterable(
        zip(*(prepare(column) for prepare, column in zip(ready, zip(*batch, strict=True), strict=True)), strict=True)
        for batch in in_batches(rows)
    )
    copy = _copy if connection.vendor == "postgresql" else _executemany
    with transaction.atomic():
        return copy(model._meta.db_table, columns_of_table, prepared)


def insert_ready(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The same for values that are as the database takes them, see `as_stored`; statistics are left as they are, see
    `refresh_statistics`."""
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    names = [str(by_name[name].column) for name in columns]
    with transaction.atomic():
        if connection.vendor == "postgresql":
            return _copy(model._meta.db_table, names, rows, analyse=False)
        return _executemany(model._meta.db_table, names, rows)


def as_stored(model: type[models.Model], name: str, value: Any) -> Any:
    """A value of a column as the database takes it."""
    field = next(one for one in model._meta.concrete_fields if one.attname == name)
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def reserve(model: type[models.Model], n: int) -> list[int]:
    """`n` ids that no other row gets, ascending; must run in the transaction that inserts them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            following = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(following, [table, n])
            return sorted(pk for (pk,) in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        last = found[0] if found else 0
        return list(range(last + 1, last + n + 1))


def among(name: str, ids: Sequence[int]) -> models.Q:
    """Rows whose `name` is one of `ids`: by their range where they follow one another, which costs any database less
    than a long list."""
    if ids and (high := max(ids)) - (low := min(ids)) == len(set(ids)) - 1:
        return models.Q(**{f"{name}__gte": low, f"{name}__lte": high})
    return models.Q(**{f"{name}__in": ids})


def one_writer_at_a_time() -> bool:
    """Whether everybody who writes waits while anybody does."""
    return connection.vendor == "sqlite"


def refresh_statistics(*tables: type[models.Model]) -> None:
    """After many rows came in: until its own vacuum comes round, PostgreSQL plans as if they were not there."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 400")
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def refresh_what_is_stale() -> list[str]:
    """The same for every table of the project of which a fifth came in since it was last counted, whoever wrote it;
    returns their names. PostgreSQL does so itself within a minute, unless its autovacuum is switched off."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE relname = ANY(%s) AND n_mod_since_analyze > "
            "%s + n_live_tup / 5 ORDER BY relname",
            [connection.introspection.django_table_names(), BATCH],
        )
        stale = [name for (name,) in cursor.fetchall()]
        for name in stale:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(name)}")
    return stale


def _preparer(field: models.Field) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Values of a column → as the database takes them; texts and numbers go as they are, a value met again is not
    prepared again."""
    plain: type | None = None
    if isinstance(field, models.CharField | models.TextField):
        plain = str
    elif isinstance(field, models.IntegerField | models.AutoField | models.ForeignKey):
        plain = int
    elif isinstance(field, models.FloatField):
        plain = float
    database = connections[DEFAULT_DB_ALIAS]  # `connection` would look it up again for every value
    as_they_are = {plain, NoneType}

    def prepare(values: Sequence[Any]) -> Sequence[Any]:
        if set(map(type, values)) <= as_they_are:
            return values
        last: tuple[Any, Any] = (None, None)
        prepared = []
        for value in values:
            if type(value) not in as_they_are and value is not last[0]:
                last = value, field.get_db_prep_save(value, database)
            prepared.append(value if type(value) in as_they_are else last[1])
        return prepared

    return prepare


def _copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], analyse: bool = True) -> int:
    count = 0
    with connection.cursor() as cursor:
        names = ", ".join(map(connection.ops.quote_name, columns))
        with cursor.copy(f"COPY {connection.ops.quote_name(table)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        if analyse and count >= BATCH:
            # until its own vacuum comes round, PostgreSQL plans as if these rows were not there
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
    return count


def _executemany(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    names = ", ".join(map(connection.ops.quote_name, columns))
    marks = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {connection.ops.quote_name(table)} ({names}) VALUES ({marks})"
    count = 0
    with connection.cursor() as cursor:
        for batch in in_batches(rows):
            cursor.executemany(statement, batch)
            count += len(batch)
    return count


def in_batches(values: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`values` in lists short enough for an IN clause of either database."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


class DatabaseBusy(Refusal):
    """The database had too much to do at once; nothing was written, and the same asked again may well be taken."""


def persistent(work: Callable[P, T]) -> Callable[P, T]:
    """`work`, a transaction of its own, begun anew a few times where it collided with others: that is nobody's mistake.

    Inside a wider transaction it runs once, for all of that one has to begin anew. Raises DatabaseBusy where it still
    collides.
    """

    @wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        until = monotonic() + PATIENCE
        for pause in (*PAUSES, 0.0):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not _is_collision(error):
                    raise
                if not pause or monotonic() + pause > until:
                    break
                sleep(uniform(pause / 2, pause))
        raise DatabaseBusy("The site is busy and did not take this; nothing was recorded. Please send it again.")

    return tried


def _is_collision(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlstate", None)
    return (
        code in COLLISIONS if code else "database is locked" in str(error) or "database table is locked" in str(error)
    )


def lock_dataset(dataset: Dataset) -> None:
    """One import, detection or snapshot of a dataset writes at a time. SQLite's IMMEDIATE transactions already do.

    Rows that only refer to the dataset may be written meanwhile: FOR UPDATE would wait for every answer that opens a
    case, and an answer for it.
    """
    rows = Dataset.objects.select_for_update(no_key=True).filter(pk=dataset.pk)
    rows.values_list("pk").first()


def locked(queryset: models.QuerySet[M]) -> models.QuerySet[M]:
    """Rows that nobody else changes until the transaction ends; rows that refer to them may be written meanwhile."""
    return queryset.select_for_update(no_key=True, of=("self",))


def without_waiting(queryset: models.QuerySet[M]) -> models.QuerySet[M]:
    """Rows locked until the transaction ends, passing over those another transaction holds.

    SQLite has no row locks and needs none: its IMMEDIATE transactions are one after the other.
    """
    return queryset.select_for_update(no_key=True, skip_locked=True, of=("self",))


def update(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set `columns` of many rows: each of `rows` is a primary key and the values, in the order of `columns`.

    A temporary table filled by COPY on PostgreSQL, `executemany` on SQLite; `bulk_update` is many times slower.
    """
    table, key = model._meta.db_table, str(model._meta.pk.column)
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    names = [str(by_name[name].column) for name in columns]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            changes = ", ".join(f'"{name}" = %s' for name in names)
            statement = f'UPDATE "{table}" SET {changes} WHERE "{key}" = %s'
            for batch in in_batches((*values, pk) for pk, *values in rows):
                cursor.executemany(statement, batch)
            return
        listed = ", ".join(f'"{name}"' for name in (key, *names))
        cursor.execute("DROP TABLE IF EXISTS changes")
        cursor.execute(f'CREATE TEMP TABLE changes ON COMMIT DROP AS SELECT {listed} FROM "{table}" WITH NO DATA')
        _copy("changes", [key, *names], rows, analyse=False)
        changes = ", ".join(f'"{name}" = changes."{name}"' for name in names)
        cursor.execute(f'UPDATE "{table}" SET {changes} FROM changes WHERE "{table}"."{key}" = changes."{key}"')


@contextmanager
def looked_up() -> Iterator[None]:
    """What is read meanwhile by lists of ids is looked up by its indexes. Of a table that was just filled PostgreSQL
    knows nothing, takes a short list for most of it and would read it whole."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_switch_whole("off"))
        yield
        cursor.execute(_switch_whole("on"))


def _switch_whole(to: str) -> str:
    """Until the transaction ends, in one statement."""
    return "SELECT " + ", ".join(f"set_config('{way}', '{to}', true)" for way in WHOLE)


def forget_deleted() -> None:
    """From now on this connection writes over what it deletes. PostgreSQL does so when a table is written anew."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _readers_ended(cursor: CursorWrapper) -> bool:
    """Wait for transactions that began before now, anywhere on the server: PostgreSQL keeps for them what was deleted
    since. False where one of them goes on."""
    cursor.execute("SELECT pg_current_xact_id()::text::bigint")
    now, until = cursor.fetchone()[0], monotonic() + READERS
    ended = """SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s AND NOT EXISTS (
        SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND age(backend_xmin) >= age(%s::text::xid))"""
    while monotonic() < until:
        cursor.execute(ended, [now, str(now % 2**32)])
        if cursor.fetchone()[0]:
            return True
        sleep(0.2)
    return False


def compact(tables: Iterable[type[models.Model]]) -> bool:
    """Write the tables anew without what was deleted from them; False where somebody who reads kept the old one in use.

    Must not run in a transaction. Each table is locked while it is written, on SQLite all of them.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            ended = _readers_ended(cursor)
            for model in tables:
                cursor.execute(f"VACUUM (FULL, ANALYZE) {connection.ops.quote_name(model._meta.db_table)}")
            return ended
        cursor.execute("VACUUM")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
