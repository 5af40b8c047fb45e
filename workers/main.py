"""`custody worker`: an RQ worker that accepts only our own job."""

from __future__ import annotations

import os

import structlog
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from intake.queue import QUEUE, READ_EXHIBIT, connect_redis
from intake.settings import Settings
from workers.die_with_parent import bind
from workers.reading.warm import tend

log = structlog.get_logger()


class CustodyWorker(Worker):
    """Runs `workers.jobs.read_exhibit` with one id, and nothing else.

    Whoever can write to Redis can name any function; naming is not running.
    """

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Bind the forked process to this one, then work as usual."""
        # Named, because in a container the worker itself is process 1.
        bind(self.pid)
        super().main_work_horse(job, queue)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the job, or drop it when it is not one of ours."""
        if not _is_ours(job):
            log.error("job.refused", job=job.id)
            job.delete()
            return
        tend(Settings.from_env(os.environ).ocr_engine)
        super().execute_job(job, queue)


def run_worker(settings: Settings) -> None:
    """Work until told to stop."""
    connection = connect_redis(settings.redis_url)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = CustodyWorker([queue], connection=connection, serializer=JSONSerializer)
    worker.work(logging_level="WARNING")


def _is_ours(job: Job) -> bool:
    args = job.args
    one_id = len(args) == 1 and isinstance(args[0], str) and not job.kwargs
    return job.func_name == READ_EXHIBIT and one_id
