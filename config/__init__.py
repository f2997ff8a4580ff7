import os
import sys
from pathlib import Path

# Where numba keeps compiled kernels: beside the environment, as both are made for this machine, never among the data.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(sys.prefix) / "kernels"))

# Celery is loaded where there is a Redis to ring; whoever rings finds this app as Celery's current one.
if os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE"):
    from config.celery import app as celery_app

    __all__ = ["celery_app"]
