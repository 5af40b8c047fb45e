"""Check 19: what claims to change the keys is told apart, and must be signed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from integrity.key_history import Stage
from integrity.policy import parse_trusted_keys
from receipts.checks import Check, Result
from receipts.key_history_checks import check_key_history, claims_change
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as made
from tests.bundle_factory import results


def _envelope(payload: bytes) -> bytes:
    encoded = base64.b64encode(payload).decode()
    kind = made.PAYLOAD_TYPE
    fields = {"payload": encoded, "payloadType": kind, "signatures": []}
    return json.dumps(fields, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"{}",
        b'{"payload":"AAAAA"}',
        b'{"payload":1}',
        b'{"payload":"%s"}' % base64.b64encode(b"keys.changed"),
        _envelope(b"keys.changed"),
        _envelope(b'{"kind":"keys.changed"}'),
    ],
)
def test_what_is_no_statement_claims_no_change(envelope: bytes) -> None:
    """Neither broken base64 nor the word alone makes a change of keys."""
    assert not claims_change(envelope)


def test_a_statement_claims_a_change_by_its_kind() -> None:
    """The word in the facts of another event is not its kind."""
    log = made.Log()
    told = log.record("user.added", login="keys.changed")
    changed = log.change("rotated", log.rotate)
    assert [claims_change(log.envelopes[n]) for n in (told, changed)] == [False, True]


@pytest.mark.parametrize("leaf", [0, 2])
def test_a_history_that_is_not_signed_is_left_open(leaf: int, tmp_path: Path) -> None:
    """Where leaf 0 or a change does not pass check 6, nothing follows from it."""
    sample = made.rotated()
    name = f"statements/{leaf:08d}.dsse.json"
    files = sample.files()
    fields = json.loads(files[name])
    signature = fields["signatures"][0]
    signature["sig"] = made.b64(bytes(64))
    files[name] = made.canonical_json(fields)
    out = made.pack(sample.seal(made.relist(files)), tmp_path / "b.zip")
    found = results(verify_bundle(out, None))
    assert {(6, "failed", name), (19, "indeterminate", "trust/keys")} <= found


def test_without_leaf_0_there_is_no_history() -> None:
    """The keys of now cannot be followed back to those the firm began with."""
    sample = made.rotated()
    trusted = parse_trusted_keys(sample.log.trust())
    told = [(n, sample.log.envelopes[n]) for n in sample.told() if n]
    stages, check = check_key_history(trusted, told)
    assert (stages, check.result) == ((), Result.INDETERMINATE)


def _judged(sample: made.Sample, *gone: int) -> tuple[tuple[Stage, ...], Check]:
    """Check 19 of what a bundle of the sample would tell, without the leaves gone."""
    trusted = parse_trusted_keys(sample.log.trust())
    told = [(n, sample.log.envelopes[n]) for n in sample.told() if n not in gone]
    stages, check = check_key_history(trusted, told)
    assert (check.number, check.subject) == (19, "trust/keys")
    return stages, check


def test_a_history_names_its_changes_and_gives_every_content() -> None:
    """How many there were and where, and the content of the file after each."""
    sample = made.rotated()
    events = sample.log.events
    changes = [n for n, event in enumerate(events) if event["kind"] == "keys.changed"]
    stages, check = _judged(sample)
    assert check.result is Result.PASSED
    for reason in (check.reason, check.reason_zh):
        assert str(len(changes)) in reason
        assert ", ".join(map(str, changes)) in reason
    prints = [stage.fingerprint for stage in stages]
    assert prints[-1] == made.sha256(sample.log.trust())
    assert prints[:-1] == [events[n]["facts"]["before"] for n in changes]


def test_a_history_without_changes_is_that_of_leaf_0() -> None:
    """It passes, and says what it cannot tell: whether there was one since."""
    sample = made.plain()
    stages, check = _judged(sample)
    assert check.result is Result.PASSED
    assert "no change came along" in check.reason
    assert [stage.fingerprint for stage in stages] == [made.sha256(sample.log.trust())]


def test_a_change_that_is_left_out_fails() -> None:
    """The rest does not lead to the file, and no stage of it is good."""
    sample = made.rotated()
    stages, check = _judged(sample, 2)
    assert stages == ()
    assert check.result is Result.FAILED


def test_each_statement_is_judged_by_the_keys_of_its_own_leaf() -> None:
    """A change that another event's number is put on is not signed by a key of then."""
    sample = made.rotated()
    trusted = parse_trusted_keys(sample.log.trust())
    told = [(n, sample.log.envelopes[n]) for n in sample.told()]
    late = len(sample.log.envelopes) + 9
    moved = [(late if n == 2 else n, envelope) for n, envelope in told]
    stages, check = check_key_history(trusted, moved)
    assert (stages, check.result) == ((), Result.INDETERMINATE)


def test_an_event_after_a_change_does_not_end_the_reading() -> None:
    """Events of other kinds lie before, between and after the changes."""
    sample = made.rotated()
    sample.happen("exhibit.reread", exhibit="e0000000000aa")
    sample.change("rotated", sample.log.rotate)
    stages, check = _judged(sample)
    assert check.result is Result.PASSED
    assert len(stages) == 4
