"""A report of checks as lines for a person."""

from __future__ import annotations

from receipts.checks import (
    BY_NUMBER,
    RESULT_WORDS,
    Check,
    Language,
    Report,
    Result,
)


def report_lines(report: Report, lang: Language) -> list[str]:
    """One line a check number, one for each answer that is not "passed", the verdict.

    A check that was made of one thing only shows its reason even where it passed.
    Names in a file under examination may be hostile, so what does not print is
    written out.
    """
    lines = []
    for number in sorted({check.number for check in report.checks}):
        group = [check for check in report.checks if check.number == number]
        lines.append(_head(number, group, lang))
        lines += [
            _printable(f"     {check.subject}: {check.reason_in(lang)}")
            for check in group
            if check.result is not Result.PASSED or len(group) == 1
        ]
    lines.append(f"== {RESULT_WORDS[report.verdict].in_language(lang)} ==")
    return lines


def _head(number: int, group: list[Check], lang: Language) -> str:
    title = BY_NUMBER[number].title.in_language(lang)
    result = RESULT_WORDS[Report.of(group).verdict].in_language(lang)
    good = sum(check.result is Result.PASSED for check in group)
    return f"{number:2d} {title}: {result} ({good}/{len(group)})"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
