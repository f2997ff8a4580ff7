"""How the web server runs, everywhere: `gunicorn config.wsgi --config config/gunicorn.py --bind …`."""

import gc
import importlib
import os
import shutil
import tempfile
from typing import Any

from config import settings

workers = settings.WEB_PROCESSES
worker_class = "config.server.BufferingWorker"
timeout = 60
graceful_timeout = 20
loglevel = "warning"
# Its own door for commands, beside the signals that everybody knows, is nobody's need.
control_socket_disable = True
# The pages and the mathematics behind them are loaded once and shared by all processes. Nothing is open at the fork:
# no connection, and no thread, as BLAS and OpenMP start none of their own.
preload_app = True
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Where the processes write the figures of their requests, so that whichever is asked can tell of all: read when the
# pages are loaded, and new with every start.
_made = tempfile.mkdtemp(prefix="second-look-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _made
# Requests that are too large for memory lie here until they are worked, on the disk that is there for what is large.
tempfile.tempdir = str(settings.UPLOADS_DIR)


def when_ready(server: object) -> None:
    """What is loaded stays: left out of the rounds of the collector, it is not written to and stays shared (after 240
    pages 85 MB of 730)."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: object) -> None:
    # the site is set up by now, which it is not where this file is read
    show_life = importlib.import_module("annotation.actions.operating.show_life")
    show_life.keep_showing_life("web")


def worker_exit(server: object, worker: object) -> None:
    show_life = importlib.import_module("annotation.actions.operating.show_life")
    show_life.take_leave()


def child_exit(server: object, worker: Any) -> None:
    multiprocess = importlib.import_module("prometheus_client.multiprocess")
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: object) -> None:
    shutil.rmtree(_made, ignore_errors=True)
