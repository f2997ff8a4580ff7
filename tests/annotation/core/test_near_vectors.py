import numpy as np
import pytest

from annotation.core import near_vectors as module
from annotation.core.near_vectors import near_vectors


def unit(*rows):
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def test_by_hand():
    # cosines with the first: .995 (same label), .894 (another), .894 (same group), 0
    vectors = unit((1, 0), (1, 0.1), (1, 0.5), (1, -0.5), (0, 1), (0, 0))
    labels, groups = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 1, 2, 0, 4, 5])
    found = near_vectors(vectors, labels, groups, 0.85)
    assert found.partner.tolist() == [2, 2, 1, -1, -1, -1]
    assert found.cosine[0] == pytest.approx(2 / 5**0.5)
    assert found.cosine[3:].tolist() == [0, 0, 0]
    assert found.crowd.tolist() == [2, 2, 2, 0, 0, 0]


def test_items_without_label_or_vector_are_left_out():
    vectors = unit((1, 0), (1, 0), (0, 0))
    found = near_vectors(vectors, np.array([0, -1, 1]), np.arange(3), 0.5)
    assert found.partner.tolist() == [-1, -1, -1]
    assert near_vectors(vectors[:0], np.array([], dtype=int), np.array([], dtype=int), 0.5).partner.size == 0
    assert near_vectors(unit((0, 0)), np.array([0]), np.array([0]), 0.5).partner.tolist() == [-1]


def planted(n, seed=0):
    random = np.random.default_rng(seed)
    base = random.normal(size=(n, 32)).astype(np.float32)
    both = np.concatenate([base, base + 0.05 * random.normal(size=base.shape).astype(np.float32)])
    return unit(*both), np.repeat([0, 1], n)


def test_division_finds_what_comparing_all_finds(monkeypatch):
    vectors, labels = planted(600)
    everything = near_vectors(vectors, labels, np.arange(1200), 0.9)
    assert (everything.partner == np.roll(np.arange(1200), 600)).all()
    monkeypatch.setattr(module, "LEAF", 100)
    divided = near_vectors(vectors, labels, np.arange(1200), 0.9)
    assert (divided.partner == everything.partner).mean() > 0.97
    again = near_vectors(vectors, labels, np.arange(1200), 0.9)
    assert np.array_equal(divided.partner, again.partner)


def test_work_is_bounded_where_all_vectors_are_equal(monkeypatch):
    monkeypatch.setattr(module, "LEAF", 50)
    sizes = []
    compare = module._compare
    monkeypatch.setattr(module, "_compare", lambda *args: sizes.append(len(args[4])) or compare(*args))
    found = near_vectors(unit(*[(1.0, 2.0)] * 1000), np.arange(1000) % 2, np.arange(1000), 0.9)
    assert max(sizes) <= 50
    assert sum(sizes) == module.TREES * 1000
    assert (found.partner >= 0).all()
