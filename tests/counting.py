"""What pages ask the database for: how many queries, and how many rows of them were read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

# By so many statements PostgreSQL is told, and told off again, how to look up what the menu counts.
SET_FOR_THE_MENU = 4 if connection.vendor == "postgresql" else 0


@dataclass
class Asked:
    """sql: each query, and how many rows of it were read."""

    queries: list[list[Any]] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.queries)

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.queries)

    @property
    def largest(self) -> list[Any]:
        """The query of which most rows were read, and how many."""
        return max(self.queries, key=lambda one: one[1], default=["", 0])


class _Counting:
    """Instead of a cursor's result: counts what is fetched."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def add(self, rows: int) -> None:
        if self.asked.queries:
            self.asked.queries[-1][1] += rows


@contextmanager
def counted() -> Iterator[Asked]:
    """Counts what the default connection is asked meanwhile."""
    asked = Asked()
    counting = _Counting(asked)

    def asks(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # a savepoint stands for the transaction it is outside of a test
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            asked.queries.append([sql, 0])
        return execute(sql, params, many, context)

    def fetchone(self: CursorWrapper) -> Any:
        row = self.cursor.fetchone()
        counting.add(row is not None)
        return row

    def fetchmany(self: CursorWrapper, *args: Any) -> Any:
        rows = self.cursor.fetchmany(*args)
        counting.add(len(rows))
        return rows

    def fetchall(self: CursorWrapper) -> Any:
        rows = self.cursor.fetchall()
        counting.add(len(rows))
        return rows

    def every(self: CursorWrapper) -> Any:
        for row in self.cursor:
            counting.add(1)
            yield row

    ours = {"fetchone": fetchone, "fetchmany": fetchmany, "fetchall": fetchall, "__iter__": every}
    before = {name: CursorWrapper.__dict__.get(name) for name in ours}
    for name, method in ours.items():
        setattr(CursorWrapper, name, method)
    try:
        with connection.execute_wrapper(asks):
            yield asked
    finally:
        for name, method in before.items():
            if method is None:
                delattr(CursorWrapper, name)
            else:
                setattr(CursorWrapper, name, method)
