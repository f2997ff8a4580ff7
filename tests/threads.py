"""Several people at the same time."""

import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier

from django.db import connection, connections


def in_threads(work, each, then=None):
    """What `work` returns for every one of `each`, all started at once; for tests with `transaction=True`. With `then`
    also what that returns once all are done.

    On SQLite they work on a copy in a file, which goes when they are done: the test's own database, in memory, has one
    connection only.
    """
    each = list(each)
    barrier = Barrier(len(each))

    def start(one):
        barrier.wait(timeout=20)
        try:
            return work(one)
        finally:
            connections.close_all()

    with _database_for_threads(), ThreadPoolExecutor(len(each)) as pool:
        found = list(pool.map(start, each))
        return (found, pool.submit(_alone, then).result()) if then else found


def _alone(work):
    try:
        return work()
    finally:
        connections.close_all()


@contextmanager
def _database_for_threads():
    named = connections.settings["default"]
    if connection.vendor != "sqlite":
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        in_memory, path = named["NAME"], str(Path(folder) / "copy.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [path])
        with closing(sqlite3.connect(path)) as copy:  # two connections at once could not both switch it
            copy.execute("PRAGMA journal_mode=WAL")
        named["NAME"] = path
        try:
            yield
        finally:
            named["NAME"] = in_memory
