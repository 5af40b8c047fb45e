"""The title zone of a page: where a paper says its own name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from intake.text_normal import NormalPage

TITLE_ZONE: Final = 120  # normalised characters at the top of the first page
LATIN_WIDTH: Final = 3  # a heading of Latin letters has about three times as many

_OWN_LINE: Final = 0.6  # share of the line that its title covers
_NARROW = re.compile("[ -~]")


@dataclass(frozen=True, slots=True)
class TitleHit:
    """Where a title rule matched, and whether its line says little else."""

    offset: int
    own_line: bool


def find_title(rules: Sequence[re.Pattern[str]], page: NormalPage) -> TitleHit | None:
    """The best match of `rules`: a line of its own, else in a line, else across lines.

    `^` and `$` in a rule are the ends of a line.
    """
    best: TitleHit | None = None
    for start, line in _zone_lines(page):
        for rule in rules:
            match = rule.search(line)
            if match is None:
                continue
            own = len(match[0]) >= _OWN_LINE * len(line)
            if own:
                return TitleHit(start + match.start(), own)
            best = best or TitleHit(start + match.start(), own)
    return best or _across_lines(rules, page.text[: _zone_end(page.text)])


def _across_lines(rules: Sequence[re.Pattern[str]], zone: str) -> TitleHit | None:
    """A heading that the reading engine broke into two lines."""
    for rule in rules:
        match = rule.search(zone)
        if match is not None:
            return TitleHit(match.start(), own_line=False)
    return None


def _zone_lines(page: NormalPage) -> list[tuple[int, str]]:
    """(offset, text) of each line that begins in the title zone, cut at its end."""
    found = []
    zone = _zone_end(page.text)
    for number in range(len(page.starts)):
        start, end = page.line_span(number)
        if start >= zone:
            break
        text = page.text[start : min(end, zone)]
        indent = len(text) - len(text.lstrip())
        if text.strip():
            found.append((start + indent, text.strip()))
    return found


def _zone_end(text: str) -> int:
    """Where the title zone ends: three Latin characters count as one."""
    latin = len(_NARROW.findall(text[: TITLE_ZONE * LATIN_WIDTH]))
    return TITLE_ZONE + latin * (LATIN_WIDTH - 1) // LATIN_WIDTH
