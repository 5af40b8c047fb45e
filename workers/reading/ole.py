"""The old Office container: which program's document it is, and whether it opens.

Word, Excel and PowerPoint up to 2003, and WPS in its own formats, are told apart by
the streams in the container ([MS-DOC] 2.1, [MS-XLS] 2.1, [MS-PPT] 2.1). Encrypted ones
are named as such before anything tries to open them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import olefile  # type: ignore[import-untyped]  # ships no types

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.legacy_office import EXCEL, POWERPOINT, WORD, Kind, read_converted
from workers.reading.msg import is_message, read_message
from workers.reading.office_dates import OFFERED
from workers.reading.ole_streams import (
    is_encrypted_presentation,
    is_encrypted_text,
    look_at_workbook,
)

LARGEST_STREAM: Final = 256 << 20
_ENCRYPTED = "EncryptedPackage"  # [MS-OFFCRYPTO] 2.3.4.4
_STREAMS: Final = (
    ("WordDocument", WORD, "application/msword"),
    ("Workbook", EXCEL, "application/vnd.ms-excel"),
    ("Book", EXCEL, "application/vnd.ms-excel"),
    ("PowerPoint Document", POWERPOINT, "application/vnd.ms-powerpoint"),
)
_SAME = {
    "application/wps-office.wps": "application/msword",
    "application/wps-office.et": "application/vnd.ms-excel",
    "application/wps-office.dps": "application/vnd.ms-powerpoint",
}
_MACROS = frozenset({"_vba_project_cur", "macros", "vba"})


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    try:
        with olefile.OleFileIO(path) as container:
            if is_message(container):
                read_message(container, context, content)
                return
            kind, stream = _kind(container, content)
            _look(container, kind, stream, content)
            _add_dates(container, content)
    except (OSError, ValueError, IndexError, RecursionError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    context.step()
    read_converted(path, kind, context, content)


def _kind(container: olefile.OleFileIO, content: Content) -> tuple[Kind, str]:
    if container.exists(_ENCRYPTED):
        raise Unreadable(UnreadableReason.ENCRYPTED, "Office password")
    for stream, kind, media_type in _STREAMS:
        if container.exists(stream):
            claimed = _SAME.get(content.media_type, content.media_type)
            if claimed not in (media_type, "application/x-ole-storage"):
                content.find("TYPE_MISMATCH", f"its content is {media_type}")
            return kind, stream
    raise Unreadable(UnreadableReason.NO_READER, content.media_type)


def _look(
    container: olefile.OleFileIO, kind: Kind, stream: str, content: Content
) -> None:
    """Refuse what is encrypted; note what people should know.

    Raises:
        Unreadable: ENCRYPTED.
    """
    names = {
        part.lower() for entry in container.listdir(storages=True) for part in entry
    }
    if names & _MACROS:
        content.find("ACTIVE_CONTENT", "macros")
    if "objectpool" in names or any(name.startswith("mbd") for name in names):
        content.find("ATTACHMENTS", "embedded objects")
    if "_signatures" in names or "_xmlsignatures" in names:
        content.find("SIGNED")
    if kind is EXCEL:
        locked = look_at_workbook(_bytes(container, stream), content)
    elif kind is WORD:
        locked = is_encrypted_text(_bytes(container, stream))
    else:
        user = container.exists("Current User")
        locked = user and is_encrypted_presentation(_bytes(container, "Current User"))
    if locked:
        raise Unreadable(UnreadableReason.ENCRYPTED, "Office password")


def _bytes(container: olefile.OleFileIO, stream: str) -> bytes:
    with container.openstream(stream) as opened:
        data = opened.read(LARGEST_STREAM)
    return bytes(data)


def _add_dates(container: olefile.OleFileIO, content: Content) -> None:
    """Dates from the summary of the document: offered, as those of newer formats."""
    try:
        summary = container.get_metadata()
    except Exception:  # noqa: BLE001 (properties that are no properties)
        return
    for name in ("create_time", "last_saved_time", "last_printed"):
        moment = getattr(summary, name, None)
        if moment is not None and hasattr(moment, "date"):
            day = moment.date().isoformat()
            content.add_date(day, OFFERED, str(moment), f"office {name}")
