"""History written anew by whoever has all the service's keys, and nobody's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from receipts.checks import Result
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as samples

MALLORY, MOE = samples.Ed("mallory", 91), samples.Ed("moe", 92)
Alter = Callable[[samples.Log], None]


def _end_the_rule(log: samples.Log) -> None:
    for line in log.lines:
        if line.role == "rule":
            line.last = line.first


def _add_persons(log: samples.Log) -> None:
    log.add_persons(MALLORY, MOE)(len(log.envelopes))


@pytest.mark.parametrize("alter", [_end_the_rule, _add_persons])
def test_the_papers_fingerprint_leads_to_no_history_made_by_the_service_alone(
    tmp_path: Path, alter: Alter
) -> None:
    """The firm's own list, announced before its rule begins, cannot be changed there.

    Otherwise the fingerprint on every paper would be one of an earlier stage, and an
    act at any later leaf would pass without the two persons.
    """
    genuine = samples.Sample()
    for number in range(20):
        genuine.log.record("user.added", login=f"u{number}")
    people = genuine.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    genuine.change("person-added", people)
    fingerprint = samples.sha256(genuine.log.trust())

    forged = samples.Sample()
    forged.change(
        "person-added",
        lambda _: setattr(forged.log, "lines", _copies(genuine.log)),
    )
    assert samples.sha256(forged.log.trust()) == fingerprint
    forged.change("rule", lambda _: alter(forged.log))
    samples.three_exhibits(forged)
    for number in range(20):
        forged.log.record("user.added", login=f"u{number}")
    by = [name for name in ("mallory", "moe") if name in forged.log.persons]
    forged.erase("e0000000000bb", by)
    out = samples.pack(forged.files(), tmp_path / "forged.zip")
    report = verify_bundle(out, None, fingerprint)
    failed = {c.number for c in report.checks if c.result is Result.FAILED}
    assert {4, 19} <= failed


def test_a_short_log_does_not_come_before_the_rule(tmp_path: Path) -> None:
    """The firm's own list cannot be announced in a log that ends before its rule."""
    genuine = samples.Sample()
    for number in range(20):
        genuine.log.record("user.added", login=f"u{number}")
    people = genuine.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    genuine.change("person-added", people)
    forged = samples.Sample()
    forged.change(
        "person-added",
        lambda _: setattr(forged.log, "lines", _copies(genuine.log)),
    )
    samples.three_exhibits(forged)
    forged.erase("e0000000000bb", ())
    out = samples.pack(forged.files(), tmp_path / "forged.zip")
    report = verify_bundle(out, None, samples.sha256(genuine.log.trust()))
    assert 19 in {c.number for c in report.checks if c.result is Result.FAILED}


def _copies(log: samples.Log) -> list[samples.Line]:
    return [dataclasses.replace(line) for line in log.lines]
