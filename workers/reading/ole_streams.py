"""A few records of old Office streams: encryption marks and hidden sheets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from workers.reading.content import Content

MOST_RECORDS: Final = 100_000
_FIB_FLAGS, _FIB_ENCRYPTED = 10, 0x0100  # [MS-DOC] 2.5.2, fEncrypted
_TOKEN_AT, _TOKEN_ENCRYPTED = 12, 0xF3D1_C4DF  # [MS-PPT] 2.3.2, headerToken
_FILEPASS, _BOUNDSHEET, _EOF = 0x002F, 0x0085, 0x000A  # [MS-XLS] 2.4
_STATE, _NAME = 4, 6  # places in BoundSheet8
_HIDDEN: Final = 0x03
# Excel encrypts a workbook that is only protected from writing with a password that
# every reader knows, so that one opens.
_WRITE_PROTECT: Final = 0x0086


def is_encrypted_text(stream: bytes) -> bool:
    """Whether a `WordDocument` stream says that it is encrypted."""
    if len(stream) < _FIB_FLAGS + 2:
        return False
    (flags,) = struct.unpack_from("<H", stream, _FIB_FLAGS)
    return bool(flags & _FIB_ENCRYPTED)


def is_encrypted_presentation(stream: bytes) -> bool:
    """Whether a `Current User` stream says that its presentation is encrypted."""
    if len(stream) < _TOKEN_AT + 4:
        return False
    (token,) = struct.unpack_from("<I", stream, _TOKEN_AT)
    return bool(token == _TOKEN_ENCRYPTED)


def look_at_workbook(stream: bytes, content: Content) -> bool:
    """Note the hidden sheets; True when the workbook needs a password."""
    locked = protected = False
    for kind, body in _records(stream):
        if kind == _FILEPASS:
            locked = True
        elif kind == _WRITE_PROTECT:
            protected = True
        elif kind == _BOUNDSHEET and len(body) > _NAME and not locked:
            if body[_STATE] & _HIDDEN:
                content.find("HIDDEN_CONTENT", f"sheet {_sheet_name(body)}")
        elif kind == _EOF:
            break
    return locked and not protected


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of the first part, the globals; each says how long it is."""
    place = 0
    for _ in range(MOST_RECORDS):
        if place + 4 > len(stream):
            return
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + length]
        place += 4 + length


def _sheet_name(body: bytes) -> str:
    """A `ShortXLUnicodeString` ([MS-XLS] 2.5.240)."""
    length = body[_NAME]
    text = body[_NAME + 2 :] if len(body) > _NAME + 1 else b""
    if len(body) > _NAME + 1 and body[_NAME + 1] & 1:
        return text[: 2 * length].decode("utf-16-le", "replace")
    return text[:length].decode("latin-1")
