"""Bounds on the work for one file, each with its reason."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Final

# Each reads a page in 0.25 GiB beside what they share: 1.5 GiB for all is the bound.
MOST_PROCESSES: Final = 4


def processors() -> int:
    """How many pages may be read at a time on this machine."""
    return max(1, min(MOST_PROCESSES, len(os.sched_getaffinity(0))))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use. Sizes in bytes, times in seconds."""

    # Address space. The OCR runtime maps 1.4 GiB for an A4 page; a picture of 100
    # megapixels adds 0.3 GiB for each copy that exists at one time.
    memory: int = 3 << 30
    # Processor time of the child itself; pages of a scan have their own.
    cpu: int = 300
    cpu_page: int = 20
    # Pages of a scan read at a time, each in a process of its own. An A4 page takes two
    # seconds of processor time; the worst, looked at from all sides, a minute.
    processes: int = field(default_factory=processors)
    page_cpu: int = 120
    page_memory: int = 1 << 30
    wall: int = 300
    wall_page: int = 10
    # No sign of progress for this long: a parser is in a loop. A good page takes a
    # few seconds, but twenty times that on a PC that is busy with something else.
    stall: int = 110
    # The text layer has a budget of its own, so that a page picture exists even when
    # the text cannot be had in time.
    text_page: int = 5
    # One written file; an A4 page image is under 2 MB.
    file_size: int = 2 << 30
    output: int = 4 << 30
    open_files: int = 256
    pages: int = 5_000
    pixels: int = 100_000_000
    members: int = 2_000
    expanded: int = 2 << 30
    # A ratio is suspicious only once there is much of it: plain text packs 50:1.
    ratio: int = 100
    ratio_from: int = 10 << 20
    depth: int = 2
    text: int = 10 << 20
    mail_parts: int = 500
    mail_depth: int = 5

    def as_dict(self) -> dict[str, int]:
        """The limits as JSON for the child."""
        return asdict(self)
