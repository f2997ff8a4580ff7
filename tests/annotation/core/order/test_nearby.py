import numpy as np
import pytest

from annotation.core.order import nearby as module
from annotation.core.order.nearby import Nearby, landmarks, likeness


def test_the_same_label_nearby_is_alike_and_another_one_the_opposite():
    place, label = np.array([[1.0, 0.0]] * 3), np.array(["ham", "spam", "eggs"], dtype=object)
    assert likeness(place[:2], label[:2], place[:1], label[:1], 2).ravel().tolist() == [1.0, -1.0]
    assert likeness(place, label, place[:1], label[:1], 3).ravel().tolist() == [1.0, -0.5, -0.5]


def test_columns_of_the_landmarks_give_back_the_likeness_and_effects_carry_over():
    rng = np.random.default_rng(1)
    place = rng.normal(size=(12, 5))
    place /= np.linalg.norm(place, axis=1, keepdims=True)
    label = np.array(["ham", "spam"] * 6, dtype=object)
    near = landmarks(place, label, 2)
    assert near.columns @ near.columns.T == pytest.approx(likeness(place, label, place, label, 2), abs=1e-5)
    effects = rng.normal(size=near.columns.shape[1])
    assert near.nearby(effects).effect(place, label, 2) == pytest.approx(near.columns @ effects, abs=1e-4)


def test_without_places_there_are_no_columns_and_no_effect():
    label = np.array(["ham", "spam"], dtype=object)
    near = landmarks(np.zeros((2, 0)), label, 2)
    assert near.columns.shape == (2, 0)
    assert near.nearby(np.zeros(0)).effect(np.zeros((2, 0)), label, 2).tolist() == [0.0, 0.0]
    assert Nearby().effect(np.ones((2, 1)), label, 2).tolist() == [0.0, 0.0]


def test_of_more_decisions_than_landmarks_as_many_stand_for_all(monkeypatch):
    monkeypatch.setattr(module, "LANDMARKS", 4)
    place, label = np.eye(8), np.array(["ham"] * 8, dtype=object)
    near = landmarks(place, label, 2)
    assert near.place.shape == (4, 8) and near.columns.shape == (8, 4)
