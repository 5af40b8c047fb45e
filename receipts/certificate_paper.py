"""The page of a monthly certificate: Chinese with English beside it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from integrity.canonical import base64_text
from integrity.checkpoint import Checkpoint
from integrity.errors import CustodyError
from receipts.fonts import MONOSPACE, PaperFonts, paper_fonts
from receipts.paper_data import local_time
from receipts.typeset import TypesettingError, shown_with, typeset


class CertificateError(CustodyError):
    """The certificate could not be drawn."""

    code = "report"


@dataclass(frozen=True, slots=True)
class CertifiedItem:
    """An original both copies of which were whole. Size in bytes."""

    exhibit: str
    leaf: int
    size: int


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the page tells. Times are the machine's, `bytes` counts one copy.

    `covered` is the number of entries up to the end of the checkpoint, those of
    earlier logs included. `list_sha256` is that of the canonical JSON of id, leaf and
    digests of the items.
    """

    firm: str
    matter: str
    matter_number: str
    matter_title: str
    month: str
    began: dt.datetime
    ended: dt.datetime
    bytes: int
    items: tuple[CertifiedItem, ...]
    withdrawn: int
    list_sha256: str
    checkpoint: Checkpoint
    covered: int
    fingerprint: str


def render_certificate(facts: CertificateFacts) -> bytes:
    """Draw it as a PDF/A with embedded fonts; it is not signed yet.

    Raises:
        MissingFontError: this machine has no Chinese font.
        CertificateError: typst refused.
    """
    data = certificate_data(facts, paper_fonts())
    try:
        return typeset("certificate.typ", data, "a-2a", facts.ended)
    except TypesettingError as error:
        message = f"The certificate could not be drawn: {error}."
        raise CertificateError(message) from error


def certificate_data(facts: CertificateFacts, fonts: PaperFonts) -> dict[str, Any]:
    """Values for the template; every text can be drawn and is visible."""
    shown = shown_with(fonts)
    return {
        "fonts": list(fonts.families),
        "monospace": [MONOSPACE, *fonts.families],
        "firm": shown(facts.firm),
        "matter": shown(facts.matter),
        "matter_number": shown(facts.matter_number),
        "matter_title": shown(facts.matter_title),
        "month": facts.month,
        "began": local_time(facts.began),
        "ended": local_time(facts.ended),
        "count": f"{len(facts.items):,}",
        "one": len(facts.items) == 1,
        "bytes": f"{facts.bytes:,}",
        "withdrawn": facts.withdrawn,
        "items": [[i.exhibit, str(i.leaf), f"{i.size:,}"] for i in facts.items],
        "list_sha256": facts.list_sha256,
        "origin": shown(facts.checkpoint.origin),
        "size": str(facts.covered),
        "root": base64_text(facts.checkpoint.root),
        "fingerprint": facts.fingerprint,
    }
