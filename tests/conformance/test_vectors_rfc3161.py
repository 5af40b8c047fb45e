"""RFC 3161 tokens of other people: every one gives the outcome its folder states."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from integrity.certificates import read_certificates, serialise_chain
from integrity.errors import CustodyError, VerificationError
from integrity.timestamp import Stamp, judge
from integrity.timestamp_query import read_query
from integrity.timestamp_token import read_response

SIGSTAGE = "vectors/rfc3161/test/fixtures/sigstage"
BUNDLES = "vectors/sigstore-conformance/test/assets/bundle-verify"
MESSAGE = b"hello"
# Where the token itself is at fault; other cases fail for other reasons.
WRONG = {
    "rekor2-timestamp-outside-trust-root-tsa-validity_fail",
    "rekor2-timestamp-payload-mismatch_fail",
    "rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail",
}


def imprint(response: bytes, message: bytes) -> bytes:
    """The digest of the message by the function that the token uses."""
    return hashlib.new(read_response(response).algorithm, message).digest()


def test_every_response_gives_its_outcome(shared: Path) -> None:
    """The one with a changed signature fails, every other one is a good stamp."""
    folder = shared / SIGSTAGE
    chain = (folder / "ts_chain.pem").read_bytes()
    responses = sorted(folder.rglob("*.tsr"))
    assert responses
    for path in responses:
        response = path.read_bytes()
        digest = imprint(response, MESSAGE)
        if "invalid" in path.name:
            with pytest.raises(VerificationError, match="signature"):
                judge(None, response, chain, digest)
        else:
            stamp = judge(None, response, chain, digest)
            assert stamp.time.year == 2025, path.name
            assert stamp.readers == ("rfc3161-client", "asn1crypto")


def test_the_query_is_read_and_belongs_to_none_of_them(shared: Path) -> None:
    """The stored query asks for SHA-512 of the message with a nonce of its own."""
    folder = shared / SIGSTAGE
    query = (folder / "request.der").read_bytes()
    asked = read_query(query)
    assert asked.imprint == hashlib.sha512(MESSAGE).digest()
    assert asked.nonce == 0x34CFA9899986D2F5
    chain = (folder / "ts_chain.pem").read_bytes()
    for path in folder.glob("*.tsr"):
        response = path.read_bytes()
        same = read_response(response).algorithm == "sha512"
        reason = "nonce" if same else "other bytes"
        with pytest.raises(VerificationError, match=reason):
            judge(query, response, chain, asked.imprint)


def test_every_other_message_is_refused(shared: Path) -> None:
    """A good token is no stamp of other bytes."""
    folder = shared / SIGSTAGE
    chain = (folder / "ts_chain.pem").read_bytes()
    for path in folder.rglob("response-sha*.tsr"):
        response = path.read_bytes()
        with pytest.raises(VerificationError, match="other bytes"):
            judge(None, response, chain, imprint(response, b"hallo"))


def cases(shared: Path) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """Every bundle with a token: its name, itself, the token."""
    for path in sorted((shared / BUNDLES).glob("*/bundle.sigstore.json")):
        bundle = json.loads(path.read_bytes())
        stamps = bundle["verificationMaterial"].get("timestampVerificationData") or {}
        for stamp in stamps.get("rfc3161Timestamps") or ():
            token = base64.b64decode(stamp["signedTimestamp"])
            yield path.parent.name, bundle, token


def test_tokens_in_signature_bundles(shared: Path) -> None:
    """A token holds in every case that is accepted, and not where it is at fault."""
    seen = set()
    for name, bundle, token in cases(shared):
        roots = shared / BUNDLES / name / "trusted_root.json"
        if not roots.exists() or (name.endswith("_fail") and name not in WRONG):
            continue
        seen.add(name)
        assert bool(stamps_of(bundle, token, roots)) is (name not in WRONG), name
    assert seen


def stamps_of(bundle: dict[str, Any], token: bytes, roots: Path) -> list[Stamp]:
    """The stamps by the authorities that the case trusts at that time."""
    good = []
    for authority in json.loads(roots.read_bytes())["timestampAuthorities"]:
        pem = serialise_chain(
            [
                x509.load_der_x509_certificate(base64.b64decode(each["rawBytes"]))
                for each in authority["certChain"]["certificates"]
            ]
        )
        try:
            stamp = judge(None, token, pem, imprint(token, signature_of(bundle)))
        except CustodyError:
            continue
        if trusted_at(authority["validFor"], stamp.time):
            good.append(stamp)
    return good


def signature_of(bundle: dict[str, Any]) -> bytes:
    """The signature bytes, which is what such a token is about."""
    if "messageSignature" in bundle:
        return base64.b64decode(bundle["messageSignature"]["signature"])
    return base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])


def trusted_at(validity: dict[str, str], at: dt.datetime) -> bool:
    """Whether the trusted root's dates hold at `at`."""
    begin = dt.datetime.fromisoformat(validity["start"])
    end = dt.datetime.fromisoformat(validity.get("end") or "9999-12-31T00:00:00Z")
    return begin <= at <= end


def test_chain_files_of_others_can_be_read(shared: Path) -> None:
    """The stored chain is read in its order: signer, then root."""
    signer, root = read_certificates((shared / SIGSTAGE / "ts_chain.pem").read_bytes())
    assert signer.issuer == root.subject
