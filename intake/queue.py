"""The job queue: a hint that work is due. The database row is the truth.

Jobs carry ids only and the JSON serializer: with RQ's default, pickle, whoever can
write to Redis could run code in a worker.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from intake.errors import IntakeError

if TYPE_CHECKING:  # slow to import, and most commands ask no queue
    from redis import Redis
    from rq import Queue

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
    """The queue on Redis or Valkey at `url`; connects when used."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _queue(self) -> Queue:
        from rq import Queue  # noqa: PLC0415 (as above)
        from rq.serializers import JSONSerializer  # noqa: PLC0415 (as above)

        connection = connect_redis(self._url)
        return Queue(QUEUE, connection=connection, serializer=JSONSerializer)

    def enqueue_reading(self, exhibit_id: str) -> None:
        """See JobQueue."""
        from redis.exceptions import RedisError  # noqa: PLC0415 (as above)

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
        from redis.exceptions import RedisError  # noqa: PLC0415 (as above)

        try:
            return len(self._queue)
        except RedisError as error:
            raise IntakeError("queue_down") from error


def connect_redis(url: str) -> Redis:
    """A client for `redis://…`, `rediss://…` or `unix://…`; connects when used."""
    from redis import Redis  # noqa: PLC0415 (as above)

    return Redis.from_url(url, socket_connect_timeout=5)
