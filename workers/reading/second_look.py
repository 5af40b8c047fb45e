"""A second look at lines that were read badly: closer, in their colours or unsealed.

Only the recogniser looks, at one line at a time, and only when it is clearly surer of
what it sees does that replace what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from PIL import Image

from workers.tools.ocr import OcrEngine, OcrLine

Box = tuple[float, float, float, float]
# Draws a part of a page (left, top, right, bottom in its pixels) larger.
Closer = Callable[[Box], Image.Image]

LOW_LINE: Final = 0.85
CLEARLY: Final = 0.08
MOST_LINES: Final = 20
MARGIN: Final = 0.1  # of a line's height, around it


def look_again(
    engine: OcrEngine,
    lines: Sequence[OcrLine],
    image: Image.Image,
    closer: Closer | None,
) -> list[OcrLine]:
    """The lines, with those that read clearly better at a second look replaced."""
    low = [line for line in lines if line.score < LOW_LINE and line.width > line.height]
    if not low:
        return list(lines)
    chosen = {id(line) for line in sorted(low, key=lambda x: x.score)[:MOST_LINES]}
    looks = _Looks(image, closer)
    return [
        _again(engine, line, looks) if id(line) in chosen else line for line in lines
    ]


def _again(engine: OcrEngine, line: OcrLine, looks: _Looks) -> OcrLine:
    text, score = line.text, line.score + CLEARLY
    for picture in looks.pictures(_around(line, looks.image)):
        again, sure = engine.read_line(picture)
        if again.strip() and sure > score:
            text, score = again, sure
    return line if text == line.text else OcrLine(text, score, line.quad)


class _Looks:
    """Where a page can be looked at again, and as what."""

    def __init__(self, image: Image.Image, closer: Closer | None) -> None:
        # Long after the model is loaded; readers of other files do without it.
        from workers.reading.seals import find_seals  # noqa: PLC0415 (as above)

        self.image = image
        self._closer = closer
        self._seals = find_seals(image)

    def pictures(self, box: Box) -> Iterator[Image.Image]:
        """The line in its colours; closer, also without what is red.

        Under a seal only without it, or its words would be read into the line.
        """
        near = self._closer(box) if self._closer else self._cut(box)
        seal = next((each for each in self._seals if each.touches(box)), None)
        if seal is not None:
            yield seal.without(near)
            return
        yield near
        if self._closer:
            yield near.getchannel("R").convert("RGB")

    def _cut(self, box: Box) -> Image.Image:
        left, top, right, bottom = (round(value) for value in box)
        return self.image.crop((left, top, right, bottom))


def _around(line: OcrLine, image: Image.Image) -> Box:
    margin = MARGIN * line.height
    return (
        max(0.0, line.left - margin),
        max(0.0, line.top - margin),
        min(float(image.width), line.left + line.width + margin),
        min(float(image.height), line.top + line.height + margin),
    )
