import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from modeling.core.learners.networks import (
    Network,
    Schedule,
    dropout_masks,
    initial,
    loss_and_gradient,
    probabilities,
    scores,
    train,
)

PLAIN = Schedule(dropout=0.0, weight_decay=0.0, learning_rate=1e-2, batch=16, patience=3, max_epochs=60)


def points(n=120, seed=0, noise=0.15):
    """Three classes around three corners, some labels at random."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, size=n)
    X = (np.eye(3)[codes] * 2 + rng.normal(size=(n, 3))).astype(np.float32)
    return X, np.where(rng.random(n) < noise, rng.integers(3, size=n), codes)


def by_hand(network, X):
    """The forward pass of inference, spelled out."""
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        X = np.maximum(X @ weight + bias, 0)
    return X @ network.weights[-1] + network.biases[-1]


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize(("layers", "worth"), [((), None), ((6,), None), ((6, 5), None), ((6,), (2.0, 0.4, 1.0))])
def test_gradients_are_those_of_finite_differences_in_every_layer(dropout, weight_decay, layers, worth):
    rng = np.random.default_rng(1)
    X, codes = rng.normal(size=(7, 4)), rng.integers(3, size=7)
    network = initial((4, *layers, 3), rng, np.float64)
    for bias in network.biases:
        bias[:] = rng.normal(size=bias.shape)
    masks = [mask.astype(float) for mask in dropout_masks(rng, 7, layers, dropout)]
    counts = None if worth is None else np.array(worth)
    _, gradient = loss_and_gradient(network, X, codes, weight_decay, masks, counts)
    for kind in ("weights", "biases"):
        for part, found in zip(getattr(network, kind), getattr(gradient, kind), strict=True):
            for at in np.ndindex(part.shape):
                losses, own = [], part[at]
                for step in (1e-6, -1e-6):
                    part[at] = own + step
                    losses.append(loss_and_gradient(network, X, codes, weight_decay, masks, counts)[0])
                part[at] = own
                assert np.isclose(found[at], (losses[0] - losses[1]) / 2e-6, atol=1e-6), (kind, at)


def test_the_loss_by_hand():
    network = Network((np.array([[1.0, -1.0]]),), (np.array([0.0, 1.0]),))
    loss, _ = loss_and_gradient(network, np.array([[2.0], [0.0]]), np.array([0, 0]), 0.5)
    # Scores (2, −1) and (0, 1); ‖W‖² = 2.
    assert np.isclose(loss, (np.log(1 + np.exp(-3)) + np.log(1 + np.e)) / 2 + 0.5)


def test_dropout_keeps_the_mean_of_every_unit():
    masks = dropout_masks(np.random.default_rng(0), 20_000, (3, 2), 0.3)
    assert [mask.shape for mask in masks] == [(20_000, 3), (20_000, 2)]
    for mask in masks:
        assert np.allclose(np.unique(mask), [0, 1 / 0.7])
        # Standard error of a mean: √(.3 / .7 / 20,000) = .0046.
        assert np.allclose(mask.mean(axis=0), 1, atol=0.02)
    assert dropout_masks(np.random.default_rng(0), 5, (3,), 0.0) == []


def test_the_mean_of_training_is_what_inference_says():
    # One hidden layer: the scores are linear in the mask, so their mean over masks is the score without one.
    rng = np.random.default_rng(0)
    network = initial((4, 50, 3), rng)
    X = np.repeat(rng.normal(size=(1, 4)).astype(np.float32), 20_000, axis=0)
    found = scores(network, X, dropout_masks(rng, len(X), (50,), 0.5))
    assert np.allclose(found.mean(axis=0), by_hand(network, X[:1])[0], atol=0.06)
    assert found.std(axis=0).min() > 0.2


def test_inference_drops_nothing_and_scales_nothing():
    # Accuracy sees neither fault: argmax is the same under any positive scale. The outputs are.
    X, codes = points()
    validation = np.arange(len(X)) % 5 == 0
    schedule = Schedule(dropout=0.5, weight_decay=0.0, learning_rate=1e-2, batch=16, patience=5, max_epochs=30)
    network = train(X, codes, validation, (32,), 3, schedule, 0).network
    exact = softmax(by_hand(network, X.astype(float)), axis=1)
    assert np.allclose(probabilities(network, X), exact, atol=1e-5)
    assert (probabilities(network, X) == probabilities(network, X)).all()
    twice = by_hand(Network((network.weights[0], network.weights[1] * 0.5), network.biases), X.astype(float))
    dropped = scores(network, X, dropout_masks(np.random.default_rng(0), len(X), (32,), 0.5))
    assert (twice.argmax(axis=1) == exact.argmax(axis=1)).mean() > 0.95
    for wrong in (twice, dropped):
        assert not np.allclose(softmax(wrong, axis=1), exact, atol=1e-2)


def test_the_loss_of_the_curve_is_that_of_inference_too():
    X, codes = points()
    validation = np.arange(len(X)) % 5 == 0
    made = train(X, codes, validation, (16,), 3, Schedule(0.5, 0.01, 1e-2, 16, 3, 40), 0)
    for rows, losses in ((validation, made.validation_loss), (~validation, made.train_loss)):
        exact = -log_softmax(by_hand(made.network, X[rows].astype(float)), axis=1)
        assert np.isclose(losses[made.best], exact[np.arange(rows.sum()), codes[rows]].mean(), atol=1e-5)


def test_training_stops_when_patience_runs_out_and_the_best_network_is_back():
    X, codes = points(noise=0.4)
    validation = np.arange(len(X)) % 4 == 0
    made = train(X, codes, validation, (64,), 3, PLAIN, 0)
    last = len(made.validation_loss) - 1
    assert made.stopped and last == made.best + PLAIN.patience
    assert made.validation_loss[made.best] == min(made.validation_loss) < made.validation_loss[-1]
    # The same as never having gone further.
    shorter = Schedule(**{**vars(PLAIN), "max_epochs": made.best})
    again = train(X, codes, validation, (64,), 3, shorter, 0).network
    for one, other in zip(made.network.weights, again.weights, strict=True):
        assert (one == other).all()


def test_rows_held_out_teach_nothing():
    X, codes = points()
    validation = np.arange(len(X)) % 4 == 0
    other = X.copy()
    other[validation] += 100
    schedule = Schedule(**{**vars(PLAIN), "patience": 100, "max_epochs": 4})
    losses = [train(one, codes, validation, (8,), 3, schedule, 0).train_loss for one in (X, other)]
    assert losses[0] == losses[1]


def test_one_seed_is_one_network_and_another_another():
    X, codes = points()
    validation = np.arange(len(X)) % 4 == 0
    first, again, other = (
        train(X, codes, validation, (8,), 3, Schedule(0.3, 0, 1e-2, 16, 3, 5), seed) for seed in (0, 0, 1)
    )
    assert (first.network.weights[0] == again.network.weights[0]).all()
    assert (first.network.weights[0] != other.network.weights[0]).any()


def test_a_loss_that_is_no_number_ends_it_and_what_was_best_is_kept():
    X, codes = points()
    with np.errstate(all="ignore"):
        made = train(np.full_like(X, 3.3e38), codes, np.arange(len(X)) % 4 == 0, (512,), 3, PLAIN, 0)
    assert not made.stopped and not made.finite
    assert all(np.isfinite(weight).all() for weight in made.network.weights)


def test_no_row_has_no_probabilities():
    assert probabilities(initial((4, 3, 2), np.random.default_rng(0)), np.zeros((0, 4), np.float32)).shape == (0, 2)
