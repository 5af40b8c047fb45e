"""What people should know about a PDF beside its pages.

Two sources, because each misses what the other sees: the raw bytes, and the objects
as pdfminer resolves them. Nothing found here is followed or run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdftypes import PDFStream
from pdfminer.psparser import PSLiteral

from workers.reading.budget import LateError, within
from workers.reading.content import Content

MOST_OBJECTS: Final = 20_000
SECONDS: Final = 5.0
RAW: Final = 256 << 20  # bytes looked at

# Three bytes come about by chance in a picture; between words they do not.
_SCRIPT = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia)\b"
    rb"|(?<=[\t\n\r -~]{8})/JS[\t\n\r ]{0,99}"
    rb"(?:[(<]|[0-9]{1,10}[\t\n\r ])[\t\n\r -~]{4}"
)
_ACTIVE = {"JavaScript", "Launch", "ImportData", "SubmitForm", "Rendition"}
_OUTSIDE = {"GoToR", "GoToE", "SubmitForm", "ImportData"}
_USUAL_LINKS = (b"http://", b"https://", b"mailto:", b"tel:", b"www.")


def find_in_bytes(path: Path, content: Content) -> None:
    """Findings that stand in the bytes themselves."""
    with path.open("rb") as stream:
        data = stream.read(RAW)
    if _SCRIPT.search(data):
        content.find("ACTIVE_CONTENT", "script or launch action")
    if b"/ByteRange" in data:
        content.find("SIGNED")
    ends = data.count(b"%%EOF")
    starts = data.count(b"startxref")
    linearized = b"/Linearized" in data[:2048]
    if ends - linearized > 1:
        content.find("INCREMENTAL_UPDATES", f"{ends - linearized} revisions")
    elif starts - linearized > 1:
        content.find("AMBIGUOUS", f"{starts} cross-reference starts")


def find_in_objects(document: PDFDocument, content: Content) -> None:
    """Findings in the objects, as many as fit into the time."""
    try:
        with within(SECONDS):
            for each in _dictionaries(document):
                _look_at(each, content)
    except LateError:
        content.find("AMBIGUOUS", "too many objects to look at all")


def _dictionaries(document: PDFDocument) -> Iterator[dict[str, Any]]:
    seen = 0
    for xref in document.xrefs:
        for number in xref.get_objids():
            seen += 1
            if seen > MOST_OBJECTS:
                return
            try:
                value = document.getobj(number)
            except Exception:  # noqa: BLE001, S112 (pdfminer raises anything)
                continue
            value = value.attrs if isinstance(value, PDFStream) else value
            if isinstance(value, dict):
                yield value
                yield from (v for v in value.values() if isinstance(v, dict))


def _look_at(each: dict[str, Any], content: Content) -> None:
    action = _name(each.get("S"))
    if action in _ACTIVE or "JS" in each or "JavaScript" in each:
        content.find("ACTIVE_CONTENT", f"action {action or 'JavaScript'}")
    if action in _OUTSIDE:
        content.find("EXTERNAL_REF", f"action {action}")
    link = each.get("URI")
    if isinstance(link, bytes) and not link.lower().startswith(_USUAL_LINKS):
        content.find("EXTERNAL_REF", link[:100].decode("latin-1"))
    if "EmbeddedFiles" in each or "EF" in each:
        content.find("ATTACHMENTS", "embedded files")
    if "XFA" in each or "NeedsRendering" in each:
        content.find("XFA")
    if _name(each.get("Type")) == "OCG":
        content.find("HIDDEN_CONTENT", "optional content (layers)")


def _name(value: Any) -> str:
    return str(value.name) if isinstance(value, PSLiteral) else ""
