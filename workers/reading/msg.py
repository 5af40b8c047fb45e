"""MSG: a message as Outlook saves it; read as an EML is (workers/reading/mail.py).

The tags are those of [MS-OXPROPS].
"""

from __future__ import annotations

from collections.abc import Iterator
from email.parser import HeaderParser
from email.utils import parsedate_to_datetime
from typing import Final

import olefile  # type: ignore[import-untyped]  # ships no types

from intake.reading import Unreadable, UnreadableReason
from intake.zone import ZONE
from workers.reading.compound_writer import compound_file
from workers.reading.content import Content, Context
from workers.reading.html import to_text
from workers.reading.mail import SENT, keep_member, note_members
from workers.reading.msg_parts import PROPERTIES, Part, as_message_file
from workers.reading.text import decode
from workers.reading.text_json import write_text

MSG: Final = "application/vnd.ms-outlook"
_RECIPIENTS, _ATTACHMENTS = "__recip_version1.0_#", "__attach_version1.0_#"
_CLASS, _SUBJECT, _HEADERS = 0x001A, 0x0037, 0x007D
_SUBMITTED, _DELIVERED = 0x0039, 0x0E06
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_NAME, _ADDRESS, _SMTP, _ROLE = 0x3001, 0x3003, 0x39FE, 0x0C15
_FILE, _SHORT_NAME, _LONG_NAME, _METHOD = 0x3701, 0x3704, 0x3707, 0x3705
_OBJECT: Final = f"__substg1.0_{_FILE:04X}000D"
_BY_REFERENCE: Final = frozenset({2, 3, 4})
_ROLES: Final = {1: "To", 2: "Cc", 3: "Bcc"}
_ONLY_ONCE: Final = ("From", "Date", "Subject", "Message-ID")


def is_message(container: olefile.OleFileIO) -> bool:
    """Whether an OLE file is a message of Outlook."""
    return bool(container.exists(PROPERTIES))


def read_message(
    container: olefile.OleFileIO, context: Context, content: Content
) -> None:
    """Read headers, body and attachments.

    Raises:
        Unreadable: NESTING_LIMIT, ARCHIVE_MEMBER_LIMIT or LIMIT_OUTPUT.
    """
    if context.depth >= context.limits.mail_depth:
        raise Unreadable(UnreadableReason.NESTING_LIMIT, f"depth {context.depth}")
    if content.media_type != MSG:
        content.media_type = MSG
    message = Part(container)
    sent = _sent(message, content)
    context.step()
    head = [f"{name}: {value}" for name, value in _head(message, sent) if value]
    content.add_text("\n".join([*head, "", _body(message, content)]))
    for attachment in message.parts(_ATTACHMENTS):
        _keep_attachment(attachment, context, content)
        context.step()
    note_members(content)
    _note_class(message.text(_CLASS).lower(), content)
    write_text(context, content)


def _note_class(name: str, content: Content) -> None:
    """S/MIME: signed beside the text, or all of it wrapped up in an attachment."""
    if name.endswith("smime.multipartsigned"):
        content.find("SIGNED")
    elif name.endswith("smime"):
        content.find("PART_MISSING", "the message is inside an S/MIME attachment")


def _sent(message: Part, content: Content) -> str:
    """The date as it is shown; the day is the sender's, where his header is kept."""
    headers = HeaderParser().parsestr(message.text(_HEADERS))
    for name in _ONLY_ONCE:
        count = len(headers.get_all(name) or [])
        if count > 1:
            content.find("AMBIGUOUS", f"{count} {name} headers")
    claimed = " ".join(str(headers["Date"] or "").split())
    try:
        day = parsedate_to_datetime(claimed).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        moment = message.moment(_SUBMITTED) or message.moment(_DELIVERED)
        if moment is None:
            return ""
        claimed = moment.astimezone(ZONE).isoformat(" ", "seconds")
        day = moment.astimezone(ZONE).date()
    content.add_date(day.isoformat(), SENT, f"Date: {claimed}", "mail Date")
    return claimed


def _head(message: Part, sent: str) -> Iterator[tuple[str, str]]:
    smtp = message.text(_SENDER_SMTP) or message.text(_SENDER_ADDRESS)
    yield "From", _person(message.text(_SENDER_NAME), smtp)
    people: dict[str, list[str]] = {role: [] for role in _ROLES.values()}
    for each in message.parts(_RECIPIENTS):
        role = _ROLES.get(each.integer(_ROLE) or 1, "To")
        address = each.text(_SMTP) or each.text(_ADDRESS)
        people[role].append(_person(each.text(_NAME), address))
    for role, names in people.items():
        yield role, ", ".join(names)
    yield "Date", sent
    yield "Subject", " ".join(message.text(_SUBJECT).split())


def _person(name: str, address: str) -> str:
    if name and address and name != address:
        return f"{name} <{address}>"
    return name or address


def _body(message: Part, content: Content) -> str:
    plain = message.text(_BODY)
    if plain.strip():
        return plain
    markup = message.data(_HTML)
    html = decode(markup)[0] if markup is not None else message.text(_HTML)
    if html.strip():
        return to_text(html).text()
    if message.data(_RTF) is not None:
        content.find("PART_MISSING", "the body is in RTF only")
    return ""


def _keep_attachment(attachment: Part, context: Context, content: Content) -> None:
    name = attachment.text(_LONG_NAME) or attachment.text(_SHORT_NAME)
    name = name or attachment.text(_NAME)
    packed = attachment.storage(_OBJECT)
    data = attachment.data(_FILE)
    if packed is not None:
        is_mail = PROPERTIES in packed
        data = compound_file(as_message_file(packed) if is_mail else packed)
        ending = ".msg" if is_mail else ".ole"
        stem = name.removesuffix(ending) or ("message" if is_mail else "object")
        name = stem + ending
    elif attachment.integer(_METHOD) in _BY_REFERENCE:
        content.find("EXTERNAL_REF", f"attachment {name} is only linked")
    if name.lower() == "message.rpmsg":
        content.find("ENCRYPTED", name)
    if data:
        keep_member(data, name or "attachment", context, content)
