"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

_SHARED = Path(__file__).resolve().parents[2] / "shared"

# How long an example takes says more about the machine's other work than about us.
settings.register_profile("custody", deadline=None)
settings.load_profile("custody")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vectors and samples beside the project."""
    if not _SHARED.is_dir():
        pytest.skip("the folder ../shared with the public vectors is not here")
    return _SHARED
