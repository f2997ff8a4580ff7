"""Nearest neighbours beside every pair compared."""

import tracemalloc

import numpy as np

from annotation.core.likeness import neighbours
from annotation.core.likeness.neighbours import nearest


def rows(n, d=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_hand(vectors, groups, k):
    """Of each group the most similar member, then the k best groups."""
    found = []
    for row, cosine in enumerate(vectors @ vectors.T):
        best = {}
        for other in np.argsort(-cosine, kind="stable"):
            if groups[other] != groups[row] and cosine[other] > 0 and groups[other] not in best:
                best[groups[other]] = int(other)
        found.append((list(best.values()) + [-1] * k)[:k])
    return np.array(found)


def test_all_pairs_compared():
    vectors, groups = rows(60), np.arange(60) // 3
    positions, similarities = nearest(vectors, groups, 5)
    assert positions.tolist() == by_hand(vectors, groups, 5).tolist()
    there = positions >= 0
    cosines = np.take_along_axis(vectors @ vectors.T, np.maximum(positions, 0), axis=1)
    assert np.allclose(similarities[there], cosines[there], atol=1e-6)
    assert (np.diff(similarities, axis=1) <= 0).all()


def test_the_index_finds_most_of_them(monkeypatch):
    centres = rows(20, 16, seed=1)
    vectors = centres[np.arange(2000) % 20] + 0.3 * rows(2000, 16, seed=2)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    exact, _ = nearest(vectors, np.arange(2000), 10)
    monkeypatch.setattr(neighbours, "EXHAUSTIVE", 100)
    found, _ = nearest(vectors, np.arange(2000), 10)
    again, _ = nearest(vectors, np.arange(2000), 10)
    shared = [len(set(a) & set(b)) for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert np.mean(shared) > 8
    assert found.tolist() == again.tolist()


def test_a_row_that_says_nothing_has_no_neighbour():
    vectors = rows(4)
    vectors[2] = 0
    positions, similarities = nearest(vectors, np.arange(4), 3)
    assert positions[2].tolist() == [-1, -1, -1]
    assert not (positions == 2).any()
    assert similarities[2].tolist() == [0, 0, 0]


def test_one_group_alone_and_nothing_at_all():
    assert (nearest(rows(5), np.zeros(5, dtype=int), 2)[0] == -1).all()
    assert nearest(np.zeros((0, 3), np.float32), np.zeros(0, dtype=int), 2)[0].shape == (0, 2)


def test_similarities_are_held_some_at_a_time(monkeypatch):
    vectors, groups = rows(9000), np.arange(9000)
    whole = nearest(vectors, groups, 5)
    monkeypatch.setattr(neighbours, "HELD", 1 << 16)
    tracemalloc.start()
    parted = nearest(vectors, groups, 5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all((one == other).all() for one, other in zip(whole, parted, strict=True))
    assert peak < 4e6, "nine thousand rows by their 188 cells would be 6.8 MB at once"
