"""Writes a PDF from its first byte to its last: memory does not grow with its pages.

Objects are written as they come; only where each begins is remembered (ISO 32000-1,
section 7.5). Nothing in a file depends on when or where it was written.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import BinaryIO, Final

# A second line of bytes above 127 tells programs that the file is no text.
_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class PdfFile:
    """A PDF that is being written to `target`."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._places: dict[int, int] = {}
        self._reserved = 0
        self._at = 0
        self._digest = hashlib.sha256()
        self._write(_HEADER)

    def reserve(self) -> int:
        """The number of an object that will be written later."""
        self._reserved += 1
        return self._reserved

    def add(self, entries: str, number: int | None = None) -> int:
        """Write a dictionary; returns its number."""
        return self._object(f"<< {entries} >>".encode("ascii"), number)

    def add_stream(self, data: bytes, entries: str = "", *, packed: bool = True) -> int:
        """Write a stream; it is compressed unless `packed` is false."""
        if packed:
            data = zlib.compress(data, 9)
            entries += " /Filter /FlateDecode"
        head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._object(head + data + b"\nendstream", None)

    def finish(self, root: int) -> None:
        """Write the table of places and the end."""
        start, size = self._at, self._reserved + 1
        rows = "".join(f"{self._places[n]:010} 00000 n \n" for n in range(1, size))
        self._write(f"xref\n0 {size}\n0000000000 65535 f \n{rows}".encode("ascii"))
        name = self._digest.hexdigest()[:32]
        trailer = f"<< /Size {size} /Root {root} 0 R /ID [<{name}> <{name}>] >>"
        self._write(f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode("ascii"))

    def _object(self, body: bytes, number: int | None) -> int:
        number = self.reserve() if number is None else number
        self._places[number] = self._at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._digest.update(data)
        self._at += len(data)
