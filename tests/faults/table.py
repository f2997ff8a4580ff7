"""What a run of the tests says of the faults they injected, kept as one row a fault."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict


class Row(TypedDict):
    """lost: facts that are gone. recovery_s: seconds until all was as before, None where nothing had stopped."""

    fault: str
    backend: str
    survived: bool
    lost: int
    recovery_s: float | None


class Rows:
    """A plugin of pytest's. Several tests of one fault are one row, and each of them has to pass."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.found: dict[str, Row] = {}

    def pytest_runtest_logreport(self, report) -> None:
        said = dict(report.user_properties)
        if "fault" not in said or (report.when != "call" and not report.failed):
            return
        if report.skipped:
            return
        row = self.found.setdefault(
            said["fault"],
            {"fault": said["fault"], "backend": self.backend, "survived": True, "lost": 0, "recovery_s": None},
        )
        row["survived"] &= report.passed
        row["lost"] += said.get("lost", 0)
        row["recovery_s"] = longest([row["recovery_s"], said.get("recovered")])

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(list(self.found.values())))

    @staticmethod
    def read(path: Path) -> list[Row]:
        """Raises FileNotFoundError where the run came to nothing."""
        return json.loads(path.read_text())


def longest(seconds: Iterable[float | None]) -> float | None:
    return max((one for one in seconds if one is not None), default=None)


def lines(rows: Iterable[Row]) -> list[str]:
    """The table, by name and back end."""
    written = [f"{'fault':90} {'back end':18} {'':9} {'lost':>5} {'back after':>11}"]
    for row in sorted(rows, key=lambda row: (row["fault"], row["backend"])):
        after = "" if row["recovery_s"] is None else f"{row['recovery_s']:.1f} s"
        verdict = "survived" if row["survived"] else "FAILED"
        written.append(f"{row['fault'][:90]:90} {row['backend']:18} {verdict:9} {row['lost']:5} {after:>11}")
    return written
