"""ASiC containers (ETSI EN 319 162-1) that others bring: read, never unpacked.

What is read here: the ZIP, its names, and which digests the files under META-INF
state for which data objects. Nothing is written anywhere and no name of the container
is ever used as a path. Signatures themselves are not judged here.
"""

from __future__ import annotations

import hashlib
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from integrity.canonical import parse_base64
from integrity.digest import CHUNK_BYTES
from integrity.errors import MalformedError

MIMETYPE = "mimetype"
META = "META-INF/"
EXTENDED = b"application/vnd.etsi.asic-e+zip"
SIMPLE = b"application/vnd.etsi.asic-s+zip"
MAX_ENTRIES = 1000
MAX_TOTAL_BYTES = 1 << 30  # of all content together, counted as it comes out
MAX_META_BYTES = 16 << 20  # signatures with lists of revoked certificates are large
MAX_REFERENCES = 10_000
_WHAT = "ASiC container"
_ENCRYPTED = 0x1
# What zipfile raises on hostile bytes; a name that is not UTF-8 is a ValueError.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    ValueError,
)
_SAFE_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

_SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml", re.IGNORECASE)
_MANIFEST = re.compile(r"META-INF/ASiC[^/]*Manifest[^/]*\.xml", re.IGNORECASE)
_TOKEN = re.compile(r"META-INF/[^/]*timestamp[^/]*\.tst", re.IGNORECASE)
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
# Those that still bind one file; XML Signature names them by address.
DIGESTS: Mapping[str, str] = MappingProxyType(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A digest that a signature or manifest states for a file of the container.

    `algorithm` is None where it is not one of `DIGESTS`, or where the file was to be
    transformed before hashing: then nothing can be compared.
    """

    source: str
    name: str
    algorithm: str | None
    digest: bytes


class AsicContainer:
    """A container whose ZIP and names have been checked; content is read on demand.

    Raises on construction:
        MalformedError: no container of this kind, unsafe names, or over a bound.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(stream)
        except _UNREADABLE as error:
            raise MalformedError(_WHAT, "it is no ZIP") from error
        self._entries = self._checked_entries()
        self._digests = dict[tuple[str, str], bytes]()
        self.simple = self._read(MIMETYPE, len(EXTENDED)) == SIMPLE

    def check_names(self) -> None:
        """Refuse names that would lead out of a folder, and what ASiC-S forbids.

        Raises:
            MalformedError: naming the first offending name.
        """
        for name in self._entries:
            _check_name(name)
        folded = {name.casefold() for name in self._entries}
        if len(folded) != len(self._entries):
            raise MalformedError(_WHAT, "two names differ by case only")
        if self.simple and (len(self.objects) != 1 or "/" in self.objects[0]):
            raise MalformedError(_WHAT, "not exactly one file beside META-INF")

    @property
    def objects(self) -> tuple[str, ...]:
        """Names of the data objects: what stands beside `mimetype` and META-INF."""
        return tuple(
            name
            for name in self._entries
            if name != MIMETYPE and not name.startswith(META)
        )

    @property
    def tokens(self) -> tuple[str, ...]:
        """Names of the time-stamp tokens."""
        return tuple(name for name in self._entries if _TOKEN.fullmatch(name))

    @property
    def signatures(self) -> tuple[str, ...]:
        """Names of the XML signature files."""
        return tuple(name for name in self._entries if _SIGNATURES.fullmatch(name))

    @property
    def manifests(self) -> tuple[str, ...]:
        """Names of the manifests that a CMS signature or a time stamp covers."""
        return tuple(name for name in self._entries if _MANIFEST.fullmatch(name))

    def meta(self, name: str) -> bytes:
        """The content of a file under META-INF, bounded.

        Raises:
            MalformedError: it cannot be read, or is too long.
        """
        return self._read(name, MAX_META_BYTES)

    def digest(self, name: str, algorithm: str) -> bytes:
        """The digest of one file, read in pieces.

        Raises:
            MalformedError: no such file, or it cannot be read.
        """
        key = (name, algorithm)
        if key not in self._digests:  # thousands of references may name one file
            digest = hashlib.new(algorithm)
            for chunk in self._chunks(name):
                digest.update(chunk)
            self._digests[key] = digest.digest()
        return self._digests[key]

    def references(self) -> tuple[Reference, ...]:
        """What the signatures and manifests state, in the order of the files.

        Raises:
            MalformedError: one of them is not XML of its kind.
        """
        found = list[Reference]()
        for name in self.signatures:
            found += _xades_references(name, _xml(name, self.meta(name)))
        for name in self.manifests:
            found += _manifest_references(name, _xml(name, self.meta(name)))
        if len(found) > MAX_REFERENCES:
            raise MalformedError(_WHAT, f"over {MAX_REFERENCES} references")
        return tuple(found)

    def _checked_entries(self) -> dict[str, zipfile.ZipInfo]:
        entries = self._zip.infolist()
        if not 0 < len(entries) <= MAX_ENTRIES:
            raise MalformedError(_WHAT, f"it has not 1 to {MAX_ENTRIES} entries")
        if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
            raise MalformedError(_WHAT, f"its content is over {MAX_TOTAL_BYTES} bytes")
        _check_first(min(entries, key=lambda entry: entry.header_offset))
        found = dict[str, zipfile.ZipInfo]()
        for entry in entries:
            if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _SAFE_METHODS:
                raise MalformedError(_WHAT, "an entry is encrypted or packed otherwise")
            if entry.filename != entry.orig_filename:
                raise MalformedError(_WHAT, "a name holds a zero byte")
            if entry.filename in found:
                raise MalformedError(_WHAT, "a name stands there twice")
            if not entry.is_dir():
                found[entry.filename] = entry
        return found

    def _read(self, name: str, limit: int) -> bytes:
        content = b""
        for chunk in self._chunks(name):
            content += chunk
            if len(content) > limit:
                raise MalformedError(name, f"longer than {limit} bytes")
        return content

    def _chunks(self, name: str) -> Iterator[bytes]:
        """The content; never more than the size that was counted above."""
        entry = self._entries.get(name)
        if entry is None:
            raise MalformedError(name, "not in the container")
        try:
            with self._zip.open(entry) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk
        except _UNREADABLE as error:
            raise MalformedError(name, "it cannot be unpacked") from error


def looks_like_asic(beginning: bytes) -> bool:
    """Whether a file that begins so says that it is an ASiC container."""
    named = beginning[30:38] == MIMETYPE.encode("ascii")
    return named and b"application/vnd.etsi.asic-" in beginning


def _check_first(entry: zipfile.ZipInfo) -> None:
    """`mimetype` comes first, stored, so that it stands at a fixed place (A.1)."""
    if entry.header_offset != 0 or entry.filename != MIMETYPE:
        raise MalformedError(_WHAT, "it does not begin with its mimetype")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise MalformedError(_WHAT, "its mimetype is packed")
    if entry.file_size != len(EXTENDED):
        raise MalformedError(_WHAT, "its mimetype is another one")


def _check_name(name: str) -> None:
    unsafe = any(part in {"", ".", ".."} for part in name.split("/"))
    drive = len(name) > 1 and name[1] == ":"
    if unsafe or drive or "\\" in name:
        raise MalformedError(f"name {name!r}", "it leads out of its folder")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise MalformedError(f"name {name!r}", "it holds a control character")


def _xml(name: str, data: bytes) -> Element:
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise MalformedError(name, "it is no XML, or it brings definitions") from error
    ids = [element.get("Id") for element in root.iter() if element.get("Id")]
    if len(set(ids)) != len(ids):
        raise MalformedError(name, "an Id stands there twice")
    return root


def _xades_references(source: str, root: Element) -> Iterator[Reference]:
    signatures = list(root.iter(f"{_DS}Signature"))
    if not signatures:
        raise MalformedError(source, "it holds no signature")
    for signature in signatures:
        path = f"{_DS}SignedInfo/{_DS}Reference"
        for element in signature.findall(path):
            address = element.get("URI", "")
            if not address.startswith("#"):
                transformed = element.find(f"{_DS}Transforms") is not None
                yield _reference(source, element, address, known=not transformed)


def _manifest_references(source: str, root: Element) -> Iterator[Reference]:
    for element in root.iter(f"{_ASIC}DataObjectReference"):
        yield _reference(source, element, element.get("URI", ""), known=True)


def _reference(
    source: str, element: Element, address: str, *, known: bool
) -> Reference:
    method = element.find(f"{_DS}DigestMethod")
    value = element.findtext(f"{_DS}DigestValue")
    if method is None or value is None:
        raise MalformedError(source, "a reference states no digest")
    algorithm = DIGESTS.get(method.get("Algorithm", "")) if known else None
    digest = parse_base64(source, "".join(value.split()))
    return Reference(source, unquote(address).lstrip("/"), algorithm, digest)
