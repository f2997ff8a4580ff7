"""The id on each line of the log: of the request or the job the line belongs to."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str] = ContextVar("log_id", default="-")


@contextmanager
def log_as(name: str) -> Iterator[None]:
    """Lines written inside, by this thread, carry `name`, such as "job 12"."""
    token = _CURRENT.set(name)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class WithId(logging.Filter):
    """Gives every record the attribute `id`, "-" where a line belongs to no request and no job."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.id = _CURRENT.get()
        return True
