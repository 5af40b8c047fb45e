"""Fixtures every test may use."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import settings

_SHARED = Path(__file__).resolve().parents[2] / "shared"

# How long an example takes says more about the machine's other work than about us.
settings.register_profile("custody", deadline=None)
settings.load_profile("custody")

# Every home that is opened compiles the 940 patterns of the evidence types; of those
# Python keeps 512, which here means none.
re._MAXCACHE = 4096

# A machine may tell Python to keep nothing of what it compiles. Then each worker would
# rewrite every test anew, and each `custody` that a test starts compile the product.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vectors and samples beside the project."""
    if not _SHARED.is_dir():
        pytest.skip("the folder ../shared with the public vectors is not here")
    return _SHARED
