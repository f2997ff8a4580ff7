"""From which fields of the table each feature of a fitted model was made."""

from sklearn.compose import ColumnTransformer

from annotation.core.features.vectorizer import parts_of
from modeling.core.fitting.dense_features import DenseFeatures

Fields = tuple[str, ...]


def columns_of(features: ColumnTransformer | DenseFeatures) -> list[Fields]:
    """Names of the fields behind each feature (p,), in the order of the features; words projected together come from
    all the fields whose words they are."""
    if not isinstance(features, DenseFeatures):
        return _of_vectorizer(features)
    behind = _of_vectorizer(features.columns_) if features.columns_ is not None else []
    wide = [fields for fields, is_wide in zip(behind, features.wide_, strict=True) if is_wide]
    projected = tuple(dict.fromkeys(name for fields in wide for name in fields))
    kept = [fields for fields, is_wide in zip(behind, features.wide_, strict=True) if not is_wide]
    return [*features.embedded_columns(), *([projected] * features.n_components), *kept, *features.number_columns()]


def _of_vectorizer(fitted: ColumnTransformer) -> list[Fields]:
    return [(field,) for field, _, place in parts_of(fitted) for _ in range(place.stop - place.start)]
