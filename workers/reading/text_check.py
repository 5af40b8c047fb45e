"""Whether the text layer of a page says what the page shows.

A text layer is what a program claims; people see the picture. A few lines are read
from the picture, and only when most of them clearly say something else is the layer
not believed. Small differences are mistakes of recognition.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from PIL import Image

from intake.reading import Unreadable
from workers.forks import Fork, ForkBounds
from workers.reading.content import Context
from workers.reading.pdf_text import PlacedText
from workers.tools.ocr import OcrEngine

SAMPLE: Final = 4
LEAST_LINES: Final = 2  # below which nothing can be said
LEAST_CHARACTERS: Final = 6
LEAST_HEIGHT: Final = 14  # pixels; smaller letters are read badly
SURE: Final = 0.8  # of what the picture says
ALIKE: Final = 0.4
MOST: Final = 0.75  # of the lines that could be compared
_MARGIN = 3


def layer_lies(
    context: Context, placed: Sequence[PlacedText], image: Image.Image
) -> bool:
    """Whether most sampled lines of `placed` say something else than `image` shows.

    False when there is no engine to tell, or when it cannot read the picture.
    """
    sample = _sample(placed, image)
    if len(sample) < LEAST_LINES:
        return False
    limits = context.limits
    bounds = ForkBounds(limits.page_cpu, limits.page_memory, limits.stall / 2)
    try:
        engine = context.borrow_engine()
        fork = Fork(lambda _: compare(engine, sample, image), bounds)
        differing, compared = fork.result()
    except Unreadable:
        return False
    finally:
        context.step()
    return bool(compared >= LEAST_LINES and differing >= MOST * compared)


def compare(
    engine: OcrEngine, sample: Sequence[PlacedText], image: Image.Image
) -> tuple[int, int]:
    """How many lines of the layer differ clearly, of how many that could be read."""
    differing = compared = 0
    for line in sample:
        seen, score = engine.read_line(image.crop(_box(line, image)))
        shown, claimed = _plain(seen), _plain(line.text)
        if score < SURE or len(shown) < LEAST_CHARACTERS:
            continue
        compared += 1
        matcher = SequenceMatcher(None, shown, claimed, autojunk=False)
        differing += matcher.ratio() < ALIKE
    return differing, compared


def _sample(placed: Sequence[PlacedText], image: Image.Image) -> list[PlacedText]:
    """Lines that can be compared, spread over the page."""
    fit = [line for line in placed if _can_be_compared(line, image)]
    step = max(1, len(fit) // SAMPLE)
    return fit[::step][:SAMPLE]


def _can_be_compared(line: PlacedText, image: Image.Image) -> bool:
    left, top, right, bottom = line.box
    inside = left >= 0 and top >= 0 and right <= 1 and bottom <= 1
    width, height = (right - left) * image.width, (bottom - top) * image.height
    long = len(_plain(line.text)) >= LEAST_CHARACTERS
    return inside and long and height >= LEAST_HEIGHT and width > 2 * height


def _box(line: PlacedText, image: Image.Image) -> tuple[int, int, int, int]:
    left, top, right, bottom = line.box
    return (
        max(0, round(left * image.width) - _MARGIN),
        max(0, round(top * image.height) - _MARGIN),
        min(image.width, round(right * image.width) + _MARGIN),
        min(image.height, round(bottom * image.height) + _MARGIN),
    )


def _plain(text: str) -> str:
    """Letters and digits only, in one form."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if c.isalnum())
