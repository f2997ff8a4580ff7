import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# Loads every page and what stands behind it now, before the server forks: its processes then share one copy of it.
reverse("datasets")
