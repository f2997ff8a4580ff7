"""Whoever writes on SQLite asks for the lock every few milliseconds, and gives up when the patience is over."""

import pytest
from django.db import OperationalError, connections

from config.sqlite import base

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(tmp_path):
    """Two connections to a database file, patient for .2 seconds."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.2}
    settings = {**connections["default"].settings_dict, "NAME": str(tmp_path / "x.sqlite3"), "OPTIONS": options}
    made = [base.DatabaseWrapper(settings, alias) for alias in ("one", "two")]
    for one in made:
        one.inc_thread_sharing()
        one.connect()
    yield made
    for one in made:
        one.close()


def begin(connection):
    connection._start_transaction_under_autocommit()


def test_it_begins_as_soon_as_the_lock_is_free(pair, monkeypatch):
    one, two = pair
    begin(one)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            one.connection.rollback()

    monkeypatch.setattr(base, "sleep", sleep)
    begin(two)
    assert two.connection.in_transaction and len(slept) == 3 and max(slept) <= base.ASKS[1]
    assert two.connection.execute("PRAGMA busy_timeout").fetchone() == (200,)


def test_it_gives_up_when_the_patience_is_over(pair):
    one, two = pair
    begin(one)
    with pytest.raises(OperationalError, match="database is locked"):
        begin(two)
    assert two.connection.execute("PRAGMA busy_timeout").fetchone() == (200,)


def test_another_fault_is_raised_at_once(pair, monkeypatch):
    one, _ = pair
    begin(one)
    monkeypatch.setattr(base, "sleep", lambda seconds: pytest.fail("it waits for nothing"))
    with pytest.raises(OperationalError, match="within a transaction"):
        begin(one)
