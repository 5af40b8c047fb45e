"""From what was found on the pages to one reading: type, date, derivatives."""

from __future__ import annotations

import json
import time
from datetime import date

from intake.evidence_types import EvidenceTypes
from intake.reading import Candidate, Derivative, Reading
from intake.text_normal import PageText
from workers.reading.classify import classify
from workers.reading.content import Content, Context
from workers.reading.dates import find_dates
from workers.reading.searchable import make_searchable

TEXT_FILE = "text.json"
# A date below this is shown to the person and not put into the name.
SURE_DATE = 0.5


def assemble(
    content: Content,
    context: Context,
    types: EvidenceTypes,
    received_on: date,
    started: float,
) -> Reading:
    """Propose type and date, make the searchable PDF, keep the text."""
    pages = [
        PageText(number, tuple(text.splitlines()))
        for number, text in enumerate(content.page_texts, start=1)
    ]
    found_types = classify(pages, types, content.media_type)
    best = types.by_code(found_types[0].value) if found_types else types.fallback
    dates = (*content.dates, *find_dates(pages, best, received_on))
    chosen, basis = _basis(dates, content.exif_dates)
    make_searchable(content, context)
    _keep_text(content, context)
    engine = context.opened_engine
    return Reading(
        media_type=content.media_type,
        pages=content.pages,
        page_texts=tuple(content.page_texts),
        lines=tuple(content.lines),
        engine=engine.probe.name if engine else "text",
        engine_version=(engine.probe.version or "") if engine else "",
        tools=content.tools,
        types=found_types[:3],
        dates=chosen[:20],
        date_basis=basis,
        findings=tuple(content.findings),
        derivatives=tuple(content.derivatives),
        members=tuple(content.members),
        seconds=round(time.monotonic() - started, 3),
    )


def _basis(
    dates: tuple[Candidate, ...], exif: list[Candidate]
) -> tuple[tuple[Candidate, ...], str]:
    if dates and dates[0].confidence >= SURE_DATE:
        return (*dates, *exif), "document"
    if exif and exif[0].confidence >= SURE_DATE:
        return (*exif, *dates), "exif"
    return (*dates, *exif), "none"


def _keep_text(content: Content, context: Context) -> None:
    lines = [
        {"page": line.page, "text": line.text, "score": round(line.score, 4),
         "quad": [round(x, 1) for x in line.quad]}
        for line in content.lines
    ]  # fmt: skip
    text = json.dumps({"pages": content.page_texts, "lines": lines}, ensure_ascii=False)
    (context.work / TEXT_FILE).write_text(text, "utf-8")
    made = Derivative("text", None, TEXT_FILE, "application/json")
    content.derivatives.append(made)
