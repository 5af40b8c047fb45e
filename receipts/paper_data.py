"""What the template of the paper is given: one JSON value of ready-to-print texts.

The template holds the layout, `templates/receipt.<language>.json` the words, this
module the values. Nothing of a receipt is ever pasted into template code.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from intake.zone import ZONE
from integrity.canonical import base64_text
from integrity.checkpoint import Checkpoint
from receipts.fonts import PaperFonts
from receipts.format import Form, ReceiptContent, ReceiptItem
from receipts.printable import hides, write_out
from receipts.qr import QrText
from receipts.qr_drawing import draw_svg

# The firms are in one time zone; every printed time names its offset.


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What the paper prints beside the content: where it stands in the log, keys.

    `leaf` and `covered` are numbers of events, those of earlier logs included.
    """

    leaf: int
    checkpoint: Checkpoint
    covered: int
    keys_fingerprint: str
    qr: QrText


def local_time(moment: dt.datetime) -> str:
    """`2025-08-29 14:03:22 +08:00`."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S +08:00")


def grouped(digest: str) -> str:
    """Hexadecimal digits in groups of four."""
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def words(content: ReceiptContent) -> dict[str, Any]:
    """The words of the paper in the content's language."""
    name = f"receipt.{content.language.value}.json"
    text = resources.files("receipts").joinpath("templates", name).read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def paper_data(
    content: ReceiptContent, facts: PaperFacts, fonts: PaperFonts
) -> dict[str, Any]:
    """Everything the template reads.

    Raises:
        MissingGlyphError: see `require_printable`.
    """
    require_printable(content, fonts)
    labels = words(content)
    return {
        "words": labels,
        "fonts": fonts.families,
        "direction": content.direction.value,
        "head": _head(content),
        "parties": _parties(content),
        "rows": [
            _row(place, item, fonts) for place, item in enumerate(content.items, 1)
        ],
        "totals": _totals(content, labels),
        "clauses": _clauses(content),
        "record": _record(content, facts),
        "schedule": [
            _schedule_row(place, item, fonts)
            for place, item in enumerate(content.items, 1)
        ],
        "qr": draw_svg(facts.qr.text),
        "page_qr": draw_svg(facts.qr.address),
    }


def require_printable(content: ReceiptContent, fonts: PaperFonts) -> None:
    """Raise MissingGlyphError if a name would not appear as it is.

    That goes for people, firm, matter, types and legal file names. In titles,
    conditions and original file names, a character without a glyph is written out.
    """
    matter = content.matter
    people = (content.firm, content.counterparty, content.staff)
    fonts.require((*people, content.second_person or ""))
    fonts.require((matter.title, matter.number, matter.court_number or ""))
    for item in content.items:
        fonts.require((item.type, item.name))


def _written_out(text: str, fonts: PaperFonts) -> str:
    def unprintable(character: str) -> bool:
        return hides(character) or not fonts.draws(character)

    return write_out(text, unprintable)


def _head(content: ReceiptContent) -> dict[str, Any]:
    matter = content.matter
    return {
        "firm": content.firm,
        "number": content.number,
        "version": str(content.version),
        "replaces": grouped(content.replaces[:16]) if content.replaces else None,
        "matter": matter.title,
        "matter_number": matter.number,
        "court_number": matter.court_number,
        "handed_at": local_time(content.handed_at),
        "way": _value(content.way),
        "code": content.code.text(),
        "generated": local_time(content.issued_at),
    }


def _parties(content: ReceiptContent) -> dict[str, Any]:
    return {
        "counterparty": content.counterparty,
        "capacity": _value(content.capacity),
        "staff": content.staff,
        "second": content.second_person,
    }


def _row(place: int, item: ReceiptItem, fonts: PaperFonts) -> dict[str, Any]:
    return {
        "place": str(place),
        "exhibit": item.exhibit,
        "title": _written_out(item.title, fonts),
        "type": item.type,
        "form": item.form.value,
        "copies": _count(item.copies),
        "pages": _count(item.pages),
        "condition": _written_out(item.condition, fonts),
        "name": item.name,
        "short": grouped(item.sha256[:16]),
        "returned": item.original_returned,
    }


def _schedule_row(place: int, item: ReceiptItem, fonts: PaperFonts) -> dict[str, Any]:
    return {
        "place": str(place),
        "exhibit": item.exhibit,
        "name": item.name,
        "original_name": _written_out(item.original_name, fonts),
        "size": str(item.size),
        "pages": _count(item.pages),
        "received_at": local_time(item.received_at),
        "sha256": grouped(item.sha256),
        "sm3": grouped(item.sm3),
    }


def _totals(content: ReceiptContent, labels: dict[str, Any]) -> list[str]:
    """The parts of the line of totals; a count left to the pen leaves its total so."""
    parts = [labels["total_items"].format(items=len(content.items))]
    for form, label in ((Form.ORIGINAL, "original"), (Form.COPY, "copy")):
        items = [item for item in content.items if item.form is form]
        parts.append(
            labels[f"total_{label}"].format(
                copies=_sum(item.copies for item in items),
                pages=_sum(item.pages for item in items),
            )
        )
    files = [item for item in content.items if item.form is Form.ELECTRONIC]
    size = sum(item.size for item in files)
    parts.append(labels["total_electronic"].format(files=len(files), size=size))
    returned = sum(item.original_returned for item in content.items)
    if returned:
        parts.append(labels["total_returned"].format(items=returned))
    return parts


def _clauses(content: ReceiptContent) -> dict[str, Any]:
    expires = content.expires_at
    return {
        "counted": (content.way.value if content.way else "open"),
        "comparison": _value(content.comparison),
        "retention": _date(content.retention_until),
        "pin": content.pin_required,
        "expires": local_time(expires) if expires else None,
    }


def _record(content: ReceiptContent, facts: PaperFacts) -> dict[str, Any]:
    digests = content.digests()
    return {
        "sha256": grouped(digests.sha256),
        "sm3": grouped(digests.sm3),
        "short": grouped(digests.sha256[:16]),
        "leaf": str(facts.leaf),
        "size": str(facts.covered),
        "root": base64_text(facts.checkpoint.root),
        "origin": facts.checkpoint.origin,
        "keys": grouped(facts.keys_fingerprint),
        "seal": grouped(content.seal_certificate_sha256),
        "address": facts.qr.address,
    }


def _value(member: enum.Enum | None) -> str | None:
    return None if member is None else str(member.value)


def _date(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _sum(numbers: Iterable[int | None]) -> str:
    known = list(numbers)
    if any(number is None for number in known):
        return "____"
    return str(sum(number for number in known if number is not None))
