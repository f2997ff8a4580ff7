"""A dense network with dropout that stops early, on embeddings, projected words and scaled columns."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from annotation.core.fields import Field
from annotation.core.judging.folds import grouped_folds
from modeling.core.fitting.dense_features import DenseFeatures
from modeling.core.fitting.stored import Settings, TrainingCurve
from modeling.core.learners.later_settings import (
    CLASS_WEIGHT_WORDS,
    CLASS_WEIGHTS,
    STOPS,
    named_settings,
    weights_of_classes,
)
from modeling.core.learners.learner import Setting, UnableToTrain
from modeling.core.learners.logistic import Fold, one_of
from modeling.core.learners.networks import Network, Schedule, Trained, probabilities, train

# One group in so many is held out to say when to stop.
PARTS = 10


def layer_widths(text: str) -> list[int]:
    """ "256,128" → [256, 128]; "0" → [], no hidden layer; raises ValueError."""
    widths = [int(part) for part in text.split(",")]
    if widths == [0]:
        return []
    if not all(1 <= width <= 4096 for width in widths) or len(widths) > 5:
        raise ValueError(text)
    return widths


def a_number(low: float, below: float) -> Any:
    """A reader of numbers from `low` to less than `below`, raising ValueError."""

    def read(text: str) -> float:
        number = float(text)
        if not low <= number < below:
            raise ValueError(text)
        return number

    return read


def a_count(least: int, most: int) -> Any:
    """A reader of whole numbers from `least` to `most`, raising ValueError."""

    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


@dataclass(eq=False)
class NetworkEstimator:
    """A trained network and the names of its classes (K,), in the order of its scores."""

    network: Network
    classes_: np.ndarray

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Probabilities (n, K) of rows (n, p); dropout is off, and nothing is scaled."""
        return probabilities(self.network, _dense(X))

    def arrays(self) -> dict[str, np.ndarray]:
        """Every learned number, by name."""
        weights = {f"weight_{at}": weight for at, weight in enumerate(self.network.weights)}
        return weights | {f"bias_{at}": bias for at, bias in enumerate(self.network.biases)}

    def facts(self) -> dict[str, Any]:
        """What JSON holds."""
        return {"classes": [_plain(name) for name in self.classes_], "layers": len(self.network.weights)}


@dataclass
class MlpLearner:
    """Dense network: hidden layers of rectified units with dropout, softmax, log loss, Adam, early stopping.

    layers: units of each hidden layer; none = a linear model. dropout: share of hidden units left out of each step, in
    [0, 1). weight_decay: L2 on the weights, as in networks.Schedule. patience: epochs to wait for a smaller log loss on
    the tenth of the groups held out; then the network of the best epoch is restored. components: dimensions to which
    words are projected. class_weight: "balanced" counts every class the same, in what is minimised and in the loss on
    rows held out. stop: "never" holds nothing out and trains for max_epochs on all rows; converged_ then says whether
    the loss on them had settled. seed: of starting weights, order, dropout and the tenth held out.

    After `fit`: classes_ (K,); curve_, with train_loss and validation_loss (mean log loss in nats, one per epoch from 0
    on), best and stopped (epochs), train_accuracy and validation_accuracy of the best epoch, and n and n_validation
    rows; converged_, patience ran out; status_, a sentence; estimator_.
    """

    layers: Sequence[int] = (256,)
    dropout: float = 0.3
    weight_decay: float = 1e-4
    learning_rate: float = 1e-3
    batch: int = 64
    patience: int = 5
    max_epochs: int = 200
    components: int = 128
    class_weight: str = CLASS_WEIGHTS[0]
    stop: str = STOPS[0]
    seed: int = 0

    TITLE: ClassVar[str] = "dropout network"
    SETTINGS: ClassVar[dict[str, Setting]] = {
        "layers": Setting(
            layer_widths, "up to five numbers from 1 to 4096 with commas between, or 0 for none", "units by layer"
        ),
        "dropout": Setting(a_number(0, 1), "a number from 0 to less than 1", "dropout"),
        "weight_decay": Setting(a_number(0, 10), "a number from 0 to less than 10", "weight decay"),
        "learning_rate": Setting(a_number(1e-6, 1), "a number from 0.000001 to less than 1", "learning rate"),
        "batch": Setting(a_count(1, 8192), "a whole number from 1 to 8192", "rows per step"),
        "patience": Setting(a_count(1, 100), "a whole number from 1 to 100", "patience, epochs"),
        "max_epochs": Setting(a_count(1, 2000), "a whole number from 1 to 2000", "most epochs"),
        "components": Setting(a_count(0, 1000), "a whole number from 0 to 1000", "dimensions for words"),
        "class_weight": Setting(one_of(*CLASS_WEIGHTS), " or ".join(CLASS_WEIGHTS), "class weight", CLASS_WEIGHT_WORDS),
    }

    def features(self, fields: Sequence[Field], options: dict[str, Any]) -> DenseFeatures:
        return DenseFeatures(tuple(fields), self.components, options, self.seed)

    def fit(self, X: Any, y: np.ndarray, folds: Sequence[Fold] = (), groups: np.ndarray | None = None) -> "MlpLearner":
        """X: (n, p) finite floats. groups: int (n,), kept on one side of the tenth held out (default: every row its
        own). folds are not used. Raises UnableToTrain where there is one class, a value that is no number, or fewer
        than ten groups."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        dense = _dense(X)
        groups = np.arange(len(codes)) if groups is None else groups
        self._check(dense, groups)
        never = self.stop != STOPS[0]
        validation = np.zeros(len(codes), dtype=bool) if never else held_out(groups, codes, self.seed)
        schedule = Schedule(
            self.dropout, self.weight_decay, self.learning_rate, self.batch, self.patience, self.max_epochs
        )
        worth = weights_of_classes(codes, self.class_weight)
        trained = train(dense, codes, validation, self.layers, len(self.classes_), schedule, self.seed, worth)
        self.estimator_ = NetworkEstimator(trained.network, self.classes_)
        self.curve_ = self._curve(trained, dense, codes, validation)
        self.converged_, self.status_ = trained.stopped and trained.best > 0, self._status(trained)
        self.resolved_ = named_settings(dataclasses.asdict(self) | {"layers": [int(width) for width in self.layers]})
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n, K), columns in the order of classes_."""
        return self.estimator_.predict_proba(X)

    @staticmethod
    def restore(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> NetworkEstimator:
        """What `facts()` and `arrays()` were taken from."""
        weights, biases = (
            tuple(arrays[f"{kind}_{at}"] for at in range(facts["layers"])) for kind in ("weight", "bias")
        )
        return NetworkEstimator(Network(weights, biases), np.array(facts["classes"]))

    @staticmethod
    def words(settings: Settings) -> str:
        """256 units, dropout 0.3, weight decay 0.0001."""
        layers = settings.get("layers", MlpLearner.layers)
        units = " and ".join(f"{width}" for width in layers) + " units" if layers else "no hidden layer"
        dropout = settings.get("dropout", MlpLearner.dropout)
        decay = settings.get("weight_decay", MlpLearner.weight_decay)
        balanced = ", classes balanced" if settings.get("class_weight", CLASS_WEIGHTS[0]) != CLASS_WEIGHTS[0] else ""
        never = settings.get("stop", STOPS[0]) != STOPS[0]
        stops = f", {settings.get('max_epochs', MlpLearner.max_epochs)} epochs" if never else ""
        return f"{units}, dropout {dropout:g}, weight decay {decay:g}{balanced}{stops}"

    @staticmethod
    def used(resolved: Settings, curve: TrainingCurve | None) -> str:
        """Where training was stopped: epoch 12."""
        return f"epoch {curve['best']}" if curve else ""

    @staticmethod
    def strength(resolved: Settings) -> tuple[float, ...]:
        """How strongly it is regularized: dropout, then weight decay."""
        return (resolved["dropout"], resolved["weight_decay"])

    def _check(self, X: np.ndarray, groups: np.ndarray) -> None:
        if len(self.classes_) < 2:
            raise UnableToTrain(
                f"All {len(X)} rows are labelled {str(self.classes_[0])!r}; training needs two classes."
                if len(X) else "There are no labelled rows to train on."
            )  # fmt: skip
        wrong = np.flatnonzero(~np.isfinite(X).all(axis=1))
        if len(wrong):
            raise UnableToTrain(f"Row {wrong[0] + 1} has a feature that is not a number: nothing to learn from.")
        n_groups = len(np.unique(groups))
        if n_groups < PARTS and self.stop == STOPS[0]:
            raise UnableToTrain(
                f"A network holds out a tenth of the inputs to know when to stop, and {n_groups} different inputs are "
                f"too few for that; {PARTS} are needed in every part it learns from. Train logistic regression instead."
            )

    def _curve(self, trained: Trained, X: np.ndarray, codes: np.ndarray, validation: np.ndarray) -> TrainingCurve:
        right = probabilities(trained.network, X).argmax(axis=1) == codes
        judged = right[validation].mean() if validation.any() else 0.0
        return {
            "train_loss": [_rounded(loss) for loss in trained.train_loss],
            "validation_loss": [_rounded(loss) for loss in trained.validation_loss],
            "best": trained.best, "stopped": len(trained.train_loss) - 1,
            "train_accuracy": float(right[~validation].mean()), "validation_accuracy": float(judged),
            "n": int((~validation).sum()), "n_validation": int(validation.sum()),
        }  # fmt: skip

    def _status(self, trained: Trained) -> str:
        last = len(trained.train_loss) - 1
        if not trained.finite:
            return f"Not converged: at epoch {last} the loss was no longer a number; a smaller learning rate may help."
        if self.stop != STOPS[0]:
            fell = "had settled" if trained.stopped else "still fell"
            name = "Trained for" if trained.stopped else "Not converged: after"
            return f"{name} {last} epoch{'' if last == 1 else 's'} on all rows, when the loss on them {fell}."
        if not trained.stopped:
            return (
                f"Not converged: after {last} epoch{'' if last == 1 else 's'}, the most allowed, the loss on the rows "
                f"held out still fell; it was smallest at epoch {trained.best}."
            )
        if not trained.best:
            return f"Not converged: in {last} epochs no step made the loss on the rows held out smaller."
        return (
            f"Stopped after epoch {last}, when the loss on the rows held out had not fallen for {self.patience} "
            f"epoch{'' if self.patience == 1 else 's'}; the network of epoch {trained.best} was kept."
        )


def held_out(groups: np.ndarray, codes: np.ndarray, seed: int) -> np.ndarray:
    """Which rows say when to stop, bool (n,): a tenth of the groups, whole, each class as evenly as they allow. A class
    that would be left without a row to learn from keeps its groups."""
    validation = grouped_folds(groups, codes, PARTS, seed) == 0
    lost = np.setdiff1d(codes[validation], codes[~validation])
    kept = np.isin(groups, groups[validation & np.isin(codes, lost)])
    return validation & ~kept if (validation & ~kept).any() else validation


def _dense(X: Any) -> np.ndarray:
    return np.ascontiguousarray(X.toarray() if sparse.issparse(X) else X, dtype=np.float32)


def _rounded(loss: float) -> float | None:
    """JSON has no number for what is none."""
    return round(float(loss), 6) if np.isfinite(loss) else None


def _plain(name: Any) -> Any:
    return name.item() if isinstance(name, np.generic) else name
