"""What a format's reader hands to the pipeline, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from intake.reading import Candidate, Derivative, Finding, Member, TextLine
from workers.reading.limits import Limits
from workers.reading.sandbox import PAGES
from workers.tools.ocr import OcrEngine, open_engine


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
    exif_dates: list[Candidate] = field(default_factory=list)
    tools: dict[str, str] = field(default_factory=dict)
    used_ocr: bool = False

    def find(self, code: str, detail: str = "") -> None:
        """Add a finding, once."""
        finding = Finding(code, detail[:500])
        if finding not in self.findings and len(self.findings) < 100:
            self.findings.append(finding)

    def add_text_page(self, text: str) -> None:
        """Add a page that has text and no picture."""
        self.page_texts.append(text)


@dataclass(slots=True)
class Context:
    """The folder to write to, the limits, and the OCR engine, opened when needed."""

    work: Path
    limits: Limits
    engine_name: str
    claimed_name: str
    _engine: OcrEngine | None = None

    @property
    def engine(self) -> OcrEngine:
        """The engine; loading it takes two seconds, so only scans pay."""
        if self._engine is None:
            self._engine = open_engine(self.engine_name)
        return self._engine

    @property
    def opened_engine(self) -> OcrEngine | None:
        """The engine if this file needed it."""
        return self._engine

    def announce_pages(self, pages: int) -> None:
        """Tell the parent how much there is to do; it gives time by the page."""
        (self.work / PAGES).write_text(str(pages))
