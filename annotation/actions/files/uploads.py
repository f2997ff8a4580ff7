"""An uploaded file kept under a random name, with a note beside it saying whose it is and what was chosen for it."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.core.refusal import Refusal
from annotation.models import Dataset, Job, User

KEPT = timedelta(days=1)
TOKEN = re.compile(r"[0-9a-f]{32}")


class UnableToUpload(Refusal):
    """The disk is full, or the folder of uploads can't be written."""


@dataclass(frozen=True)
class Upload:
    """`choices`: what the lead chose so far: encoding ("" = find out), split, roles, classes, abstain."""

    token: str
    dataset: int
    user: int
    file_name: str
    choices: dict[str, Any]

    @property
    def path(self) -> Path:
        return settings.UPLOADS_DIR / f"{self.token}.upload"

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def keep_upload(
    file_name: str, chunks: Iterable[bytes], dataset: Dataset, user: User, choices: dict[str, Any]
) -> Upload:
    """Raises UnableToUpload."""
    upload = Upload(secrets.token_hex(16), dataset.pk, user.pk, file_name, choices)
    try:
        with upload.path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
        _note(upload)
    except OSError as error:
        upload.path.unlink(missing_ok=True)
        raise UnableToUpload(
            f"{file_name} can't be kept here ({error.strerror}); tell whoever runs the site."
        ) from None
    return upload


def remember(upload: Upload, choices: dict[str, Any]) -> Upload:
    """The upload with these choices added to those so far."""
    upload = replace(upload, choices={**upload.choices, **choices})
    _note(upload)
    return upload


def find_upload(token: str, dataset: Dataset, user: User) -> Upload | None:
    """The upload if it is `user`'s for this dataset, else None. A token is never used as a path before it is one."""
    if not TOKEN.fullmatch(token):
        return None
    try:
        upload = Upload(**json.loads(_note_path(token).read_text()))
    except FileNotFoundError:
        return None
    return upload if (upload.dataset, upload.user) == (dataset.pk, user.pk) else None


def uploads_of(dataset: Dataset) -> Iterator[Upload]:
    """All that are kept for it, whoever's they are."""
    for note in settings.UPLOADS_DIR.glob("*.json"):
        try:
            upload = Upload(**json.loads(note.read_text()))
        except (FileNotFoundError, ValueError, TypeError):  # dropped meanwhile, or no note of an upload
            continue
        if upload.dataset == dataset.pk:
            yield upload


def drop_upload(upload: Upload) -> None:
    """The file, then the note beside it."""
    upload.path.unlink(missing_ok=True)
    _note_path(upload.token).unlink(missing_ok=True)


def token_of(path: str) -> str:
    """The token in an import job's path; some other text where the file was no upload."""
    return Path(path).name.removesuffix(".upload")


def prune_uploads(now: datetime) -> int:
    """Delete what is older than KEPT in the folder of uploads and no unfinished job needs, also what a web process that
    was killed left half received; returns how many uploads."""
    limit = (now - KEPT).timestamp()
    old = [path for path in settings.UPLOADS_DIR.iterdir() if _modified(path) < limit]
    if not old:
        return 0
    live = Job.objects.filter(status__in=[Job.QUEUED, Job.RUNNING, Job.WAITING])
    needed = {token_of(params.get("path", "")) for params in live.values_list("params", flat=True)}
    gone = [path for path in old if path.name.partition(".")[0] not in needed]
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            continue
        path.unlink(missing_ok=True)
        if path.suffix == ".upload":
            _note_path(token_of(str(path))).unlink(missing_ok=True)
    return sum(path.suffix == ".upload" for path in gone)


def _modified(path: Path) -> float:
    """The note of an upload is as old as the upload, which is looked at as often as the note is written."""
    try:
        own = path.stat().st_mtime
        upload = path.with_suffix(".upload")
        return own if path.suffix != ".json" or not upload.exists() else max(own, upload.stat().st_mtime)
    except FileNotFoundError:  # another reaper was faster
        return float("inf")


def _note(upload: Upload) -> None:
    path = _note_path(upload.token)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.write_text(json.dumps(upload.__dict__))
    os.replace(draft, path)


def _note_path(token: str) -> Path:
    return settings.UPLOADS_DIR / f"{token}.json"
