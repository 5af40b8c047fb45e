"""One page picture: kept as derivative, read by OCR, lines placed on it."""

from __future__ import annotations

from PIL import Image, ImageOps

from intake.reading import Derivative, TextLine
from workers.reading.content import Content, Context
from workers.tools.ocr import OcrLine, read_without_seals

PAGE_PIXELS = 25_000_000
LONG_SIDE = 2400
THUMBNAIL = (320, 320)
JPEG_QUALITY = 82
WHITE = 250
BLANK_SHARE = 0.9999


def keep_page(
    image: Image.Image, number: int, content: Content, context: Context
) -> None:
    """Write the page image (and a thumbnail of page 1), free of metadata."""
    clean = fit(image.convert("RGB"))
    name = f"page-{number:05d}.jpg"
    clean.save(context.work / name, "JPEG", quality=JPEG_QUALITY)
    size = clean.size
    content.derivatives.append(Derivative("page", number, name, "image/jpeg", *size))
    if number == 1:
        _keep_thumbnail(clean, content, context)


def read_page(
    image: Image.Image, number: int, content: Content, context: Context
) -> None:
    """Read the page with OCR and add its text and lines."""
    clean = fit(image.convert("RGB"))
    found = read_without_seals(context.engine, clean)
    content.used_ocr = True
    content.page_texts.append("\n".join(line.text for line in found))
    content.lines += [_placed(line, number) for line in found]


def fit(image: Image.Image) -> Image.Image:
    """Scale down to the long side we keep; a small picture stays as it is."""
    longest = max(image.size)
    if longest <= LONG_SIDE:
        return image
    scale = LONG_SIDE / longest
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def is_blank(image: Image.Image) -> bool:
    """Whether a page shows nothing but paper."""
    grey = ImageOps.grayscale(image)
    histogram = grey.histogram()
    return sum(histogram[WHITE:]) >= BLANK_SHARE * sum(histogram)


def _placed(line: OcrLine, number: int) -> TextLine:
    return TextLine(number, line.text[:5000], line.score, line.quad)


def _keep_thumbnail(image: Image.Image, content: Content, context: Context) -> None:
    small = image.copy()
    small.thumbnail(THUMBNAIL)
    name = "thumbnail.jpg"
    small.save(context.work / name, "JPEG", quality=75)
    made = Derivative("thumbnail", None, name, "image/jpeg", *small.size)
    content.derivatives.append(made)
