"""A verification report as people read it: one line a check of the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from receipts.checks import BY_NUMBER, Check, Language, Report, Result

WORST_FIRST = (Result.FAILED, Result.INDETERMINATE, Result.PASSED)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check of the list over everything it was made of.

    `told` holds subject and reason of what did not pass, at most SHOWN of them; of
    what passed only where there is a single one.
    """

    number: int
    title: str
    result: Result
    count: int
    told: tuple[tuple[str, str], ...]


def lines_of(report: Report, lang: Language) -> list[CheckLine]:
    """The checks that were reached, the worst first, else by number."""
    ordered = sorted(report.checks, key=lambda check: check.number)
    groups = groupby(ordered, key=lambda check: check.number)
    lines = [_line(number, list(checks), lang) for number, checks in groups]
    return sorted(lines, key=lambda line: WORST_FIRST.index(line.result))


def renamed(report: Report, ours: str, claimed: str) -> Report:
    """The report with the name a person knows in place of our temporary one."""
    return Report.of(
        replace(check, subject=claimed) if check.subject == ours else check
        for check in report.checks
    )


def _line(number: int, checks: list[Check], lang: Language) -> CheckLine:
    worst = min((check.result for check in checks), key=WORST_FIRST.index)
    title = BY_NUMBER[number].title.in_language(lang)
    return CheckLine(number, title, worst, len(checks), _told(checks, worst, lang))


def _told(
    checks: Iterable[Check], worst: Result, lang: Language
) -> tuple[tuple[str, str], ...]:
    like_it = [check for check in checks if check.result is worst]
    if worst is Result.PASSED and len(like_it) > 1:
        return ()
    return tuple((c.subject, c.reason_in(lang)) for c in like_it[:SHOWN])
