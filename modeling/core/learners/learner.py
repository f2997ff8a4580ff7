"""What every learner has: the protocol that training, pages and commands read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from annotation.core.refusal import Refusal
from modeling.core.learners.logistic import Fold


class UnableToTrain(Refusal):
    """These rows cannot be learned from."""


class Setting(NamedTuple):
    """read: the value of what a person typed, raising ValueError. must_be: what it must be, to end a sentence with.
    title: its name on a page; empty = the key itself. choices: where only some values are possible, each as typed →
    what it does in words; a page offers those."""

    read: Callable[[str], Any]
    must_be: str
    title: str = ""
    choices: Mapping[str, str] | None = None


class Learner(Protocol):
    """A dataclass whose fields, with their defaults, are its settings; `seed` among them where it draws at random.

    TITLE: its name in words. SETTINGS: those of the fields a person may set. After `fit`: classes_ (K,); converged_,
    measured; status_, a sentence; estimator_, what predicts: a scikit-learn estimator, or what has `classes_`,
    `predict_proba`, `arrays()` and `facts()` and is read back by the learner's `restore(facts, arrays)`.

    Optional: resolved_, the fields as they were used where `fit` chose some (default: the fields as given); curve_,
    JSON-ready figures of how training went; `features(fields, options)`, an unfitted DenseFeatures in place of word
    features, or the options that word features are to have; `words(settings)`, what a recipe says beside the title;
    `used(resolved, curve)`, what `fit` settled on; LINEAR, its scores are sums over features; `strength(resolved)`,
    numbers, larger = more regularized. A sweep takes the last two to say which of two recipes is simpler.
    """

    TITLE: ClassVar[str]
    SETTINGS: ClassVar[dict[str, Any]]
    classes_: np.ndarray
    converged_: bool
    status_: str
    estimator_: Any

    def fit(self, X: Any, y: np.ndarray, folds: Sequence[Fold] = (), groups: np.ndarray | None = None) -> "Learner":
        """X: (n, p) floats, CSR or dense. y: class per row (n,), two or more distinct. folds: for what is chosen by
        cross-validation; empty where the settings are resolved. groups: int (n,), rows that belong together."""
        ...

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n, K), columns in the order of classes_."""
        ...
