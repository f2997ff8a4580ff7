"""What several tests of actions start from."""

import pytest

from annotation.actions.jobs.doorbell import DOORBELL


@pytest.fixture
def rung(monkeypatch, settings):
    """Ids the doorbell was rung for, as with a Redis."""
    ids = []
    settings.REDIS_URL = "redis://"
    monkeypatch.setattr(DOORBELL, "ring", ids.append)
    monkeypatch.setattr(DOORBELL, "ring_now", lambda job: ids.append(job) or True)
    return ids
