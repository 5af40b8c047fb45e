"""Office formats that only LibreOffice reads, through what it makes of them.

Documents and slides become a PDF, which goes through the PDF reader: lines with
places, pictures of the pages. Workbooks become XLSX, because a printed cell is cut
where its column ends, and their sheets are drawn for the eye only. What is seen is
LibreOffice's layout with the fonts of this machine; a finding says so.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from workers.reading import pdf, xlsx
from workers.reading.content import Content, Context
from workers.reading.drawn_pages import draw_pages, note_producer
from workers.reading.no_network import NoFilterError, forbid_network
from workers.tools.libreoffice import OfficeError, convert, program

COPY: Final = "office-original"
RTF_LOOKED_AT: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: its ending, LibreOffice's filters in and out."""

    ending: str
    import_filter: str
    export: str


WORD: Final = Kind("doc", "MS Word 97", "pdf:writer_pdf_Export")
RTF: Final = Kind("rtf", "Rich Text Format", "pdf:writer_pdf_Export")
# One page a sheet: a row that is cut in two by the paper is no row any more.
EXCEL: Final = Kind(
    "xls",
    "MS Excel 97",
    'pdf:calc_pdf_Export:{"SinglePageSheets":{"type":"boolean","value":"true"}}',
)
POWERPOINT: Final = Kind(
    "ppt",
    "MS PowerPoint 97",
    'pdf:impress_pdf_Export:{"ExportHiddenSlides":{"type":"boolean","value":"true"}}',
)


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader; for RTF, which is no container."""
    with path.open("rb") as stream:
        data = stream.read(RTF_LOOKED_AT)
    if b"\\objdata" in data:
        content.find("ATTACHMENTS", "embedded objects")
    if b"\\*\\template" in data or b"INCLUDEPICTURE" in data:
        content.find("EXTERNAL_REF", "template or linked picture")
    read_converted(path, RTF, context, content)


def read_converted(path: Path, kind: Kind, context: Context, content: Content) -> None:
    """Read a file through what LibreOffice makes of it.

    Raises:
        Unreadable: TOOL_MISSING, LIMIT_TIME, CORRUPT, or as the next reader says.
    """
    if program() is None:
        raise Unreadable(UnreadableReason.TOOL_MISSING, "LibreOffice")
    try:
        # Documents may name pictures on the Internet, which must not be asked for.
        forbid_network()
    except NoFilterError as error:
        detail = f"LibreOffice: {error.strerror}"
        raise Unreadable(UnreadableReason.TOOL_MISSING, detail) from error
    copy = _copied(path, kind, context)
    if kind is EXCEL:
        xlsx.read(_converted(copy, kind, "xlsx", context), context, content)
        draw_pages(_converted(copy, kind, kind.export, context), context, content)
    else:
        made = _converted(copy, kind, kind.export, context)
        note_producer(made, content)
        pdf.read(made, context, content)


def _copied(path: Path, kind: Kind, context: Context) -> Path:
    # A copy: LibreOffice writes a lock beside what it opens, and goes by the ending.
    folder = context.work / COPY
    folder.mkdir()
    copy = folder / f"original.{kind.ending}"
    shutil.copyfile(path, copy)
    return copy


def _converted(copy: Path, kind: Kind, target: str, context: Context) -> Path:
    try:
        return convert(copy, context.work, kind.import_filter, target)
    except OfficeError as error:
        reason = UnreadableReason.LIMIT_TIME if error.late else UnreadableReason.CORRUPT
        raise Unreadable(reason, f"LibreOffice: {error.said}"[:300]) from error
    finally:
        context.step()
