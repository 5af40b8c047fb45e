"""The three files that prove a time stamp."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StampFiles:
    """The files of one stamp, byte for byte: `.tsq`, `.tsr` and `.pem`."""

    query: bytes
    response: bytes
    chain: bytes
