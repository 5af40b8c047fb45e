"""The old Office container: tells an encrypted document from an old format."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context

LOOKED_AT: Final = 64 << 20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader; always raises, with the right reason."""
    del context
    with path.open("rb") as stream:
        data = stream.read(LOOKED_AT)
    if _ENCRYPTED in data:
        raise Unreadable(UnreadableReason.ENCRYPTED, "Office password")
    raise Unreadable(UnreadableReason.NO_READER, content.media_type)
