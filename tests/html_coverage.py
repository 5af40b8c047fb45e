"""Which blocks of verify.html its tests never reach, as Chromium itself counts them.

    python tests/html_coverage.py [arguments of pytest]

Runs the tests of the page (or those named) and prints each line with code that no page
of theirs ran, then how many blocks ran. The copy that runs in a worker is not counted;
the same text runs in the page too.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "receipts" / "standalone" / "verify.html"
TESTS = sorted((ROOT / "tests" / "functional").glob("test_verify_html*.py"))

Span = tuple[int, int]
SIGNS = " \n{};)"  # what is left of a block after it was left early: no code


def script_places(text: str) -> dict[int, int]:
    """Length -> where it starts in the page, of each script."""
    found = re.finditer(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    return {len(match[1]): match.start(1) for match in found}


@dataclass
class Coverage:
    """A plugin of pytest: counts in every page until the page is closed."""

    text: str
    blocks: set[Span] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)
    sessions: dict[Page, CDPSession] = field(default_factory=dict)

    def pytest_configure(self) -> None:
        """From here on, each new page is counted."""
        for opener in (Browser, BrowserContext):
            _wrap(opener, "new_page", after=self.start)
            _wrap(opener, "close", before=lambda _: self.take_all())
        _wrap(Page, "close", before=lambda _: self.take_all())

    def start(self, page: Page) -> None:
        """Count in this page, before it has loaded anything."""
        session = page.context.new_cdp_session(page)
        counting = {"callCount": True, "detailed": True}
        session.send("Profiler.enable")
        session.send("Profiler.startPreciseCoverage", counting)
        self.sessions[page] = session

    def take_all(self) -> None:
        """Take the counts of all pages, as one of them is about to be closed."""
        for page, session in list(self.sessions.items()):
            if page.is_closed():
                del self.sessions[page]
                continue
            counts = session.send("Profiler.takePreciseCoverage")
            for script in counts["result"]:
                self.add(script["functions"])

    def add(self, functions: list[dict[str, Any]]) -> None:
        """Add the counts of a script; which one it is, its length tells."""
        ranges = [each for function in functions for each in function["ranges"]]
        length = ranges[0]["endOffset"]
        start = script_places(self.text).get(length)
        if start is None:
            return
        counts = [0] * length
        for each in ranges:
            first, last, count = each["startOffset"], each["endOffset"], each["count"]
            counts[first:last] = [count] * (last - first)
            if self.text[start + first : start + last].strip(SIGNS):
                self.blocks.add((start + first, start + last))
        self.reached.update(start + at for at, count in enumerate(counts) if count)

    def missed(self) -> list[tuple[int, str]]:
        """Number and text of each line with code that nothing reached."""
        due = set[int]()
        for length, start in script_places(self.text).items():
            due.update(range(start, start + length))
        due -= self.reached
        lines, at = list[tuple[int, str]](), 0
        for number, line in enumerate(self.text.splitlines(keepends=True), 1):
            dark = "".join(c for i, c in enumerate(line, at) if i in due)
            if dark.strip(SIGNS):
                lines.append((number, line.rstrip()))
            at += len(line)
        return lines

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what was missed, and the number."""
        for number, line in self.missed():
            terminalreporter.write_line(f"{number:5} {line}")
        ran = sum(first in self.reached for first, _ in self.blocks)
        terminalreporter.write_line(f"{ran} of {len(self.blocks)} blocks ran")


def _wrap(
    owner: type,
    name: str,
    before: Callable[[Any], None] = lambda _: None,
    after: Callable[[Any], None] = lambda _: None,
) -> None:
    """Do something with the object before a method, or with its result after it."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapped(here: Any, *args: Any, **named: Any) -> Any:
        before(here)
        result = method(here, *args, **named)
        after(result)
        return result

    setattr(owner, name, wrapped)


def main(arguments: list[str]) -> int:
    """Run the tests with the counter; the exit code is that of pytest."""
    chosen = arguments or list(map(str, TESTS))
    coverage = Coverage(PAGE.read_text("utf-8"))
    return pytest.main(["-n", "0", "-q", *chosen], plugins=[coverage])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
