"""Which reader takes which media type. Decoders are loaded with the reader only."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from intake.signatures import UNKNOWN
from workers.reading.content import Content, Context

Reader = Callable[[Path, Context, Content], None]

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_READERS: Final[dict[str, str]] = {
    "application/pdf": "pdf",
    "image/jpeg": "image",
    "image/png": "image",
    "image/tiff": "image",
    "image/heic": "image",
    "image/webp": "image",
    "image/bmp": "image",
    "image/gif": "image",
    f"{_OOXML}wordprocessingml.document": "docx",
    f"{_OOXML}spreadsheetml.sheet": "xlsx",
    f"{_OOXML}presentationml.presentation": "pptx",
    f"{_ODF}text": "odf",
    f"{_ODF}spreadsheet": "odf",
    f"{_ODF}presentation": "odf",
    "application/ofd": "ofd",
    "application/xml": "einvoice",
    "text/plain": "text",
    "text/html": "html",
    "message/rfc822": "mail",
    "application/zip": "archive",
    "application/x-7z-compressed": "archive_libarchive",
    "application/vnd.rar": "archive_libarchive",
    "application/x-tar": "archive_libarchive",
    "application/gzip": "archive_libarchive",
    "application/x-ole-storage": "ole",
    "application/msword": "ole",
    "application/vnd.ms-excel": "ole",
    "application/vnd.ms-powerpoint": "ole",
    "application/wps-office.wps": "ole",
    "application/wps-office.et": "ole",
    "application/wps-office.dps": "ole",
    "application/rtf": "legacy_office",
    "application/vnd.ms-outlook": "ole",
}
_NOT_ALLOWED: Final = frozenset(
    {"image/jp2", "image/svg+xml", "application/postscript"}
)


def load_common() -> None:
    """Load what most files need, before any of them comes."""
    for name in ("pdf", "image"):
        importlib.import_module(f"workers.reading.{name}")


def reader_for(media_type: str) -> Reader:
    """The reader for a media type found in the content.

    Raises:
        Unreadable: nothing here reads this type, and why.
    """
    family = media_type.partition("/")[0]
    name = "media" if family in ("audio", "video") else _READERS.get(media_type)
    if name is None:
        raise Unreadable(_reason(media_type), media_type)
    reader: Reader = importlib.import_module(f"workers.reading.{name}").read
    return reader


def _reason(media_type: str) -> UnreadableReason:
    if media_type == UNKNOWN:
        return UnreadableReason.CORRUPT
    if media_type in _NOT_ALLOWED:
        return UnreadableReason.TYPE_NOT_ALLOWED
    return UnreadableReason.NO_READER
