"""Peak memory of this process and all its children, by asking the kernel often.

Shared pages count once where the kernel tells the proportional share (`Pss`), which
it does for processes of ours; else the resident size is taken, an upper bound.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_EVERY_S: Final = 0.15
_PROC: Final = Path("/proc")


class PeakMemory:
    """Watches while its block runs; `peak` is in bytes afterwards."""

    def __init__(self) -> None:
        self.peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self.peak = max(self.peak, in_use(self.peak))


def in_use(beyond: int = 0) -> int:
    """Bytes that this process and its descendants hold now.

    The exact share is asked for only when the resident sizes exceed `beyond`.
    """
    family = _family()
    resident = sum(map(_resident, family))
    if resident <= beyond:
        return resident
    return sum(map(_share, family))


def _family() -> list[Path]:
    """This process and everything below it."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.glob("[0-9]*"):
        parent = _parent(folder)
        if parent is not None:
            children.setdefault(parent, []).append(int(folder.name))
    family, waiting = [], [int(_PROC.joinpath("self").readlink().name)]
    while waiting:
        number = waiting.pop()
        family.append(_PROC / str(number))
        waiting.extend(children.get(number, ()))
    return family


def _parent(folder: Path) -> int | None:
    try:
        # The name in brackets may hold anything; the last bracket ends it.
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _resident(folder: Path) -> int:
    return _field(folder / "status", "VmRSS:")


def _share(folder: Path) -> int:
    return _field(folder / "smaps_rollup", "Pss:") or _resident(folder)


def _field(path: Path, name: str) -> int:
    try:
        for line in path.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) << 10
    except (OSError, ValueError):
        pass
    return 0
