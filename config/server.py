"""gunicorn's processes with waitress's way of reading: one loop takes in all requests, and a thread is given to one
only when it is there as a whole. So clients that send slowly, or half, or read slowly, hold no thread of the site.

gunicorn binds, forks, watches and replaces the processes; waitress reads, works and answers. With gunicorn's own
threads, each half-sent request held one: eight of them stopped the site.
"""

import os
import time
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.server import create_server

from config import settings

CONNECTIONS = 1_000  # open at a time in one process
IDLE = 30  # seconds a connection may say nothing
HEADER_BYTES = 65_536
BODY_BYTES = 4 * 1024**3  # beyond any file that is taken; kept on disk as it comes in
LOOK_EVERY = 1.0  # seconds between two looks whether to end


class BufferingWorker(Worker):
    """A process of the web server."""

    def run(self) -> None:
        channels: dict[int, Any] = {}
        server = create_server(
            self.wsgi,
            map=channels,
            sockets=[one.sock for one in self.sockets],
            threads=settings.WEB_THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE,
            cleanup_interval=5,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=BODY_BYTES,
            # what a proxy may say is for the site's own settings to trust or not
            clear_untrusted_proxy_headers=False,
            ident=None,
        )
        while self.alive and self.ppid == os.getppid():
            self.notify()
            wasyncore.loop(timeout=LOOK_EVERY, use_poll=True, map=channels, count=1)
        self._finish(server, channels)

    def _finish(self, server: Any, channels: dict[int, Any]) -> None:
        """Take no more requests, and answer those that are there."""
        for one in list(channels.values()):
            if getattr(one, "accepting", False):
                one.del_channel(channels)
        until = time.monotonic() + self.cfg.graceful_timeout
        while time.monotonic() < until and any(map(_is_at_work, channels.values())):
            self.notify()
            wasyncore.loop(timeout=0.1, use_poll=True, map=channels, count=1)
        server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(channels)


def _is_at_work(channel: Any) -> bool:
    """Whether it is a client's whose request is worked on, or whose answer is not sent yet."""
    return bool(getattr(channel, "requests", None)) or bool(getattr(channel, "total_outbufs_len", 0))
