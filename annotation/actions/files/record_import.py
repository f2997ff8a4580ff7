"""Every file that was taken in leaves a row, written with what it brought; where that is nothing new, with zeros."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from annotation.core.refusal import Refusal
from annotation.models import Dataset, FileImport, Job, User


class UnableToAdd(Refusal):
    """The dataset takes no files now."""


class UnableToImport(Refusal):
    """What the file says can't stand beside what is already here; the message names row and column."""


@dataclass(frozen=True)
class Incoming:
    """A file and how it was read. `mapping`: what each of its columns was read as; `job`, `user`: through which, by
    whom, None = by command."""

    kind: str
    file_name: str
    sha256: str
    mapping: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = ""
    split: str = ""
    job: Job | None = None
    user: User | None = None


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_archived(dataset: Dataset | None) -> None:
    """Raises UnableToAdd where the dataset was put away."""
    if dataset is not None and dataset.archived_at:
        raise UnableToAdd(f"{dataset.name} is archived and takes no files; restore it first.")


def begin_import(
    dataset: Dataset, incoming: Incoming, now: datetime, *, rows: int, rejected: int = 0, state: str = ""
) -> FileImport:  # fmt: skip
    """The row, to which items and labels can point; must run in the transaction that writes them."""
    return FileImport.objects.create(
        dataset=dataset, kind=incoming.kind, file_name=incoming.file_name[:255], sha256=incoming.sha256,
        encoding=incoming.encoding[:40], mapping=dict(incoming.mapping), split=incoming.split, rows=rows,
        rejected=rejected, job=incoming.job, user=incoming.user, created_at=now, state=state,
    )  # fmt: skip


def end_import(brought: FileImport, *, items: int = 0, labels: int = 0, notes: Sequence[str] = ()) -> None:
    """Say what came of it, before the transaction that began it ends."""
    brought.items, brought.labels, brought.notes = items, labels, list(notes)
    brought.save(update_fields=["items", "labels", "notes"])
