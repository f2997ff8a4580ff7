"""The log's lines: one a record, whatever it says. As plain text, or as JSON for whatever collects them."""

import json
import logging
import re
from datetime import UTC, datetime

# What ends a line anywhere, and what a terminal takes for a command.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
# What may stand in an address in full. Longer parts may be somebody's way in: an invitation, a link for a new password.
LONGEST_PART = 15


def in_one_line(text: str) -> str:
    """`text` without what begins a line or moves a cursor: such characters are written as Python would."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class PlainLine(logging.Formatter):
    """A record's message in one line; the traceback beneath it is the server's own and indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return in_one_line(super().formatMessage(record))

    def formatException(self, ei: object) -> str:
        return _indented(super().formatException(ei))  # type: ignore[arg-type]


class JsonLine(logging.Formatter):
    """A record as one JSON object: time, level, logger, message, what it belongs to, `fields` of its own, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **belongs_to(getattr(record, "id", "-")),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str)


def belongs_to(name: str) -> dict[str, str]:
    """ "job 12 of request ab" → {"job": "12", "request": "ab"}; "-" → {}."""
    return dict(re.findall(r"\b(job|request) ([\w.-]+)", name))


def shown_path(path: str, known: frozenset[str] = frozenset()) -> str:
    """A path for the log: no query, and no part that might be a secret. known: parts that are none, such as a slug."""
    return "/".join(
        in_one_line(part) if len(part) <= LONGEST_PART or part in known else "…" for part in path[:500].split("/")
    )


def _indented(text: str) -> str:
    # str.splitlines also ends lines at characters that a message may hold
    return "\n".join("  " + in_one_line(line) for line in text.split("\n"))
