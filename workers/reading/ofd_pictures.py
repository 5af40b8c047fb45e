"""Pictures of an OFD made ready for drawing: decoded under limits, and made anew."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from intake.reading import Unreadable
from workers.reading.content import Content
from workers.reading.ofd_package import OfdPackage
from workers.reading.page_images import SHORT_SIDE, fitting_scale

FORMATS: Final = ("PNG", "JPEG", "BMP", "TIFF", "GIF")
MOST_KEPT: Final = 100
MOST_DRAWN: Final = 500  # on one page


@dataclass(slots=True)
class Pictures:
    """The pictures of a package by file name, as PNG or JPEG of bounded size."""

    package: OfdPackage
    most_pixels: int
    _ready: dict[str, tuple[bytes, str] | None] = field(default_factory=dict)

    def get(self, name: str, content: Content) -> tuple[bytes, str] | None:
        """Bytes and media type; None, with a finding, when it cannot be shown."""
        if name not in self._ready:
            if len(self._ready) >= MOST_KEPT:
                self._ready.clear()
            self._ready[name] = self._decode(name, content)
        return self._ready[name]

    def _decode(self, name: str, content: Content) -> tuple[bytes, str] | None:
        try:
            data = self.package.data(name)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            if picture.width * picture.height > self.most_pixels:
                content.find("LIMIT_PIXELS", name)
                return None
            return _encoded(_fitted(picture))
        except (OSError, SyntaxError, ValueError, ZeroDivisionError, Unreadable):
            content.find("PART_MISSING", f"picture {name}")
            return None


def _fitted(picture: Image.Image) -> Image.Image:
    scale = fitting_scale(picture.width, picture.height, 2 * SHORT_SIDE)
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    plain = picture.convert("RGBA" if has_alpha else "RGB")
    if scale < 1:
        size = (round(plain.width * scale) or 1, round(plain.height * scale) or 1)
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return plain


def _encoded(picture: Image.Image) -> tuple[bytes, str]:
    memory = io.BytesIO()
    picture.info = {}
    if picture.mode == "RGBA":
        picture.save(memory, "PNG", compress_level=1)
        return memory.getvalue(), "image/png"
    picture.save(memory, "JPEG", quality=90)
    return memory.getvalue(), "image/jpeg"
