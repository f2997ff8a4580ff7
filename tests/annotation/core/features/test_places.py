import numpy as np
import pytest
from scipy import sparse

from annotation.core.features import places as module
from annotation.core.features.places import places


def of(vectors, terms=None):
    terms = sparse.csr_matrix(vectors if terms is None else terms)
    return places(terms, np.asarray(vectors, dtype=np.float32)).astype(np.float32)


def three_crowds():
    rng = np.random.default_rng(0)
    centres = np.repeat(np.abs(rng.normal(size=(3, 40))), 20, axis=0)
    return centres + 0.1 * np.abs(rng.normal(size=(60, 40)))


def test_places_keep_who_lies_near_whom():
    found = of(three_crowds())
    assert found.shape == (60, 72) and np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-2)
    near = found @ found.T
    same = np.repeat(np.arange(3), 20)[:, np.newaxis] == np.repeat(np.arange(3), 20)
    assert near[same].min() > near[~same].max()
    assert np.array_equal(found, of(three_crowds()))


def test_terms_tell_apart_what_vectors_do_not():
    terms = np.zeros((40, 6))
    terms[:20, :3] = terms[20:, 3:] = 1
    found = of(np.ones((40, 3)), terms)
    assert found[0] @ found[1] == pytest.approx(0.5, abs=1e-2) and found[0] @ found[39] == pytest.approx(-0.5, abs=1e-2)


def test_terms_of_many_items_are_read_on_some(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 12)
    found = of(three_crowds())
    assert found.shape == (60, 40 + 11) and found[0] @ found[1] > found[0] @ found[59]


def test_items_that_all_say_the_same_lie_nowhere_and_too_many_have_no_place(monkeypatch):
    assert not of(np.ones((5, 3))).any()
    assert of(np.zeros((0, 3))).shape == (0, 0) and of(np.ones((1, 3))).shape == (1, 0)
    monkeypatch.setattr(module, "MOST", 4)
    assert of(np.eye(5)).shape == (5, 0)
