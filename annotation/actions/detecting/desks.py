"""The files between the pieces of large detections: where they lie, and that they go. Without mathematics: the reaper
looks each second."""

import shutil
from pathlib import Path

from django.conf import settings

from annotation.models import Job


def folder_of(whole: int) -> Path:
    """Where the pieces of a detection's job lie."""
    return _folder() / str(whole)


def clear_desks() -> None:
    """Take away what lies between the pieces of detections that are over."""
    left = [int(path.name) for path in _folder().glob("*") if path.name.isdecimal()]
    needed = set(Job.objects.unfinished().filter(pk__in=left).values_list("pk", flat=True))
    for whole in set(left) - needed:
        clear_desk(whole)


def clear_desk(whole: int) -> None:
    shutil.rmtree(folder_of(whole), ignore_errors=True)


def _folder() -> Path:
    return Path(settings.ARTIFACTS_DIR) / "detecting"
