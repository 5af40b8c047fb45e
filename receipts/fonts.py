"""Which fonts a paper is set in, and whether a character has a glyph in them.

Noto Serif CJK when it is installed, Noto Sans CJK behind it, else the Noto Sans CJK
that comes inside the `mpl-font` package; last, a Latin face for foreign names. A name
whose character no font can draw is refused with the character named: a box in place
of a character is not a name.
"""

from __future__ import annotations

import bisect
import functools
import importlib.util
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import typst

from integrity.errors import CustodyError, MalformedError

FAMILIES = ("Noto Serif CJK SC", "Noto Sans CJK SC")
# Typst brings this one along, so digests look the same everywhere.
MONOSPACE = "DejaVu Sans Mono"
# So does this one: the Latin, Greek and Cyrillic letters that Noto CJK leaves out.
# What it covers is written down, since it is in no file that could be asked.
LATIN = "Libertinus Serif"
LATIN_RANGES = (
    (0x00A0, 0x024F),
    (0x0391, 0x03A1),
    (0x03A3, 0x03CE),
    (0x0400, 0x045F),
    (0x1E00, 0x1EFF),
)
_REGULAR = 400
_SEGMENTED_COVERAGE = 12  # the `cmap` format that reaches beyond U+FFFF


class MissingGlyphError(CustodyError):
    """A text that must be printed has a character none of our fonts can draw."""

    code = "missing_glyph"

    def __init__(self, character: str, text: str) -> None:
        point = f"U+{ord(character):04X}"
        super().__init__(
            f"No installed font can print {character} ({point}) in {text!r}.",
            facts={"character": character, "point": point, "text": text},
        )


class MissingFontError(CustodyError):
    """There is no Chinese font, neither installed nor from the package."""

    code = "missing_font"

    def __init__(self) -> None:
        super().__init__("No Noto CJK font was found, installed or in mpl-font.")


@dataclass(frozen=True, slots=True)
class PaperFonts:
    """The families to name in a template, and what they can draw."""

    typst_fonts: typst.Fonts
    families: tuple[str, ...]
    _starts: tuple[tuple[int, ...], ...]
    _ends: tuple[tuple[int, ...], ...]

    def draws(self, character: str) -> bool:
        """Whether one of the families has a glyph for the character."""
        point = ord(character)
        for starts, ends in zip(self._starts, self._ends, strict=True):
            place = bisect.bisect_right(starts, point) - 1
            if place >= 0 and point <= ends[place]:
                return True
        return False

    def require(self, texts: Iterable[str]) -> None:
        """Raise MissingGlyphError for the first character that cannot be drawn."""
        for text in texts:
            for character in text:
                if not self.draws(character):
                    raise MissingGlyphError(character, text)


@functools.cache
def paper_fonts() -> PaperFonts:
    """The fonts of this machine, found once (MissingFontError when there are none)."""
    for paths in ([], _packaged_folders()):
        found = typst.Fonts(include_system_fonts=True, font_paths=paths)
        faces = _faces(found)
        if faces:
            ranges = [_ranges(Path(path), index) for _, path, index in faces]
            ranges.append(list(LATIN_RANGES))
            return PaperFonts(
                typst_fonts=found,
                families=(*(family for family, _, _ in faces), LATIN),
                _starts=tuple(tuple(start for start, _ in r) for r in ranges),
                _ends=tuple(tuple(end for _, end in r) for r in ranges),
            )
    raise MissingFontError


def _packaged_folders() -> list[str]:
    # Looked up, not imported: importing mpl_font would pull in matplotlib.
    spec = importlib.util.find_spec("mpl_font")
    if spec is None or spec.origin is None:
        return []
    return [str(Path(spec.origin).parent / "fonts" / "noto")]


def _faces(found: typst.Fonts) -> list[tuple[str, str, int]]:
    """Family, file and index of the regular face of each family that is there."""
    regular = {
        font.family: (font.family, font.path, font.index)
        for font in found.fonts()
        if font.path is not None
        and font.weight == _REGULAR
        and font.style.lower() == "normal"
    }
    return [regular[family] for family in FAMILIES if family in regular]


def _ranges(path: Path, index: int) -> list[tuple[int, int]]:
    """Code point ranges of a face, sorted: its format 12 `cmap` (OpenType 1.9)."""
    data = path.read_bytes()
    start = 0
    if data[:4] == b"ttcf":
        (start,) = struct.unpack_from(">I", data, 12 + 4 * index)
    table = _table(data, start, b"cmap")
    (count,) = struct.unpack_from(">H", data, table + 2)
    for record in range(count):
        (offset,) = struct.unpack_from(">I", data, table + 8 + 8 * record)
        (kind,) = struct.unpack_from(">H", data, table + offset)
        if kind == _SEGMENTED_COVERAGE:
            return _groups(data, table + offset)
    raise MalformedError(f"font {path.name}", "it has no format 12 character map")


def _table(data: bytes, start: int, wanted: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, start + 4)
    for record in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * record)
        if tag == wanted:
            return int(offset)
    raise MalformedError("font", f"it has no {wanted.decode('ascii')} table")


def _groups(data: bytes, offset: int) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", data, offset + 12)
    body = data[offset + 16 : offset + 16 + 12 * count]
    return sorted((first, last) for first, last, _ in struct.iter_unpack(">III", body))
