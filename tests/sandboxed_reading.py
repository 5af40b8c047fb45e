"""Reading a file in a test as the service reads it: in the limited child process."""

from __future__ import annotations

import shutil
from datetime import date
from functools import cache
from pathlib import Path

from intake.evidence_types import EvidenceTypes
from intake.reading import Reading
from workers.reading.limits import Limits
from workers.reading.service import read_file

RECEIVED = date(2026, 9, 1)


@cache
def evidence_types() -> EvidenceTypes:
    """The list that comes with the product, loaded once."""
    return EvidenceTypes.load()


def read_bytes(
    folder: Path, source: bytes | Path, name: str, limits: Limits | None = None
) -> Reading:
    """Read `source` under the name `name`; what was made is in `folder/work`."""
    original = folder / "original"
    if isinstance(source, bytes):
        original.write_bytes(source)
    else:
        shutil.copy(source, original)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    return read_file(
        original,
        name,
        engine="rapidocr",
        types=evidence_types(),
        received_on=RECEIVED,
        work=work,
        limits=limits or Limits(),
    )


def codes(reading: Reading) -> set[str]:
    """The codes of its findings."""
    return {each.code for each in reading.findings}
