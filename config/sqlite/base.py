"""Loaded by Django: `config.sqlite` is the ENGINE of the settings."""

import sqlite3
from random import uniform
from time import monotonic, sleep

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Seconds until a transaction asks again for the lock that another one holds. SQLite itself asks every tenth of a second
# once it has waited for three, and so misses time and again the moments in which a job that writes much lets others in.
ASKS = 0.002, 0.006


class DatabaseWrapper(base.DatabaseWrapper):
    """Transactions that write ask for the lock every few milliseconds, up to the `timeout` of the settings."""

    def _start_transaction_under_autocommit(self) -> None:
        patience = self.get_connection_params().get("timeout", 5.0)
        until = monotonic() + patience
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._started(monotonic() >= until):
                sleep(uniform(*ASKS))
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * patience)}")

    def _started(self, last_try: bool) -> bool:
        """Raises OperationalError where the last try fails, or the lock is not what it fails for. Asked of the driver
        itself: dozens who wait would else spend on asking what the one at work needs."""
        try:
            self.connection.execute(f"BEGIN {self.transaction_mode or ''}")  # type: ignore[attr-defined]
        except sqlite3.OperationalError as error:
            if last_try or str(error) != "database is locked":
                raise OperationalError(*error.args) from error
            return False
        return True
