"""A transaction takes as many rows as it writes in time."""

from contextlib import contextmanager

import pytest

from annotation.actions.jobs import fenced
from annotation.actions.jobs.fenced import FEWEST, SECONDS, RowPace


@pytest.fixture
def took(monkeypatch):
    """A transaction that takes so many seconds, of which none passes."""
    now = [0.0]

    @contextmanager
    def nothing(report, stage, share):
        yield

    monkeypatch.setattr(fenced, "fenced", nothing)
    monkeypatch.setattr(fenced, "monotonic", lambda: now[0])
    monkeypatch.setattr(fenced, "sleep", lambda seconds: None)

    def write(pace, seconds):
        with pace.fenced(lambda stage, share: None, "writing", 0.5):
            now[0] += seconds
        return pace.rows

    return write


def test_slow_ones_take_fewer_and_quick_ones_more_again(took):
    pace = RowPace(8_000)
    assert took(pace, 4 * SECONDS) == 2_000
    assert took(pace, SECONDS) == 2_000
    assert took(pace, SECONDS / 10) == 4_000
    assert took(pace, 0.0) == 8_000 == took(pace, 0.0)


def test_there_is_a_least_and_a_most(took):
    pace = RowPace(1_000)
    assert took(pace, 1_000 * SECONDS) == FEWEST
    assert took(RowPace(3), 1_000 * SECONDS) == 3
