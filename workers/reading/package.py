"""Checks on a document that is a ZIP of XML parts, before any library opens it.

Every part is unpacked once into nothing, counting: what sizes a ZIP declares is not
believed. Entities have no place in such documents (ECMA-376 part 2, 8.2; ODF 1.3
part 2), so a part that defines any is an attack or an accident.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.office_dates import add_office_dates

CHUNK: Final = 1 << 20
ENCRYPTED_FLAG: Final = 0x1

_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY|<\0!\0(?:D\0O|E\0N)|\0<\0!\0(?:D\0O|E\0N)")
_XML = (".xml", ".rels", ".vml")
_EXTERNAL = re.compile(rb"<[^>]*TargetMode=[\"']External[\"'][^>]*>")
_PICTURE = re.compile(
    r"(?:^|/)(?:media|Pictures)/[^/]+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|webp|heic)",
    re.IGNORECASE,
)
_SIGNATURES = re.compile(r"_xmlsignatures/|^META-INF/documentsignatures\.xml$")
_EMBEDDED = re.compile(r"(?:^|/)(?:embeddings|oleObjects|Object \d+)/", re.IGNORECASE)


class Weight:
    """Counts what comes out of an archive against what went in."""

    def __init__(self, context: Context) -> None:
        self._limits = context.limits
        self._out = 0
        self._packed = 0

    def begin(self, member: zipfile.ZipInfo) -> None:
        """Count the packed size of the next member."""
        self.went_in(member.compress_size)

    def went_in(self, size: int) -> None:
        """Count bytes that were packed."""
        self._packed += size

    def add(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            Unreadable: ARCHIVE_BOMB.
        """
        self._out += size
        much = self._out > self._limits.ratio_from
        steep = self._out > self._limits.ratio * max(1, self._packed)
        if self._out > self._limits.expanded or (much and steep):
            detail = f"more than {self._out >> 20} MiB from {self._packed} bytes"
            raise Unreadable(UnreadableReason.ARCHIVE_BOMB, detail)


def open_package(path: Path, context: Context) -> zipfile.ZipFile:
    """Open a ZIP.

    Raises:
        Unreadable: TRUNCATED, CORRUPT or ARCHIVE_MEMBER_LIMIT.
    """
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise _no_zip(path) from error
    except (ValueError, NotImplementedError, OSError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    if len(archive.infolist()) > context.limits.members:
        detail = f"{len(archive.infolist())} members"
        raise Unreadable(UnreadableReason.ARCHIVE_MEMBER_LIMIT, detail)
    return archive


def _no_zip(path: Path) -> Unreadable:
    """The end record of a ZIP stands last: without it the end is missing."""
    with path.open("rb") as stream:
        begins = stream.read(4) == b"PK\x03\x04"
        stream.seek(max(0, path.stat().st_size - (64 << 10)))
        ends = b"PK\x05\x06" in stream.read()
    if begins and not ends:
        return Unreadable(UnreadableReason.TRUNCATED, "no end of the ZIP")
    return Unreadable(UnreadableReason.CORRUPT, "no ZIP")


def check_package(path: Path, context: Context, content: Content) -> None:
    """Unpack every part once and note what it says of the document.

    Raises:
        Unreadable: a bomb, entities, a damaged or encrypted part.
    """
    weight = Weight(context)
    with open_package(path, context) as archive:
        for member in archive.infolist():
            _check_part(archive, member, weight, content)
            context.step()
        _count_pictures(archive, content)
        add_office_dates(archive, content)


def _count_pictures(archive: zipfile.ZipFile, content: Content) -> None:
    """Say that there are pictures: the words in them are not read."""
    pictures = sum(bool(_PICTURE.search(name)) for name in archive.namelist())
    if pictures:
        content.find("PICTURES_INSIDE", f"{pictures}")


def _check_part(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    weight: Weight,
    content: Content,
) -> None:
    if member.flag_bits & ENCRYPTED_FLAG:
        raise Unreadable(UnreadableReason.ENCRYPTED, "ZIP encryption")
    if _EMBEDDED.search(member.filename):
        content.find("ATTACHMENTS", member.filename)
    if _SIGNATURES.search(member.filename):
        content.find("SIGNED")
    if "activeX/" in member.filename:
        content.find("ACTIVE_CONTENT", "ActiveX")
    if member.filename.startswith(("Basic/", "Scripts/")):
        content.find("ACTIVE_CONTENT", "macros")
    weight.begin(member)
    is_xml = member.filename.lower().endswith(_XML)
    tail = b""
    try:
        with archive.open(member) as part:
            while chunk := part.read(CHUNK):
                weight.add(len(chunk))
                if is_xml:
                    _look(tail + chunk, member.filename, content)
                    tail = chunk[-200:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        detail = f"{type(error).__name__} in a part"
        raise Unreadable(UnreadableReason.CORRUPT, detail) from error


def _look(xml: bytes, name: str, content: Content) -> None:
    if _DOCTYPE.search(xml):
        raise Unreadable(UnreadableReason.XML_ENTITIES, name[-100:])
    if name.endswith(".rels"):
        for relation in _EXTERNAL.findall(xml):
            if b"/hyperlink" not in relation:
                target = re.search(rb"Target=[\"']([^\"']{0,200})", relation)
                found = target[1] if target else b""
                content.find("EXTERNAL_REF", found.decode("utf-8", "replace"))
    if b"encryption-data" in xml and name.endswith("manifest.xml"):
        raise Unreadable(UnreadableReason.ENCRYPTED, "ODF password")
