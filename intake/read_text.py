"""The text of a reading as the stores keep it: pages, lines and where these stand.

A reader of foreign bytes wrote the derivative `text`: what is not as it must be is
left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from integrity.store.blobs import TwinStores

QUAD = 8


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line and its four corners in pixels of the page's picture."""

    text: str
    quad: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page by its number from 1: its text, and its lines where they have places."""

    number: int
    text: str
    lines: tuple[PlacedLine, ...]


def read_pages(stores: TwinStores, sha256: str) -> tuple[ReadPage, ...]:
    """The pages in a derivative `text`.

    Raises:
        StoreUnavailable: no store has it whole.
    """
    with stores.open_blob(sha256) as stream:
        return tuple(parse_pages(stream.read()))


def parse_pages(untrusted: bytes) -> Iterator[ReadPage]:
    """The pages of `{"pages": [{"page", "text", "lines": [{"text", "quad"}]}]}`."""
    try:
        rows = json.loads(untrusted)["pages"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or type(row.get("page")) is not int:
            continue
        text, lines = row.get("text"), row.get("lines")
        found = _lines(lines) if isinstance(lines, list) else ()
        yield ReadPage(row["page"], text if isinstance(text, str) else "", tuple(found))


def _lines(untrusted: list[Any]) -> Iterator[PlacedLine]:
    for row in untrusted:
        quad = row.get("quad") if isinstance(row, dict) else None
        if not isinstance(quad, list) or len(quad) != QUAD:
            continue
        if all(type(value) in (int, float) for value in quad):
            yield PlacedLine(str(row.get("text", "")), tuple(map(float, quad)))
