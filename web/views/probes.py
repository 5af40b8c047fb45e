"""For machines: alive, ready, and a few gauges in Prometheus' text format."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from flask import Blueprint, Response, abort, jsonify, request

from integrity.errors import CustodyError
from web.context import services
from web.guard import public
from web.reads.health import Health, exhibits_by_state, health_of

pages = Blueprint("probes", __name__)

GAUGES = "text/plain; version=0.0.4; charset=utf-8"


@pages.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Uploads can be accepted; 503 with the part that is missing otherwise."""
    try:
        health = health_of(services())
    except CustodyError:
        return jsonify(ready=False, database=False), 503
    parts = {f"store_{store.place}": store.good for store in health.stores}
    parts |= {"database": True, "keys": health.can_sign}
    queue = health.waiting is not None
    parts["time_authorities"] = health.time_known
    ready = jsonify(ready=health.ready, queue=queue, **parts)
    return ready, 200 if health.ready else 503


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Gauges for scrapers on the firm's own network: they tell how much there is."""
    if not _is_near(request.remote_addr):
        abort(404)
    with services().log.session() as session:
        states = exhibits_by_state(session)
    lines = _gauges(health_of(services()), states)
    return Response("".join(f"{line}\n" for line in lines), content_type=GAUGES)


def _is_near(address: str | None) -> bool:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return found.is_loopback or found.is_private


def _gauges(health: Health, states: dict[str, int]) -> Iterator[str]:
    yield from _gauge("custody_log_leaves", health.log_size)
    yield from _gauge("custody_checkpoint_leaves", health.checkpoint_size)
    if health.checkpoint_at is not None:
        at = int(health.checkpoint_at.timestamp())
        yield from _gauge("custody_checkpoint_timestamp_seconds", at)
    yield from _gauge("custody_readings_due", health.due)
    if health.waiting is not None:
        yield from _gauge("custody_queue_jobs", health.waiting)
    if health.workers is not None:
        yield from _gauge("custody_workers", health.workers)
    yield "# TYPE custody_exhibits gauge"
    for state, count in sorted(states.items()):
        yield f'custody_exhibits{{state="{state}"}} {count}'
    yield "# TYPE custody_store_up gauge"
    yield "# TYPE custody_store_free_bytes gauge"
    for store in health.stores:
        yield f'custody_store_up{{store="{store.place}"}} {int(store.good)}'
        free = store.free_bytes or 0
        yield f'custody_store_free_bytes{{store="{store.place}"}} {free}'


def _gauge(name: str, value: int) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
