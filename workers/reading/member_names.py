"""Names of members: read as Chinese offices write them, refused if they lead out."""

from __future__ import annotations

import re
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, plain

LONGEST_NAME: Final = 255  # bytes of one part of a path
LONGEST_PATH: Final = 4096
_DRIVE = re.compile(r"[A-Za-z]:")
_SYSTEM_FILES = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|Thumbs\.db)")


def decoded_name(raw: bytes, content: Content) -> str | None:
    """A name that states no encoding: UTF-8, or Chinese, which is said; else None."""
    if raw.isascii():
        return raw.decode("ascii")
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        content.find("NAME_ENCODING", encoding)
        return name
    return None


def checked_name(claimed: str) -> str:
    """The name as people know it, if it could not lead anywhere.

    Raises:
        Unreadable: ARCHIVE_UNSAFE_PATH.
    """
    parts = claimed.replace("\\", "/").split("/")
    unsafe = (
        claimed.startswith(("/", "\\"))
        or _DRIVE.match(claimed)
        or ".." in parts
        or "\0" in claimed
        or len(claimed.encode("utf-8", "replace")) > LONGEST_PATH
        or any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in parts)
    )
    if unsafe:
        detail = repr(claimed[:80])
        raise Unreadable(UnreadableReason.ARCHIVE_UNSAFE_PATH, detail)
    return plain(claimed).replace("\n", " ") or "unnamed"


def is_system_file(name: str) -> bool:
    """Whether a system put the file there, not a person."""
    return _SYSTEM_FILES.fullmatch(name) is not None
