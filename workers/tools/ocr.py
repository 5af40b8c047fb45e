"""OCR engines behind one interface.

The red channel is read first: seals are red and vanish in it. When it shows nearly
nothing (red print, coloured paper) the colour picture is read instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from intake.reading import Unreadable, UnreadableReason

FEW_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A recognised line: text, score 0 to 1, four corners in pixels."""

    text: str
    score: float
    quad: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ToolProbe:
    """An outside program or library, and its version if it is here."""

    name: str
    version: str | None


class OcrEngine(Protocol):
    """Reads one upright RGB picture. Not to be used by two threads at once."""

    probe: ToolProbe

    def read(self, image: Image.Image) -> list[OcrLine]:
        """Lines in reading order, top to bottom."""


def open_engine(name: str) -> OcrEngine:
    """The engine `rapidocr` or `tesseract`.

    Raises:
        Unreadable: TOOL_MISSING when it is not installed on this machine.
    """
    try:
        if name == "tesseract":
            from workers.tools.tesseract import Tesseract

            return Tesseract()
        from workers.tools.rapid import Rapid

        return Rapid()
    except (ImportError, OSError) as error:
        raise Unreadable(UnreadableReason.TOOL_MISSING, name) from error


def read_without_seals(engine: OcrEngine, image: Image.Image) -> list[OcrLine]:
    """Read the red channel; fall back to colour when it is nearly empty."""
    red = image.convert("RGB").getchannel("R").convert("RGB")
    lines = engine.read(red)
    if sum(len(line.text) for line in lines) >= FEW_CHARACTERS:
        return lines
    colour = engine.read(image.convert("RGB"))
    return colour if len(colour) > len(lines) else lines
