"""Trained models as bytes: what scikit-learn made by skops, only types it trusts by itself, and the rest as arrays and
JSON, so that loading a model runs nobody's code."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import skops.io as skops
from sklearn.pipeline import Pipeline

from annotation.core.artifacts import UnableToLoad, arrays_to_bytes, bytes_to_arrays
from annotation.core.fields import Field
from annotation.core.refusal import Refusal
from modeling.core.fitting.dense_features import DenseFeatures, DenseModel
from modeling.core.learners import LEARNERS

EPOCH = (1980, 1, 1, 0, 0, 0)
FACTS, COLUMNS, FEATURES, LEARNED, ESTIMATOR = (
    "model.json", "columns.skops", "features.npz", "learned.npz", "estimator.skops"
)  # fmt: skip


class UnableToStoreModel(Refusal):
    """The model holds something that could not be read back without trusting it."""


def dump_model(model: Pipeline | DenseModel) -> bytes:
    """The fitted model as a skops file, or for a DenseModel as a zip of arrays, JSON and skops files. Raises
    UnableToStoreModel where `load_model` would refuse it."""
    return _dump_dense(model) if isinstance(model, DenseModel) else _dump(model)


def load_model(data: bytes) -> Pipeline | DenseModel:
    """The model that `dump_model` stored. Raises UnableToLoad for other bytes and for untrusted types."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()} if FACTS in archive.namelist() else {}
    except zipfile.BadZipFile as error:
        raise UnableToLoad(f"These bytes are not a stored model ({error}).") from error
    return _load_dense(parts) if parts else _load(data)


def _dump(model: Any) -> bytes:
    data = skops.dumps(model, compression=zipfile.ZIP_DEFLATED)
    untrusted = skops.get_untrusted_types(data=data)
    if untrusted:
        raise UnableToStoreModel(f"The model contains types that may not be stored: {', '.join(untrusted)}.")
    return data


def _load(data: bytes) -> Any:
    try:
        untrusted = skops.get_untrusted_types(data=data)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UnableToLoad(f"These bytes are not a stored model ({error}).") from error
    if untrusted:
        raise UnableToLoad(
            f"The model was not loaded, for it contains types that are not known to be safe: {', '.join(untrusted)}. "
            "Train it again."
        )
    return skops.loads(data, trusted=[])


def _dump_dense(model: DenseModel) -> bytes:
    features, estimator = model.features, model.estimator
    facts = {
        "learner": model.learner, "components": features.components, "options": features.options,
        "seed": features.seed, "fields": [[field.name, field.type] for field in features.fields],
        "words": features.words, "embedded": features.embedded, "scaled": features.scaled, "numbered": True,
    }  # fmt: skip
    parts = {FEATURES: arrays_to_bytes(wide=features.wide_, **features.arrays_)}
    if features.columns_ is not None:
        parts[COLUMNS] = _dump(features.columns_)
    if hasattr(estimator, "arrays"):
        facts["estimator"] = estimator.facts()
        parts[LEARNED] = arrays_to_bytes(**estimator.arrays())
    else:
        parts[ESTIMATOR] = _dump(estimator)
    return zipped({FACTS: json.dumps(facts, sort_keys=True).encode(), **parts})


def _load_dense(parts: dict[str, bytes]) -> DenseModel:
    try:
        facts = json.loads(parts[FACTS])
        arrays = bytes_to_arrays(parts[FEATURES])
        fields = tuple(Field(*field) for field in facts["fields"])
        chosen = {key: facts[key] for key in ("words", "embedded", "scaled") if key in facts}
        features = DenseFeatures(fields, facts["components"], facts["options"], facts["seed"], **chosen)
        features.wide_ = arrays.pop("wide")
        features.arrays_ = arrays if facts.get("numbered") else _numbered(features, arrays)
        features.columns_ = _load(parts[COLUMNS]) if COLUMNS in parts else None
        return DenseModel(features, _estimator(facts, parts), facts["learner"])
    except (KeyError, ValueError, TypeError) as error:
        raise UnableToLoad(f"These bytes are not a stored model ({error}).") from error


def _numbered(features: DenseFeatures, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Models stored before lengths went by the position of their field have them by its name."""
    places = {f"length of embedding {name}": at for at, name in enumerate(features.embedded_names())}
    return {f"length of embedding {places[name]}" if name in places else name: array for name, array in arrays.items()}


def _estimator(facts: dict[str, Any], parts: dict[str, bytes]) -> Any:
    if LEARNED not in parts:
        return _load(parts[ESTIMATOR])
    name = facts["learner"]
    if name not in LEARNERS:
        raise UnableToLoad(f"The model was trained by the learner {name!r}, which is no longer there.")
    return LEARNERS[name].restore(facts["estimator"], bytes_to_arrays(parts[LEARNED]))


def zipped(parts: dict[str, bytes]) -> bytes:
    """A zip of named parts; the same parts are the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
