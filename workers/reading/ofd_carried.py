"""What an OFD carries beside its pages: attachments, signatures, dates, versions."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Member, Unreadable, UnreadableReason
from workers.reading.camera_dates import stored_day
from workers.reading.content import Content, Context, plain
from workers.reading.ofd_document import Document
from workers.reading.ofd_package import OfdPackage
from workers.reading.office_dates import OFFERED
from workers.reading.zipped_xml import child, child_text, local

MOST_SIGNATURES: Final = 100
_DATES = ("CreationDate", "ModDate")


def find_carried(
    document: Document, package: OfdPackage, context: Context, content: Content
) -> None:
    """Note dates and signatures, unpack attachments as members."""
    _add_dates(document, content)
    _find_signatures(document, package, content)
    if child(document.body, "Versions") is not None:
        content.find("INCREMENTAL_UPDATES", "OFD versions")
    if any(local(each) == "URI" for each in document.root.iter()):
        content.find("EXTERNAL_REF", "a link in the document")
    for attachment in _attachments(document, package):
        _keep(attachment, document, package, context, content)


def _add_dates(document: Document, content: Content) -> None:
    info = child(document.body, "DocInfo")
    for name in _DATES if info is not None else ():
        claimed = child_text(info, name) if info is not None else ""
        day = stored_day(claimed)
        if day is not None:
            content.add_date(day, OFFERED, claimed, f"ofd {name}")


def _find_signatures(document: Document, package: OfdPackage, content: Content) -> None:
    """Say that there are signatures and seals; none is verified or drawn here."""
    place = child_text(document.body, "Signatures")
    name = package.locate(place, "/OFD.xml", document.name) if place else None
    if name is None:
        if place:
            content.find("PART_MISSING", place)
        return
    found = [e for e in package.xml(name).iter() if local(e) == "Signature"]
    for each in found[:MOST_SIGNATURES]:
        content.find("SIGNED", _signature(each, name, document, package))


def _signature(
    each: Element, base: str, document: Document, package: OfdPackage
) -> str:
    kind = each.get("Type") or "Seal"
    place = each.get("BaseLoc") or ""
    name = package.locate(place, base, document.name) if place else None
    if name is None:
        return f"{kind}: its file is missing"
    root = package.xml(name)
    when = next((e.text for e in root.iter() if local(e) == "SignatureDateTime"), "")
    seals = sum(local(e) == "StampAnnot" for e in root.iter())
    drawn = f", {seals} seal pictures not drawn" if seals else ""
    return f"{kind} {(when or '').strip()}{drawn}"


def _attachments(document: Document, package: OfdPackage) -> list[tuple[str, Element]]:
    place = child_text(document.root, "Attachments")
    name = package.locate(place, document.name) if place else None
    if name is None:
        if place:
            document.resources.missing.append(place)
        return []
    root = package.xml(name)
    return [(name, each) for each in root if local(each) == "Attachment"]


def _keep(
    attachment: tuple[str, Element],
    document: Document,
    package: OfdPackage,
    context: Context,
    content: Content,
) -> None:
    base, element = attachment
    place = child_text(element, "FileLoc")
    name = package.locate(place, base, document.name) if place else None
    if name is None:
        document.resources.missing.append(place or "attachment")
        return
    if len(content.members) >= context.limits.mail_parts:
        raise Unreadable(UnreadableReason.ARCHIVE_MEMBER_LIMIT, "too many attachments")
    own_name = f"member-{len(content.members) + 1:05}"
    (context.work / own_name).write_bytes(package.data(name))
    shown = _shown_name(element, name)
    content.members.append(Member(shown, own_name))
    content.find("ATTACHMENTS", shown)


def _shown_name(element: Element, name: str) -> str:
    """The name it is given, with the ending of its file."""
    own = plain(element.get("Name") or "").replace("\n", " ").strip()[:200]
    file = PurePosixPath(name)
    if not own or own == file.stem or PurePosixPath(own).suffix == file.suffix:
        return own if PurePosixPath(own).suffix else file.name
    return own + file.suffix
