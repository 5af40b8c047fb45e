"""The environment of a process that reads: nothing of the service's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def child_environment(work: Path) -> dict[str, str]:
    """Replaces the service's environment, which may hold secrets."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work.absolute()),
        "TMPDIR": str(work.absolute()),
        "OMP_THREAD_LIMIT": "1",
        # onnxruntime reports its use to its maker otherwise, and keeps a device id.
        "ORT_DISABLE_TELEMETRY": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Each arena reserves address space, which is what is limited.
        "MALLOC_ARENA_MAX": "2",
    }
