"""Celery's broker made of files, for writers that are killed and readers that come while something is written.

kombu's own transport creates a file and fills it afterwards: a worker that polls in between reads half a message and
dies of it. Here a message appears whole, and what an older version or a full disk left in half is passed over. The
job row is the truth, so the reaper rings again for what was lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict[str, Any], **options: Any) -> None:
        """Write the message under a name that no reader looks at, and rename it, which is one step. Names sort by
        time, so that the oldest message is read first."""
        whole = Path(self.data_folder_out) / f"{time_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        part = whole.with_suffix(".part")
        part.write_text(dumps(payload), encoding="utf-8")
        part.replace(whole)

    def _get(self, queue: str) -> dict[str, Any]:
        """The oldest message; one that cannot be read is taken out of the folder like any other, and the next read."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                continue

    def get_table(self, exchange: str) -> list[Any]:
        with self._alone():
            return self._bound(exchange)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        with self._alone():
            self._bound(exchange)
            super()._queue_bind(exchange, routing_key, pattern, queue)

    def _delete(self, queue: str, exchange: str, *args: Any, **options: Any) -> None:
        with self._alone():
            self._bound(exchange)
            super()._delete(queue, exchange, *args, **options)

    def _bound(self, exchange: str) -> list[Any]:
        """The queues of an exchange; a list that a killed process left in half is begun anew, as every worker that
        starts writes itself into it."""
        try:
            return super().get_table(exchange)
        except ValueError:
            self._exchange_file(exchange).unlink(missing_ok=True)
            return []

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from lists of queues, which are emptied before they are written."""
        self.control_folder.mkdir(exist_ok=True)
        with (self.control_folder / ".lock").open("w") as file:
            filesystem.lock(file, filesystem.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel
