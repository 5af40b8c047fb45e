"""Plain text in the encodings that Chinese offices use."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from intake.reading import Unreadable, UnreadableReason
from workers.reading.chat import note_chat
from workers.reading.content import Content, Context
from workers.reading.text_json import write_text

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TRIED: Final = ("utf-8", "gb18030", "big5")


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader.

    Text under the name of a picture or PDF is a broken one, not a text.
    """
    if any(each.code == "TYPE_MISMATCH" for each in content.findings):
        raise Unreadable(UnreadableReason.TYPE_MISMATCH, content.media_type)
    with path.open("rb") as stream:
        data = stream.read(4 * context.limits.text)
        cut = bool(stream.read(1))
    text, encoding = decode(data, cut=cut)
    if cut:
        content.find("TEXT_CUT")
    if encoding == "latin-1":
        content.find("TEXT_ENCODING")
    content.tools["encoding"] = encoding
    note_chat(text, content)
    content.add_text(text)
    write_text(context, content)


def decode(data: bytes, *, cut: bool = False) -> tuple[str, str]:
    """The text and the encoding it was in; `latin-1` means that none fits.

    With `cut` the last character may be incomplete.

    A mark at the beginning decides; then UTF-8, which other text never is by chance;
    then GB 18030-2022 (of which GBK and GB 2312 are parts), then Big5.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    for encoding in _TRIED:
        try:
            return _decoded(data, encoding, cut=cut), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def _decoded(data: bytes, encoding: str, *, cut: bool) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(data, final=not cut)
