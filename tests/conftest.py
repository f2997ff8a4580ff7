import os

import pytest

# Before numpy is imported: the suite's processes share the cores among themselves, and small arrays are slower on many
# threads than on one. So a file runs alone as fast as in the suite.
for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def quiet_jobs(settings, tmp_path):
    """Jobs show no life from a thread of their own: a test's transaction hides their row from it."""
    settings.HEARTBEAT_SECONDS = 0
    settings.ARTIFACTS_DIR = tmp_path / "artifacts"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast on purpose


class Fault:
    """What a test that injects a fault says of it, for the table of `make faults`. lost: facts that are gone."""

    def __init__(self, properties: list) -> None:
        self.properties = properties

    def recovered(self, seconds: float) -> None:
        self.properties.append(("recovered", seconds))

    def lost(self, number: int) -> None:
        """Fails where anything is."""
        self.properties.append(("lost", number))
        assert not number, f"{number} lost"


@pytest.fixture
def fault(request):
    return Fault(request.node.user_properties)


def pytest_runtest_setup(item):
    if marker := item.get_closest_marker("fault"):
        item.user_properties.append(("fault", marker.args[0]))
