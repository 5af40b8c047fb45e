"""Bags of others (Library of Congress): none of them is one of our bundles.

Our reader accepts one profile of BagIt 1.0, not bags in general, so valid bags are
refused as well: for their names, and without a crash. What others' tools say about
our bags is in test_bundle_stock_tools.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrity.errors import MalformedError
from receipts.checks import Result
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests.bundle_factory import pack


def bags(shared: Path) -> list[Path]:
    """Every bag of the set."""
    return sorted(path for path in shared.glob("vectors/bagit/v*/*/*") if path.is_dir())


def test_the_set_is_there(shared: Path) -> None:
    """Valid and invalid bags of several versions are read by the tests below."""
    kinds = {bag.parent.name for bag in bags(shared)}
    assert {"valid", "invalid", "warning", "linux-only", "windows-only"} <= kinds


def test_no_bag_of_others_passes_as_a_folder(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one-file verifier says failed, and which names are wrong."""
    for bag in bags(shared):
        assert standalone.main([str(bag), "--json"]) == 1, bag
        report = json.loads(capsys.readouterr().out)
        assert report["checks"][0]["number"] in {1, 2}


def test_no_bag_of_others_passes_as_a_zip(shared: Path, tmp_path: Path) -> None:
    """Packed canonically, a foreign bag fails; unsafe names cannot even be packed."""
    for bag in bags(shared):
        files = {
            path.relative_to(bag).as_posix(): path.read_bytes()
            for path in bag.rglob("*")
            if path.is_file()
        }
        try:
            path = pack(files, tmp_path / "bag.zip")
        except MalformedError:
            continue
        assert verify_bundle(path, None).verdict is Result.FAILED, bag
