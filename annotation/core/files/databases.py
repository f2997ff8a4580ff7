"""A query on a database -> its rows, one after the other; nothing is ever written to that database."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import psycopg

from annotation.core.files.unreadable import UnableToRead
from annotation.core.refusal import Refusal

KINDS = "sqlite:///path/of.db or postgres://user@host/database"
AT_ONCE = 2_000  # rows fetched
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
PATIENCE = 10  # seconds to connect


class UnableToQuery(Refusal):
    """The database or the query gives no rows; no password stands in it."""


@dataclass(frozen=True)
class Queried:
    """`name`: the database's, without host or password; `columns`: names, each once; `rows`: gone through once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Any]]


@contextmanager
def queried(url: str, query: str) -> Iterator[Queried]:
    """The rows of one query that reads. Raises UnableToQuery, also while the rows are gone through."""
    try:
        parts = urlsplit(url)
        password = unquote(parts.password or "")
    except ValueError:
        raise UnableToQuery(f"This is no address of a database; write {KINDS}.") from None
    try:
        if parts.scheme == "sqlite":
            with _sqlite(unquote(parts.path), query) as found:
                yield found
        elif parts.scheme in ("postgres", "postgresql"):
            with _postgres(url, unquote(parts.path).strip("/"), query) as found:
                yield found
        else:
            raise UnableToQuery(f"This is no address of a database that can be queried; write {KINDS}.")
    except (sqlite3.Error, sqlite3.Warning, psycopg.Error, UnicodeDecodeError) as error:
        raise UnableToQuery(_sentence(error, password)) from None


@contextmanager
def _sqlite(address: str, query: str) -> Iterator[Queried]:
    path = Path(address.removeprefix("/"))  # three slashes begin a relative path, four an absolute one
    if not path.is_file():
        raise UnableToQuery(
            f"There is no database file {path}; an absolute path begins with four slashes, sqlite:////…"
        )
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    try:
        connection.set_authorizer(
            lambda action, *about: sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY
        )
        cursor = connection.execute(query)
        yield Queried(path.name, _names(cursor.description), cursor)
    finally:
        connection.close()


@contextmanager
def _postgres(url: str, name: str, query: str) -> Iterator[Queried]:
    options = "-c default_transaction_read_only=on"
    with psycopg.connect(url, connect_timeout=PATIENCE, options=options) as connection:
        connection.read_only = True
        with connection.cursor(name="second_look") as cursor:  # on the server: the rows come in parts
            cursor.itersize = AT_ONCE
            cursor.execute(query.encode())
            yield Queried(name or connection.info.dbname, _names(cursor.description), iter(cursor))
        connection.rollback()


def _names(description: Sequence[Any] | None) -> tuple[str, ...]:
    if not description:
        raise UnableToQuery("The query gives no rows; write one SELECT.")
    names = [str(one[0]).strip() for one in description]
    for position, name in enumerate(names, 1):
        if not name:
            raise UnableToQuery(f"Column {position} of the query has no name; give it one with AS.")
        if names.index(name) + 1 < position:
            raise UnableToQuery(f"The query has two columns called '{name}'; rename one with AS.")
    return tuple(names)


def _sentence(error: Exception, password: str) -> str:
    """What the database says, on one line."""
    said = " ".join(str(error).split()) or type(error).__name__
    if "not authorized" in said or "prohibited" in said:
        said = "only a query that reads is run; write one SELECT"
    for secret in {password, quote(password), quote(password, safe="")} - {""}:
        said = said.replace(secret, "…")
    return f"The database refuses: {said.rstrip('.')}."


def json_value(value: Any, row: int, column: str) -> Any:
    """A value of a database as JSON has it: numbers as they are written, dates and times in ISO 8601. Raises
    UnableToRead for bytes."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise UnableToRead("the value is bytes, not a text or number; leave the column out, or cast it", row, column)
    if isinstance(value, float) and value != value:  # NaN alone differs from itself
        return None
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    return str(value) if isinstance(value, (Decimal, UUID)) else _other(value)


def _other(value: Any) -> Any:
    """Intervals, ranges, addresses: as the database's driver writes them."""
    return [json_value(one, 0, "") for one in value] if isinstance(value, (tuple, set)) else str(value)
