"""Verifying a stranger's file in a process of its own, with limits.

A PDF or a ZIP from anyone is parsed here. Whatever its parser does, it does it in
a child without our environment, that may not write files, with bounded memory and
time; its answer comes back as bounded JSON and is checked field by field.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from integrity.policy import parse_trusted_keys
from receipts.checks import BY_NUMBER, Check, Report, Result

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60
WALL_SECONDS = 75
LIMITS = (
    (resource.RLIMIT_AS, MEMORY_BYTES),
    (resource.RLIMIT_CPU, CPU_SECONDS),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)
ANSWER_BYTES = 8 << 20
MOST_CHECKS = 50_000
TEXT_LIMIT = 1000
# One process of ours verifies two files of strangers at a time, no more.
_places = threading.BoundedSemaphore(2)


class Busy(Exception):
    """All places are taken."""


class NoAnswer(Exception):
    """The child died, ran out of time, or said something that is no answer."""


def verify_boxed(path: Path, name: str, original: Path | None, trust: bytes) -> Report:
    """The report on the file at `path` (and, for a proof, the file it is about).

    Raises:
        Busy: too many verifications at once.
        NoAnswer: nothing can be said about the file.
    """
    with _place():
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        arguments = (theirs, str(path), name, str(original or ""), trust)
        child = context.Process(target=_child, args=arguments, daemon=True)
        child.start()
        theirs.close()
        try:
            return _read(ours)
        finally:
            child.kill()
            child.join()
            child.close()
            ours.close()


def _read(ours: Connection) -> Report:
    try:
        if not ours.poll(WALL_SECONDS):
            raise NoAnswer
        untrusted = json.loads(ours.recv_bytes(ANSWER_BYTES))
        return Report.of([_check(row) for row in untrusted[:MOST_CHECKS]])
    except (EOFError, OSError, ValueError, TypeError, KeyError) as error:
        raise NoAnswer from error


def _check(untrusted: Any) -> Check:
    kind = BY_NUMBER[untrusted["number"]]
    texts = [str(untrusted[k])[:TEXT_LIMIT] for k in ("reason", "subject", "reason_zh")]
    return Check(kind.number, kind.name, Result(untrusted["result"]), *texts)


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()


def _child(pipe: Connection, path: str, name: str, original: str, trust: bytes) -> None:
    os.environ.clear()
    # Imported before the limits: the interpreter may not open its files later.
    from receipts.cli import Kind, kind_of  # noqa: PLC0415
    from receipts.verify_bundle import verify_bundle  # noqa: PLC0415
    from receipts.verify_proof import verify_proof_file  # noqa: PLC0415
    from receipts.verify_receipt import verify_receipt_pdf  # noqa: PLC0415

    for limit, value in LIMITS:
        resource.setrlimit(limit, (value, value))
    keys, file = parse_trusted_keys(trust), Path(path)
    kind = kind_of(file)
    if kind is Kind.BUNDLE:
        report = verify_bundle(file, keys)
    elif kind is Kind.RECEIPT:
        report = verify_receipt_pdf(file.read_bytes(), keys)
    else:
        about = Path(original) if original else None
        report = verify_proof_file(file.read_bytes(), name, about, keys)
    rows = [check.as_dict() | {"reason_zh": check.reason_zh} for check in report.checks]
    pipe.send_bytes(json.dumps(rows).encode())
