"""Reading a picture of a page: without its seals, and the right way up.

Seals are cleared from the red channel first. When the rest shows nearly nothing (red
print, coloured paper) the colours are read. A page is turned only when
its reading is doubtful and reads clearly better turned: a wrong guess ruins it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PIL import Image

from intake.reading import TextLine
from workers.reading.content import Content, Context
from workers.reading.second_look import Closer, look_again
from workers.tools.ocr import OcrEngine, OcrLine

FEW_CHARACTERS: Final = 10
DOUBTFUL_SCORE: Final = 0.80
LOW_SCORE: Final = 0.60
CLEARLY: Final = 1.2
AS_GOOD: Final = 0.9
TALL: Final = 2.2  # a screenshot taller than this is read in bands
BAND: Final = 1.5  # height of a band, in widths
OVERLAP: Final = 0.1  # of a band's height
SAME: Final = 0.7  # of the narrower line's width

# Pillow turns against the clock; the keys are degrees with it.
_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def load_page_reader() -> None:
    """Load what `read_scan` needs beside the engine, for the forks that will share it.

    In a fork it would count as memory of the page, every time anew. And it is set to
    one thread: threads of the parent are not there in a fork, which waits for them.
    """
    # Readers of other files do without what these bring with them.
    import cv2  # noqa: PLC0415 (as above)

    from workers.reading import left_out, photo, ruled_cells, seals  # noqa: F401, PLC0415

    cv2.setNumThreads(1)


def read_scan(
    context: Context,
    content: Content,
    number: int,
    image: Image.Image,
    closer: Closer | None = None,
) -> Image.Image:
    """Read page `number`, add its lines and text; return the picture upright.

    Args:
        context: the engine, and whom to tell of progress.
        content: what is added to.
        number: of the page, from 1.
        image: the whole page.
        closer: draws a part of the page larger, if the original holds more than
            `image` shows.
    """
    lines, turned = read_picture(_Reporting(context), image, closer)
    if turned:
        image = image.transpose(_TURNS[turned])
        content.note_page("TURNED", number)
    if characters(lines) >= FEW_CHARACTERS and mean_score(lines) < LOW_SCORE:
        content.note_page("LOW_SCORE", number)
    content.add_lines(
        [TextLine(number, line.text, line.score, line.quad) for line in lines]
    )
    content.add_text("\n".join(line.text for line in lines))
    context.step()
    return image


def read_picture(
    engine: OcrEngine, image: Image.Image, closer: Closer | None
) -> tuple[list[OcrLine], int]:
    """Lines in reading order, in pixels of the picture turned by that many degrees."""
    from workers.reading.photo import in_page_order  # noqa: PLC0415 (see above)

    def read_flat(page: Image.Image) -> list[OcrLine]:
        return look_again(engine, read_tall(engine, page), page, None)

    lines, turned = read_upright(engine, image)
    upright = image.transpose(_TURNS[turned]) if turned else image
    lines = look_again(engine, lines, upright, None if turned else closer)
    return in_page_order(lines, upright, read_flat, quality), turned


class _Reporting:
    """The engine of a context, which tells the parent after each look that it goes on.

    A doubtful page is looked at up to six times; on a busy machine that takes longer
    than a parser may stay silent.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        engine = context.engine
        self.probe, self.options = engine.probe, engine.options
        self.processes = engine.processes

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        lines = self._context.engine.read(image)
        self._context.step()
        return lines

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        """See OcrEngine."""
        return self._context.engine.read_line(image)


def read_upright(engine: OcrEngine, image: Image.Image) -> tuple[list[OcrLine], int]:
    """The lines, and by how many degrees clockwise the picture was turned for them."""
    lines = read_tall(engine, image)
    if not is_doubtful(lines):
        return lines, 0
    needed = quality(lines) * (AS_GOOD if is_sideways(lines) else CLEARLY)
    best, turned = lines, 0
    for angle in _angles(lines, image):
        again = read_tall(engine, image.transpose(_TURNS[angle]))
        if quality(again) > needed and not is_sideways(again):
            best, turned, needed = again, angle, quality(again)
    return best, turned


def _angles(lines: list[OcrLine], image: Image.Image) -> tuple[int, ...]:
    # Few pages are doubtful, and this brings numpy with it.
    from workers.tools.tesseract import orientation  # noqa: PLC0415 (as above)

    sure = orientation(image)
    if sure in _TURNS:
        return (sure,)
    return (90, 270) if is_sideways(lines) else (180,)


def is_doubtful(lines: list[OcrLine]) -> bool:
    """Whether the page may be lying on its side or head."""
    enough = characters(lines) >= FEW_CHARACTERS
    return enough and (is_sideways(lines) or mean_score(lines) < DOUBTFUL_SCORE)


def is_sideways(lines: list[OcrLine]) -> bool:
    """Whether most lines of several characters are taller than wide."""
    long = [line for line in lines if len(line.text) > 1]
    upright = sum(line.height < 1.5 * line.width for line in long)
    return upright < len(long) / 2


def characters(lines: list[OcrLine]) -> int:
    """How many characters were read."""
    return sum(len(line.text) for line in lines)


def quality(lines: list[OcrLine]) -> float:
    """Characters, each weighed by the score of its line."""
    return sum(line.score * len(line.text) for line in lines)


def mean_score(lines: list[OcrLine]) -> float:
    """The mean score of a character."""
    return quality(lines) / max(1, characters(lines))


def read_tall(engine: OcrEngine, image: Image.Image) -> list[OcrLine]:
    """Read a picture of any height; long ones in bands, or letters become dots."""
    if image.height <= TALL * image.width:
        return read_without_seals(engine, image)
    lines: list[OcrLine] = []
    for top, bottom in bands(image.width, image.height):
        band = image.crop((0, top, image.width, bottom))
        moved = [_moved(line, top) for line in read_without_seals(engine, band)]
        lines.extend(line for line in moved if not _seen(line, lines))
    return lines


def bands(width: int, height: int) -> Iterator[tuple[int, int]]:
    """Top and bottom of overlapping bands that cover the height."""
    tall = max(1, round(BAND * width))
    step = max(1, round(tall * (1 - OVERLAP)))
    top = 0
    while top + tall < height:
        yield top, top + tall
        top += step
    yield top, height


def _moved(line: OcrLine, down: int) -> OcrLine:
    quad = tuple(value + down * (i % 2) for i, value in enumerate(line.quad))
    return OcrLine(line.text, line.score, quad)


def _seen(line: OcrLine, earlier: list[OcrLine]) -> bool:
    """Whether a line of the band before stands in the same place."""
    return any(
        abs(line.middle - each.middle) < each.height / 2
        and _shared(line, each) > SAME * min(line.width, each.width)
        for each in earlier[-40:]
    )


def _shared(line: OcrLine, other: OcrLine) -> float:
    """The width that two lines of one row have in common; one may be a part."""
    right = min(line.left + line.width, other.left + other.width)
    return right - max(line.left, other.left)


def read_without_seals(engine: OcrEngine, image: Image.Image) -> list[OcrLine]:
    """Read what is left without seals; read the colours when that is nearly nothing."""
    # Readers of other files do without what these bring with them.
    from workers.reading.left_out import left_out  # noqa: PLC0415 (as above)
    from workers.reading.seals import without_seals  # noqa: PLC0415 (as above)

    page = without_seals(image).convert("RGB")
    lines = engine.read(page)
    if characters(lines) >= FEW_CHARACTERS:
        return lines if is_doubtful(lines) else lines + left_out(engine, page, lines)
    colour = engine.read(image)
    return colour if quality(colour) > quality(lines) else lines
