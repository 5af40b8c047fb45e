"""What a camera or program wrote beside the pixels: dates, places, hidden parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image

from workers.reading.camera_dates import stored_day
from workers.reading.content import Content

TAKEN: Final = 0.7
CHANGED: Final = 0.4
LOOKED_AT: Final = 64 << 20
TRAILING: Final = 64  # bytes after the end of a picture that need no explanation

_EXIF_DATES = (
    (ExifTags.Base.DateTimeOriginal, "exif DateTimeOriginal", TAKEN),
    (ExifTags.Base.DateTimeDigitized, "exif DateTimeDigitized", CHANGED + 0.1),
    (ExifTags.Base.DateTime, "exif DateTime", CHANGED),
)
_MOTION = re.compile(rb"MotionPhoto|MicroVideo|....ftyp(?:mp4|isom|qt)", re.DOTALL)


def find_in_picture(path: Path, image: Image.Image, content: Content) -> None:
    """Add dates and findings of a picture; broken metadata adds nothing."""
    try:
        exif = image.getexif()
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # noqa: BLE001 (hostile tags raise anything)
        content.find("AMBIGUOUS", "camera data cannot be read")
    else:
        _add_dates({**dict(exif), **dict(inner)}, content)
        if place:
            content.find("PRIVACY_EXIF", "position")
    if any(key in image.info for key in ("xmp", "XML:com.adobe.xmp", "photoshop")):
        content.find("PRIVACY_EXIF", "XMP or IPTC data")
    if content.media_type == "image/jpeg":
        _find_behind(path, content)


def _add_dates(tags: dict[int, Any], content: Content) -> None:
    for tag, rule, confidence in _EXIF_DATES:
        text = str(tags.get(tag, ""))[:40]
        day = stored_day(text)
        if day is not None:
            content.add_date(day, confidence, text, rule)


def _find_behind(path: Path, content: Content) -> None:
    """A picture may carry another file behind its end."""
    with path.open("rb") as stream:
        data = stream.read(LOOKED_AT)
    end = data.rfind(b"\xff\xd9")
    behind = len(data) - end - 2 if end > 0 else 0
    if _MOTION.search(data):
        content.find("AMBIGUOUS", "a video behind the picture")
    elif behind > TRAILING:
        content.find("AMBIGUOUS", f"{behind} bytes behind the picture")
