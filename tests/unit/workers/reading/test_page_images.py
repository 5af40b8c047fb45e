"""Pictures for people: bounded, upright in tone, and nothing but pixels."""

from __future__ import annotations

import pytest
from PIL import Image

from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.page_images import fit, fitting_scale, is_blank, save_page


def test_a4_at_300_dpi_becomes_200_dpi():
    """An A4 scan is brought to 1654 by 2339 pixels."""
    assert fit(Image.new("RGB", (2481, 3508))).size == (1654, 2339)


def test_small_picture_stays():
    """Nothing is enlarged."""
    assert fit(Image.new("RGB", (640, 480))).size == (640, 480)


def test_screenshot_keeps_its_width():
    """A long screenshot stays readable: its width is kept."""
    assert fit(Image.new("RGB", (1080, 9000))).size == (1080, 9000)


@pytest.mark.parametrize("size", [(1, 10**9), (10**9, 10**9), (0, 0)])
def test_impossible_sizes_have_a_scale(size):
    """Any size gets a scale that ends within the bounds."""
    scale = fitting_scale(*size, 1654)
    assert 0 < scale <= 1
    assert max(size) * scale <= 10_001


def test_transparent_becomes_white():
    """Transparent parts are paper, not ink."""
    assert fit(Image.new("RGBA", (5, 5), (0, 0, 0, 0))).getpixel((0, 0)) == (255,) * 3


def test_16_bits_are_scaled():
    """A 16-bit scan keeps its tones; its highlights do not become one white."""
    deep = Image.new("I;16", (2, 1))
    deep.putpixel((0, 0), 65535)
    deep.putpixel((1, 0), 32768)
    flat = fit(deep)
    assert flat.getpixel((0, 0)) == (255,) * 3
    assert abs(flat.getpixel((1, 0))[0] - 128) <= 1


@pytest.mark.parametrize(("level", "blank"), [(248, True), (246, False)])
def test_blank(level, blank):
    """A sheet of one tone is blank; eight levels apart it is not."""
    page = Image.new("L", (10, 10), 254)
    page.putpixel((3, 3), level - (0 if blank else 1))
    assert is_blank(page.convert("RGB")) is blank


def test_written_page_has_no_metadata(tmp_path):
    """A comment, a profile or EXIF of the original is not in the page picture."""
    image = Image.new("RGB", (20, 20), "white")
    image.info = {"comment": b"secret", "icc_profile": b"x" * 200, "exif": b"Exif\0\0"}
    content = Content("image/jpeg")
    save_page(Context(tmp_path, Limits(), "", ""), content, 1, fit(image))
    assert b"secret" not in (tmp_path / "page-0001.jpg").read_bytes()
    with Image.open(tmp_path / "page-0001.jpg") as written:
        assert set(written.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
    assert [made.role for made in content.derivatives] == ["page", "thumbnail"]
