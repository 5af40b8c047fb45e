"""`custody scheduler`: what has to happen again and again.

Every half minute it finds work that Redis lost, and receipts whose sealing was
interrupted. It changes nothing by itself that an operation would not do.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import structlog

from intake.acts import expire, finish_recorded
from intake.errors import IntakeError
from intake.readings import due_readings, mark_queued
from intake.search_follow import keep_up
from intake.services import Services
from integrity.errors import CustodyError
from receipts.act_kinds import HANDLERS
from receipts.certificate import MonthlyCertificates
from receipts.erasure import finish_erasures
from receipts.fixity import DailyFixity
from receipts.issue import void_unsealed
from receipts.key_settling import LaterEnds
from receipts.stamping import stamp_due
from receipts.witnesses import gather_due

SWEEP = dt.timedelta(seconds=30)
SEARCHABLE_MOST = 500  # exhibits a sweep: an old home becomes so part by part
UNSEALED_AFTER = dt.timedelta(minutes=10)

log = structlog.get_logger()


def run_scheduler(services: Services, stop: threading.Event) -> None:
    """Sweep until `stop` is set; a failing sweep is logged and tried again."""
    _start_beside(services, stop)
    while not stop.is_set():
        try:
            sweep(services)
        except CustodyError as error:
            log.warning("sweep.failed", code=error.code)
        stop.wait(SWEEP.total_seconds())


def sweep(services: Services) -> int:
    """Ask again for readings that the queue no longer holds; returns how many."""
    void_unsealed(services, UNSEALED_AFTER)
    expire(services)
    finish_recorded(services, HANDLERS)
    finish_erasures(services)
    keep_up(services, SEARCHABLE_MOST)
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


def _start_beside(services: Services, stop: threading.Event) -> None:
    """What waits for others goes on in threads: a slow authority holds nothing up."""
    beside: list[tuple[str, Callable[[Services], object]]] = []
    if services.settings.time_authorities:
        beside.append(("stamping", stamp_due))
    beside += [("fixity", DailyFixity()), ("keys", LaterEnds())]
    if services.settings.certificates == "monthly":
        beside.append(("certificates", MonthlyCertificates()))
    if services.settings.witnesses:
        beside.append(("witnesses", gather_due))
    for name, step in beside:
        args = (services, stop, name, step)
        threading.Thread(target=_until, args=args, daemon=True).start()


def _until(
    services: Services,
    stop: threading.Event,
    name: str,
    step: Callable[[Services], object],
) -> None:
    try:
        while not stop.is_set():
            try:
                step(services)
            except CustodyError as error:
                log.warning("outside.failed", step=name, code=error.code)
            stop.wait(SWEEP.total_seconds())
    finally:
        # A fault of ours must not end one thread in silence: the process ends, and
        # whoever supervises it starts all of it again.
        stop.set()
