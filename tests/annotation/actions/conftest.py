"""What several tests of actions start from."""

import pytest


@pytest.fixture
def rung(monkeypatch, settings):
    """Ids the doorbell was rung for, as with a Redis."""
    ids = []
    settings.REDIS_URL = "redis://"
    monkeypatch.setattr("celery.current_app.send_task", lambda name, args: ids.append(args[0]))
    return ids
