"""Pictures: scans, photographs, multi-page TIFF, through few named decoders."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pillow_heif
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from intake.reading import Candidate, Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.page import keep_page, read_page
from workers.tools.tesseract import turn_upright

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF", "HEIF", "MPO")
EXIF_TIME_ORIGINAL = 0x9003
EXIF_IFD = 0x8769
GPS_IFD = 0x8825
_EXIF_TIME = re.compile(r"((?:19|20)\d\d):(\d\d):(\d\d) ")

pillow_heif.register_heif_opener()
# Our own limit is checked on the declared size before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


def read(path: Path, content: Content, context: Context) -> None:
    """Read every frame of the picture as a page."""
    image = _open(path)
    frames = _frames(image)
    if frames > context.limits.pages:
        raise Unreadable(UnreadableReason.LIMIT_PAGES, str(frames))
    content.pages = frames
    context.announce_pages(frames)
    content.tools["pillow"] = version("pillow")
    _read_exif(image, content)
    for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
        if number > frames:
            break
        _read_frame(frame, number, content, context)


def _open(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Unreadable(UnreadableReason.CORRUPT, "not a picture") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, str(error)) from error


def _frames(image: Image.Image) -> int:
    """Pages of a TIFF; the first frame of everything that moves or has previews."""
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def _read_frame(
    frame: Image.Image, number: int, content: Content, context: Context
) -> None:
    if frame.width * frame.height > context.limits.pixels:
        raise Unreadable(
            UnreadableReason.LIMIT_PIXELS, f"{frame.width} × {frame.height}"
        )
    try:
        upright = ImageOps.exif_transpose(frame)
        rgb = _on_white(upright)
    except (OSError, ValueError, SyntaxError, IndexError) as error:
        reason = UnreadableReason.TRUNCATED if "truncated" in str(error) else (
            UnreadableReason.CORRUPT
        )  # fmt: skip
        raise Unreadable(reason, str(error)) from error
    turned, angle = turn_upright(rgb)
    if angle:
        content.find("TURNED", f"page {number}: {angle}°")
    keep_page(turned, number, content, context)
    read_page(turned, number, content, context)


def _on_white(image: Image.Image) -> Image.Image:
    """RGB; transparent parts become paper, not black."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def _read_exif(image: Image.Image, content: Content) -> None:
    try:
        exif = image.getexif()
        taken = str(exif.get_ifd(EXIF_IFD).get(EXIF_TIME_ORIGINAL, ""))
        if exif.get_ifd(GPS_IFD):
            content.find("PRIVACY_EXIF", "GPS")
    except (OSError, ValueError, SyntaxError, KeyError, TypeError):
        return
    match = _EXIF_TIME.match(taken)
    if match:
        date = "-".join(match.groups())
        content.exif_dates.append(Candidate(date, 0.6, taken[:40], 1, "exif"))
