"""Red seals on a page: where they are, and the page without them.

In the red channel a seal is pale but can still be read. Inside its outline what is as
pale as its ink is made paper, so that black letters under it stay. Red print that is
no seal (a title, a number) is left as dark as it is in the colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from workers.reading.red_ink import red_ink, red_letters, without_rules
from workers.reading.seal_shapes import box_of, seal_outlines

SEEN_SIDE: Final = 1200  # seals are looked for in a picture no longer than this
BRIGHT: Final = 90  # percent of what is in a seal that is no brighter than its paper
DARK: Final = 0.85  # of the paper; what is below is ink
DARK_INK: Final = 15  # percent of a seal that is darker than what is made paper
LEAST_TINT: Final = 0.1
EDGE: Final = 4  # pixels about a seal

Pixels = np.ndarray[Any, Any]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Seal:
    """A seal's convex outline, and how its ink differs from the paper about it.

    Attributes:
        outline: points x, y in pixels of the page.
        paler: by what the red channel of its ink is multiplied to be as bright as
            the paper.
        paper: brightness of the paper in the red channel, 0 to 255.
        paper_tint: green over red, of the paper.
        ink_tint: the same of the ink.
    """

    outline: Pixels
    paler: float
    paper: float
    paper_tint: float
    ink_tint: float

    def touches(self, box: Box) -> bool:
        """Whether the box (left, top, right, bottom) meets the seal's."""
        left, top, right, bottom = box_of(self.outline)
        apart = box[0] > right or box[2] < left or box[1] > bottom or box[3] < top
        return not apart

    def without(self, image: Image.Image) -> Image.Image:
        """A picture of a part of the page, at any scale, without the seal."""
        cleared = self.cleared(np.asarray(image.convert("RGB")))
        return Image.fromarray(cleared).convert("RGB")

    def cleared(self, pixels: Pixels) -> Pixels:
        """The red channel of pixels inside the seal; the redder, the paler it gets."""
        red, green = pixels[:, :, 0].astype(np.float32), pixels[:, :, 1]
        span = max(self.paper_tint - self.ink_tint, LEAST_TINT)
        inked = (self.paper_tint - green / np.maximum(red, 1)) / span
        paler = red * (1 + np.clip(inked, 0, 1) * (self.paler - 1))
        return np.asarray(np.minimum(paler, np.maximum(red, self.paper)), np.uint8)


def without_seals(image: Image.Image) -> Image.Image:
    """The page in grey as it should be read: black and red print, no seals."""
    image = _in_colours(image)
    pixels = np.asarray(image)
    mask, scale = _seen(pixels)
    if not mask.any():
        return image.getchannel("R")
    outlines = seal_outlines(without_rules(mask))
    page = _with_red_print(pixels, red_letters(mask, outlines))
    for outline in outlines:
        _clear(page, pixels, _measured(pixels, _larger(outline, scale)))
    return Image.fromarray(page)


def find_seals(image: Image.Image) -> tuple[Seal, ...]:
    """The seals on a page, in no order."""
    pixels = np.asarray(_in_colours(image))
    mask, scale = _seen(pixels)
    outlines = seal_outlines(without_rules(mask)) if mask.any() else ()
    return tuple(_measured(pixels, _larger(outline, scale)) for outline in outlines)


def _in_colours(image: Image.Image) -> Image.Image:
    # `convert` copies what is in colours already: 0.3 GiB of the largest page.
    return image if image.mode == "RGB" else image.convert("RGB")


def _seen(pixels: Pixels) -> tuple[Pixels, int]:
    """Where the ink is red, in a smaller picture; and how much smaller."""
    scale = -(-max(pixels.shape[:2]) // SEEN_SIDE)
    if scale == 1:
        return red_ink(pixels), 1
    high, wide = (max(1, side // scale) for side in pixels.shape[:2])
    smaller = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA)
    return red_ink(smaller), scale


def _larger(outline: Pixels, scale: int) -> Pixels:
    """In the picture that is so many times larger, from pixel's middle to middle."""
    return outline * scale + scale // 2


def _measured(pixels: Pixels, outline: Pixels) -> Seal:
    left, top, right, bottom = box_of(outline)
    part = pixels[top : bottom + 1, left : right + 1]
    red = part[:, :, 0]
    tint = part[:, :, 1] / np.maximum(red, 1).astype(np.float32)
    bright = float(np.percentile(red, BRIGHT))
    inked = (red_ink(part) > 0) & (red > bright / 2)
    bare = (red > DARK * bright) & ~inked
    if not inked.any() or not bare.any():
        return Seal(outline, 1.0, bright, 1.0, 0.0)
    paper = float(np.median(red[bare]))
    ink = max(1.0, float(np.percentile(red[inked], DARK_INK)))
    tints = float(np.median(tint[bare])), float(np.median(tint[inked]))
    return Seal(outline, max(1.0, paper / ink), paper, *tints)


def _clear(page: Pixels, pixels: Pixels, seal: Seal) -> None:
    """Clear the inside of a seal, with the soft edge of its ring."""
    left, top, right, bottom = box_of(seal.outline)
    left, top = max(0, left - EDGE), max(0, top - EDGE)
    part = (slice(top, bottom + EDGE + 1), slice(left, right + EDGE + 1))
    inside: Pixels = np.zeros(page[part].shape, np.uint8)
    outline = np.asarray(seal.outline - (left, top), np.int32)
    cv2.fillConvexPoly(inside, outline, 1)
    inside = cv2.dilate(inside, np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8))
    np.copyto(page[part], seal.cleared(pixels[part]), where=inside > 0)


def _with_red_print(pixels: Pixels, letters: Pixels) -> Pixels:
    """The red channel, where `letters` (any smaller size) are as dark as in green."""
    red = np.array(pixels[:, :, 0])
    if not letters.any():
        return red
    high, wide = red.shape
    near = cv2.dilate(letters, np.ones((3, 3), np.uint8))
    place = cv2.resize(near, (wide, high), interpolation=cv2.INTER_NEAREST)
    return np.where(place > 0, np.minimum(red, pixels[:, :, 1]), red)
