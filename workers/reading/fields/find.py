"""All fields of a reading, and what they say against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from intake.reading import MAX_FIELDS, Field, Finding, Reading
from workers.reading.fields.amounts import find_amounts
from workers.reading.fields.numbers import find_numbers
from workers.reading.fields.parties import find_parties
from workers.reading.fields.source import sources

AMOUNT_DISAGREES: Final = "AMOUNT_DISAGREES"
MOST_OF_A_NAME: Final = 30  # a statement has a thousand amounts; the first ones do


def add_fields(reading: Reading) -> Reading:
    """The reading with its fields, and a finding when words and figures disagree.

    The finding names pages and no amount: it goes into the log for ever.
    """
    lines = sources(reading)
    found = [*find_parties(lines), *find_numbers(lines), *find_amounts(lines)]
    fields = _bounded(found)
    pages = sorted(
        {f.page for f in fields if f.name == "amount_words" and f.check == "bad"}
    )
    findings = reading.findings
    if pages:
        where = "page " + ", ".join(map(str, pages[:10]))
        findings = (*findings, Finding(AMOUNT_DISAGREES, where))
    return replace(reading, fields=fields, findings=findings)


def _bounded(found: list[Field]) -> tuple[Field, ...]:
    """Each name and value once, some of each name, no more than a reading may hold."""
    kept: dict[tuple[str, str], Field] = {}
    counts: dict[str, int] = {}
    for each in found:
        key = (each.name, each.value)
        if key in kept or counts.get(each.name, 0) == MOST_OF_A_NAME:
            continue
        kept[key] = each
        counts[each.name] = counts.get(each.name, 0) + 1
    return tuple(kept.values())[:MAX_FIELDS]
