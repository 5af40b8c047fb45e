"""Whether an outside program or library is here, and which version."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolProbe:
    """An outside program or library; `version` is None when it is absent."""

    name: str
    version: str | None
