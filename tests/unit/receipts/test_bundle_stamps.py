"""Time stamps in bundles: what is written holds, and what does not is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from integrity.errors import VerificationError
from receipts.checks import Result
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as made
from tests.bundle_factory import results
from tests.unit.receipts.test_rolled_bundle import report_text, write

pytestmark = pytest.mark.tool("openssl")
AA = "e0000000000aa"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> made.Authority:
    """One time-stamp authority."""
    folder = tmp_path_factory.mktemp("authority")
    return made.Authority(folder, "Example TSA", made.P384).ready()


def _stamped(authority: made.Authority) -> made.Sample:
    """A lower bound, an exhibit stamped twice, and a stamp over the checkpoint."""
    sample = made.stamped(authority, authority)
    data, facts = sample.contents[AA], {"exhibit": AA, "matter": made.MATTER}
    sample.stamp("exhibit.stamped", AA, data, authority, **facts)
    sample.authorities = [authority]
    return sample


def test_a_bundle_with_stamps_is_written_and_passes(
    authority: made.Authority, tmp_path: Path
) -> None:
    """Its report tells when the log and the exhibit existed, and since when."""
    out = tmp_path / "b.zip"
    write(_stamped(authority), out)
    report = verify_bundle(out, None)
    assert report.verdict is Result.PASSED
    assert [c.result for c in report.checks if c.number == 16] == [Result.PASSED] * 4
    text = report_text(out)
    assert text.count("ExampleTSA") >= 3


def test_a_stamp_without_its_files_is_not_written(
    authority: made.Authority, tmp_path: Path
) -> None:
    """A bundle that tells of a stamp it cannot show does not leave the house."""
    sample = _stamped(authority)
    sample.stamps.clear()
    with pytest.raises(VerificationError, match="files of the stamp are not here"):
        write(sample, tmp_path / "b.zip")
    assert list(tmp_path.iterdir()) == []


def _told_otherwise(
    sample: made.Sample,
    authority: made.Authority,
    subjects: Sequence[str],
    other: str = "",
    **facts: Any,
) -> int:
    """An exhibit is stamped rightly, and the event tells it wrongly."""
    data = sample.contents[AA]
    query, response = authority.stamp(data)
    files = {"query": query, "response": response, "chain": authority.chain()}
    told = {AA: data, "e0000000000bb": data, **files} | {other: b"other bytes"}
    found = authority.facts(response) | {"exhibit": AA, "matter": made.MATTER}
    pairs = [(name, told[name]) for name in subjects]
    leaf = sample.happen("exhibit.stamped", pairs, **(found | facts))
    for suffix, content in zip(("tsq", "tsr", "pem"), files.values(), strict=True):
        sample.stamps[f"stamps/{leaf:08d}.{suffix}"] = content
    return leaf


NAMES = ("query", "response", "chain")
EARLIER = made.time_text(made.START - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"subjects": (AA, *NAMES), "time": EARLIER}, "another time"),
        ({"subjects": ()}, "not about what it stamps"),
        ({"subjects": ("e0000000000bb", *NAMES)}, "not about what it stamps"),
        ({"subjects": (AA, *NAMES), "exhibit": "e0000000000cc"}, "not about what"),
        ({"subjects": (AA, *NAMES), "other": "query"}, "not those of the event"),
        ({"subjects": (AA, *NAMES), "other": "chain"}, "not those of the event"),
        ({"subjects": (AA, *NAMES[::-1])}, "not those of the event"),
        ({"subjects": (AA, *NAMES[:2])}, "not those of the event"),
    ],
)
def test_an_event_that_tells_a_stamp_otherwise_fails(
    told: dict[str, Any], reason: str, authority: made.Authority, tmp_path: Path
) -> None:
    """Time, exhibit and each file are those of the event, or check 16 fails."""
    sample = made.three_exhibits(made.Sample())
    leaf = _told_otherwise(sample, authority, **told)
    report = verify_bundle(made.pack(sample.files(), tmp_path / "b.zip"), None)
    subject = f"stamps/{leaf:08d}.tsr"
    assert (16, "failed", subject) in results(report)
    (check,) = [c for c in report.checks if c.subject == subject]
    assert reason in check.reason


def test_the_same_stamp_told_rightly_passes(
    authority: made.Authority, tmp_path: Path
) -> None:
    """Nothing above fails for another reason than the one named."""
    sample = made.three_exhibits(made.Sample())
    _told_otherwise(sample, authority, (AA, *NAMES))
    report = verify_bundle(made.pack(sample.files(), tmp_path / "b.zip"), None)
    assert report.verdict is Result.PASSED
