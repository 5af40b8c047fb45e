"""Every picture format that people send is decoded to the picture that was stored."""

from __future__ import annotations

import io
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from tests.sandboxed_reading import codes, read_bytes

pytestmark = pytest.mark.slow  # each goes through the recognition of text

SIZE = (240, 160)


def picture(turned: int = 0) -> Image.Image:
    """Three colours in places that tell the sides apart."""
    made = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, 0, 119, 79), fill=(200, 30, 30))
    draw.rectangle((120, 80, 239, 159), fill=(30, 60, 180))
    return made.rotate(turned)


def stored(form: str) -> bytes:
    memory = io.BytesIO()
    if form == "HEIC":
        pillow_heif.from_pillow(picture()).save(memory, quality=95)
    elif form == "GIF":
        picture().quantize().save(
            memory, "GIF", save_all=True, append_images=[picture(180).quantize()]
        )
    else:
        picture().save(memory, form)
    return memory.getvalue()


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("BMP", "image/bmp"),
        ("WEBP", "image/webp"),
        ("HEIC", "image/heic"),
        ("GIF", "image/gif"),
    ],
)
def test_formats(tmp_path: Path, form, media_type):
    """Told by its bytes, shown upright in its colours; only a GIF has more frames."""
    reading = read_bytes(tmp_path, stored(form), f"照片.{form.lower()}")
    assert (reading.media_type, reading.pages) == (media_type, 1)
    assert ("ANIMATED" in codes(reading)) == (form == "GIF")
    with Image.open(tmp_path / "work" / "page-0001.jpg") as page:
        assert page.size == SIZE
        difference = ImageChops.difference(page.convert("RGB"), picture())
    assert max(ImageStat.Stat(difference).mean) < 6


def test_every_page_of_a_tiff(tmp_path: Path):
    """A fax of three sheets has three pages, each with its own picture, in order."""
    memory = io.BytesIO()
    sheets = [picture(turned) for turned in (0, 180, 0)]
    sheets[0].save(
        memory, "TIFF", save_all=True, append_images=sheets[1:], compression="tiff_lzw"
    )
    reading = read_bytes(tmp_path, memory.getvalue(), "传真.tif")
    assert reading.pages == 3
    for number, sheet in enumerate(sheets, start=1):
        with Image.open(tmp_path / "work" / f"page-{number:04}.jpg") as page:
            difference = ImageChops.difference(page.convert("RGB"), sheet)
        assert max(ImageStat.Stat(difference).mean) < 6
