"""Dense networks in numpy: layers of rectified units, inverted dropout, softmax; Adam with early stopping.

Whatever is not said to be training runs with dropout off and no scaling: inverted dropout (Srivastava et al. 2014, in
the form that divides by the share kept while training) leaves nothing to correct afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

BETAS, EPSILON = (0.9, 0.999), 1e-8
# With a fixed number of epochs: the last ones, and a fall (nats) over them from which on the loss has not settled.
LAST, SETTLED = 5, 0.05
# Rows looked at together where nothing is learned.
CHUNK = 8192


@dataclass(frozen=True, eq=False)
class Network:
    """Layer i maps (n, inputs) to (n, outputs) by weights[i] (inputs, outputs) and biases[i] (outputs,)."""

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return (len(self.weights[0]), *(len(bias) for bias in self.biases))


@dataclass(frozen=True)
class Schedule:
    """How to train. dropout: share of the units of every hidden layer that is left out, in [0, 1). weight_decay: the
    objective has weight_decay / 2 · ‖W‖² beside the mean log loss, biases free. patience: epochs without a smaller
    validation loss after which training stops."""

    dropout: float
    weight_decay: float
    learning_rate: float
    batch: int
    patience: int
    max_epochs: int


@dataclass(frozen=True, eq=False)
class Trained:
    """network: the one of `best`, the epoch with the smallest validation loss (the earliest among equals; 0 is the
    network before its first step). train_loss, validation_loss: mean log loss in nats, dropout off, one per epoch from
    0 on. stopped: patience ran out; False where max_epochs or a loss that is no number ended it. Where no row was held
    out: best is the last epoch, validation_loss is nan throughout, and stopped says whether the loss had settled."""

    network: Network
    best: int
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    stopped: bool

    @property
    def finite(self) -> bool:
        judged = np.isfinite(self.validation_loss[-1]) or np.isnan(self.validation_loss[0])
        return bool(np.isfinite(self.train_loss[-1]) and judged)


def initial(sizes: Sequence[int], random: np.random.Generator, dtype: type = np.float32) -> Network:
    """Weights drawn with variance 1 / (3 · inputs), a sixth of He et al. 2015: what a network starts with that its rows
    do not correct stays in it, and where rows are few that is noise. Biases 0. sizes: inputs, hidden layers, classes.
    All parameters lie in one array, the `base` of each."""
    shapes = list(zip(sizes[:-1], sizes[1:], strict=True))
    flat: np.ndarray = np.zeros(_parameters(shapes), dtype=dtype)
    network = _views(flat, shapes)
    for weight in network.weights:
        weight[:] = random.standard_normal(weight.shape) * np.sqrt(1 / (3 * len(weight)))
    return network


def scores(network: Network, X: np.ndarray, masks: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Scores (n, classes) before softmax. masks: the factors of each hidden layer's output; none: dropout off."""
    return _forward(network, X, masks)[-1]


def probabilities(network: Network, X: np.ndarray) -> np.ndarray:
    """Softmax of the scores, float64 (n, classes), dropout off."""
    parts = [scores(network, X[at : at + CHUNK]) for at in range(0, len(X), CHUNK)]
    found = np.concatenate(parts or [np.zeros((0, network.sizes[-1]))]).astype(np.float64)
    found = np.exp(found - found.max(axis=1, keepdims=True))
    return found / found.sum(axis=1, keepdims=True)


def dropout_masks(random: np.random.Generator, n: int, widths: Sequence[int], rate: float) -> list[np.ndarray]:
    """One mask (n, width) per hidden layer: 0 with probability `rate`, else 1 / (1 − rate), so that each has mean 1.
    None at rate 0."""
    if rate == 0:
        return []
    scale = np.float32(1 / (1 - rate))
    return [(random.random((n, width), dtype=np.float32) >= rate) * scale for width in widths]


def loss_and_gradient(
    network: Network, X: np.ndarray, codes: np.ndarray, weight_decay: float, masks: Sequence[np.ndarray] = (),
    worth: np.ndarray | None = None,
) -> tuple[float, Network]:  # fmt: skip
    """Mean log loss in nats of classes `codes` int (n,) plus weight_decay / 2 · ‖W‖², and its gradient in the form of a
    Network, under fixed `masks`. worth: (classes,), what the loss of a row of each counts; None = 1 each."""
    outputs = _forward(network, X, masks)
    shifted = outputs[-1] - outputs[-1].max(axis=1, keepdims=True)
    exponents = np.exp(shifted)
    totals = exponents.sum(axis=1, keepdims=True)
    rows = np.arange(len(X))
    losses = np.log(totals[:, 0]) - shifted[rows, codes]
    loss = float(np.mean(losses if worth is None else losses * worth[codes]))
    back = exponents / totals
    back[rows, codes] -= 1
    back /= len(X)
    if worth is not None:
        back *= worth[codes, None].astype(back.dtype)
    shapes = [weight.shape for weight in network.weights]
    gradient = _views(np.empty(_parameters(shapes), dtype=network.weights[0].dtype), shapes)
    for layer in range(len(network.weights) - 1, -1, -1):
        weight = network.weights[layer]
        np.matmul(outputs[layer].T, back, out=gradient.weights[layer])
        gradient.weights[layer][:] += weight_decay * weight
        back.sum(axis=0, out=gradient.biases[layer])
        loss += weight_decay / 2 * float(np.vdot(weight, weight))
        if layer:
            # A unit passes slope on where it is above 0 and kept: exactly where its output is above 0.
            back = (back @ weight.T) * (outputs[layer] > 0)
            if masks:
                back *= masks[layer - 1]
    return loss, gradient


def train(
    X: np.ndarray, codes: np.ndarray, validation: np.ndarray, layers: Sequence[int], n_classes: int, schedule: Schedule,
    seed: int, worth: np.ndarray | None = None,
) -> Trained:  # fmt: skip
    """Adam (Kingma & Ba 2015) on the rows outside `validation`, bool (n,); those inside say when to stop; where
    there are none it runs for max_epochs. worth: as `loss_and_gradient`, in both.

    X: float32 (n, p), finite. codes: int (n,) in 0 … n_classes − 1. Everything drawn at random comes from `seed`.
    """
    random = np.random.default_rng(seed)
    network = initial((X.shape[1], *layers, n_classes), random)
    flat = _flat(network)
    best_flat = flat.copy()
    learn, judge = (X[~validation], codes[~validation]), (X[validation], codes[validation])
    losses = [(_log_loss(network, *learn, worth), _log_loss(network, *judge, worth))]
    best, optimiser = 0, _Adam(flat, schedule.learning_rate)
    fixed = not validation.any()
    while len(losses) <= schedule.max_epochs and (fixed or len(losses) - 1 - best < schedule.patience):
        for rows in _batches(random, len(learn[0]), schedule.batch):
            masks = dropout_masks(random, len(rows), layers, schedule.dropout)
            part = learn[0][rows], learn[1][rows]
            _, gradient = loss_and_gradient(network, *part, schedule.weight_decay, masks, worth)
            optimiser.step(_flat(gradient))
        losses.append((_log_loss(network, *learn, worth), _log_loss(network, *judge, worth)))
        if not np.isfinite(losses[-1][: 1 if fixed else 2]).all():
            break
        if fixed or losses[-1][1] < losses[best][1]:
            best, best_flat = len(losses) - 1, flat if fixed else flat.copy()
    flat[:] = best_flat
    train_loss, validation_loss = zip(*losses, strict=True)
    if fixed:
        settled = bool(train_loss[-min(len(losses), LAST + 1)] - train_loss[-1] < SETTLED)
        return Trained(network, best, train_loss, validation_loss, settled and bool(np.isfinite(train_loss[-1])))
    stopped = len(losses) - 1 - best >= schedule.patience and bool(np.isfinite(losses[-1]).all())
    return Trained(network, best, train_loss, validation_loss, stopped)


class _Adam:
    """Moves `flat` in place, with the moments corrected for their start at 0."""

    def __init__(self, flat: np.ndarray, learning_rate: float) -> None:
        self.flat, self.rate, self.steps = flat, learning_rate, 0
        self.mean, self.square, self.room = np.zeros_like(flat), np.zeros_like(flat), np.empty_like(flat)

    def step(self, gradient: np.ndarray) -> None:
        self.steps += 1
        first, second = BETAS
        self.mean *= first
        self.mean += np.multiply(gradient, 1 - first, out=self.room)
        self.square *= second
        np.multiply(gradient, gradient, out=self.room)
        self.room *= 1 - second
        self.square += self.room
        np.divide(self.square, 1 - second**self.steps, out=self.room)
        np.sqrt(self.room, out=self.room)
        self.room += EPSILON
        np.divide(self.mean, self.room, out=self.room)
        self.room *= self.rate / (1 - first**self.steps)
        self.flat -= self.room


def _forward(network: Network, X: np.ndarray, masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The input, the output of every hidden layer after its mask, and the scores."""
    outputs = [X]
    last = len(network.weights) - 1
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        output = outputs[-1] @ weight
        output += bias
        if layer < last:
            np.maximum(output, 0, out=output)
            if masks:
                output *= masks[layer]
        outputs.append(output)
    return outputs


def _log_loss(network: Network, X: np.ndarray, codes: np.ndarray, worth: np.ndarray | None) -> float:
    total = 0.0
    if not len(X):
        return float("nan")
    for at in range(0, len(X), CHUNK):
        found = scores(network, X[at : at + CHUNK]).astype(np.float64)
        found -= found.max(axis=1, keepdims=True)
        given = codes[at : at + CHUNK]
        lost = np.log(np.exp(found).sum(axis=1)) - found[np.arange(len(found)), given]
        total += float(lost.sum() if worth is None else lost @ worth[given])
    return total / len(X)


def _batches(random: np.random.Generator, n: int, size: int) -> Iterator[np.ndarray]:
    order = random.permutation(n)
    yield from (order[at : at + size] for at in range(0, n, size))


def _parameters(shapes: Sequence[tuple[int, ...]]) -> int:
    return sum(rows * columns + columns for rows, columns in shapes)


def _flat(network: Network) -> np.ndarray:
    """The one array of which all parameters made by `_views` are parts."""
    return np.asarray(network.weights[0].base)


def _views(flat: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> Network:
    weights, biases, at = [], [], 0
    for rows, columns in shapes:
        weights.append(flat[at : at + rows * columns].reshape(rows, columns))
        at += rows * columns
        biases.append(flat[at : at + columns])
        at += columns
    return Network(tuple(weights), tuple(biases))
