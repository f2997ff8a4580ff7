"""What every answer asks and writes: statements written once for each database, and by PostgreSQL planned once for each
of its connections. Having the ORM write a query costs several times what a database takes to find a row or none."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.utils import CursorWrapper

# Beside the values given: what turns a column into what Python has for it, such as 0 into False on SQLite.
Converters = dict[int, tuple[list[Callable[..., Any]], Any]]
M = TypeVar("M", bound=models.Model)
# More rows than these the ORM writes in one statement sooner.
ONE_BY_ONE = 3


class Written(NamedTuple):
    """params: place among the values given, or -1 and the value itself."""

    sql: str
    params: list[tuple[int, Any]]
    converters: Converters


class AskedOften:
    """A query written by the ORM once for each database, then asked with other values.

    `build` gets a stand-in for each value, of the type in `kinds` (int, str, datetime or UUID), and returns a
    `values_list`.
    locking: what PostgreSQL is to lock until the transaction ends, "" = nothing; SQLite locks the whole.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, Any]], *kinds: type, locking: str = "") -> None:
        self.build, self.kinds, self.locking = build, kinds, locking
        self.written: dict[str, Written] = {}

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        database: Any = connections[DEFAULT_DB_ALIAS]
        if database.vendor not in self.written:
            self.written[database.vendor] = self._write(database)
        sql, params, converters = self.written[database.vendor]
        given = _ready(database, values)
        with _cursor(database) as cursor:
            cursor.execute(sql, [fixed if place < 0 else given[place] for place, fixed in params])
            found = cursor.fetchall()
        return [_converted(database, row, converters) for row in found] if converters else list(found)

    def first(self, *values: Any) -> tuple[Any, ...] | None:
        return next(iter(self.rows(*values)), None)

    def _write(self, database: Any) -> Written:
        stand_ins = [_stand_in(kind, place) for place, kind in enumerate(self.kinds)]
        compiler = self.build(*stand_ins).query.get_compiler(connection=database)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([one for one, _, _ in compiler.select])
        known = {one: place for place, one in enumerate(_ready(database, stand_ins))}
        placed = [(known.get(param, -1), param) for param in params]
        if database.vendor != "postgresql":
            return Written(sql, placed, converters)
        # what never changes stands in the text: an index of some rows only is found by it
        parts = sql.split("%s")
        shown = ["%s" if place >= 0 else _literal(database, value) for place, value in placed]
        text = parts[0] + "".join(one + part for one, part in zip(shown, parts[1:], strict=True))
        return Written(f"{text} {self.locking}", [one for one in placed if one[0] >= 0], converters)


class ReadOften(AskedOften, Generic[M]):
    """Rows of a model, read as it is: `build` returns a query of it."""

    def __init__(self, model: type[M], build: Callable[..., models.QuerySet[M]], *kinds: type) -> None:
        names = [field.attname for field in model._meta.concrete_fields]
        super().__init__(lambda *values: build(*values).values_list(*names), *kinds)
        self.model, self.names = model, names

    def read(self, *values: Any) -> list[M]:
        return [self.model.from_db(DEFAULT_DB_ALIAS, self.names, row) for row in self.rows(*values)]


def insert(row: models.Model) -> None:
    """Write one new row of numbers, texts, truths, dates and UUIDs, which gets its id."""
    sql, names = _insertion(type(row))
    database: Any = connections[DEFAULT_DB_ALIAS]
    with _cursor(database) as cursor:
        cursor.execute(sql, _ready(database, [getattr(row, name) for name in names]))
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_few(rows: Iterable[models.Model]) -> int:
    """Write new rows of one table, few as a rule; returns how many."""
    made = list(rows)
    if len(made) > ONE_BY_ONE:
        return len(type(made[0])._default_manager.bulk_create(made))
    for row in made:
        insert(row)
    return len(made)


def update(row: models.Model, *names: str) -> None:
    """Write these columns (`…_id` of a foreign key) of a row that is there."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    with _cursor(database) as cursor:
        values = [*(getattr(row, name) for name in names), row.pk]
        cursor.execute(_change(type(row), names), _ready(database, values))


@cache
def _insertion(model: type[models.Model]) -> tuple[str, list[str]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks}) RETURNING "{model._meta.pk.column}"'
    return sql, [field.attname for field in fields]


@cache
def _change(model: type[models.Model], names: tuple[str, ...]) -> str:
    columns = {field.attname: field.column for field in model._meta.concrete_fields}
    changes = ", ".join(f'"{columns[name]}" = %s' for name in names)
    return f'UPDATE "{model._meta.db_table}" SET {changes} WHERE "{model._meta.pk.column}" = %s'


@contextmanager
def _cursor(database: Any) -> Iterator[CursorWrapper]:
    """On PostgreSQL one that sends values beside the statement, which the connection then keeps as planned; where
    statements are logged, Django's own, as only that can say what it sent."""
    if database.vendor != "postgresql" or database.queries_logged:
        with database.cursor() as cursor:
            yield cursor
        return
    database.ensure_connection()
    with CursorWrapper(database.Database.Cursor(database.connection), database) as cursor:
        yield cursor


def _ready(database: Any, values: Sequence[Any]) -> list[Any]:
    """The values as the database's driver takes them."""
    if database.vendor == "postgresql":
        # of one width whatever the number, or each width were planned by itself
        whole = database.Database.types.numeric.Int8
        return [whole(value) if type(value) is int else value for value in values]
    return [
        database.ops.adapt_datetimefield_value(value)
        if isinstance(value, datetime)
        else value.hex
        if isinstance(value, UUID)
        else value
        for value in values
    ]


def _converted(database: Any, row: tuple[Any, ...], converters: Converters) -> tuple[Any, ...]:
    values = list(row)
    for place, (ways, expression) in converters.items():
        for way in ways:
            values[place] = way(values[place], expression, database)
    return tuple(values)


def _stand_in(kind: type, place: int) -> Any:
    """A value that no query has of itself."""
    if kind is datetime:
        return datetime(9000 + place, 1, 1, tzinfo=UTC)
    if kind is str:
        return f"\ufdd0 in place {place}"
    return UUID(int=2**120 + place) if kind is UUID else 7_000_000_000_000 + place


def _literal(database: Any, value: Any) -> str:
    return database.Database.sql.Literal(value).as_string(database.connection).replace("%", "%%")
