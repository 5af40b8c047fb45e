"""The worker's side of the reader server: start it, use it, replace it.

With a server, reading one page takes the time of the page and not also that of loading
models. Everything works without one: when it cannot be reached, a child starts cold.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from workers.reading.child_environment import ROOT, child_environment

MOST_FILES: Final = 200  # then a new one: nothing may grow for ever
_SOCKET = "reader"
_KILL_S: Final = 10.0
SERVER: Final = ("-m", "workers.reading.server")


class WarmReader:
    """One server; used by this process and those it forks, one file at a time.

    Attributes:
        idle: held while a file of this process is read.
    """

    def __init__(self, engine: str, program: Sequence[str] = SERVER) -> None:
        """Begin to start a server with the models of `engine`."""
        self.engine = engine
        self.files = 0
        self.idle = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="custody-reader-")
        self.address = Path(self._folder.name) / _SOCKET
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.address))
            listening.listen(1)
            number = listening.fileno()
            self._process = subprocess.Popen(
                [
                    *(sys.executable, *program),
                    *(engine, str(number), str(os.getpid())),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env=child_environment(Path(self._folder.name)),
                pass_fds=[number],
                start_new_session=True,
            )

    @property
    def is_usable(self) -> bool:
        """Whether it lives and is not yet due to be replaced."""
        return self.files < MOST_FILES and self._process.poll() is None

    def kill(self) -> None:
        """End it at once; what it forked dies with it."""
        os.kill(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the server and its folder."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


class WarmChild:
    """A child of the server, as the sandbox sees it.

    Attributes:
        returncode: how it ended, negative for a signal; None while it runs.
        lost: whether the server died under it, for whatever reason.
    """

    def __init__(self, reader: WarmReader, connection: socket.socket) -> None:
        self._reader = reader
        self._connection = connection
        self.returncode: int | None = None
        self.lost = False
        self._ended = False

    def poll(self) -> int | None:
        """The exit code once it ended, negative for a signal."""
        return self._hear(0)

    def end(self) -> None:
        """Have it killed if it still runs; returns when nothing of it is left."""
        if self.returncode is None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)
            if self._hear(_KILL_S) is None:
                self._reader.kill()
        self._connection.close()
        if not self._ended:
            self._ended = True
            self._reader.idle.release()

    def _hear(self, seconds: float) -> int | None:
        if self.returncode is not None:
            return self.returncode
        if not select.select([self._connection], [], [], seconds)[0]:
            return None
        try:
            said = self._connection.recv(20).strip()
        except OSError:
            said = b""
        self.lost = not said
        self.returncode = int(said) if said else -signal.SIGKILL
        return self.returncode


_readers: list[WarmReader] = []


@contextmanager
def warm_reader(engine: str, program: Sequence[str] = SERVER) -> Iterator[WarmReader]:
    """Read the files of the block with one server."""
    _readers.append(WarmReader(engine, program))
    try:
        yield _readers[-1]
    finally:
        _readers.pop().close()


def tend(engine: str) -> None:
    """For a process that lives long: have a server, and a new one when it is due."""
    if _readers and (not _readers[-1].is_usable or _readers[-1].engine != engine):
        _readers.pop().close()
    # Without one (a folder with too long a name for a socket) children start cold.
    with contextlib.suppress(OSError):
        if not _readers:
            _readers.append(WarmReader(engine))
        _readers[-1].files += 1


def start_warm(request: dict[str, Any]) -> WarmChild | None:
    """A child of an idle server for this request; None when there is none."""
    for reader in reversed(_readers):
        if reader.idle.acquire(blocking=False):
            child = _start(reader, request)
            if child is None:
                reader.idle.release()
            return child
    return None


def _start(reader: WarmReader, request: dict[str, Any]) -> WarmChild | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(reader.address))
        connection.sendall(json.dumps(request).encode() + b"\n")
    except OSError:
        connection.close()
        return None
    return WarmChild(reader, connection)
