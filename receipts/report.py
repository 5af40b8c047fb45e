"""REPORT.pdf: what a bundle proves, by which check, and what it does not prove.

Chinese with English beside it. The same input gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from integrity.canonical import base64_text
from integrity.checkpoint import Checkpoint
from integrity.errors import CustodyError
from integrity.origins import Origin
from receipts.bundle_history import Exhibit
from receipts.bundle_times import Times
from receipts.erasure_checks import Erasure
from receipts.fonts import MONOSPACE, PaperFonts, paper_fonts
from receipts.paper_data import local_time
from receipts.report_outside import Outside
from receipts.report_statements import ORDER, statements
from receipts.time_checks import whole_second_after
from receipts.typeset import TypesettingError, shown_with, typeset

# A sentence lists every log, witness or key change; cut short it would be untrue.
LONGEST_SENTENCE: Final = 100_000


class ReportError(CustodyError):
    """The report could not be drawn."""

    code = "report"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the report tells.

    Attributes:
        firm: as event 0 names it.
        matter: its id in the log.
        matter_number: as the firm's files call the matter; not proved by the log.
        matter_title: likewise.
        exported_at: aware; the machine's clock.
        exhibits: in the order of their legal names.
        erasures: exhibits of the choice that were erased under the law.
        checkpoint: the one that its newest entries are proved under.
        covered: number of entries up to its end, those of earlier logs included.
        logs: the firm's logs up to there, oldest first.
        fingerprint: of trust/keys.
        times: what time-stamp authorities say.
        outside: what witnesses and persons vouch for.
    """

    firm: str
    matter: str
    matter_number: str
    matter_title: str
    exported_at: dt.datetime
    exhibits: tuple[Exhibit, ...]
    erasures: tuple[Erasure, ...]
    checkpoint: Checkpoint
    covered: int
    logs: tuple[Origin, ...]
    fingerprint: str
    times: Times
    outside: Outside


def render_report(facts: ReportFacts) -> bytes:
    """Draw the report as a PDF/A with embedded fonts.

    Raises:
        MissingFontError: this machine has no Chinese font.
        ReportError: typst refused.
    """
    fonts = paper_fonts()
    data = report_data(facts, fonts)
    try:
        return typeset("report.typ", data, "a-2a", facts.exported_at)
    except TypesettingError as error:
        raise ReportError(f"The report could not be drawn: {error}.") from error


def report_data(facts: ReportFacts, fonts: PaperFonts) -> dict[str, Any]:
    """The report as values for the template; every text can be drawn and is visible."""
    shown, said = shown_with(fonts), shown_with(fonts, LONGEST_SENTENCE)
    return {
        "fonts": list(fonts.families),
        "monospace": [MONOSPACE, *fonts.families],
        "firm": shown(facts.firm),
        "matter_number": shown(facts.matter_number),
        "matter_title": shown(facts.matter_title),
        "matter": shown(facts.matter),
        "exported_at": local_time(facts.exported_at),
        "origin": shown(facts.checkpoint.origin),
        "size": str(facts.covered),
        "root": base64_text(facts.checkpoint.root),
        "fingerprint": facts.fingerprint,
        "bytes": f"{sum(exhibit.size for exhibit in facts.exhibits):,}",
        "checks": [
            {
                "number": check.number,
                "title": [check.title.zh, check.title.en],
                "shows": [check.shows.zh, check.shows.en],
            }
            for check in ORDER
        ],
        "statements": [
            {"number": str(kind.number), "words": [said(words.zh), said(words.en)]}
            for kind, words in statements(facts)
        ],
        "exhibits": [
            {
                **_exhibit_row(exhibit, facts.times),
                "original_name": shown(exhibit.original_name),
            }
            for exhibit in facts.exhibits
        ],
        "erasures": [_erasure_row(erasure, shown) for erasure in facts.erasures],
    }


def _erasure_row(erasure: Erasure, shown: Callable[[str], str]) -> dict[str, Any]:
    return {
        "exhibit": shown(erasure.exhibit),
        "erased_at": local_time(erasure.event.time),
        "who": shown(erasure.event.actor.name),
        "reason": shown(erasure.reason),
        "legal_basis": shown(erasure.legal_basis),
        "leaf": erasure.leaf,
        "statements": len(erasure.leaves),
    }


def _exhibit_row(exhibit: Exhibit, times: Times) -> dict[str, Any]:
    leaf, received = exhibit.received
    stamp = times.exhibits.get(exhibit.exhibit)
    return {
        "stamped_at": ""
        if stamp is None
        else local_time(whole_second_after(stamp.time)),
        "name": exhibit.name,
        "exhibit": exhibit.exhibit,
        "size": f"{exhibit.size:,}",
        "received_at": local_time(received.time),
        "leaf": leaf,
        "events": len(exhibit.events),
        "withdrawn": exhibit.withdrawn,
        "sha256": exhibit.digests.sha256,
        "sm3": exhibit.digests.sm3,
    }
