"""The content of a receipt: what a 《证据交接确认书》 says, as one canonical value.

`ReceiptContent.canonical()` is canonical JSON (RFC 8785). Its digests are the subject
of the event `receipt.issued`, its SHA-256 is in the QR code, and the paper is drawn
from nothing else but this content and the evidence for it.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from integrity.canonical import canonical_json, parse_canonical, time_text
from integrity.digest import Digests, digest_bytes
from integrity.errors import MalformedError
from receipts.short_code import ShortCode, parse_number
from receipts.strict_fields import StrictFields

FORMAT = "custody-receipt/1"
# The files embedded in a receipt's PDF.
CONTENT_FILE = "receipt.json"
ENVELOPE_FILE = "receipt.dsse.json"
PROOF_FILE = "receipt.tlog-proof"
KEYS_FILE = "trust-keys"
# A receipt of 500 items fills about 60 pages; a hand-over of more is split.
MAX_ITEMS = 500
MAX_CONTENT_BYTES = 2 * 1024 * 1024
MAX_NAME = 255

_ID = {kind: re.compile(rf"{kind}[0-9a-hjkmnp-tv-z]{{12}}") for kind in "emr"}
_BASE_URL = re.compile(
    r"https?://[0-9a-z.\-:\[\]]{1,200}(/[0-9A-Za-z._~\-]{1,60}){0,8}"
)
_WHAT = "receipt content"


class Direction(enum.Enum):
    """Which way the material went, seen from the firm."""

    RECEIVED = "received"
    RETURNED = "returned"


class Language(enum.Enum):
    """The language of the paper."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class Form(enum.Enum):
    """What was handed over: 原件, 复制件 or an electronic file."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"


class Way(enum.Enum):
    """How the material was handed over."""

    IN_PERSON = "in-person"
    POST = "post"
    UPLOAD = "upload"


class Capacity(enum.Enum):
    """In what capacity the counterparty acted: 当事人, 代理人 or 经办人."""

    PARTY = "party"
    AGENT = "agent"
    HANDLER = "handler"


class Comparison(enum.Enum):
    """What was done to compare the scans with the paper."""

    EVERY_PAGE = "every-page"
    DIFFERENCES = "differences"
    NOT_COMPARED = "not-compared"


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """One line of the receipt.

    `name` is the legal file name, `original_name` the name as it came (written out by
    `receipts.printable.write_out`), `copies` and `pages` count what was handed over
    (None: left for the pen), `size` is in bytes, `leaf` the place of the exhibit's
    `exhibit.received` event in the custody log.
    """

    exhibit: str
    title: str
    type: str
    form: Form
    copies: int | None
    pages: int | None
    condition: str
    name: str
    original_name: str
    size: int
    sha256: str
    sm3: str
    received_at: dt.datetime
    leaf: int
    original_returned: bool

    def as_dict(self) -> dict[str, Any]:
        """The JSON fields, in no particular order."""
        return {
            "exhibit": self.exhibit,
            "title": self.title,
            "type": self.type,
            "form": self.form.value,
            "copies": self.copies,
            "pages": self.pages,
            "condition": self.condition,
            "name": self.name,
            "original_name": self.original_name,
            "size": self.size,
            "sha256": self.sha256,
            "sm3": self.sm3,
            "received_at": time_text(self.received_at),
            "leaf": self.leaf,
            "original_returned": self.original_returned,
        }

    @classmethod
    def read(cls, claimed: Any) -> ReceiptItem:
        """Read one item strictly (MalformedError)."""
        fields = StrictFields(claimed, cls.__slots__, "receipt item")
        return cls(
            exhibit=fields.matching("exhibit", _ID["e"]),
            title=fields.text("title", MAX_NAME),
            type=fields.text("type", 60),
            form=fields.choice("form", Form),
            copies=fields.optional("copies", lambda key: fields.integer(key, 0, 9999)),
            pages=fields.optional("pages", lambda key: fields.integer(key, 0, 999999)),
            condition=fields.text("condition", MAX_NAME, least=0),
            name=fields.text("name", MAX_NAME),
            original_name=fields.text("original_name", MAX_NAME),
            size=fields.integer("size", 0),
            sha256=fields.sha256("sha256"),
            sm3=fields.sha256("sm3"),
            received_at=fields.time("received_at"),
            leaf=fields.integer("leaf", 0),
            original_returned=fields.flag("original_returned"),
        )


@dataclass(frozen=True, slots=True)
class MatterRef:
    """The matter as the receipt names it; `court_number` is 法院案号 or None."""

    id: str
    number: str
    title: str
    court_number: str | None

    @classmethod
    def read(cls, claimed: Any) -> MatterRef:
        """Read strictly (MalformedError)."""
        fields = StrictFields(claimed, cls.__slots__, "matter of a receipt")
        return cls(
            id=fields.matching("id", _ID["m"]),
            number=fields.text("number", 80),
            title=fields.text("title", MAX_NAME),
            court_number=fields.optional(
                "court_number", lambda key: fields.text(key, 80)
            ),
        )


@dataclass(frozen=True, slots=True)
class ReceiptContent:
    """Everything a receipt says. Times are aware, in UTC, in whole seconds.

    `number` is `R<day>-<sequence>` and fixes the short code. `replaces` is the content
    SHA-256 of the version before, present exactly from version 2 on.
    `seal_certificate_sha256` names the one certificate that may sign the PDF, so that
    a foreign signature over other pages with our attachments is refused. None in
    `capacity`, `way`, `comparison`, `retention_until` leaves the field to the pen.
    """

    receipt: str
    number: str
    version: int
    replaces: str | None
    direction: Direction
    language: Language
    firm: str
    matter: MatterRef
    counterparty: str
    capacity: Capacity | None
    staff: str
    second_person: str | None
    way: Way | None
    comparison: Comparison | None
    handed_at: dt.datetime
    issued_at: dt.datetime
    expires_at: dt.datetime | None
    retention_until: dt.date | None
    pin_required: bool
    base_url: str
    seal_certificate_sha256: str
    items: tuple[ReceiptItem, ...]

    def __post_init__(self) -> None:
        """Refuse fields that contradict one another (MalformedError)."""
        parse_number(self.number)
        if (self.replaces is None) != (self.version == 1):
            raise MalformedError(_WHAT, "replaces is for version 2 and later")
        if self.second_person == self.staff:
            raise MalformedError(_WHAT, "the second person is the receiving person")
        if len({item.exhibit for item in self.items}) != len(self.items):
            raise MalformedError(_WHAT, "an exhibit is listed twice")
        if self.direction is Direction.RECEIVED and any(
            item.original_returned for item in self.items
        ):
            raise MalformedError(_WHAT, "an original is returned in a received receipt")

    @property
    def code(self) -> ShortCode:
        """The short code printed on the paper; it follows from the number."""
        return parse_number(self.number)

    def as_dict(self) -> dict[str, Any]:
        """The JSON fields, in no particular order."""
        matter = {key: getattr(self.matter, key) for key in MatterRef.__slots__}
        plain = {
            key: getattr(self, key)
            for key in self.__slots__
            if key not in {"matter", "items"}
        }
        return {
            "format": FORMAT,
            "matter": matter,
            "items": [item.as_dict() for item in self.items],
        } | {key: _plain(value) for key, value in plain.items()}

    def canonical(self) -> bytes:
        """Canonical JSON (RFC 8785) of the content; `parse_content` takes it back."""
        return canonical_json(self.as_dict())

    def digests(self) -> Digests:
        """SHA-256 and SM3 of the canonical content."""
        return digest_bytes(self.canonical())


def parse_content(data: bytes) -> ReceiptContent:
    """Read receipt content strictly; whatever parses serialises to the same bytes.

    Raises:
        MalformedError: too large, not canonical JSON, unknown or missing fields, a
            value out of bounds, or fields that contradict one another.
    """
    if len(data) > MAX_CONTENT_BYTES:
        raise MalformedError(_WHAT, f"it is larger than {MAX_CONTENT_BYTES} bytes")
    keys = ("format", *ReceiptContent.__slots__)
    fields = StrictFields(parse_canonical(data), keys, _WHAT)
    if fields.text("format", 40) != FORMAT:
        raise MalformedError(_WHAT, f"its format is not {FORMAT}")
    # Each getter takes one spelling only, so `canonical` gives these bytes again.
    return _read_content(fields)


def _read_content(fields: StrictFields) -> ReceiptContent:
    def name(key: str) -> str:
        return fields.text(key, 120)

    return ReceiptContent(
        receipt=fields.matching("receipt", _ID["r"]),
        number=fields.text("number", 20),
        version=fields.integer("version", 1, 999),
        replaces=fields.optional("replaces", fields.sha256),
        direction=fields.choice("direction", Direction),
        language=fields.choice("language", Language),
        firm=name("firm"),
        matter=MatterRef.read(fields.raw("matter")),
        counterparty=name("counterparty"),
        capacity=fields.optional("capacity", lambda key: fields.choice(key, Capacity)),
        staff=name("staff"),
        second_person=fields.optional("second_person", name),
        way=fields.optional("way", lambda key: fields.choice(key, Way)),
        comparison=fields.optional(
            "comparison", lambda key: fields.choice(key, Comparison)
        ),
        handed_at=fields.time("handed_at"),
        issued_at=fields.time("issued_at"),
        expires_at=fields.optional("expires_at", fields.time),
        retention_until=fields.optional("retention_until", fields.date),
        pin_required=fields.flag("pin_required"),
        base_url=_read_base_url(fields),
        seal_certificate_sha256=fields.sha256("seal_certificate_sha256"),
        items=tuple(ReceiptItem.read(row) for row in fields.rows("items", MAX_ITEMS)),
    )


def _read_base_url(fields: StrictFields) -> str:
    url = fields.matching("base_url", _BASE_URL)
    try:
        port = urlsplit(url).port
    except ValueError:
        raise MalformedError(_WHAT, "base_url is not an address") from None
    if port == 0:
        raise MalformedError(_WHAT, "base_url is not an address")
    return url


def _plain(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return time_text(value)
    return value.isoformat() if isinstance(value, dt.date) else value
