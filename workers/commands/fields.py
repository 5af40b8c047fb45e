"""How fields of a reading are printed: masked, unless whole numbers are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intake.field_words import field_name, masked
from intake.reading import Field


def fields_record(fields: Sequence[Field], *, full: bool) -> list[dict[str, Any]]:
    """The fields as documented: name, value, page, line, check."""
    return [
        {
            "name": each.name,
            "value": each.value,
            "page": each.page,
            "line": each.line,
            "check": each.check,
        }
        for each in (fields if full else masked(fields))
    ]


def field_line(record: dict[str, Any], language: str) -> str:
    """One field for people: `= 金额  1,234.00  (p. 1)`."""
    check = f"  {record['check']}" if record["check"] else ""
    name = field_name(record["name"], language)
    return f"= {name}  {record['value']}  (p. {record['page']}){check}"
