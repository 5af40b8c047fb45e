"""The reader server: imports and models loaded once, a forked child for each file.

Run as `python -m workers.reading.server ENGINE SOCKET PARENT` by workers.reading.warm
only. It never opens a file that came in: for each connection it forks a child, which
is confined as one that starts cold, reads, and ends. The connection stands for the
interest in the answer: when it closes, the child is killed with all it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Final, NoReturn

from intake.reading import Unreadable
from workers.die_with_parent import bind
from workers.reading.child import serve
from workers.reading.readers import load_common
from workers.reading.sandbox import ERRORS
from workers.tools.ocr import OcrEngine, open_engine

MOST_REQUEST: Final = 1 << 20


def main() -> None:
    """Load everything, then serve until the worker ends."""
    engine_name, descriptor, parent = sys.argv[1:]
    bind(int(parent))
    os.umask(0o077)
    load_common()
    engine = _engine(engine_name)
    listening = socket.socket(fileno=int(descriptor))
    while True:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError, ValueError):
            _serve(connection, listening, engine)


def _engine(name: str) -> OcrEngine | None:
    """None when it is missing: the file that needs it will say so."""
    try:
        return open_engine(name)
    except Unreadable:
        return None


def _serve(
    connection: socket.socket, listening: socket.socket, engine: OcrEngine | None
) -> None:
    request = json.loads(_line(connection))
    request["parent"] = os.getpid()
    pid = os.fork()
    if pid == 0:
        connection.close()
        listening.close()
        _child(request, engine)
    watched = os.pidfd_open(pid)
    try:
        select.select([watched, connection.fileno()], [], [])
    finally:
        os.close(watched)
        status = _end(pid)
    connection.sendall(f"{status}\n".encode())


def _line(connection: socket.socket) -> bytes:
    heard = b""
    while not heard.endswith(b"\n"):
        said = connection.recv(1 << 16)
        if not said or len(heard) > MOST_REQUEST:
            raise ValueError
        heard += said
    return heard


def _child(request: dict[str, Any], engine: OcrEngine | None) -> NoReturn:
    code = 1
    try:
        os.setsid()
        work = Path(request["work"])
        _replace_streams(work / ERRORS)
        os.environ.update(HOME=str(work), TMPDIR=str(work))
        tempfile.tempdir = None
        serve(request, engine)
        code = 0
    except BaseException:  # noqa: BLE001 (this process ends here, whatever it was)
        # Its last words, by which the sandbox knows what it died of.
        traceback.print_exc()
    finally:
        os._exit(code)


def _replace_streams(errors: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    said = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for descriptor, target in ((nothing, 0), (nothing, 1), (said, 2)):
        os.dup2(descriptor, target)
    os.close(nothing)
    os.close(said)


def _end(pid: int) -> int:
    """Kill the child and whatever it started; how the child ended."""
    status = None
    for _ in range(100):
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            if status is not None:
                break
            # It has no group of its own yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if status is None:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        time.sleep(0.001)
    return -signal.SIGKILL if status is None else status


if __name__ == "__main__":
    main()
