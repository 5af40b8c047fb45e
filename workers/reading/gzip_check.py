"""The checksum at the end of a gzip (RFC 1952, 2.3.1), which libarchive 3.6 skips."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Context
from workers.reading.package import CHUNK

MOST_FRAME: Final = 64 << 20  # headers and filling of a tar, beside its members
_WRONG_END: Final = ("CRC", "Incorrect length")


def require_checksum(path: Path, context: Context) -> None:
    """Unpack once into nothing; a gzip that ends early is left to its reader.

    Raises:
        Unreadable: CORRUPT, or ARCHIVE_BOMB.
    """
    left = context.limits.expanded + MOST_FRAME
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Unreadable(
                        UnreadableReason.ARCHIVE_BOMB, "behind its members"
                    )
    except gzip.BadGzipFile as error:
        if str(error).startswith(_WRONG_END):
            detail = "checksum of the gzip"
            raise Unreadable(UnreadableReason.CORRUPT, detail) from error
    except (EOFError, zlib.error):
        return
