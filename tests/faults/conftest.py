import os

import pytest

from tests.faults.site import postgres_site, sqlite_site


@pytest.fixture
def site():
    """An installation of its own on the back end of this run."""
    make = postgres_site if os.environ.get("DATABASE_URL") else sqlite_site
    with make() as one:
        yield one
