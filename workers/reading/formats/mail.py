"""E-mail (.eml): headers and text as one page, attachments as members."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path

from intake.reading import Candidate, Member, Unreadable, UnreadableReason
from workers.reading.content import Content, Context

SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
MAX_MAIL = 256 << 20


def read(path: Path, content: Content, context: Context) -> None:
    """Read one message."""
    if path.stat().st_size > MAX_MAIL:
        raise Unreadable(UnreadableReason.LIMIT_MEM, "mail")
    message = _parse(path)
    parts = list(message.walk())
    if len(parts) > context.limits.mail_parts:
        raise Unreadable(UnreadableReason.NESTING_LIMIT, f"{len(parts)} parts")
    content.pages = 1
    text = "\n".join([*_headers(message), "", _body(message)])
    content.add_text_page(text[: context.limits.text])
    _read_date(message, content)
    for part in message.iter_attachments():
        _keep_attachment(part, content, context)


def _parse(path: Path) -> EmailMessage:
    try:
        with path.open("rb") as stream:
            message = email.message_from_binary_file(
                stream, policy=email.policy.default
            )
    except (ValueError, LookupError, RecursionError, AttributeError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    if not isinstance(message, EmailMessage):
        raise Unreadable(UnreadableReason.CORRUPT, "not a message")
    return message


def _headers(message: EmailMessage) -> list[str]:
    return [
        f"{name}: {_header(message, name)}" for name in SHOWN_HEADERS if name in message
    ]


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message[name])[:1000]
    except (ValueError, LookupError, IndexError, AttributeError):
        return ""


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(("plain", "html"))
        text = "" if part is None else str(part.get_content())
        is_html = part is not None and part.get_content_subtype() == "html"
    except (KeyError, LookupError, ValueError, AttributeError):
        return ""
    return html_text(text) if is_html else text


def html_text(markup: str) -> str:
    """The words of a page; nothing it refers to is fetched."""
    parser = _Words()
    parser.feed(markup)
    return "\n".join(parser.words)


def _read_date(message: EmailMessage, content: Content) -> None:
    claimed = _header(message, "Date")
    try:
        sent: datetime = parsedate_to_datetime(claimed)
    except (ValueError, TypeError, IndexError):
        return
    # Written by the sender's machine: a claim, but the message's own date.
    date = sent.date().isoformat()
    content.dates.append(Candidate(date, 0.9, f"Date: {claimed[:60]}", 1, "mail"))


def _keep_attachment(part: EmailMessage, content: Content, context: Context) -> None:
    number = len(content.members) + 1
    if part.get_content_type() == "message/rfc822":
        data = part.get_payload(0).as_bytes()  # type: ignore[union-attr]  # a list of messages here
    else:
        data = part.get_payload(decode=True) or b""
    if not isinstance(data, bytes) or not data:
        return
    name = f"member-{number:05d}"
    (context.work / name).write_bytes(data)
    claimed = str(part.get_filename() or f"attachment-{number}")
    content.members.append(Member(claimed[:1000], name))


class _Words(HTMLParser):
    """Collects text outside script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(data.strip())
