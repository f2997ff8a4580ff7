"""A backup as one file: a tar of the tables' rows and the artifacts, and last a manifest with the hash of each.

What a reader takes from it is checked against the manifest first, whole; names in it are never used as paths.
"""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from annotation.core.artifacts import NAME
from annotation.core.refusal import Refusal

FORMAT = 1
MANIFEST = "manifest.json"
TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.rows")
LONGEST_MANIFEST = 64 * 1024**2
PIECE = 1024**2


class UnableToReadBackup(Refusal):
    """The file is no backup, or is not the one that was written."""


@dataclass(frozen=True)
class KeptTable:
    """columns, kinds: in the order of the values in each row. sequence: the last id that was given, 0 where none."""

    columns: list[str]
    kinds: list[str]
    rows: int
    sequence: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """migrations: app → names applied. artifacts: those in the archive by name, which is their hash; lost: artifacts
    that were there but not what they should be, and so are not kept."""

    format: int
    version: str
    made_at: str
    made_on: str
    migrations: dict[str, list[str]]
    tables: dict[str, KeptTable] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def written(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


class ArchiveWriter:
    """Adds one file after another."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self.tar.addfile(entry, file)

    def add_bytes(self, name: str, data: bytes) -> None:
        self.add(name, io.BytesIO(data), len(data))


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """The archive appears at `path` whole or not at all, readable by its owner alone."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield ArchiveWriter(tar)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


class ArchiveReader:
    """An archive that was checked. `table` and `artifact` give its files to read from."""

    def __init__(self, tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], manifest: Manifest) -> None:
        self.tar, self.members, self.manifest = tar, members, manifest

    def table(self, name: str) -> IO[bytes]:
        return self._open(f"tables/{name}.rows")

    def artifact(self, name: str) -> IO[bytes]:
        return self._open(f"artifacts/{name}")

    def _open(self, name: str) -> IO[bytes]:
        file = self.tar.extractfile(self.members[name])
        if file is None:
            raise UnableToReadBackup(f"{name} in the backup is no file.")
        return file


@contextmanager
def reading(path: Path) -> Iterator[ArchiveReader]:
    """Open and check all of it. Raises UnableToReadBackup with a sentence."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            members = _members(tar, path)
            manifest = _manifest(tar, members, path)
            reader = ArchiveReader(tar, members, manifest)
            _check(reader, path)
            yield reader
    except OSError as error:
        raise UnableToReadBackup(f"{path} can't be read ({error.strerror or error}).") from error
    except (tarfile.TarError, EOFError) as error:
        raise UnableToReadBackup(f"{path} is no backup, or only a part of one ({error}); take another copy.") from error


def _members(tar: tarfile.TarFile, path: Path) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    for member in tar:
        artifact = member.name.removeprefix("artifacts/")
        known = member.name == MANIFEST or TABLE.fullmatch(member.name) or NAME.fullmatch(artifact)
        if not member.isreg() or not known or member.name in members:
            raise UnableToReadBackup(
                f"{path} holds {member.name[:80]!r}, which no backup of this site does; take another copy."
            )
        members[member.name] = member
    return members


def _manifest(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], path: Path) -> Manifest:
    found = members.pop(MANIFEST, None)
    file = tar.extractfile(found) if found and found.size <= LONGEST_MANIFEST else None
    if file is None:
        raise UnableToReadBackup(f"{path} has no list of what is in it: it is no backup, or only a part of one.")
    try:
        said: dict[str, Any] = json.loads(file.read())
        tables = {name: KeptTable(**table) for name, table in said.pop("tables").items()}
        manifest = Manifest(tables=tables, **said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnableToReadBackup(f"The list of what is in {path} can't be read; take another copy.") from error
    if manifest.format != FORMAT:
        raise UnableToReadBackup(
            f"{path} was written by another version ({manifest.version}); restore it with that one."
        )
    return manifest


def _check(reader: ArchiveReader, path: Path) -> None:
    """Nothing is missing, nothing is there beside, and each file has the hash it was written with."""
    hashes = {f"tables/{name}.rows": table.sha256 for name, table in reader.manifest.tables.items()}
    hashes |= {f"artifacts/{name}": name[:64] for name in reader.manifest.artifacts}
    if odd := sorted(set(hashes) ^ set(reader.members)):
        raise UnableToReadBackup(f"{path} is not whole: {odd[0]} is missing or not listed; take another copy.")
    for name, sha256 in hashes.items():
        if sha256_of(reader._open(name)) != sha256:
            raise UnableToReadBackup(f"{path} is damaged: {name} is not what was written; take another copy.")


def sha256_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
