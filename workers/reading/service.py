"""Reading one file: the sandboxed child reads, the parent checks and proposes.

The child alone decodes. What it answers is checked field by field and file by file;
type and date are then proposed here, over plain text, with the firm's own rules.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from intake.evidence_types import EvidenceTypes
from intake.identify import Identified, identify
from intake.reading import Reading, Unreadable, UnreadableReason
from intake.signatures import REFUSED
from integrity.errors import MalformedError
from workers.reading.fields.keep import keep_fields
from workers.reading.limits import Limits
from workers.reading.propose import propose
from workers.reading.sandbox import Task, run_child


def read_file(
    path: Path,
    claimed_name: str,
    *,
    engine: str,
    types: EvidenceTypes,
    received_on: date,
    work: Path,
    limits: Limits,
    depth: int = 0,
) -> Reading:
    """Read `path` in a child process and propose its type and date.

    Args:
        path: the file; it is opened for reading only.
        claimed_name: the name it came under; data, never a path.
        engine: the OCR engine, `rapidocr` or `tesseract`.
        types: the firm's evidence types.
        received_on: the day it was received, in the firm's zone.
        work: an empty folder; on return it holds the derivatives and members, under
            the names in the reading.
        limits: what the child may use.
        depth: in how many archives or messages the file was packed.

    Raises:
        Unreadable: with the reason; what the child left in `work` is removed.
    """
    identified = identify(path, claimed_name)
    try:
        _require_readable(path, identified)
        answer = run_child(
            Task(path, work, _request(identified, claimed_name, engine, depth)), limits
        )
        reading = _checked(answer, work)
    except Unreadable:
        _keep_only(work, frozenset())
        raise
    _keep_only(work, _names(reading))
    return keep_fields(propose(reading, types, received_on), work)


def _request(
    identified: Identified, claimed_name: str, engine: str, depth: int
) -> dict[str, Any]:
    return {
        "media_type": identified.media_type,
        "findings": [[each.code, each.detail] for each in identified.findings],
        # A file name may hold bytes that are no text.
        "claimed_name": claimed_name.encode("utf-8", "replace").decode()[:400],
        "engine": engine,
        "depth": depth,
    }


def _require_readable(path: Path, identified: Identified) -> None:
    if path.stat().st_size == 0:
        raise Unreadable(UnreadableReason.EMPTY)
    if identified.media_type in REFUSED:
        raise Unreadable(UnreadableReason.TYPE_NOT_ALLOWED, identified.media_type)


def _checked(untrusted_answer: bytes, work: Path) -> Reading:
    """The reading in the child's answer.

    Raises:
        Unreadable: the child gave a reason instead, or its answer is not as agreed.
    """
    try:
        untrusted = json.loads(untrusted_answer)
    except (ValueError, RecursionError) as error:
        raise _no_answer() from error
    if isinstance(untrusted, dict) and set(untrusted) == {"unreadable", "detail"}:
        raise _refusal(untrusted)
    try:
        reading = Reading.from_json(untrusted_answer)
        _require_files(work, (made.path for made in reading.derivatives))
        _require_files(work, (member.path for member in reading.members))
    except MalformedError as error:
        raise _no_answer() from error
    return reading


def _refusal(untrusted: dict[str, Any]) -> Unreadable:
    detail = untrusted["detail"]
    try:
        reason = UnreadableReason(untrusted["unreadable"])
    except ValueError:
        return _no_answer()
    plain = detail if isinstance(detail, str) else ""
    return Unreadable(reason, "".join(c for c in plain if c.isprintable())[:300])


def _no_answer() -> Unreadable:
    return Unreadable(UnreadableReason.KILLED_READER, "no proper answer")


def _require_files(work: Path, names: Iterable[str]) -> None:
    """Each name is a plain file directly in `work`, and named once."""
    seen: set[str] = set()
    for name in names:
        if "/" in name or name in seen:
            raise MalformedError("reading", f"the file name {name} is not allowed")
        seen.add(name)
        try:
            mode = (work / name).lstat().st_mode
        except OSError as error:
            raise MalformedError("reading", f"the file {name} is missing") from error
        if not stat.S_ISREG(mode):
            raise MalformedError("reading", f"{name} is not a plain file")


def _names(reading: Reading) -> frozenset[str]:
    made = (each.path for each in reading.derivatives)
    return frozenset((*made, *(member.path for member in reading.members)))


def _keep_only(work: Path, names: frozenset[str]) -> None:
    """Remove what libraries left behind: caches, session files, parts."""
    for entry in work.iterdir():
        if entry.name in names:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
