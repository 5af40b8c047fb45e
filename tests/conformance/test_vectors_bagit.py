"""Bags of others (Library of Congress): their outcome, and that none is our bundle.

Our reader accepts one profile of BagIt 1.0, not bags in general, so valid bags are
refused as well: for their names, and without a crash. A judge of bags in general
stands beside the tests. What others' tools say about our bags is in
test_bundle_stock_tools.
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
from tests.conformance.bagit_judge import Invalid, check_bag

VALID = {"valid", "warning"}
# Its second payload file was never committed in the source of the set.
BROKEN = "v0.97/warning/special-system-files"


def bags(shared: Path) -> list[Path]:
    """Every bag of the set."""
    return sorted(path for path in shared.glob("vectors/bagit/v*/*/*") if path.is_dir())


def test_every_bag_gives_its_outcome(shared: Path) -> None:
    """Valid bags, with a warning or without, are valid; all others are not.

    A bag that is invalid on one system only is invalid here on every one.
    """
    found = bags(shared)
    assert found
    for bag in found:
        if bag.as_posix().endswith(BROKEN):
            continue
        if bag.parent.name in VALID:
            check_bag(bag)
        else:
            with pytest.raises(Invalid):
                check_bag(bag)


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
