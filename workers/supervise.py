"""`custody up`: the queue server, web, workers and scheduler as one process tree.

Own code and not a general process manager, because it must print what its children
say with their names before it, refuse a second start on the same home by name of the
process, and leave nothing behind even when it is killed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

from intake.errors import IntakeError
from intake.queue_socket import queue_url
from integrity.errors import CustodyError
from workers.process_tree import ProcessTree, Program, say
from workers.redis_server import START_TIMEOUT_S, answers, server_command

QUEUE = "redis"
WEB = "web"
TRIES = 3
WEB_TIMEOUT_S = 120.0
DONE = 0
_TICK_S = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartError(CustodyError):
    """The tree could not be started; what had been started was stopped again."""

    code = "start"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, facts={"reason": reason})


class _Stop:
    """A stop asked for by a signal; a plain flag, since handlers must not lock."""

    asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def up(
    settings_env: Mapping[str, str],
    home: Path,
    host: str,
    port: int,
    workers: int,
    announce: Callable[[], None],
    *,
    prepare: Callable[[], None] | None = None,
    roles: Sequence[Program] | None = None,
) -> int:
    """Run everything for one home until SIGINT, SIGTERM or SIGHUP; then stop it all.

    Args:
        settings_env: the environment of the children; CUSTODY_HOME and, unless set,
            CUSTODY_REDIS_URL are added.
        home: the data folder; made if absent.
        host: the address the web server listens on.
        port: its port.
        workers: how many workers to run.
        announce: called once, when the web server accepts connections.
        prepare: called once, with the home locked and before web and workers start.
        roles: what to run instead of web, workers and scheduler; for tests. One of
            them must be named `web` and listen.

    Returns:
        0 after an asked-for stop.

    Raises:
        IntakeError: `home_locked`, another `custody up` runs on this home.
        StartError: the port is taken, or the queue or web server does not start.
        QueueServerError: there is no queue server on this machine.
    """
    home = home.absolute()
    with _home_lock(home), _stop_signals() as stop:
        _require_free_port(host, port)
        environment, own_queue = _environment(settings_env, home)
        tree = ProcessTree(environment, home / "logs")
        try:
            _start_queue(tree, home, environment, stop, own=own_queue)
            if prepare is not None and not stop.asked:
                prepare()
            for program in _roles(host, port, workers) if roles is None else roles:
                tree.start(program)
            _wait_for_web(tree, host, port, stop)
            if not stop.asked:
                announce()
            _tend(tree, stop)
        finally:
            _stop_in_order(tree)
    return DONE


def _roles(host: str, port: int, workers: int) -> list[Program]:
    custody = (sys.executable, "-P", "-m", "workers.cli")
    return [
        Program(WEB, (*custody, "web", "--host", host, "--port", str(port))),
        *(Program(f"worker-{n}", (*custody, "worker")) for n in range(1, workers + 1)),
        Program("scheduler", (*custody, "scheduler")),
    ]


def _environment(given: Mapping[str, str], home: Path) -> tuple[dict[str, str], bool]:
    environment = {**given, "CUSTODY_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    own_queue = not (
        given.get("CUSTODY_REDIS_URL") or given.get("CUSTODY_REDIS_URL_FILE")
    )
    if own_queue:
        environment["CUSTODY_REDIS_URL"] = queue_url(home)
    return environment, own_queue


def _start_queue(
    tree: ProcessTree,
    home: Path,
    environment: dict[str, str],
    stop: _Stop,
    *,
    own: bool,
) -> None:
    if not own:
        return
    url = environment["CUSTODY_REDIS_URL"]
    if answers(url):
        raise StartError(
            f"Another queue server already listens at {url}; stop it first."
        )
    tree.start(Program(QUEUE, tuple(server_command(home))))
    give_up = time.monotonic() + START_TIMEOUT_S
    while not answers(url) and not stop.asked:
        _require_healthy(tree, QUEUE, give_up)


def _wait_for_web(tree: ProcessTree, host: str, port: int, stop: _Stop) -> None:
    give_up = time.monotonic() + WEB_TIMEOUT_S
    while not _listens(host, port) and not stop.asked:
        _require_healthy(tree, WEB, give_up)


def _require_healthy(tree: ProcessTree, name: str, give_up: float) -> None:
    time.sleep(_TICK_S)
    tree.tend()
    if tree.failures(name) >= TRIES or time.monotonic() > give_up:
        raise StartError(f"{name} does not start; see logs/{name}.log in the home.")


def _tend(tree: ProcessTree, stop: _Stop) -> None:
    while not stop.asked:
        time.sleep(_TICK_S)
        tree.tend()


def _stop_in_order(tree: ProcessTree) -> None:
    """Those who use the queue first, so that they do not see it vanish."""
    say("stopping")
    users = [name for name in tree.names() if name != QUEUE]
    if users:
        tree.stop(*users)
    tree.stop()
    say("stopped")


@contextmanager
def _stop_signals() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _home_lock(home: Path) -> Iterator[None]:
    """Hold the home; the kernel lets go of it when this process ends, however."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise IntakeError("home_locked", pid=pid or "?", home=str(home)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def _require_free_port(host: str, port: int) -> None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartError(
            f"{host}:{port} cannot be used ({reason}); choose another with --port."
        ) from error


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
