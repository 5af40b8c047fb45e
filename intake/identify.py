"""The media type of a file from its own leading bytes.

The extension and the sender's type are claims; they can only add the finding
TYPE_MISMATCH. Nothing is decoded here: the web process calls this on foreign bytes.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath

from intake.naming import EXTENSIONS, extension_for
from intake.reading import Finding

HEAD = 64 << 10
# Acrobat and most readers accept a header within the first kilobyte.
PDF_HEADER_WITHIN = 1024
MAX_LISTED_MEMBERS = 10_000
UNKNOWN = "application/octet-stream"
ZIP = "application/zip"

_OOXML = "application/vnd.openxmlformats-officedocument."
_ZIP_KINDS = (
    ("word/", f"{_OOXML}wordprocessingml.document"),
    ("xl/", f"{_OOXML}spreadsheetml.sheet"),
    ("ppt/", f"{_OOXML}presentationml.presentation"),
    ("OFD.xml", "application/ofd"),
)
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"GIF8", "image/gif"),
    (0, b"BM", "image/bmp"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/x-wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic",
    b"msf1": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"avif": "image/avif", b"M4A ": "audio/mp4", b"qt  ": "video/quicktime",
}  # fmt: skip
_OLE_BY_EXTENSION = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
_SAME = {"jpeg": "jpg", "tiff": "tif", "heif": "heic", "htm": "html", "mpeg": "mp3"}
_MAIL_HEADER = re.compile(
    rb"^(?:received|return-path|from|to|subject|date|message-id|mime-version|"
    rb"delivered-to|x-[a-z-]+|content-type|dkim-signature|reply-to|sender):",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Identified:
    """What the bytes say the file is."""

    media_type: str
    extension: str
    findings: tuple[Finding, ...]


def identify(path: Path, claimed_name: str) -> Identified:
    """Tell the media type of `path` by content; `claimed_name` is only compared."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    media_type = _by_signature(head, path, claimed_name) or _by_text(head)
    extension = extension_for(media_type)
    return Identified(media_type, extension, _mismatch(media_type, claimed_name))


def _by_signature(head: bytes, path: Path, claimed_name: str) -> str | None:
    if b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return "application/pdf"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_kind(path)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    for offset, signature, media_type in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return _ole_kind(media_type, claimed_name)
    if len(head) > 1 and head[0] == 0xFF and head[1] in (0xFB, 0xF3, 0xF2):
        return "audio/mpeg"
    return None


def _zip_kind(path: Path) -> str:
    """Office files are ZIPs; their member names tell, nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:MAX_LISTED_MEMBERS]
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                stored = archive.getinfo("mimetype").compress_type == 0
                declared = archive.read("mimetype").decode("latin-1") if stored else ""
                if declared.startswith("application/vnd.oasis.opendocument."):
                    return declared
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ZIP
    for prefix, media_type in _ZIP_KINDS:
        if any(name.startswith(prefix) for name in names):
            return media_type
    return ZIP


def _ole_kind(media_type: str, claimed_name: str) -> str:
    if media_type != "application/x-ole-storage":
        return media_type
    # The container is one format for all; which program wrote it is in a directory
    # that only a decoder can read, so the claimed extension decides the name only.
    return _OLE_BY_EXTENSION.get(_claimed_extension(claimed_name), media_type)


def _by_text(head: bytes) -> str:
    if not head or b"\0" in head:
        return UNKNOWN
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:4096]
    if _MARKUP.match(start):
        return "text/html"
    if start.startswith((b"<svg", b"<?xml")):
        return "image/svg+xml" if b"<svg" in start else "application/xml"
    block = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    if len(_MAIL_HEADER.findall(block)) >= 2:
        return "message/rfc822"
    return "text/plain" if _is_text(head) else UNKNOWN


def _is_text(head: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\r\n\f\x1b" for byte in head)
    if controls > len(head) // 100:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            # A character may be cut at the end of what was read.
            head[: len(head) - 4 if len(head) == HEAD else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _mismatch(media_type: str, claimed_name: str) -> tuple[Finding, ...]:
    claimed = _claimed_extension(claimed_name)
    extension = extension_for(media_type)
    if not claimed or media_type == UNKNOWN:
        return ()
    if _SAME.get(claimed, claimed) == _SAME.get(extension, extension):
        return ()
    if claimed not in EXTENSIONS.values() and media_type.startswith("text/"):
        return ()
    return (Finding("TYPE_MISMATCH", f"named .{claimed}, is {media_type}"),)


def _claimed_extension(claimed_name: str) -> str:
    return PurePath(claimed_name).suffix.lower().lstrip(".")[:10]
