"""libarchive, the system's library for 7z, RAR and tar: entries and their bytes.

Only the formats that the caller names are tried, so an archive cannot pass for one
of the two dozen others that the library knows. Nothing is written to disk by it.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from workers.tools.probe import ToolProbe

READ_AT_ONCE: Final = 1 << 20
FILE_TYPE, PLAIN_FILE, FOLDER = 0o170000, 0o100000, 0o040000
_USUAL_NAME: Final = "libarchive.so.13"
_BLOCK: Final = 64 << 10
_FATAL: Final = -30


class ArchiveFailure(Exception):
    """libarchive failed; `said` is its message, `fatal` that nothing more comes."""

    def __init__(self, said: str, *, fatal: bool) -> None:
        super().__init__(said)
        self.said = said
        self.fatal = fatal


@dataclass(frozen=True, slots=True)
class Entry:
    """What an archive says about a member; `raw_name` is in no known encoding.

    `size` is what is claimed, None where nothing is; `links` counts hard links too.
    """

    raw_name: bytes
    size: int | None
    is_folder: bool
    is_link_or_device: bool
    is_encrypted: bool


def probe() -> ToolProbe:
    """Whether the library is here, and its version."""
    try:
        number = int(_library().version_number())
    except (ImportError, OSError, AttributeError, TypeError):
        return ToolProbe("libarchive", None)
    parts = (number // 1_000_000, number // 1000 % 1000, number % 1000)
    return ToolProbe("libarchive", ".".join(str(part) for part in parts))


class Opened:
    """An archive that is read from its beginning to its end, once."""

    def __init__(self, library: ModuleType, archive: int) -> None:
        self._library = library
        self._archive = archive
        self._buffer = ctypes.create_string_buffer(READ_AT_ONCE)

    def entries(self) -> Iterator[Entry]:
        """The members in their order.

        Raises:
            ArchiveFailure: the rest of the archive cannot be read.
        """
        library = self._library
        entry = library.entry_new()
        try:
            while self._call(library.read_next_header2, entry) != library.ARCHIVE_EOF:
                yield _entry(library, entry)
        finally:
            library.entry_free(entry)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the member that `entries` gave last, holes as zeros.

        Raises:
            ArchiveFailure: damaged, encrypted, or packed in an unknown way.
        """
        while size := self._call(self._library.read_data, self._buffer, READ_AT_ONCE):
            if size < 0:
                # A warning, which the binding lets pass: so a 7z says "bad CRC".
                said = self._library.error_string(self._archive) or b""
                raise ArchiveFailure(said.decode("utf-8", "replace"), fatal=False)
            yield self._buffer.raw[:size]

    def _call(self, function: Any, *arguments: Any) -> int:
        try:
            return int(function(self._archive, *arguments))
        except self._library.ArchiveError as error:
            said = str(error.msg or "")[:300]
            raise ArchiveFailure(said, fatal=error.retcode == _FATAL) from error


@contextmanager
def opened(
    path: Path, formats: tuple[str, ...], filters: tuple[str, ...]
) -> Iterator[Opened]:
    """Open `path` as one of `formats`, packed as a whole by one of `filters`.

    Raises:
        ArchiveFailure: it is none of them.
    """
    library = _library()
    archive = library.read_new()
    try:
        for name in filters:
            library.get_read_filter_function(name)(archive)
        for name in formats:
            library.get_read_format_function(name)(archive)
        try:
            library.read_open_filename_w(archive, str(path), _BLOCK)
        except library.ArchiveError as error:
            raise ArchiveFailure(str(error.msg or "")[:300], fatal=True) from error
        yield Opened(library, archive)
    finally:
        library.read_free(archive)


def _entry(library: ModuleType, entry: int) -> Entry:
    size = library.entry_size(entry) if library.entry_size_is_set(entry) else None
    kind = library.entry_filetype(entry) & FILE_TYPE
    linked = library.entry_symlink(entry) or library.entry_hardlink(entry)
    return Entry(
        raw_name=_raw_name(library, entry),
        size=size,
        is_folder=kind == FOLDER,
        is_link_or_device=bool(linked) or kind not in (0, PLAIN_FILE, FOLDER),
        is_encrypted=bool(library.entry_is_encrypted(entry)),
    )


def _raw_name(library: ModuleType, entry: int) -> bytes:
    """The name as the archive has it; one in Unicode comes as UTF-8."""
    name = library.entry_pathname(entry) or library.entry_pathname_utf8(entry)
    return bytes(name or b"")


@functools.cache
def _library() -> ModuleType:
    """The binding, and three functions that it does not declare.

    Raises:
        ImportError, OSError, AttributeError, TypeError: the library is not here.
    """
    _name_library()
    logging.getLogger("libarchive").setLevel(logging.CRITICAL)
    # The import loads the system's library, which may be absent.
    from libarchive import ffi  # type: ignore[import-untyped]  # noqa: PLC0415

    pointer, text, number = ffi.c_archive_entry_p, ctypes.c_char_p, ctypes.c_int
    ffi.ffi("entry_pathname_utf8", [pointer], text)
    ffi.ffi("entry_is_encrypted", [pointer], number)
    module: ModuleType = ffi
    return module


def _name_library() -> None:
    """Spare the binding a search that starts other programs, where that is possible."""
    if "LIBARCHIVE" in os.environ:
        return
    try:
        ctypes.CDLL(_USUAL_NAME)
    except OSError:
        return
    os.environ["LIBARCHIVE"] = _USUAL_NAME
