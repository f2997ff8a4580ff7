"""Trained models as bytes, by skops: only types it trusts by itself, so that loading a model runs nobody's code."""

import zipfile

import skops.io as skops
from sklearn.pipeline import Pipeline


class UnableToStoreModel(Exception):
    """The model holds something that could not be read back without trusting it."""


class UnableToLoadModel(Exception):
    """The bytes are no stored model, or hold types nobody vouches for."""


def dump_model(model: Pipeline) -> bytes:
    """The fitted pipeline as a skops file. Raises UnableToStoreModel where `load_model` would refuse it."""
    data = skops.dumps(model, compression=zipfile.ZIP_DEFLATED)
    untrusted = skops.get_untrusted_types(data=data)
    if untrusted:
        raise UnableToStoreModel(f"The model holds types that may not be stored: {', '.join(untrusted)}.")
    return data


def load_model(data: bytes) -> Pipeline:
    """The pipeline that `dump_model` stored. Raises UnableToLoadModel for other bytes and for untrusted types."""
    try:
        untrusted = skops.get_untrusted_types(data=data)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UnableToLoadModel(f"These bytes are not a stored model ({error}).") from error
    if untrusted:
        raise UnableToLoadModel(
            f"The model was not loaded, for it holds types nobody vouches for: {', '.join(untrusted)}. Train it again."
        )
    return skops.loads(data, trusted=[])
