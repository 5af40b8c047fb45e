"""Proofs in formats of others that a client may bring: which they are, and verify.

They are judged by what is in the file alone. None of them passes: a time proof of a
block chain needs a block's header, a foreign signature a list of authorities. What
was altered fails.
"""

from __future__ import annotations

import enum
from pathlib import Path

from integrity.opentimestamps import HEADER, MAX_PROOF_BYTES
from receipts.asic import looks_like_asic
from receipts.checks import Report
from receipts.verify_asic import verify_asic
from receipts.verify_opentimestamps import verify_opentimestamps

_BEGINNING_BYTES = 256  # the mimetype of a container stands in the first 100


class ForeignKind(enum.Enum):
    """Formats of others that are read."""

    OPENTIMESTAMPS = "opentimestamps"
    ASIC = "asic"


_SUFFIXES = {
    ".ots": ForeignKind.OPENTIMESTAMPS,
    ".asice": ForeignKind.ASIC,
    ".asics": ForeignKind.ASIC,
    ".sce": ForeignKind.ASIC,
    ".scs": ForeignKind.ASIC,
    ".bdoc": ForeignKind.ASIC,
}


def foreign_kind_of(path: Path) -> ForeignKind | None:
    """By its first bytes, else by its name.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        beginning = stream.read(_BEGINNING_BYTES)
    if beginning.startswith(HEADER):
        return ForeignKind.OPENTIMESTAMPS
    if looks_like_asic(beginning):
        return ForeignKind.ASIC
    return _SUFFIXES.get(path.suffix.lower())


def verify_foreign(kind: ForeignKind, path: Path, file: Path | None) -> Report:
    """The report on a foreign proof; bad input is an answer, not an exception.

    Args:
        kind: what `foreign_kind_of` said.
        path: the proof.
        file: what it is about, for an OpenTimestamps proof.

    Raises:
        OSError: one of the files cannot be read.
    """
    if kind is ForeignKind.ASIC:
        return verify_asic(path)
    with path.open("rb") as stream:
        data = stream.read(MAX_PROOF_BYTES + 1)
    return verify_opentimestamps(data, path.name, file)
