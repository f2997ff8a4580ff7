"""Faults and attacks on purpose, on both back ends: `make faults` injects each and shows what survives.

The tests that carry the mark `fault`, and those of this folder, which start the processes of a site and kill them. With
arguments, those go to pytest in place of the folders:
`python -m tests.services python -m tests.faults tests/faults -k killed`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults.site import POSTGRES, REDIS, ROOT
from tests.faults.table import Row, Rows, lines

BACKENDS = {
    "SQLite": {"DATABASE_URL": "", "REDIS_URL": ""},
    "PostgreSQL + Redis": {"DATABASE_URL": POSTGRES, "REDIS_URL": REDIS},
}


def run_on(backend: str, asked: list[str]) -> list[Row]:
    """The rows of one back end, found by a process of its own: settings are read once."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "rows.json"
        env = {**os.environ, **BACKENDS[backend], "SECONDLOOK_DATA_DIR": folder}
        command = [sys.executable, "-m", "tests.faults", "--rows", str(found), backend, *asked]
        subprocess.run(command, cwd=ROOT, env=env, check=False)
        return Rows.read(found)


def write_rows(found: Path, backend: str, asked: list[str]) -> int:
    rows = Rows(backend)
    code = pytest.main(["-m", "fault", "-p", "no:warnings", "--tb", "short", *asked], plugins=[rows])
    rows.write(found)
    return int(code)


def main(asked: list[str]) -> int:
    if asked[:1] == ["--rows"]:
        return write_rows(Path(asked[1]), asked[2], asked[3:])
    rows = [row for backend in BACKENDS for row in run_on(backend, asked or ["-n", "2", "tests", "tests/faults"])]
    failed = sum(not row["survived"] for row in rows)
    print("\n".join(lines(rows)))
    print(
        f"{len({row['fault'] for row in rows})} different faults, {len(rows)} rows, {failed} failed, "
        f"{sum(row['lost'] for row in rows)} lost"
    )
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
