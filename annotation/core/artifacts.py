"""Files named by their content: what was stored is what is read back, or nothing is."""

import hashlib
import io
import os
import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from annotation.core.refusal import Refusal

NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]+)?")
EPOCH = (1980, 1, 1, 0, 0, 0)


class UnableToLoad(Refusal):
    """An artifact is missing, was changed after it was stored, or is no artifact at all."""


def save_bytes(folder: Path | str, data: bytes, suffix: str) -> str:
    """Store `data` under its SHA-256 plus `suffix` (such as ".npz") and return that name.

    The file appears whole or not at all and survives a power cut once this returns; storing the same again is harmless.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(data).hexdigest() + suffix
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".storing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner reads; web and worker may be two users.
        os.chmod(temporary, 0o644)
        os.replace(temporary, folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return name


def load_bytes(folder: Path | str, name: str) -> bytes:
    """The bytes stored under `name`. Raises UnableToLoad where they are missing or no longer what was stored."""
    if not NAME.fullmatch(name):
        raise UnableToLoad(f"{name!r} is not the name of an artifact: 64 hexadecimal digits and a suffix.")
    try:
        data = (Path(folder) / name).read_bytes()
    except OSError as error:
        raise UnableToLoad(f"The artifact {name} cannot be read from {folder} ({error.strerror}).") from error
    if hashlib.sha256(data).hexdigest() != name[:64]:
        raise UnableToLoad(f"The artifact {name} in {folder} is damaged: its content is not what was stored.")
    return data


def arrays_to_bytes(**arrays: np.ndarray) -> bytes:
    """Named arrays as an uncompressed .npz; the same arrays always give the same bytes. Object arrays are refused."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            with archive.open(zipfile.ZipInfo(f"{name}.npy", EPOCH), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(arrays[name]), allow_pickle=False)
    return buffer.getvalue()


def bytes_to_arrays(data: bytes) -> dict[str, np.ndarray]:
    """The arrays that `arrays_to_bytes` stored, by name. Raises UnableToLoad where the bytes are no such file."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise UnableToLoad(f"These bytes are not stored arrays ({error}).") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
