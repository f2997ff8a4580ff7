"""The doorbell in Redis that tells workers of a job. Nobody who asks for one waits for it.

A Redis that is down, or worse, takes connections and never answers, costs a thread of its own one second; then it is
left alone for a while. What was not rung for stands in the database, and the reaper rings again.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

import celery  # its parts are loaded when they are first used
import celery.exceptions
import redis
from django.conf import settings

log = logging.getLogger(__name__)

ANSWERS_WITHIN = 1.0  # seconds Redis gets for each step of a ring
LEFT_ALONE = 10.0  # seconds in which it is not tried again after it did not answer
FAILURES = (celery.exceptions.OperationalError, redis.RedisError, OSError)
IMPATIENT = {
    "socket_timeout": ANSWERS_WITHIN,
    "socket_connect_timeout": ANSWERS_WITHIN,
    "retry_on_timeout": False,
    "max_retries": 0,
}


def send(job_id: int) -> None:
    """Put the one message of a job on its lane. Raises one of FAILURES."""
    app = celery.current_app
    with app.connection_for_write(transport_options=IMPATIENT) as connection:
        app.send_task("work", [job_id], connection=connection, retry=False)


class Doorbell:
    """Rings one after another in one thread that ends when nothing is left to ring for; Python waits for it at exit.

    `send` raises one of FAILURES where Redis does not answer; `clock` counts seconds and never goes back.
    """

    def __init__(self, send: Callable[[int], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.send, self.clock = send, clock
        self.lock, self.waiting = Lock(), deque[int]()
        self.thread: Thread | None = None
        self.tried_again_at = 0.0

    @property
    def left_alone(self) -> bool:
        return self.clock() < self.tried_again_at

    def ring(self, job_id: int) -> None:
        """Beside the caller, who goes on at once."""
        if self.left_alone:
            return
        with self.lock:
            self.waiting.append(job_id)
            if self.thread is None:
                self.thread = Thread(target=self._ring_all, name="doorbell")
                self.thread.start()

    def ring_now(self, job_id: int) -> bool:
        """While the caller waits; False where Redis did not answer, now or a moment ago."""
        if self.left_alone:
            return False
        try:
            self.send(job_id)
        except FAILURES as error:
            self.tried_again_at = self.clock() + LEFT_ALONE
            log.warning(
                "job %s is queued but Redis did not take it (%s: %s); the reaper rings again",
                job_id, type(error).__name__, error,
            )  # fmt: skip
            return False
        return True

    def _ring_all(self) -> None:
        try:
            while (job_id := self._next()) is not None:
                self.ring_now(job_id)
        except BaseException:
            # whatever it was, the next ring starts a thread anew
            with self.lock:
                self.thread = None
            raise

    def _next(self) -> int | None:
        with self.lock:
            if self.waiting:
                return self.waiting.popleft()
            self.thread = None
            return None


DOORBELL = Doorbell(send)


def ring(job_id: int) -> None:
    """Tell the workers, where there is a doorbell."""
    if settings.REDIS_URL:
        DOORBELL.ring(job_id)


def ring_again(job_id: int) -> bool:
    """The same for the reaper, which has nobody waiting for it and would know whether it was heard."""
    return not settings.REDIS_URL or DOORBELL.ring_now(job_id)
