"""Recordings: duration, codecs, the time the device wrote, one picture.

What is said in a recording is not transcribed: there is no speech model in the
product, and that is said (NO_TRANSCRIPT).
"""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image

from intake.reading import Derivative, Unreadable, UnreadableReason
from intake.zone import ZONE
from workers.reading.camera_dates import stored_day
from workers.reading.content import Content, Context
from workers.reading.page_images import JPEG, fit, save_thumbnail
from workers.tools.ffmpeg import DEMUXERS, MediaError, Streams, inspect, probe, still

RECORDED: Final = 0.7
_PROTECTED = frozenset({"drms", "drmi", "enca", "encv", "p608"})
_CUT_OFF = ("moov atom not found", "end of file", "truncat", "invalid data found")
_PLACES = ("location", "com.apple.quicktime.location.ISO6709", "location-eng")
_TIMES = ("com.apple.quicktime.creationdate", "creation_time", "date")


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    if content.media_type not in DEMUXERS:
        raise Unreadable(UnreadableReason.NO_READER, content.media_type)
    tool = probe()
    if tool.version is None:
        content.find("NO_TRANSCRIPT")
        content.find("TOOL_MISSING", "ffmpeg: duration, date and picture not read")
        return
    content.tools["ffmpeg"] = tool.version
    context.step()
    found = _inspect(path, content.media_type)
    context.step()
    _describe(found, content)
    if any(each.get("codec_type") == "audio" for each in found.streams):
        content.find("NO_TRANSCRIPT")
    _add_date(found, content)
    video = _video(found)
    if video is not None:
        _add_still(path, found, video, context, content)


def _inspect(path: Path, media_type: str) -> Streams:
    try:
        found = inspect(path, media_type)
    except MediaError as error:
        said = error.said.lower()
        cut = any(words in said for words in _CUT_OFF)
        reason = UnreadableReason.TRUNCATED if cut else UnreadableReason.CORRUPT
        raise Unreadable(reason, "ffprobe cannot read it") from error
    if any(str(s.get("codec_tag_string")) in _PROTECTED for s in found.streams):
        raise Unreadable(UnreadableReason.ENCRYPTED, "copy protection")
    if not found.streams:
        raise Unreadable(UnreadableReason.CORRUPT, "no streams")
    return found


def _describe(found: Streams, content: Content) -> None:
    parts = [f"{_duration(found):.1f} s"]
    for stream in found.streams[:8]:
        size = f" {stream['width']}x{stream['height']}" if _size(stream) else ""
        parts.append(f"{stream.get('codec_name', '?')}{size}")
    content.find("RECORDING", ", ".join(parts))
    if any(place in _tags(found) for place in _PLACES):
        content.find("PRIVACY_EXIF", "position")


def _add_date(found: Streams, content: Content) -> None:
    tags = _tags(found)
    for name in _TIMES:
        text = str(tags.get(name, ""))[:60]
        day = _local_day(text) or stored_day(text)
        if day is not None:
            content.add_date(day, RECORDED, text, f"media {name}")


def _local_day(text: str) -> str | None:
    """The day of a time with a zone, in the zone of the firm's machine."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return stored_day(moment.astimezone(ZONE).date().isoformat())


def _add_still(
    path: Path,
    found: Streams,
    video: dict[str, Any],
    context: Context,
    content: Content,
) -> None:
    size = _size(video)
    if size is None or size[0] * size[1] > context.limits.pixels:
        content.find("LIMIT_PIXELS", "no still")
        return
    frame = context.work / "frame.png"
    try:
        still(path, content.media_type, min(1.0, _duration(found) / 2), frame)
        with Image.open(frame, formats=("PNG",)) as image:
            picture = fit(image)
    except (MediaError, OSError, ValueError, SyntaxError):
        content.find("PAGE_UNREADABLE", "no still")
        return
    finally:
        frame.unlink(missing_ok=True)
    picture.save(context.work / "still.jpg", "JPEG", quality=80)
    content.derivatives.append(
        Derivative("still", None, "still.jpg", JPEG, picture.width, picture.height)
    )
    save_thumbnail(context, content, picture)


def _video(found: Streams) -> dict[str, Any] | None:
    for stream in found.streams:
        if stream.get("codec_type") == "video":
            return stream
    return None


def _size(stream: dict[str, Any]) -> tuple[int, int] | None:
    width, height = stream.get("width"), stream.get("height")
    if isinstance(width, int) and isinstance(height, int) and min(width, height) > 0:
        return width, height
    return None


def _duration(found: Streams) -> float:
    try:
        value = float(found.container.get("duration", 0))
    except (TypeError, ValueError):
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0


def _tags(found: Streams) -> dict[str, Any]:
    tags: dict[str, Any] = {}
    for holder in (*found.streams, found.container):
        more = holder.get("tags")
        tags.update(more if isinstance(more, dict) else {})
    return tags
