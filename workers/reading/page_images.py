"""Pictures that people look at: made new from pixels, so nothing else can be in them.

A page fits A4 at 200 dpi by its short side. A long screenshot keeps its width, or
nobody could read it.
"""

from __future__ import annotations

import math
from typing import Final

from PIL import Image

from intake.reading import Derivative
from workers.reading.content import Content, Context

DPI: Final = 200
SHORT_SIDE: Final = 1654  # 210 mm at 200 dpi
LONG_SIDE: Final = 10_000
MOST_PIXELS: Final = 25_000_000
THUMBNAIL: Final = 320
JPEG: Final = "image/jpeg"
_QUALITY = 80


def fit(image: Image.Image) -> Image.Image:
    """The picture as plain RGB on white, made smaller where it is too large."""
    flat = flatten(image)
    scale = fitting_scale(*flat.size, SHORT_SIDE)
    if scale >= 1:
        return flat
    size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
    return flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def fitting_scale(width: float, height: float, short_side: float) -> float:
    """By what to multiply a size so that it keeps within all bounds; not over 1."""
    short, long = sorted((max(width, 1e-6), max(height, 1e-6)))
    by_area = math.sqrt(MOST_PIXELS / (short * long))
    return float(min(1.0, short_side / short, LONG_SIDE / long, by_area))


def flatten(image: Image.Image) -> Image.Image:
    """Plain 8-bit RGB; what is transparent becomes white, 16 bits become 8."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _to_8_bits(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        image = Image.alpha_composite(white, layered)
    flat = image if image.mode == "RGB" else image.convert("RGB")
    if flat.info:
        flat = flat.copy()
        flat.info = {}
    return flat


def _to_8_bits(image: Image.Image) -> Image.Image:
    wide = image.convert("F")
    _, high = wide.getextrema()
    top = max(255.0, float(high)) if isinstance(high, (int, float)) else 255.0
    return wide.point(lambda value: value * (255 / top)).convert("L")


def is_blank(image: Image.Image) -> bool:
    """Whether a drawn page shows nothing: all pixels are (nearly) one colour."""
    extrema = image.convert("L").getextrema()
    low, high = (float(value) for value in extrema if isinstance(value, (int, float)))
    return high - low < 8  # noqa: PLR2004 (levels of 256; scans have noise)


def save_page(
    context: Context, content: Content, number: int, image: Image.Image
) -> None:
    """Write page picture `number` (from 1), and the thumbnail for the first."""
    name = f"page-{number:04}.jpg"
    image.save(context.work / name, "JPEG", quality=_QUALITY)
    content.derivatives.append(
        Derivative("page", number, name, JPEG, image.width, image.height)
    )
    if number == 1:
        save_thumbnail(context, content, image)
    context.step()


def save_thumbnail(context: Context, content: Content, image: Image.Image) -> None:
    """Write the small picture for lists."""
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    small.save(context.work / "thumbnail.jpg", "JPEG", quality=_QUALITY)
    content.derivatives.append(
        Derivative("thumbnail", 1, "thumbnail.jpg", JPEG, small.width, small.height)
    )
