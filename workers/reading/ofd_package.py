"""The files inside an OFD and how they name each other (GB/T 33190-2016, 7.1, 7.2).

Places (`ST_Loc`) are paths from the root when they begin with `/`, else from the
folder of the file they stand in. Writers get this wrong in known ways (back slashes,
other letter case, paths from the document's folder); what such a place can only mean
is found, and nothing outside the package ever is.
"""

from __future__ import annotations

import posixpath
import zipfile
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Unreadable, UnreadableReason
from workers.reading.zipped_xml import parse_part

LARGEST_FILE: Final = 256 << 20
# GM/T 0099-2020: what an encrypted OFD carries beside `OFD.xml`.
_ENCRYPTION = frozenset({"encryptions.xml", "entriesmap.dat", "decryptseed.dat"})


class OfdPackage:
    """An opened OFD; names inside are told apart without regard to letter case."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_key(name): name for name in archive.namelist()}
        self._parsed: dict[str, Element] = {}

    @property
    def is_encrypted(self) -> bool:
        """Whether it carries the lists of an encrypted OFD."""
        return any(posixpath.basename(key) in _ENCRYPTION for key in self._names)

    def locate(self, place: str, *bases: str) -> str | None:
        """The file that `place` names inside the file `bases[0]`, if it is there.

        Further bases are tried in turn, then the root of the package.
        """
        for base in (*bases, ""):
            key = _key(_joined(posixpath.dirname(base), place))
            if key in self._names:
                return self._names[key]
        return None

    def xml(self, name: str) -> Element:
        """The root element of a file, parsed once.

        Raises:
            Unreadable: CORRUPT, LIMIT_MEM or XML_ENTITIES.
        """
        if name not in self._parsed:
            self._parsed[name] = parse_part(self._archive, name)
        return self._parsed[name]

    def data(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            Unreadable: CORRUPT or LIMIT_MEM.
        """
        if self._archive.getinfo(name).file_size > LARGEST_FILE:
            raise Unreadable(UnreadableReason.LIMIT_MEM, "one file is too large")
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            detail = f"{type(error).__name__} in a file"
            raise Unreadable(UnreadableReason.CORRUPT, detail) from error


def _joined(folder: str, place: str) -> str:
    clean = place.strip().replace("\\", "/")
    if clean.startswith("/"):
        return clean
    return posixpath.join(folder, clean)


def _key(path: str) -> str:
    """A path as it is compared; `..` cannot lead out of the package."""
    whole = posixpath.normpath("/" + path.replace("\\", "/"))
    return whole.lstrip("/").lower()
