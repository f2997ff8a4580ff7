"""How the web server runs, everywhere: `gunicorn config.wsgi --config config/gunicorn.py --bind …`."""

import gc
import os

workers = 2
threads = 4
worker_class = "gthread"
timeout = 120
loglevel = "warning"
# The pages and the mathematics behind them are loaded once and shared by all processes. Nothing is open at the fork:
# no connection, and no thread, as BLAS and OpenMP start none of their own.
preload_app = True
os.environ.setdefault("OMP_NUM_THREADS", "1")


def when_ready(server: object) -> None:
    """What is loaded stays: left out of the rounds of the collector, it is not written to and stays shared (after 240
    pages 85 MB of 730)."""
    gc.collect()
    gc.freeze()
