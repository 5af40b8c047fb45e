"""HTML as text: nothing of it is drawn, fetched or run."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from intake.reading import Unreadable, UnreadableReason
from workers.reading.chat import note_chat
from workers.reading.content import Content, Context
from workers.reading.text import decode
from workers.reading.text_json import write_text

_SILENT = frozenset({"script", "style", "template", "noscript", "head"})
_BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table"})
_FETCHED = frozenset({"src", "background", "data", "poster"})


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader.

    A page that came under another type's name is not shown: it is no scan.
    """
    if any(each.code == "TYPE_MISMATCH" for each in content.findings):
        raise Unreadable(UnreadableReason.TYPE_MISMATCH, content.media_type)
    with path.open("rb") as stream:
        markup, encoding = decode(stream.read(4 * context.limits.text))
    page = to_text(markup)
    content.tools["encoding"] = encoding
    if page.scripts:
        content.find("ACTIVE_CONTENT", "script")
    if page.outside:
        content.find("EXTERNAL_REF", f"{page.outside} resources")
    note_chat(page.text(), content)
    content.add_text(page.text())
    write_text(context, content)


def to_text(markup: str) -> HtmlText:
    """The words of an HTML page."""
    page = HtmlText()
    page.feed(markup)
    page.close()
    return page


class HtmlText(HTMLParser):
    """Collects what a reader would see; counts scripts and outside resources."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts = 0
        self.outside = 0
        self._silent = 0
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self.scripts += tag == "script" or any(k.startswith("on") for k, _ in attrs)
        self.outside += any(
            key in _FETCHED and (value or "").lstrip().startswith(("http", "//"))
            for key, value in attrs
        )
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BREAKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if not self._silent:
            self._parts.append(data)

    def text(self) -> str:
        """The words, one block a line."""
        rows = (" ".join(row.split()) for row in "".join(self._parts).splitlines())
        return "\n".join(row for row in rows if row)
