"""A PDF of page pictures with unseen text on their lines, as PDF/A-2u.

The pictures go in byte for byte. Text lies on its line whichever way that runs:
slanted lines are turned with their quad, and in a column the text runs downwards.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageCms

from intake.reading import TextLine
from workers.reading.pdf_file import PdfFile
from workers.reading.unseen_font import (
    ASCENT,
    DESCENT,
    Characters,
    font_file,
    width_of,
)

_COLUMN: Final = 1.5  # so much higher than wide is a line that runs downwards
_SLANT: Final = 0.4  # of its height
_NUDGE: Final = 0.0009  # a twentieth of a degree
_SPACES: Final = {"L": "DeviceGray", "RGB": "DeviceRGB", "CMYK": "DeviceCMYK"}
_METADATA: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PicturePage:
    """A JPEG and the lines on it, whose quads are in its pixels."""

    picture: Path
    lines: tuple[TextLine, ...]


def write_pictures(
    target: BinaryIO, pages: Iterable[PicturePage], dpi: int
) -> Iterator[int]:
    """Write the pages one by one; gives the number of each when it is written."""
    pdf, characters = PdfFile(target), Characters()
    tree, font = pdf.reserve(), pdf.reserve()
    kids = []
    for page in pages:
        kids.append(_write_page(pdf, page, characters, tree, font, 72 / dpi))
        yield len(kids)
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    pdf.add(f"/Type /Pages /Count {len(kids)} /Kids [{listed}]", tree)
    _write_font(pdf, characters, font)
    pdf.finish(_write_catalog(pdf, tree))


def _write_page(
    pdf: PdfFile,
    page: PicturePage,
    characters: Characters,
    tree: int,
    font: int,
    scale: float,
) -> int:
    with Image.open(page.picture) as image:
        (width, height), mode = image.size, image.mode
    picture = pdf.add_stream(
        page.picture.read_bytes(),
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height}"
        f" /ColorSpace /{_SPACES[mode]} /BitsPerComponent 8 /Filter /DCTDecode",
        packed=False,
    )
    wide, high = width * scale, height * scale
    shown = [f"q {wide:.3f} 0 0 {high:.3f} 0 0 cm /P Do Q", "BT 3 Tr /F 1 Tf"]
    for line in page.lines:
        shown += _text(line, characters, scale, high)
    content = pdf.add_stream("\n".join([*shown, "ET"]).encode("ascii"))
    return pdf.add(
        f"/Type /Page /Parent {tree} 0 R /MediaBox [0 0 {wide:.3f} {high:.3f}]"
        f" /Resources << /XObject << /P {picture} 0 R >> /Font << /F {font} 0 R >> >>"
        f" /Contents {content} 0 R"
    )


def _text(
    line: TextLine, characters: Characters, scale: float, high: float
) -> list[str]:
    """The line as one piece of text that fills its quad."""
    text = _visual(line.text.strip())
    natural = sum(map(width_of, text)) / 1000
    if not natural:
        return []
    x, y = line.quad[0::2], line.quad[1::2]
    corners = [(a * scale, high - b * scale) for a, b in zip(x, y, strict=True)]
    along, up, foot = _frame(corners, len(text))
    lift = -DESCENT / 1000
    matrix = (
        along[0] / natural, along[1] / natural, *up,
        foot[0] + lift * up[0], foot[1] + lift * up[1],
    )  # fmt: skip
    numbers = " ".join(f"{value:.4f}" for value in matrix)
    shown = f"{numbers} Tm <{characters.encode(text).hex()}> Tj"
    return [_kept_whole(line, shown) if _slants(along, up) else shown]


def _slants(along: Point, up: Point) -> bool:
    """Whether the end of the line is so far from its row that programs split it."""
    return min(abs(along[0]), abs(along[1])) > _SLANT * _long(up)


def _kept_whole(line: TextLine, shown: str) -> str:
    text = line.text.strip().encode("utf-16-be").hex().upper()
    return f"/Span << /ActualText <FEFF{text}> >> BDC {shown} EMC"


def _frame(corners: list[Point], length: int) -> tuple[Point, Point, Point]:
    """Along the line, from its foot to its head, and where the foot begins."""
    top_left, top_right, bottom_right, bottom_left = corners
    along, up = _from(bottom_left, bottom_right), _from(bottom_left, top_left)
    if length > 1 and _long(up) > _COLUMN * _long(along):
        along, up = _from(top_left, bottom_left), _from(top_left, top_right)
        return _not_upright(along), _at_least(up), top_left
    return _not_upright(_at_least(along)), _at_least(up), bottom_left


def _not_upright(along: Point) -> Point:
    """PDFium sees no text whose baseline is upright to the last digit."""
    upright = abs(along[0]) < _NUDGE * abs(along[1])
    return (_NUDGE * along[1], along[1]) if upright else along


def _from(start: Point, end: Point) -> Point:
    return end[0] - start[0], end[1] - start[1]


def _long(way: Point) -> float:
    return math.hypot(*way)


def _at_least(way: Point) -> Point:
    """A quad without width or height would have text that no program sees."""
    return way if _long(way) >= 1 else (way[0] or 0.7, way[1] or 0.7)


_STRONG = frozenset({"R", "AL"})
_WORDS = re.compile(r"\S+|\s+")


def _visual(text: str) -> str:
    """Scripts that run to the left as they stand on the page: readers turn them."""
    if not any(unicodedata.bidirectional(char) in _STRONG for char in text):
        return text
    parts: list[str] = []
    run: list[str] = []
    for word in _WORDS.findall(text):
        leftward = any(unicodedata.bidirectional(char) in _STRONG for char in word)
        if leftward or (run and word.isspace()):
            run.append(word)
            continue
        parts += [*_turned(run), word]
        run = []
    return "".join([*parts, *_turned(run)])


def _turned(run: list[str]) -> list[str]:
    return ["".join(run)[::-1]]


def _write_font(pdf: PdfFile, characters: Characters, number: int) -> None:
    file = pdf.add_stream(font_file(), f"/Length1 {len(font_file())}")
    descriptor = pdf.add(
        "/Type /FontDescriptor /FontName /Unseen /Flags 4 /ItalicAngle 0"
        f" /Ascent {ASCENT} /Descent {DESCENT} /CapHeight {ASCENT} /StemV 80"
        f" /FontBBox [0 {DESCENT} 1000 {ASCENT}] /FontFile2 {file} 0 R"
    )
    glyphs = pdf.add_stream(characters.to_glyphs())
    below = pdf.add(
        "/Type /Font /Subtype /CIDFontType2 /BaseFont /Unseen /DW 1000"
        f" /W [{characters.widths()}] /CIDToGIDMap {glyphs} 0 R"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        f" /FontDescriptor {descriptor} 0 R"
    )
    meaning = pdf.add_stream(characters.to_unicode())
    pdf.add(
        "/Type /Font /Subtype /Type0 /BaseFont /Unseen /Encoding /Identity-H"
        f" /DescendantFonts [{below} 0 R] /ToUnicode {meaning} 0 R",
        number,
    )


def _write_catalog(pdf: PdfFile, tree: int) -> int:
    profile = pdf.add_stream(_srgb(), "/N 3")
    metadata = pdf.add_stream(
        _METADATA.encode(), "/Type /Metadata /Subtype /XML", packed=False
    )
    return pdf.add(
        f"/Type /Catalog /Pages {tree} 0 R /Metadata {metadata} 0 R"
        " /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1"
        f" /OutputConditionIdentifier (sRGB) /DestOutputProfile {profile} 0 R >>]"
    )


def _srgb() -> bytes:
    """The colour profile, without the moment at which it was made (ICC.1, 7.2)."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    day = b"\x07\xd0\0\1\0\1\0\0\0\0\0\0"
    return made[:24] + day + made[36:84] + bytes(16) + made[100:]
