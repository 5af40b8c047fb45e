"""Check 19: what claims to change the keys is told apart, and must be signed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from integrity.policy import parse_trusted_keys
from receipts.checks import Result
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
