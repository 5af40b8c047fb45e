"""XML as lines of `label：value`; electronic invoices with the labels of the paper.

Nothing is looked up, transformed or shown as a page: an XML invoice is data, and its
picture, where there is one, is another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Unreadable, UnreadableReason
from workers.reading.camera_dates import stored_day
from workers.reading.content import Content, Context
from workers.reading.einvoice_labels import DATES, LABELS, NUMBERS, TITLE
from workers.reading.text import decode
from workers.reading.text_json import write_text
from workers.reading.zipped_xml import child_text, local, parse_xml

ISSUED: Final = 0.9  # the day of issue stands in an element of its own
LONGEST_VALUE: Final = 5_000
_DECLARED = re.compile(
    rb"""^<\?xml[^>]{0,200}encoding=["']([A-Za-z0-9._-]{1,40})["']"""
)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "cp936", "hz-gb-2312"})
_PACKED_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?")
_CHINESE_DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_ABOUT_THE_FILE = ("Version", "version", "schemaLocation")
_SIGNATURES = frozenset({"Signature", "SignatureValue", "SellerAuthentication"})


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    if any(each.code == "TYPE_MISMATCH" for each in content.findings):
        raise Unreadable(UnreadableReason.TYPE_MISMATCH, content.media_type)
    with path.open("rb") as stream:
        data = stream.read(4 * context.limits.text + 1)
    if len(data) > 4 * context.limits.text:
        raise Unreadable(UnreadableReason.LIMIT_MEM, "the file is too large")
    root = parse_xml(_text(data, content))
    context.step()
    is_invoice = any(local(each) in NUMBERS for each in root.iter())
    lines = [TITLE] if is_invoice else []
    lines.extend(_lines(root, content))
    for each in root.iter():
        if is_invoice and local(each) in DATES:
            _add_date(each, content)
    content.add_text("\n".join(lines))
    if not any(content.page_texts):
        raise Unreadable(UnreadableReason.NO_PAGES, "no text in the XML")
    write_text(context, content)


def _text(data: bytes, content: Content) -> str:
    """The text in the encoding that it declares, or in the one that fits."""
    declared = _DECLARED.match(data)
    name = "" if declared is None else declared[1].decode("ascii").lower()
    try:
        text = data.decode("gb18030" if name in _CHINESE else name or "utf-8-sig")
    except (LookupError, UnicodeDecodeError):
        text, name = decode(data)
    content.tools["encoding"] = name or "utf-8"
    return text.lstrip("\ufeff \t\r\n")


def _lines(element: Element, content: Content) -> Iterator[str]:
    """The values below an element, each after the label of its element."""
    if local(element) in _SIGNATURES:
        if any((each.text or "").strip() for each in element.iter()):
            content.find("SIGNED", local(element))
        return
    label = _label(element)
    named = child_text(element, "LabelName")
    value = named or " ".join((element.text or "").split())[:LONGEST_VALUE]
    if value:
        yield f"{label}：{_shown(element, value)}"
    for name, attribute in element.attrib.items():
        if attribute.strip() and not name.endswith(_ABOUT_THE_FILE):
            yield f"{label} {name.rpartition('}')[2]}：{attribute.strip()}"
    for each in () if named else element:
        yield from _lines(each, content)


def _label(element: Element) -> str:
    name = local(element)
    return LABELS.get(name, name)


def _shown(element: Element, value: str) -> str:
    """A time in one number (20240421102233) as people write it."""
    packed = _PACKED_TIME.fullmatch(value) if local(element) in DATES else None
    if packed is None:
        return value
    year, month, day, hour, minute, second = packed.groups()
    clock = f" {hour}:{minute}:{second}" if hour else ""
    return f"{year}-{month}-{day}{clock}"


def _add_date(element: Element, content: Content) -> None:
    shown = _shown(element, (element.text or "").strip())
    plain = _CHINESE_DAY.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", shown)
    day = stored_day(plain)
    if day is not None:
        source = f"{_label(element)}：{shown}"
        content.add_date(day, ISSUED, source, f"invoice {local(element)}")
