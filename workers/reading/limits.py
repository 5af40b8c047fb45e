"""Bounds on the work for one file, each with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use. Sizes in bytes, times in seconds."""

    # onnxruntime maps about 1.2 GB; the rest is room for a 100-megapixel page.
    memory: int = 4 << 30
    cpu: int = 1800
    wall: int = 300
    wall_page: int = 10
    # One written file; an A4 page image is under 2 MB.
    file_size: int = 512 << 20
    output: int = 4 << 30
    open_files: int = 256
    pages: int = 5_000
    pixels: int = 100_000_000
    members: int = 2_000
    expanded: int = 2 << 30
    # A ratio is only suspicious once there is much of it: text packs 50:1.
    ratio: int = 100
    ratio_from: int = 10 << 20
    text: int = 10 << 20
    mail_parts: int = 500

    def as_dict(self) -> dict[str, int]:
        """The limits as JSON for the child."""
        return asdict(self)
