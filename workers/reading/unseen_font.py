"""A font without ink, for text that is searched and never seen.

Every character has a number of its own and the same empty glyph, so none is missing:
rare characters, emoji and any script are found as they were read. Characters of East
Asian width are one unit wide, others half, and each begins where the one before ends;
no program can take a gap for a space.

TrueType: ISO/IEC 14496-22. How it is put into a PDF: ISO 32000-1, section 9.7.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from typing import Final

WIDE, NARROW = 1000, 500  # thousandths of the size
ASCENT, DESCENT = 800, -200
MOST: Final = 65_000  # characters in one document; numbers have two bytes
_REPLACEMENT = "\ufffd"
_A_LIST = 100  # entries of one `bfchar` list, which PDF allows


def width_of(char: str) -> int:
    """How wide a character is taken to be."""
    return WIDE if unicodedata.east_asian_width(char) in "WF" else NARROW


class Characters:
    """The characters of one document, numbered from 1 as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def encode(self, text: str) -> bytes:
        """The numbers of the characters of `text`, two bytes each."""
        return b"".join(struct.pack(">H", self._number(char)) for char in text)

    def widths(self) -> str:
        """The entry `W`: those whose width is not WIDE."""
        narrow = (n for c, n in self._numbers.items() if width_of(c) != WIDE)
        return " ".join(f"{number} [{NARROW}]" for number in narrow)

    def to_glyphs(self) -> bytes:
        """The entry `CIDToGIDMap`: all of them have the one glyph."""
        return b"\0\0" + b"\0\1" * len(self._numbers)

    def to_unicode(self) -> bytes:
        """The entry `ToUnicode`: which character each number stands for."""
        lists = "".join(self._lists())
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            f"{lists}endcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode("ascii")

    def _number(self, char: str) -> int:
        if len(self._numbers) >= MOST and char not in self._numbers:
            char = _REPLACEMENT
        return self._numbers.setdefault(char, len(self._numbers) + 1)

    def _lists(self) -> Iterator[str]:
        rows = [
            f"<{number:04X}> <{char.encode('utf-16-be').hex().upper()}>"
            for char, number in self._numbers.items()
        ]
        for start in range(0, len(rows), _A_LIST):
            some = rows[start : start + _A_LIST]
            yield f"{len(some)} beginbfchar\n" + "\n".join(some) + "\nendbfchar\n"


def font_file() -> bytes:
    """A TrueType font of two empty glyphs; always the same bytes."""
    tables = {
        b"cmap": struct.pack(">HHHHLHHHHH", 0, 1, 3, 1, 12, 6, 12, 0, 0, 1) + b"\0\1",
        b"glyf": b"\0" * 4,
        b"head": struct.pack(
            ">LLLLHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1000, 0, 0,
            0, DESCENT, WIDE, ASCENT, 0, 8, 2, 0, 0,
        ),
        b"hhea": struct.pack(
            ">LhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, WIDE, 0, 0, 0, 1, 0, 0,
            0, 0, 0, 0, 0, 2,
        ),
        b"hmtx": struct.pack(">HhHh", WIDE, 0, WIDE, 0),
        b"loca": struct.pack(">HHH", 0, 0, 0),
        b"maxp": struct.pack(">LHHHHHHHHHHHHHH", 0x10000, 2, *(0,) * 4, 1, *(0,) * 8),
        b"post": struct.pack(">LLhhLLLLL", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    return _font(tables)


def _font(tables: dict[bytes, bytes]) -> bytes:
    """The tables behind their directory, with the sums that TrueType wants."""
    head = struct.pack(">LHHHH", 0x10000, len(tables), 128, 3, len(tables) * 16 - 128)
    offset = len(head) + 16 * len(tables)
    directory, body = b"", b""
    for tag, data in sorted(tables.items()):
        directory += tag + struct.pack(
            ">LLL", _sum(data), offset + len(body), len(data)
        )
        body += data + b"\0" * (-len(data) % 4)
    whole = head + directory + body
    adjusted = struct.pack(">L", (0xB1B0AFBA - _sum(whole)) & 0xFFFFFFFF)
    place = whole.index(b"\x5f\x0f\x3c\xf5") - 4
    return whole[:place] + adjusted + whole[place + 4 :]


def _sum(data: bytes) -> int:
    padded = data + b"\0" * (-len(data) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF
