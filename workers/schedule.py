"""`custody scheduler`: what has to happen again and again.

Every half minute it finds work that Redis lost, and receipts whose sealing was
interrupted. It changes nothing by itself that an operation would not do.
"""

from __future__ import annotations

import datetime as dt
import threading

import structlog

from intake.errors import IntakeError
from intake.readings import due_readings, mark_queued
from intake.services import Services
from integrity.errors import CustodyError
from receipts.issue import void_unsealed

SWEEP = dt.timedelta(seconds=30)
UNSEALED_AFTER = dt.timedelta(minutes=10)

log = structlog.get_logger()


def run_scheduler(services: Services, stop: threading.Event) -> None:
    """Sweep until `stop` is set; a failing sweep is logged and tried again."""
    while not stop.is_set():
        try:
            sweep(services)
        except CustodyError as error:
            log.warning("sweep.failed", code=error.code)
        stop.wait(SWEEP.total_seconds())


def sweep(services: Services) -> int:
    """Ask again for readings that the queue no longer holds; returns how many."""
    void_unsealed(services, UNSEALED_AFTER)
    due = due_readings(services, SWEEP)
    try:
        # A long queue is no lost queue: asking again would only make it longer.
        if not due or services.queue.waiting() >= len(due):
            return 0
        for exhibit_id in due:
            services.queue.enqueue_reading(exhibit_id)
            mark_queued(services, exhibit_id)
    except IntakeError as error:
        log.warning("queue.down", code=error.code)
    return len(due)
