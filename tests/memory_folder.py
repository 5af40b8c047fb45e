"""A folder in memory: what is killed in these tests is a process, never the machine.

What the kernel was given outlives a killed process on every file system, so waiting
for a disk costs most of the time here and shows nothing.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 1 << 30  # bytes free; a container may have very few


def in_memory() -> Path | None:
    """Where files cost no disk; None where there is no such place."""
    if not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= ENOUGH else None
