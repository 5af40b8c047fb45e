"""The production server: gunicorn with threads, one set of services per worker."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # no types

from intake.settings import Settings
from integrity.errors import CustodyError
from receipts.opening import open_services
from web.app import create_app
from web.logs import configure_logs

PROCESSES = 2
THREADS = 8
# Gunicorn's own code for "the application cannot be loaded": the master stops
# instead of starting workers for ever.
CANNOT_LOAD = 4

log = structlog.get_logger()


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve `settings`' home on `host`:`port` until SIGTERM or SIGINT."""
    run_server(lambda: create_app(open_services(settings)), host, port)


def run_server(load: Callable[[], Flask], host: str, port: int) -> None:
    """Serve the application that `load` makes in each process of the server."""
    configure_logs()
    _Server(load, host, port).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Opens the services in each worker, after the fork.

    Neither SQLite handles nor connections may be shared between processes.
    """

    def __init__(self, load: Callable[[], Flask], host: str, port: int) -> None:
        self._load = load
        address = f"[{host}]" if ":" in host else host
        self._options: dict[str, Any] = {
            "bind": f"{address}:{port}",
            "workers": PROCESSES,
            "worker_class": "gthread",
            "threads": THREADS,
            # Uploads are read by threads; the beat of a worker is its main loop's.
            "timeout": 60,
            "graceful_timeout": 5,
            "keepalive": 5,
            # X-Forwarded-* counts only through settings.trusted_proxies (guard).
            "forwarded_allow_ips": "",
            "proc_name": "custody-web",
            "loglevel": "warning",
            # Nobody steers the server through a socket in the user's home folder.
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """See BaseApplication."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """See BaseApplication: called in each worker after the fork."""
        try:
            return self._load()
        except CustodyError as error:
            # No trace: the sentence says what to do.
            log.warning("web.not_opened", code=error.code, reason=str(error))
            sys.exit(CANNOT_LOAD)
