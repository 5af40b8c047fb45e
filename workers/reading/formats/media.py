"""Audio and video: what the container says, and one still. No transcript is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from intake.reading import Candidate, Derivative, Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.page import keep_page
from workers.tools import ffmpeg


def read(path: Path, content: Content, context: Context) -> None:
    """Duration, codecs, creation time; a still of a video."""
    if ffmpeg.probe().version is None:
        content.find("TOOL_MISSING", "ffmpeg")
        return
    content.tools["ffmpeg"] = str(ffmpeg.probe().version)
    facts = ffmpeg.describe(path)
    if facts is None:
        raise Unreadable(UnreadableReason.CORRUPT, "no audio or video stream")
    content.add_text_page("\n".join(_lines(facts)))
    content.find("NO_TRANSCRIPT")
    _read_date(facts, content)
    if any(stream.get("codec_type") == "video" for stream in facts["streams"]):
        _keep_still(path, content, context)


def _lines(facts: dict[str, Any]) -> list[str]:
    container = facts.get("format", {})
    lines = [f"duration {container.get('duration', '?')} s"]
    for stream in facts["streams"][:20]:
        kind, codec = stream.get("codec_type", "?"), stream.get("codec_name", "?")
        lines.append(f"{kind} {codec}")
    return lines


def _read_date(facts: dict[str, Any], content: Content) -> None:
    made = str(facts.get("format", {}).get("tags", {}).get("creation_time", ""))
    unset = made.startswith("1904")  # the epoch of containers whose clock was not set
    if len(made) >= len("2025-08-29") and made[:2] in ("19", "20") and not unset:
        line = f"creation_time {made[:30]}"
        content.exif_dates.append(Candidate(made[:10], 0.5, line, None, "container"))


def _keep_still(path: Path, content: Content, context: Context) -> None:
    still = context.work / "still.png"
    if not ffmpeg.still(path, still):
        return
    with Image.open(still, formats=("PNG",)) as image:
        keep_page(image, 1, content, context)
    still.unlink()
    content.derivatives = [
        Derivative("still", d.page, d.path, d.media_type, d.width, d.height)
        if d.role == "page" else d
        for d in content.derivatives
    ]  # fmt: skip
