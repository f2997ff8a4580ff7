"""The rows of a query on somebody's database, kept as a file that is imported like any other."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from annotation.core.files.databases import UnableToQuery, json_value, queried


@dataclass(frozen=True)
class QueriedFile:
    """`path`: among the uploads, which are deleted once no import needs them; `name`: says which database it came
    from, and by its suffix what it is."""

    path: Path
    name: str


def query_database(url: str, query: str) -> QueriedFile:
    """Only the rows are kept: neither the address, which may hold a password, nor the query.

    Raises UnableToQuery or UnableToRead.
    """
    path = settings.UPLOADS_DIR / f"{secrets.token_hex(16)}.upload"
    try:
        with queried(url, query) as found, path.open("x", encoding="utf-8") as file:
            row = 0
            for row, values in enumerate(found.rows, 1):
                cells = zip(found.columns, values, strict=True)
                record = {name: json_value(value, row, name) for name, value in cells}
                file.write(json.dumps(record, default=str) + "\n")
            if not row:
                raise UnableToQuery("The query gives no rows; nothing was imported.")
            return QueriedFile(path, f"query on {found.name}.jsonl")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
