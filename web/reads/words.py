"""The text of an exhibit, as the reading left it, and where its lines stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from intake.services import Services
from intake.tables import Derivative, Exhibit
from web.reads.exhibit import ExhibitPage

LIMIT_BYTES = 16 << 20
SHOWN_CHARACTERS = 400_000
QUAD = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its four corners in pixels of the page's picture."""

    page: int
    text: str
    points: str


@dataclass(frozen=True, slots=True)
class ReadText:
    """Machine-read text; `cut` when there is more than a page should carry."""

    words: str = ""
    cut: bool = False
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the line that a proposal came from stands; `kind` is type or date."""

    page: int
    kind: str
    points: str


def text_of(services: Services, made: Derivative | None) -> ReadText:
    """The text in the derivative `made`; nothing when there is none.

    A reader of foreign bytes wrote it: what is not as it must be is left out.
    """
    if made is None:
        return ReadText()
    if made.size > LIMIT_BYTES:
        return ReadText(cut=True)
    with services.log.stores.open_blob(made.sha256) as stream:
        data = stream.read()
    if made.media_type != "application/json":
        return _shown(data.decode("utf-8", "replace"), ())
    pages = list(_pages(data))
    words = "\n\n".join(str(page.get("text", "")).strip() for page in pages)
    return _shown(words, tuple(line for page in pages for line in _lines(page)))


def instead_of_pictures(services: Services, page: ExhibitPage) -> ReadText:
    """The text to show where an exhibit has no pictures of its pages."""
    made = None if page.pictures else page.others.get("text")
    return text_of(services, made)


def marks_of(exhibit: Exhibit, read: ReadText) -> tuple[Mark, ...]:
    """Where the best proposals for type and date came from."""
    proposals = (("type", exhibit.type_candidates), ("date", exhibit.date_candidates))
    found = (_mark(kind, best[0], read) for kind, best in proposals if best)
    return tuple(mark for mark in found if mark is not None)


def _mark(kind: str, proposal: dict[str, Any], read: ReadText) -> Mark | None:
    wanted = str(proposal.get("line", "")).strip()
    for line in read.lines:
        if wanted and line.page == proposal.get("page") and wanted in line.text:
            return Mark(line.page, kind, line.points)
    return None


def _shown(words: str, lines: tuple[Line, ...]) -> ReadText:
    return ReadText(words[:SHOWN_CHARACTERS], len(words) > SHOWN_CHARACTERS, lines)


def _pages(data: bytes) -> Iterator[dict[str, Any]]:
    try:
        untrusted = json.loads(data)["pages"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if isinstance(untrusted, list):
        yield from (page for page in untrusted if isinstance(page, dict))


def _lines(untrusted_page: dict[str, Any]) -> Iterator[Line]:
    number, rows = untrusted_page.get("page"), untrusted_page.get("lines")
    if not isinstance(number, int) or not isinstance(rows, list):
        return
    for row in rows:
        points = _points(row.get("quad")) if isinstance(row, dict) else ""
        if points:
            yield Line(number, str(row.get("text", "")), points)


def _points(untrusted_quad: Any) -> str:
    if not isinstance(untrusted_quad, list) or len(untrusted_quad) != QUAD:
        return ""
    if any(type(value) not in (int, float) for value in untrusted_quad):
        return ""
    return " ".join(f"{float(value):.0f}" for value in untrusted_quad)
