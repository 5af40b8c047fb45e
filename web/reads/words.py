"""The text of an exhibit, as the reading left it, and where its lines stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from intake.read_text import parse_pages
from intake.services import Services
from intake.tables import Derivative, Exhibit
from web.reads.exhibit import ExhibitPage

LIMIT_BYTES = 16 << 20
SHOWN_CHARACTERS = 400_000


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
    pages = list(parse_pages(data))
    words = "\n\n".join(page.text.strip() for page in pages)
    lines = (Line(page.number, line.text, points_of(line.quad))
             for page in pages for line in page.lines)  # fmt: skip
    return _shown(words, tuple(lines))


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


def points_of(quad: Sequence[float]) -> str:
    """Corners as SVG takes them."""
    return " ".join(f"{value:.0f}" for value in quad)
