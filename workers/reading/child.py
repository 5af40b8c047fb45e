"""The child process: one file in, one answer out, nothing else.

Run as `python -m workers.reading.child` by the sandbox only, with the request on
standard input. The answer is a reading, or a reason code with a short detail;
exceptions never leave.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intake.naming import EXTENSIONS
from intake.reading import Finding, Reading, Unreadable, UnreadableReason
from intake.signatures import UNKNOWN
from workers.forks import where
from workers.reading.confine import confine
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.readers import Reader, reader_for
from workers.reading.sandbox import ANSWER

if TYPE_CHECKING:
    from workers.tools.ocr import OcrEngine


def main() -> None:
    """Read the request from standard input and serve it."""
    serve(json.load(sys.stdin), None)


def serve(request: dict[str, Any], engine: OcrEngine | None) -> None:
    """Confine this process, read the file, write the answer.

    Args:
        request: as the sandbox makes it.
        engine: one that is loaded already, in a process forked from the server.
    """
    started = time.monotonic()
    limits = Limits(**request["limits"])
    confine(limits, request["parent"])
    work = Path(request["work"])
    os.chdir(work)
    os.umask(0o077)
    warnings.simplefilter("ignore")
    answer = _answer(request, work, limits, engine, started)
    (work / ANSWER).write_bytes(answer)


def _answer(
    request: dict[str, Any],
    work: Path,
    limits: Limits,
    engine: OcrEngine | None,
    started: float,
) -> bytes:
    try:
        return _read(request, work, limits, engine, started).to_json()
    except Unreadable as why:
        return _refusal(why)
    except MemoryError:
        gc.collect()
        return _refusal(Unreadable(UnreadableReason.LIMIT_MEM, "MemoryError"))
    except Exception as error:  # noqa: BLE001 (decoders raise anything at all)
        # Decoders answer bad bytes with every kind of exception; which one, and
        # where, is all that may leave this process.
        return _refusal(Unreadable(UnreadableReason.CORRUPT, where(error)))


def _read(
    request: dict[str, Any],
    work: Path,
    limits: Limits,
    engine: OcrEngine | None,
    started: float,
) -> Reading:
    context = Context(
        work,
        limits,
        request["engine"],
        request["claimed_name"],
        request["depth"],
        loaded=engine,
    )
    content = Content(request["media_type"], room=limits.text)
    content.findings.extend(Finding(code, text) for code, text in request["findings"])
    context.step()
    _reader(content, context)(Path(request["original"]), context, content)
    return _reading(content, context, time.monotonic() - started)


def _reader(content: Content, context: Context) -> Reader:
    """The reader, or the truest reason why there is none.

    Bytes of no known type are a damaged file only if their name is of a known one.
    """
    suffix = Path(context.claimed_name).suffix.lower().lstrip(".")
    if content.media_type == UNKNOWN and suffix not in EXTENSIONS.values():
        raise Unreadable(UnreadableReason.NO_READER, "no known type")
    try:
        return reader_for(content.media_type)
    except Unreadable as why:
        if any(each.code == "TYPE_MISMATCH" for each in content.findings):
            raise Unreadable(UnreadableReason.TYPE_MISMATCH, why.detail) from why
        raise


def _reading(content: Content, context: Context, seconds: float) -> Reading:
    engine = context.opened_engine
    probe = None if engine is None else engine.probe
    return Reading(
        media_type=content.media_type,
        pages=content.pages,
        page_texts=tuple(content.page_texts),
        lines=tuple(content.lines),
        engine="" if probe is None else probe.name,
        engine_version="" if probe is None else probe.version or "",
        tools=content.tools,
        types=(),
        dates=tuple(content.dates),
        date_basis="none",
        findings=content.all_findings(),
        derivatives=tuple(content.derivatives),
        members=tuple(content.members),
        seconds=round(seconds, 3),
        engine_options={} if engine is None else engine.options,
        page_seconds=tuple(content.page_seconds),
    )


def _refusal(why: Unreadable) -> bytes:
    answer = {"unreadable": why.reason.value, "detail": why.detail[:300]}
    return json.dumps(answer).encode()


if __name__ == "__main__":
    main()
