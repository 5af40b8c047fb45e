"""The legal name of an exhibit, `年月日_证据类型_序号`: `20250829_合同_001.pdf`.

A name is data: a rename never touches a file. Only the type's own name enters it,
never words of the document or of the uploader.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from intake.legal_date import LegalDate, compact, parse_compact
from integrity.errors import CustodyError

LONGEST_NAME: Final = 254  # bytes of UTF-8; file systems and ZIP tools stop at 255
LONGEST_TYPE: Final = 40  # characters
LAST_SEQUENCE: Final = 999_999_999  # bounded, so that a claimed name is, too
UNKNOWN_EXTENSION: Final = "bin"

_EXTENSION = re.compile(r"[a-z0-9]{1,10}", re.ASCII)
_NAME = re.compile(r"([0-9]{8})_([^_./\\]+)_([0-9]{3,9})\.([a-z0-9]{1,10})")
_TYPE_MARKS = frozenset("()-·、")

EXTENSIONS: Final[dict[str, str]] = {
    "application/pdf": "pdf",
    "application/ofd": "ofd",
    "application/rtf": "rtf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.ms-outlook": "msg",
    "application/wps-office.wps": "wps",
    "application/wps-office.et": "et",
    "application/wps-office.dps": "dps",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/zip": "zip",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
    "application/x-tar": "tar",
    "application/gzip": "gz",
    "application/json": "json",
    "application/xml": "xml",
    "application/timestamp-reply": "tsr",
    "application/pkcs7-signature": "p7s",
    "message/rfc822": "eml",
    "application/mbox": "mbox",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/html": "html",
    "text/xml": "xml",
    "text/rtf": "rtf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
    "image/svg+xml": "svg",
    "image/jp2": "jp2",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/webm": "weba",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpg",
    "video/3gpp": "3gp",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "wmv",
}


class BadName(CustodyError):
    """A text that is no legal name, or a part that may not stand in one."""

    code = "name_bad"

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(
            f"“{part}” may not be a legal name or a part of one: {reason}.",
            facts={"name": part, "reason": reason},
        )


@dataclass(frozen=True, slots=True)
class LegalName:
    """The parts of a legal name; `str()` puts them together.

    Raises:
        BadName: for a part that may not stand in a name.
    """

    date: LegalDate | None
    type_zh: str
    sequence: int
    extension: str

    def __post_init__(self) -> None:
        if not is_type_name(self.type_zh):
            raise _bad(self.type_zh, "the type is not letters and digits in NFC")
        if not 1 <= self.sequence <= LAST_SEQUENCE:
            raise _bad(str(self.sequence), f"numbers run from 1 to {LAST_SEQUENCE}")
        if _EXTENSION.fullmatch(self.extension) is None:
            raise _bad(self.extension, "an extension is 1 to 10 of a-z and 0-9")
        if len(str(self).encode()) > LONGEST_NAME:
            raise _bad(self.type_zh, f"names have at most {LONGEST_NAME} bytes")

    def __str__(self) -> str:
        day = compact(self.date)
        return f"{day}_{self.type_zh}_{self.sequence:03}.{self.extension}"


def _bad(part: str, reason: str) -> BadName:
    return BadName(part[:LONGEST_TYPE], reason)


def is_type_name(text: str) -> bool:
    """Whether `text` may be the type in a name: 1 to 40 letters, digits and ()-·、.

    No underscore (it separates the parts), no space, nothing a file system or a
    shell reads as a sign; NFC, so that one name has one spelling.
    """
    return (
        0 < len(text) <= LONGEST_TYPE
        and unicodedata.is_normalized("NFC", text)
        and all(c in _TYPE_MARKS or _is_letter(c) for c in text)
    )


def _is_letter(char: str) -> bool:
    category = unicodedata.category(char)
    return category.startswith("L") or category == "Nd"


def legal_name(
    date: LegalDate | None, type_zh: str, sequence: int, extension: str
) -> str:
    """The legal name: at least three digits, more when a counter passes 999.

    Raises:
        BadName: for a part that may not stand in a name.
    """
    return str(LegalName(date, type_zh, sequence, extension))


def parse_legal_name(text: str) -> LegalName:
    """Read a name that `legal_name` wrote, and nothing else.

    Raises:
        BadName: unless `text` is exactly what its parts are written as.
    """
    match = _NAME.fullmatch(text) if len(text) <= LONGEST_NAME else None
    if match is None:
        raise _bad(text, "a name is YYYYMMDD_type_001.ext")
    try:
        day = parse_compact(match[1])
    except ValueError as error:
        raise _bad(text, str(error)) from error
    name = LegalName(day, match[2], int(match[3]), match[4])
    if str(name) != text:
        raise _bad(text, f"it would be written {name}")
    return name


def extension_for(media_type: str) -> str:
    """The extension for a media type found in the content; `bin` for unknown ones.

    Parameters after `;` and upper case do not matter (RFC 2045 section 5.1).
    """
    bare = media_type.partition(";")[0].strip().lower()
    return EXTENSIONS.get(bare, UNKNOWN_EXTENSION)
