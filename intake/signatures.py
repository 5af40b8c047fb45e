"""Leading bytes that tell a format, as data.

Sources: the format specifications (PDF ISO 32000, PNG, TIFF 6.0, ISO/IEC 14496-12
brands, APPNOTE for ZIP, RIFF, EBML), each read for its magic number.
"""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "application/octet-stream"
ZIP: Final = "application/zip"
PDF: Final = "application/pdf"
OLE: Final = "application/x-ole-storage"
MACROS: Final = "application/vnd.ms-office.macroenabled"
EXECUTABLE: Final = "application/x-executable"
SCRIPT: Final = "text/x-script"

REFUSED: Final = frozenset({EXECUTABLE, SCRIPT, MACROS})
"""Types that are no evidence paper and run when opened: not read, ever."""

_OOXML = "application/vnd.openxmlformats-officedocument."
ZIP_KINDS: Final = (
    ("word/", f"{_OOXML}wordprocessingml.document"),
    ("xl/", f"{_OOXML}spreadsheetml.sheet"),
    ("ppt/", f"{_OOXML}presentationml.presentation"),
    ("OFD.xml", "application/ofd"),
)
MACRO_PART: Final = "vbaProject.bin"

SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"II+\x00", "image/tiff"),
    (0, b"MM\x00+", "image/tiff"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBPVP8", "image/webp"),
    (8, b"WAVE", "audio/x-wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/jp2"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (257, b"ustar", "application/x-tar"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"%!PS", "application/postscript"),
    (0, b"\x7fELF", EXECUTABLE),
    (0, b"#!/", SCRIPT),
    (0, b"<?php", SCRIPT),
)
RIFF_TYPES: Final = frozenset({"image/webp", "audio/x-wav", "video/x-msvideo"})

BRANDS: Final[dict[bytes, str]] = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4P ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
}
MP4: Final = "video/mp4"

OLE_BY_EXTENSION: Final[dict[str, str]] = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
    "wps": "application/wps-office.wps",
    "et": "application/wps-office.et",
    "dps": "application/wps-office.dps",
}

SAME_KIND: Final = (
    frozenset({"jpg", "jpeg", "jpe", "jfif"}),
    frozenset({"tif", "tiff"}),
    frozenset({"heic", "heif", "hif"}),
    frozenset({"htm", "html", "xhtml", "mht", "doc", "xls"}),  # web exports
    frozenset({"mp4", "m4a", "m4v", "mov", "3gp", "m4b"}),
    frozenset({"mp3", "mpeg", "mpga"}),
    frozenset({"webm", "mkv", "weba"}),
    frozenset({"ogg", "oga", "opus", "ogv"}),
    frozenset({"mpg", "mpeg", "vob"}),
    frozenset({"xml", "svg", "xbrl"}),
    frozenset({"jp2", "j2k", "jpx", "j2c"}),
    frozenset({"docm", "dotm", "xlsm", "pptm", "bin"}),
    frozenset({"php", "sh", "py", "pl", "bin"}),
    frozenset({"ps", "eps", "bin"}),
    frozenset({"gz", "tgz"}),
    frozenset({"txt", "csv", "log", "md", "json", "text", "tsv", "ini", "srt"}),
)
"""Extensions that may stand for the same bytes: no lie in using one for another."""
