import os

# Celery is loaded where there is a Redis to ring; whoever rings finds this app as Celery's current one.
if os.environ.get("REDIS_URL"):
    from config.celery import app as celery_app

    __all__ = ["celery_app"]
