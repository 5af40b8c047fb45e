"""Plain text in UTF-8 or GB18030."""

from __future__ import annotations

from pathlib import Path

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context

ENCODINGS = ("utf-8-sig", "gb18030")


def read(path: Path, content: Content, context: Context) -> None:
    """Read the text as one page."""
    with path.open("rb") as stream:
        raw = stream.read(context.limits.text + 1)
    if len(raw) > context.limits.text:
        content.find("LIMIT_TEXT", f"{context.limits.text} bytes kept")
        raw = raw[: context.limits.text]
    content.pages = 1
    text, encoding = decode(raw)
    content.tools["encoding"] = encoding
    content.add_text_page(text)


def decode(raw: bytes) -> tuple[str, str]:
    """Text and the encoding it was in.

    Raises:
        Unreadable: neither UTF-8 (or UTF-16 with its mark) nor GB18030.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), "utf-16"
    for encoding in ENCODINGS:
        for cut in range(4):  # a character may be cut at the limit
            try:
                return raw[: len(raw) - cut].decode(encoding), encoding
            except UnicodeDecodeError:
                continue
    raise Unreadable(UnreadableReason.CORRUPT, "no known text encoding")
