"""What a format's reader hands to the pipeline, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from intake.reading import (
    MAX_LINE,
    MAX_LINES,
    Candidate,
    Derivative,
    Finding,
    Member,
    TextLine,
    Unreadable,
    UnreadableReason,
)
from workers.reading.confine import allow_cpu
from workers.reading.limits import Limits
from workers.reading.sandbox import PROGRESS

if TYPE_CHECKING:
    from workers.tools.ocr import OcrEngine

MOST_FINDINGS: Final = 100
MOST_NAMED_PAGES: Final = 50
MOST_STORED_DATES: Final = 10
_CONTROLS = dict.fromkeys((*range(9), 11, *range(14, 32), *range(127, 160), 65279))


def plain(text: str) -> str:
    """Text that every store can hold: no control characters, no lone surrogates."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return whole.translate(_CONTROLS).encode("utf-8", "replace").decode()


@dataclass(slots=True)
class Content:
    """Everything found in one file, page by page."""

    media_type: str
    pages: int | None = None
    page_texts: list[str] = field(default_factory=list)
    lines: list[TextLine] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    derivatives: list[Derivative] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    dates: list[Candidate] = field(default_factory=list)
    tools: dict[str, str] = field(default_factory=dict)
    page_seconds: list[float] = field(default_factory=list)
    room: int = 10 << 20
    _noted_pages: dict[str, list[int]] = field(default_factory=dict)

    def find(self, code: str, detail: str = "") -> None:
        """Add a finding, once."""
        finding = Finding(code, plain(detail).replace("\n", " ")[:500])
        if finding not in self.findings and len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)

    def note_page(self, code: str, number: int) -> None:
        """Remember that `code` holds for page `number`; one finding names all pages."""
        self._noted_pages.setdefault(code, []).append(number)

    def noted(self, code: str) -> list[int]:
        """The pages that were noted for `code`."""
        return self._noted_pages.get(code, [])

    @property
    def noted_pages(self) -> dict[str, list[int]]:
        """The pages that were noted, by code."""
        return self._noted_pages

    def absorb(self, part: Content) -> None:
        """Add what was found in the next page, which was read by itself."""
        for text in part.page_texts:
            self.add_text(text)
        self.add_lines(part.lines)
        for each in part.findings:
            self.find(each.code, each.detail)
        for code, numbers in part.noted_pages.items():
            for number in numbers:
                self.note_page(code, number)
        self.derivatives.extend(part.derivatives)
        self.tools.update(part.tools)
        self.page_seconds.extend(part.page_seconds)

    def all_findings(self) -> tuple[Finding, ...]:
        """The findings, with one for each code that was noted for pages."""
        by_page = [
            Finding(code, _pages(numbers))
            for code, numbers in self._noted_pages.items()
        ]
        return (*self.findings, *by_page)

    def add_text(self, text: str) -> None:
        """Add the text of the next page, cut at the limit on all text."""
        kept = plain(text)
        if len(kept) > self.room:
            kept = kept[: self.room]
            self.find("TEXT_CUT")
        self.room -= len(kept)
        self.page_texts.append(kept)

    def add_lines(self, lines: list[TextLine]) -> None:
        """Add the placed lines of a page, as many as a reading may hold."""
        for line in lines[: MAX_LINES - len(self.lines)]:
            text = plain(line.text).replace("\n", " ")[:MAX_LINE]
            self.lines.append(TextLine(line.page, text, line.score, line.quad))

    def add_date(self, value: str, confidence: float, source: str, rule: str) -> None:
        """Add a date from metadata (YYYY-MM-DD) with the text it came from."""
        if len(self.dates) < MOST_STORED_DATES:
            line = plain(source)[:200]
            self.dates.append(Candidate(value, confidence, line, None, rule))


def _pages(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:MOST_NAMED_PAGES])
    more = len(numbers) - MOST_NAMED_PAGES
    word = "page" if len(numbers) == 1 else "pages"
    return f"{word} {shown}" + (f" and {more} more" if more > 0 else "")


def _is_named(engine: OcrEngine | None, name: str) -> bool:
    return engine is not None and engine.probe.name == name


@dataclass(slots=True)
class Context:
    """The folder to write to, the limits, and the OCR engine, opened when needed."""

    work: Path
    limits: Limits
    engine_name: str
    claimed_name: str
    depth: int = 0
    # In a process of its own a page tells its parent, which alone writes the file.
    tell: Callable[[], None] | None = None
    loaded: OcrEngine | None = None  # by the reader server, before the file came
    _engine: OcrEngine | None = None
    _is_used: bool = False
    _pages: int = 0
    _steps: int = 0

    @property
    def engine(self) -> OcrEngine:
        """The engine; loading it takes seconds, so only scans pay.

        Raises:
            Unreadable: TOOL_MISSING.
        """
        self._is_used = True
        return self.borrow_engine()

    def borrow_engine(self) -> OcrEngine:
        """The engine for a look that adds nothing to the reading.

        Raises:
            Unreadable: TOOL_MISSING.
        """
        if self._engine is None and _is_named(self.loaded, self.engine_name):
            self._engine = self.loaded
        if self._engine is None:
            # Loading decoders is for files with scans only.
            from workers.tools.ocr import open_engine  # noqa: PLC0415

            self._engine = open_engine(self.engine_name)
            self.step()
        return self._engine

    @property
    def opened_engine(self) -> OcrEngine | None:
        """The engine if text of this file comes from it."""
        return self._engine if self._is_used else None

    @property
    def pages(self) -> int:
        """How many pages were announced."""
        return self._pages

    def announce_pages(self, pages: int) -> None:
        """Tell the parent how much there is to do; time is given by the page.

        Raises:
            Unreadable: NO_PAGES or LIMIT_PAGES.
        """
        if pages < 1:
            raise Unreadable(UnreadableReason.NO_PAGES)
        if pages > self.limits.pages:
            raise Unreadable(UnreadableReason.LIMIT_PAGES, f"{pages} pages")
        self._pages = pages
        allow_cpu(self.limits, pages)
        self.step()

    def step(self) -> None:
        """Tell the parent that the work goes on."""
        if self.tell is not None:
            self.tell()
            return
        self._steps += 1
        (self.work / PROGRESS).write_text(f"{self._pages} {self._steps}")
