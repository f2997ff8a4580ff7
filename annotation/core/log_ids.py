"""The id on each line of the log: of the request or the job the line belongs to."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST = re.compile(r"\brequest ([A-Za-z0-9._-]+)")
_CURRENT: ContextVar[str] = ContextVar("log_id", default="-")


@contextmanager
def log_as(name: str) -> Iterator[None]:
    """Lines written inside, by this thread, carry `name`, such as "job 12"."""
    token = _CURRENT.set(name)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def request_name() -> str:
    """The request that what runs now belongs to, itself or by the job it asked for; "" where there is none."""
    found = REQUEST.search(_CURRENT.get())
    return found[1] if found else ""


class WithId(logging.Filter):
    """Gives every record the attribute `id`, "-" where a line belongs to no request and no job."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.id = _CURRENT.get()
        return True
