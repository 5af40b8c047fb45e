"""Bounds on the work for one file, each with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use. Sizes in bytes, times in seconds."""

    # Address space. The OCR runtime maps 1.4 GiB for an A4 page; a picture of 100
    # megapixels adds 0.3 GiB for each copy that exists at one time.
    memory: int = 3 << 30
    # Processor time, over all threads; two are used.
    cpu: int = 300
    cpu_page: int = 20
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
