"""ffprobe and ffmpeg: container facts and one still picture."""

from __future__ import annotations

import functools
import json
import subprocess  # noqa: TID251 (runs inside the sandbox)
from pathlib import Path
from typing import Any

from workers.tools.ocr import ToolProbe

TIMEOUT_S = 60
MAX_ANSWER = 1 << 20
# Files only: a playlist inside a "video" must not make ffmpeg open other places.
PROTOCOLS = ("-protocol_whitelist", "file")


@functools.cache
def probe() -> ToolProbe:
    """Whether ffprobe is here, and which."""
    try:
        done = _run(["ffprobe", "-version"])
    except OSError:
        return ToolProbe("ffmpeg", None)
    words = done.stdout.decode(errors="replace").split()
    return ToolProbe(
        "ffmpeg", words[2] if words[:2] == ["ffprobe", "version"] else None
    )


def describe(path: Path) -> dict[str, Any] | None:
    """Format and streams as ffprobe prints them; None when it finds none."""
    command = ["ffprobe", "-v", "error", *PROTOCOLS, "-of", "json", "-show_format",
               "-show_streams", str(path)]  # fmt: skip
    try:
        done = _run(command)
        facts = json.loads(done.stdout[:MAX_ANSWER] or b"{}")
    except (subprocess.TimeoutExpired, ValueError):
        return None
    if not isinstance(facts, dict) or not facts.get("streams"):
        return None
    return facts


def still(path: Path, target: Path) -> bool:
    """Write one frame near the beginning as PNG; False when there is none."""
    command = ["ffmpeg", "-v", "error", *PROTOCOLS, "-i", str(path), "-frames:v", "1",
               "-vf", "scale='min(1280,iw)':-2", "-y", str(target)]  # fmt: skip
    try:
        _run(command)
    except subprocess.TimeoutExpired:
        return False
    return target.is_file() and target.stat().st_size > 0


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
