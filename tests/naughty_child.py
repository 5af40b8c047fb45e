"""Children that misbehave, each in one way; run by the sandbox under test."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path

from workers.reading.confine import confine
from workers.reading.limits import Limits
from workers.reading.sandbox import ANSWER, PROGRESS


def main() -> None:
    serve(json.load(sys.stdin), None)


def serve(request: dict, _engine: object) -> None:
    """In place of what reads a file, in a child that starts cold or is forked."""
    confine(Limits(**request["limits"]), request["parent"])
    work = Path(request["work"])
    os.chdir(work)
    ACTS[request["act"]](work)


def answer(work: Path) -> None:
    (work / ANSWER).write_text(json.dumps(dict(os.environ)))


def sleep(_: Path) -> None:
    time.sleep(60)


def boast(work: Path) -> None:
    """Claim endless pages and endless progress."""
    for step in range(10_000):
        (work / PROGRESS).write_text(f"{10**30} {step}")
        time.sleep(0.02)


def burn(_: Path) -> None:
    while True:
        pass


def hoard(_: Path) -> None:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def abort_for_memory(_: Path) -> None:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def fork(work: Path) -> None:
    for _ in range(5):
        if os.fork() == 0:
            (work / f"pid-{os.getpid()}").touch()
            time.sleep(60)
    time.sleep(0.5)
    answer(work)


def fill(work: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    with (work / "big").open("wb") as stream:
        while True:
            stream.write(bytes(1 << 20))


def many_files(work: Path) -> None:
    for i in range(20):
        (work / f"file-{i}").write_bytes(bytes(1 << 20))
    answer(work)


def crash(_: Path) -> None:
    ctypes.string_at(0)


def leave(_: Path) -> None:
    os._exit(7)


def kill_server(_: Path) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def say_nothing(_: Path) -> None:
    return


def point_elsewhere(work: Path) -> None:
    (work / ANSWER).symlink_to("/etc/passwd")


def open_much(work: Path) -> None:
    kept = []
    try:
        while True:
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        count = len(kept)
        for each in kept:
            os.close(each)
    (work / ANSWER).write_text(str(count))


ACTS = {
    each.__name__: each
    for each in (
        answer, sleep, boast, burn, hoard, abort_for_memory, fork, fill, many_files,
        crash, leave, say_nothing, kill_server, point_elsewhere, open_much,
    )
}  # fmt: skip

if __name__ == "__main__":
    main()
