"""The media type of a file from its own bytes.

The extension and the sender's type are claims; they can only add the finding
TYPE_MISMATCH. Nothing is decoded or unpacked here: the web process calls this on
foreign bytes.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from intake.naming import EXTENSIONS, extension_for
from intake.reading import Finding
from intake.signatures import (
    BRANDS,
    EXECUTABLE,
    MACRO_PART,
    MACROS,
    MP4,
    OLE,
    OLE_BY_EXTENSION,
    PDF,
    RIFF_TYPES,
    SAME_KIND,
    SIGNATURES,
    UNKNOWN,
    ZIP,
    ZIP_KINDS,
)

HEAD: Final = 64 << 10
TAIL: Final = (64 << 10) + 22  # the longest comment of a ZIP, and its end record
PDF_HEADER_WITHIN: Final = 1024  # readers accept a header within the first kilobyte
MAX_DIRECTORY: Final = 32 << 20  # a ZIP's list of members that we are ready to parse

_END_RECORD = struct.Struct("<4s4H2LH")
_MAIL_HEADER = re.compile(
    rb"^(?:received|return-path|from|to|subject|date|message-id|mime-version|"
    rb"delivered-to|x-[a-z-]+|content-type|dkim-signature|reply-to|sender|cc):",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|title|table|div)[\s>/]", re.IGNORECASE
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html)[\s>/]", re.IGNORECASE)
_ELEMENT = re.compile(rb"<([A-Za-z_][A-Za-z0-9_.:-]{0,80})[\s>]")
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\r\n\f\x1b")
_MPEG_FRAMES = (b"\xfb", b"\xfa", b"\xf3", b"\xf2", b"\xe3", b"\xe2")


@dataclass(frozen=True, slots=True)
class Identified:
    """What the bytes say the file is; `extension` is for our name of it."""

    media_type: str
    extension: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Sample:
    """The parts of a file that are looked at."""

    head: bytes
    tail: bytes
    size: int
    path: Path
    claimed_extension: str


def identify(path: Path, claimed_name: str) -> Identified:
    """Tell the media type of `path` by content; `claimed_name` is only compared."""
    with path.open("rb") as stream:
        sample = _sample(stream, path, claimed_name)
    media_type = _media_type(sample)
    findings = (*_mismatch(sample, media_type), *_ambiguous(sample, media_type))
    return Identified(media_type, extension_for(media_type), findings)


def _sample(stream: BinaryIO, path: Path, claimed_name: str) -> _Sample:
    head = stream.read(HEAD)
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - TAIL))
    return _Sample(head, stream.read(TAIL), size, path, _extension(claimed_name))


def _extension(claimed_name: str) -> str:
    return PurePath(claimed_name).suffix.lower().lstrip(".")[:10]


def _media_type(sample: _Sample) -> str:
    return (
        _by_signature(sample)
        or (ZIP if _zip_end(sample.tail) is not None else None)
        or _by_text(sample)
    )


def _by_signature(sample: _Sample) -> str | None:
    if b"%PDF-" in sample.head[:PDF_HEADER_WITHIN]:
        return PDF
    if sample.head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _zip_kind(sample)
    return _by_box(sample.head) or _by_table(sample) or _by_weak_sign(sample.head)


def _by_box(head: bytes) -> str | None:
    """ISO/IEC 14496-12 section 4.3; before it there was no file type box."""
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], MP4)
    return "video/quicktime" if head[4:8] in (b"moov", b"mdat", b"wide") else None


def _by_table(sample: _Sample) -> str | None:
    for offset, signature, media_type in SIGNATURES:
        if sample.head[offset : offset + len(signature)] == signature:
            return _checked(sample, media_type)
    return None


def _by_weak_sign(head: bytes) -> str | None:
    """Signs of two bytes, which count only together with something else."""
    if head[:2] == b"MZ" and b"PE\0\0" in head[:4096]:
        return EXECUTABLE
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    is_mpeg = head[:1] == b"\xff" and head[1:2] in _MPEG_FRAMES
    return "audio/mpeg" if is_mpeg else None


def _checked(sample: _Sample, media_type: str) -> str | None:
    if media_type in RIFF_TYPES and sample.head[:4] != b"RIFF":
        return None
    if media_type == "video/webm" and b"webm" not in sample.head[:64]:
        return "video/x-matroska"
    if media_type == OLE:
        # The container is one format for all; which program wrote it stands in a
        # directory that only a decoder can read, so the claim gives the name only.
        return OLE_BY_EXTENSION.get(sample.claimed_extension, OLE)
    return media_type


def _zip_kind(sample: _Sample) -> str:
    """Office files are ZIPs; their member names tell, nothing is unpacked."""
    if sample.head[30:38] == b"mimetype":  # stored first, by ODF 1.3 part 2, 3.3
        declared = re.match(rb"[a-z./+-]{1,80}", sample.head[38:120])
        if declared and declared[0].startswith(b"application/vnd.oasis.opendocument."):
            return declared[0].decode("ascii").removesuffix("PK")
    names = _zip_names(sample)
    if any(name.endswith(MACRO_PART) for name in names):
        return MACROS
    for prefix, media_type in ZIP_KINDS:
        if any(name.startswith(prefix) for name in names):
            return media_type
    return ZIP


def _zip_names(sample: _Sample) -> list[str]:
    end = _zip_end(sample.tail)
    if end is None or end > MAX_DIRECTORY:
        return []
    try:
        with zipfile.ZipFile(sample.path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _zip_end(tail: bytes) -> int | None:
    """The size of a ZIP's directory, if the file ends as a ZIP does."""
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + _END_RECORD.size > len(tail):
        return None
    _, _, _, _, _, size, _, comment = _END_RECORD.unpack_from(tail, place)
    ends = place + _END_RECORD.size + comment
    return int(size) if ends == len(tail) else None


def _by_text(sample: _Sample) -> str:
    head = sample.head
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") and len(head) % 2 == 0:
        is_xml = head[:200].decode("utf-16", "replace").startswith("<?xml")
        return "application/xml" if is_xml else "text/plain"
    if not head or b"\0" in head or not _is_text(sample):
        return UNKNOWN
    return _markup(sample) or _mail(head) or _headless_pdf(sample) or "text/plain"


def _markup(sample: _Sample) -> str | None:
    start = sample.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:4096]
    if not start.startswith(b"<"):
        return None
    if b"<svg" in start:
        return "image/svg+xml"
    # XML may have elements that are called as those of HTML are.
    is_xml = start.startswith(b"<?xml") or _is_one_element(start, sample)
    if (_HTML if is_xml else _MARKUP).search(start):
        return "text/html"
    return "application/xml" if is_xml else None


def _is_one_element(start: bytes, sample: _Sample) -> bool:
    """XML without its declaration: the element that begins the file also ends it."""
    root = _ELEMENT.match(start)
    if root is None or _MARKUP.match(start):
        return False
    return sample.tail.rstrip().endswith(b"</%b>" % root[1])


def _mail(head: bytes) -> str | None:
    block = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    return "message/rfc822" if len(_MAIL_HEADER.findall(block)) > 1 else None


def _headless_pdf(sample: _Sample) -> str | None:
    """A PDF whose header is missing; lenient readers open it."""
    head = sample.head
    marks = b" obj" in head and b"endobj" in head and b"%%EOF" in sample.tail
    return PDF if marks else None


def _is_text(sample: _Sample) -> bool:
    head = sample.head
    controls = sum(byte in _CONTROLS for byte in head)
    if controls > len(head) // 100:
        return False
    # A character may be cut at the end of what was read.
    whole = head if sample.size <= HEAD else head[:-4]
    return _decodes(whole, "utf-8") or _decodes(whole, "gb18030") or controls == 0


def _decodes(data: bytes, encoding: str) -> bool:
    cuts = range(min(4, len(data)))
    return any(_decodes_whole(data[: len(data) - cut], encoding) for cut in cuts)


def _decodes_whole(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _mismatch(sample: _Sample, media_type: str) -> tuple[Finding, ...]:
    claimed, extension = sample.claimed_extension, extension_for(media_type)
    if not claimed or claimed == extension or media_type == UNKNOWN:
        return ()
    if any(claimed in kind and extension in kind for kind in SAME_KIND):
        return ()
    if claimed not in EXTENSIONS.values() and media_type == "text/plain":
        return ()
    return (Finding("TYPE_MISMATCH", f"named .{claimed}, is {media_type}"),)


def _ambiguous(sample: _Sample, media_type: str) -> tuple[Finding, ...]:
    """Bytes that another reader may take for another file."""
    findings = []
    ahead = sample.head[:PDF_HEADER_WITHIN].find(b"%PDF-")
    if (
        media_type == PDF
        and ahead > 0
        and sample.head[:ahead].strip(b"\xef\xbb\xbf \r\n")
    ):
        findings.append(Finding("AMBIGUOUS", f"{ahead} bytes before the PDF header"))
    is_zip = _zip_end(sample.tail) is not None
    if is_zip and sample.head[:2] != b"PK":
        findings.append(Finding("AMBIGUOUS", "ends as a ZIP archive"))
    return tuple(findings)
