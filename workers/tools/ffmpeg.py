"""ffprobe and ffmpeg: what a recording is, and one picture of it.

The demuxer is named by us from the content, so a play list cannot make ffmpeg open
anything else; only the protocol `file` is allowed.
"""

from __future__ import annotations

import json
import shutil
import subprocess  # noqa: TID251 (inside the sandbox, never through a shell)
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workers.tools.probe import ToolProbe

TIMEOUT_S: Final = 40
MOST_OUTPUT: Final = 4 << 20
DEMUXERS: Final[dict[str, str]] = {
    "audio/mpeg": "mp3",
    "audio/x-wav": "wav",
    "audio/mp4": "mov",
    "audio/amr": "amr",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpeg",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "asf",
}


class MediaError(Exception):
    """ffprobe or ffmpeg failed; `said` is the end of its message."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Streams:
    """What ffprobe reports, as parsed JSON: untrusted."""

    container: dict[str, Any]
    streams: list[dict[str, Any]]


def probe() -> ToolProbe:
    """Whether both programs are here, and the version of ffprobe."""
    if shutil.which("ffprobe") is None or shutil.which("ffmpeg") is None:
        return ToolProbe("ffmpeg", None)
    try:
        first = _run(["ffprobe", "-version"]).decode("utf-8", "replace").split()
    except MediaError:
        return ToolProbe("ffmpeg", None)
    return ToolProbe("ffmpeg", first[2][:40] if len(first) > 2 else "unknown")  # noqa: PLR2004


def inspect(path: Path, media_type: str) -> Streams:
    """Container and streams of `path`.

    Raises:
        MediaError: ffprobe cannot read it.
    """
    show = ("-show_format", "-show_streams", "-print_format", "json")
    output = _run(["ffprobe", "-v", "error", *show, *_input(path, media_type)])
    try:
        found = json.loads(output[:MOST_OUTPUT])
    except ValueError as error:
        raise MediaError("no JSON") from error
    streams = [each for each in found.get("streams", []) if isinstance(each, dict)]
    container = found.get("format")
    return Streams(container if isinstance(container, dict) else {}, streams)


def still(path: Path, media_type: str, seconds: float, target: Path) -> None:
    """Write the frame at `seconds` to `target` (PNG).

    Raises:
        MediaError: there is no such frame, or it cannot be decoded.
    """
    quietly = ("-v", "error", "-nostdin", "-y", "-threads", "1")
    start = ("-ss", f"{seconds:.2f}")
    one_frame = ("-an", "-sn", "-dn", "-frames:v", "1", "-f", "image2", str(target))
    _run(["ffmpeg", *quietly, *start, *_input(path, media_type), *one_frame])
    if not target.is_file():
        raise MediaError("no frame")


def _input(path: Path, media_type: str) -> list[str]:
    return [
        "-protocol_whitelist", "file",
        "-f", DEMUXERS[media_type],
        "-i", f"file:{path}",
    ]  # fmt: skip


def _run(command: list[str]) -> bytes:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError("timeout") from error
    except OSError as error:
        raise MediaError(type(error).__name__) from error
    if done.returncode != 0:
        raise MediaError(done.stderr[-2000:].decode("utf-8", "replace"))
    return done.stdout
