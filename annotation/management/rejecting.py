"""What the commands that import share: the rows that can't be taken, as a file."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from annotation.actions.files.rejected_rows import UnableToTake, copy_rejected


def add_rejecting(parser: ArgumentParser) -> None:
    parser.add_argument("--accept-good", action="store_true", help="import the good rows though others are rejected")
    parser.add_argument(
        "--rejected", type=Path, metavar="FILE", help="write rejected rows here, with row and reason of each"
    )


def keep_rejected(artifact: str, path: Path | None) -> None:
    if artifact and path:
        copy_rejected(artifact, path)


@contextmanager
def rejecting_to(path: Path | None) -> Iterator[None]:
    """Rows for which everything inside is refused are kept as a file too."""
    try:
        yield
    except UnableToTake as error:
        keep_rejected(error.rejects.artifact, path)
        raise


def without_artifact(result: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in result.items() if key != "rejected_rows"}
