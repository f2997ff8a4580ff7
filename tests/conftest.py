import pytest


@pytest.fixture(autouse=True)
def quiet_jobs(settings, tmp_path):
    """Jobs show no life from a thread of their own: a test's transaction hides their row from it."""
    settings.HEARTBEAT_SECONDS = 0
    settings.ARTIFACTS_DIR = tmp_path / "artifacts"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast on purpose
