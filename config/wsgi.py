import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


# A page asks for few rows. PostgreSQL, which takes them for very many before it knows what a table holds, would compile
# the statement and start processes to work it, which takes longer than the rows.
SMALL = "-c jit=off -c max_parallel_workers_per_gather=0"


def limit_statements(database: Any, seconds: float) -> None:
    """Whoever serves pages gives up a statement after `seconds`, 0 = never, and has each worked as a small one. SQLite
    knows neither."""
    if "postgresql" in database["ENGINE"]:
        own = database["OPTIONS"].get("options", "")
        limit = f"-c statement_timeout={round(1_000 * seconds)}" if seconds else ""
        database["OPTIONS"]["options"] = " ".join(filter(None, (SMALL, limit, own)))


limit_statements(settings.DATABASES["default"], settings.STATEMENT_SECONDS)
application = get_wsgi_application()
# Loads every page and what stands behind it now, before the server forks: its processes then share one copy of it.
reverse("datasets")
