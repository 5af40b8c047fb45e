"""EML: headers and body as text, attachments as members. Nothing is fetched."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from intake.reading import Member, Unreadable, UnreadableReason
from workers.reading.content import Content, Context, plain
from workers.reading.html import to_text
from workers.reading.text import decode
from workers.reading.text_json import write_text

SENT: Final = 0.95
_SHOWN: Final = ("From", "To", "Cc", "Date", "Subject")
_ONLY_ONCE: Final = ("From", "Date", "Subject", "Message-ID")
# Names under which Chinese mail programs hide GB 18030.
_CHARSETS: Final = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030"}


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    if context.depth >= context.limits.mail_depth:
        raise Unreadable(UnreadableReason.NESTING_LIMIT, f"depth {context.depth}")
    with path.open("rb") as stream:
        message = email.message_from_binary_file(stream, policy=email.policy.compat32)
    parts = list(_parts(message, context, 0))
    _add_headers(message, content)
    texts: dict[str, list[str]] = {"plain": [], "html": []}
    for part in parts:
        _read_part(part, texts, context, content)
        context.step()
    head = [f"{name}: {_header(message, name)}" for name in _SHOWN if message[name]]
    body = texts["plain"] or [to_text(markup).text() for markup in texts["html"]]
    content.add_text("\n".join([*head, "", *body]))
    note_members(content)
    write_text(context, content)


def note_members(content: Content) -> None:
    """Name the attachments in a finding."""
    if content.members:
        names = ", ".join(member.claimed_name for member in content.members)
        content.find("ATTACHMENTS", f"{len(content.members)}: {names}")


def _parts(message: Any, context: Context, depth: int) -> Iterator[Message]:
    """The leaves of a message; an attached message is one leaf."""
    if depth > context.limits.mail_depth:
        raise Unreadable(UnreadableReason.NESTING_LIMIT, "parts within parts")
    container = message.get_content_maintype() == "multipart"
    if not container or not isinstance(message.get_payload(), list):
        yield message
        return
    for number, part in enumerate(message.get_payload()):
        if number >= context.limits.mail_parts:
            raise Unreadable(UnreadableReason.ARCHIVE_MEMBER_LIMIT, "too many parts")
        yield from _parts(part, context, depth + 1)


def _add_headers(message: Message, content: Content) -> None:
    for name in _ONLY_ONCE:
        count = len(message.get_all(name) or [])
        if count > 1:
            content.find("AMBIGUOUS", f"{count} {name} headers")
    claimed = _header(message, "Date")
    try:
        sent = parsedate_to_datetime(claimed)
    except (ValueError, TypeError, IndexError, OverflowError):
        return
    content.add_date(sent.date().isoformat(), SENT, f"Date: {claimed}", "mail Date")


def _read_part(
    part: Message, texts: dict[str, list[str]], context: Context, content: Content
) -> None:
    name = _file_name(part)
    kind = part.get_content_type()
    attached = name or part.get_content_disposition() == "attachment"
    if kind in ("text/plain", "text/html") and not attached:
        texts[kind.removeprefix("text/")].append(_text(part))
        return
    if kind == "message/rfc822":
        payload: Any = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        data = inner.as_bytes() if isinstance(inner, Message) else b""
        name = name or "message.eml"
    else:
        data = _bytes(part)
    if data:
        keep_member(
            data, name or f"part.{part.get_content_subtype()}", context, content
        )


def keep_member(data: bytes, claimed: str, context: Context, content: Content) -> None:
    """Keep an attachment under a name of ours.

    Raises:
        Unreadable: ARCHIVE_MEMBER_LIMIT.
    """
    if len(content.members) >= context.limits.mail_parts:
        raise Unreadable(UnreadableReason.ARCHIVE_MEMBER_LIMIT, "too many attachments")
    own_name = f"member-{len(content.members) + 1:05}"
    (context.work / own_name).write_bytes(data)
    name = plain(claimed).replace("\n", " ")[:1000]
    content.members.append(Member(name, own_name))


def _text(part: Message) -> str:
    data = _bytes(part)
    charset = str(part.get_content_charset() or "").lower()
    try:
        return data.decode(_CHARSETS.get(charset, charset or "ascii"))
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode(data)[0]


def _bytes(part: Message) -> bytes:
    try:
        payload: Any = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    return payload if isinstance(payload, bytes) else b""


def _file_name(part: Message) -> str:
    try:
        return _decoded(str(part.get_filename() or ""))
    except (ValueError, LookupError, TypeError):
        return "unnamed"


def _header(message: Message, name: str) -> str:
    return _decoded(str(message[name] or ""))


def _decoded(raw: str) -> str:
    """An RFC 2047 header, or raw bytes of an unmarked one, as text."""
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    text = ""
    for piece, charset in pieces:
        if isinstance(piece, str):
            raw_bytes = piece.encode("ascii", "surrogateescape") if _raw(piece) else b""
            text += decode(raw_bytes)[0] if raw_bytes else piece
        else:
            known = _CHARSETS.get((charset or "").lower(), charset)
            text += _decode_piece(piece, known)
    return " ".join(text.split())


def _raw(piece: str) -> bool:
    """Whether the parser kept bytes above ASCII as lone surrogates."""
    kept = piece.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return kept != piece and all(c < "\x80" or "\udc80" <= c <= "\udcff" for c in piece)


def _decode_piece(piece: bytes, charset: str | None) -> str:
    try:
        return piece.decode(charset or "ascii")
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode(piece)[0]
