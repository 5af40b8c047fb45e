"""The job queue: a hint that work is due. The database row is the truth.

Jobs carry ids only and the JSON serializer: with RQ's default, pickle, whoever can
write to Redis could run code in a worker.
"""

from __future__ import annotations

from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from intake.errors import IntakeError

QUEUE = "readings"
# The dotted name is a string because intake may not import workers; the test
# tests/architecture/test_jobs.py resolves it and checks its parameters.
READ_EXHIBIT = "workers.jobs.read_exhibit"
JOB_TIMEOUT_S = 3 * 3600


class JobQueue(Protocol):
    """Wakes a worker. May lose what it was told: a sweep asks again."""

    def enqueue_reading(self, exhibit_id: str) -> None:
        """Ask for a reading; IntakeError QUEUE_DOWN when nobody listens."""

    def waiting(self) -> int:
        """Jobs that wait for a worker."""


class RqQueue:
    """The queue on Redis or Valkey."""

    def __init__(self, connection: Redis) -> None:
        self._queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)

    def enqueue_reading(self, exhibit_id: str) -> None:
        """See JobQueue."""
        try:
            self._queue.enqueue(
                READ_EXHIBIT,
                exhibit_id,
                job_timeout=JOB_TIMEOUT_S,
                result_ttl=0,
                failure_ttl=86_400,
            )
        except RedisError as error:
            raise IntakeError("queue_down") from error

    def waiting(self) -> int:
        """See JobQueue."""
        try:
            return len(self._queue)
        except RedisError as error:
            raise IntakeError("queue_down") from error


def connect_redis(url: str) -> Redis:
    """A client for `redis://…`, `rediss://…` or `unix://…`; connects when used."""
    return Redis.from_url(url, socket_connect_timeout=5)
