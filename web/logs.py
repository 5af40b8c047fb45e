"""One line a request and one a refusal: event names and facts, never secrets.

Paths of `/r/<token>` and `/setup/<token>` carry live secrets, so the *rule* that
matched is logged and never the path; query strings, forms and file names are not
logged at all.
"""

from __future__ import annotations

import logging
import sys
import time

import structlog
from flask import Flask, Response, g, request

QUIET = frozenset({"static", "probes.healthz", "probes.readyz", "probes.metrics"})

log = structlog.get_logger()


def configure_logs() -> None:
    """JSON lines on standard error, for whoever runs the service."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def init_logs(app: Flask) -> None:
    """Log every request when it is answered."""
    app.before_request(_begin)
    app.after_request(_answered)


def _begin() -> None:
    g.began = time.monotonic()


def _answered(response: Response) -> Response:
    if request.endpoint not in QUIET:
        log.info(
            "request.answered",
            method=request.method,
            rule="(none)" if request.url_rule is None else request.url_rule.rule,
            status=response.status_code,
            ms=round((time.monotonic() - g.get("began", time.monotonic())) * 1000),
        )
    return response
