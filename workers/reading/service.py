"""Read one file: the safe way in, for jobs and for `custody read`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from integrity.errors import MalformedError
from intake.reading import Reading, Unreadable, UnreadableReason
from workers.reading.limits import Limits
from workers.reading.sandbox import Task, run_child


def read_file(
    path: Path,
    claimed_name: str,
    *,
    engine: str,
    types_file: str,
    received_on: date,
    work: Path,
    limits: Limits,
) -> Reading:
    """Read `path` in a child process; derivatives and members lie in `work`.

    Raises:
        Unreadable: with the reason; the file itself was not changed.
    """
    fields: dict[str, Any] = {
        "claimed_name": claimed_name,
        "engine": engine,
        "types_file": types_file,
        "received_on": received_on.isoformat(),
    }
    untrusted = run_child(Task(path, work, fields), limits)
    try:
        refusal = _refusal(untrusted)
        if refusal is not None:
            raise refusal
        reading = Reading.from_json(untrusted)
        _require_files(reading, work)
    except MalformedError as error:
        detail = f"the reader's answer: {error}"
        raise Unreadable(UnreadableReason.KILLED_READER, detail) from error
    return reading


def _refusal(untrusted: bytes) -> Unreadable | None:
    if not untrusted.startswith(b'{"unreadable"'):
        return None
    try:
        fields = json.loads(untrusted)
        reason = UnreadableReason(fields["unreadable"])
        return Unreadable(reason, str(fields["detail"])[:500])
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError("reading", "a refusal without a reason") from error


def _require_files(reading: Reading, work: Path) -> None:
    """What the child says it wrote must be plain files inside its folder."""
    for name in (*(d.path for d in reading.derivatives), *(m.path for m in reading.members)):
        path = work / name
        if path.is_symlink() or not path.is_file():
            raise MalformedError("reading", "a file it names is not there")
