"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vectors and samples beside the project."""
    if not _SHARED.is_dir():
        pytest.skip("the folder ../shared with the public vectors is not here")
    return _SHARED
