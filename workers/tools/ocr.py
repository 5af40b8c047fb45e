"""OCR engines behind one interface; what every engine's result is turned into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from intake.reading import Unreadable, UnreadableReason
from workers.tools.probe import ToolProbe


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A recognised line: text, score 0 to 1, four corners in pixels of the picture."""

    text: str
    score: float
    quad: tuple[float, ...]

    @property
    def left(self) -> float:
        """The smallest x."""
        return min(self.quad[0::2])

    @property
    def top(self) -> float:
        """The smallest y."""
        return min(self.quad[1::2])

    @property
    def width(self) -> float:
        """Extent along x."""
        return max(self.quad[0::2]) - self.left

    @property
    def height(self) -> float:
        """Extent along y."""
        return max(self.quad[1::2]) - self.top

    @property
    def middle(self) -> float:
        """The mean y of the corners."""
        return sum(self.quad[1::2]) / 4


class OcrEngine(Protocol):
    """Reads one upright RGB picture. Not to be used by two threads at once.

    Attributes:
        options: what it was told, and what it runs on; recorded with each reading.
        processes: how many it may use for one page; the reading is the same.
    """

    probe: ToolProbe
    options: dict[str, str]
    processes: int

    def read(self, image: Image.Image) -> list[OcrLine]:
        """The lines, in any order; coordinates of `image`."""

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        """Text and score of a picture of one line."""


def open_engine(name: str) -> OcrEngine:
    """The engine `rapidocr` or `tesseract`.

    Raises:
        Unreadable: TOOL_MISSING when it is not installed on this machine.
    """
    # Each engine loads its own decoders, so only the one that is wanted is imported.
    try:
        if name == "tesseract":
            from workers.tools.tesseract import Tesseract  # noqa: PLC0415 (as above)

            return Tesseract()
        if name == "rapidocr":
            from workers.tools.rapidocr import Rapid  # noqa: PLC0415 (as above)

            return Rapid()
    except (ImportError, OSError) as error:
        raise Unreadable(UnreadableReason.TOOL_MISSING, name) from error
    raise Unreadable(UnreadableReason.TOOL_MISSING, name)
