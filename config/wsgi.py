import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def limit_statements(database: Any, seconds: float) -> None:
    """Whoever serves pages gives up a statement after `seconds`, 0 = never. SQLite knows no such limit."""
    if "postgresql" in database["ENGINE"] and seconds:
        own = database["OPTIONS"].get("options", "")
        database["OPTIONS"]["options"] = f"{own} -c statement_timeout={round(1_000 * seconds)}".strip()


limit_statements(settings.DATABASES["default"], settings.STATEMENT_SECONDS)
application = get_wsgi_application()
# Loads every page and what stands behind it now, before the server forks: its processes then share one copy of it.
reverse("datasets")
