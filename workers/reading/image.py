"""Pictures: photographs, scans, screenshots, multi-page TIFF.

Only the one decoder that the content calls for is enabled. Sizes are checked before
any pixel is decoded. What the camera wrote is read for its date, and left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from intake.reading import Unreadable, UnreadableReason
from workers.reading.camera import find_in_picture
from workers.reading.content import Content, Context
from workers.reading.page_images import fit, is_blank, save_page
from workers.reading.page_queue import PageQueue
from workers.reading.searchable import write_searchable
from workers.reading.text_json import write_text

FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/tiff": ("TIFF",),
    "image/heic": ("HEIF",),
    "image/webp": ("WEBP",),
    "image/bmp": ("BMP",),
    "image/gif": ("GIF",),
}
DRAFT: Final = 3400  # twice what is kept
# Pillow's own guard is replaced by ours, which names the limit it found broken.
Image.MAX_IMAGE_PIXELS = None


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    image = _open(path, content.media_type)
    content.tools["pillow"] = Image.__version__  # type: ignore[attr-defined]  # set in PIL/__init__
    # Pixels first: asking some formats for metadata decodes them half and quietly.
    _load(image, context)
    find_in_picture(path, image, content)
    frames = _frames(image, content)
    context.announce_pages(frames)
    content.pages = frames
    with PageQueue(context, content) as queue:
        for number, picture in enumerate(_pictures(image, frames, context), start=1):
            _read_page(picture, number, context, queue)
        queue.finish()
    write_searchable(context, content)
    write_text(context, content)


def _open(path: Path, media_type: str) -> Image.Image:
    if media_type == "image/heic":
        import pillow_heif  # noqa: PLC0415 (a decoder that few files need)

        pillow_heif.register_heif_opener()
    try:
        return Image.open(path, formats=FORMATS[media_type])
    except UnidentifiedImageError as error:
        raise Unreadable(UnreadableReason.CORRUPT, "no picture in it") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _damage(error) from error


def _damage(error: Exception) -> Unreadable:
    said = str(error).lower()
    if "truncated" in said or "end of file" in said or "not enough" in said:
        return Unreadable(UnreadableReason.TRUNCATED, type(error).__name__)
    if "too large" in said or "decompressed data" in said or "limit" in said:
        return Unreadable(UnreadableReason.LIMIT_MEM, type(error).__name__)
    return Unreadable(UnreadableReason.CORRUPT, type(error).__name__)


def _frames(image: Image.Image, content: Content) -> int:
    """How many pages the file has: only a TIFF has more than one."""
    try:
        frames = int(getattr(image, "n_frames", 1))
    except (OSError, EOFError, SyntaxError, ValueError) as error:
        raise _damage(error) from error
    if content.media_type == "image/tiff":
        return frames
    if frames > 1 and content.media_type in ("image/gif", "image/webp", "image/png"):
        content.find("ANIMATED", f"{frames} frames")
    return 1


def _pictures(
    image: Image.Image, frames: int, context: Context
) -> Iterator[Image.Image]:
    for frame in range(frames):
        if frame:
            _seek(image, frame)
            _load(image, context)
        yield fit(_upright(image))


def _seek(image: Image.Image, frame: int) -> None:
    try:
        image.seek(frame)
    except (OSError, EOFError, SyntaxError, ValueError) as error:
        raise _damage(error) from error


def _load(image: Image.Image, context: Context) -> None:
    """Decode the pixels, if they are not too many.

    Raises:
        Unreadable: LIMIT_PIXELS, TRUNCATED, LIMIT_MEM or CORRUPT.
    """
    if image.width * image.height > context.limits.pixels:
        detail = f"{image.width} x {image.height}"
        raise Unreadable(UnreadableReason.LIMIT_PIXELS, detail)
    try:
        # JPEG can be decoded at a fraction of its size, much faster.
        image.draft("RGB", (DRAFT, DRAFT))
        image.load()
    except (OSError, SyntaxError, ValueError, ZeroDivisionError) as error:
        raise _damage(error) from error


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera says; as it is when that cannot be understood."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 (hostile tags raise anything)
        return image


def _read_page(
    picture: Image.Image, number: int, context: Context, queue: PageQueue
) -> None:
    if not is_blank(picture):
        queue.read(number, picture)
        return
    part = queue.new_part()
    part.add_text("")
    save_page(context, part, number, picture)
    queue.add(number, part)
