"""One entry of a Sigstore log: in the log by proof and promise, about this bundle.

The tree and the notes are judged by the product's own code; only checkpoints signed
with ECDSA, which the product does not read, are verified here.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from integrity.canonical import canonical_json
from integrity.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from integrity.merkle import leaf_hash, verify_inclusion
from integrity.note import VerifierKey, split_note
from tests.conformance.sigstore_root import (
    Log,
    Refused,
    TrustedRoot,
    Undecided,
    check_signature,
    decode,
    need,
)

_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Signed:
    """What the bundle says was signed, to be found again in the entry.

    `verifier` is the DER of the certificate or of the public key; `message` what the
    signature covers; `digests` of the artifact or payload by algorithm.
    """

    signature: bytes
    verifier: bytes
    digests: dict[str, bytes]
    message_digests: dict[str, bytes]
    payload: bytes | None = None


def number(value: object) -> int:
    """A protobuf JSON int64: decimal text (or a number); never negative here."""
    found = int(str(value))
    need(found >= 0, "a number is negative")
    return found


def log_of(entry: dict[str, Any], root: TrustedRoot) -> Log:
    """The trusted log that the entry names."""
    key_id = decode(entry["logId"]["keyId"])
    for log in root.logs:
        if log.key_id == key_id:
            return log
    raise Refused("the entry is of a log that is not trusted")


def check_logged(entry: dict[str, Any], log: Log, *, proof_needed: bool) -> None:
    """Refuse unless proof and checkpoint, or the log's promise, hold."""
    number(entry.get("logIndex") or 0)
    proof = entry.get("inclusionProof")
    if proof is None or "checkpoint" not in proof:
        need(not proof_needed, "no inclusion proof with a checkpoint")
        need("inclusionPromise" in entry, "neither proof nor promise")
    if proof is not None:
        _check_proof(entry, proof, log)
    elif proof_needed:
        raise Refused("no inclusion proof")


def promised_time(entry: dict[str, Any], log: Log) -> dt.datetime | None:
    """The time that the log signed together with the entry, if it did."""
    promise = entry.get("inclusionPromise")
    seconds = number(entry.get("integratedTime") or 0)
    if not promise:
        return None
    need(seconds, "a promise without a time")
    message = canonical_json(
        {
            "body": entry["canonicalizedBody"],
            "integratedTime": seconds,
            "logID": log.key_id.hex(),
            "logIndex": number(entry.get("logIndex") or 0),
        }
    )
    check_signature(log.key, decode(promise["signedEntryTimestamp"]), message)
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    need(log.valid.holds(at), "the log's key did not count at that time")
    return at


def _check_proof(entry: dict[str, Any], proof: dict[str, Any], log: Log) -> None:
    size, root = number(proof["treeSize"]), decode(proof["rootHash"])
    verify_inclusion(
        number(proof.get("logIndex", 0)),
        size,
        leaf_hash(decode(entry["canonicalizedBody"])),
        [decode(value) for value in proof.get("hashes") or ()],
        root,
    )
    if "checkpoint" in proof:
        head = _open(proof["checkpoint"]["envelope"].encode(), log)
        need(
            (head.size, head.root) == (size, root), "the checkpoint is of another tree"
        )


def _open(note: bytes, log: Log) -> Checkpoint:
    text, lines = split_note(note)
    head = parse_checkpoint(text)
    if isinstance(log.key, Ed25519PublicKey):
        key = VerifierKey.ed25519(head.origin, log.key.public_bytes_raw())
        need(key.key_id.to_bytes(4, "big") == log.key_id[:4], "another log's origin")
        return open_checkpoint(note, [key], head.origin)
    hint = int.from_bytes(log.key_id[:4], "big")
    mine = [line for line in lines if line.key_id == hint]
    need(len(mine) == 1, "the log did not sign the checkpoint")
    need(head.origin.split(" ")[0] == mine[0].name, "the line is of another name")
    check_signature(log.key, mine[0].signature, text.encode())
    return head


def check_about(entry: dict[str, Any], signed: Signed) -> None:
    """Refuse unless the logged body is about this signature, key and content."""
    body = json.loads(decode(entry["canonicalizedBody"]))
    kind = (body["kind"], body["apiVersion"])
    stated = entry.get("kindVersion")
    if stated:
        need((stated["kind"], stated["version"]) == kind, "the body is of another kind")
    reader = _READERS.get(kind)
    if reader is None:
        raise Undecided(f"entries of kind {kind} are not read here")
    reader(body["spec"], signed)


def _hashedrekord(spec: dict[str, Any], signed: Signed) -> None:
    stated = spec["data"]["hash"]
    digest = bytes.fromhex(stated["value"])
    need(signed.message_digests.get(stated["algorithm"]) == digest, "logged digest")
    need(decode(spec["signature"]["content"]) == signed.signature, "logged signature")
    _same_key(_pem(decode(spec["signature"]["publicKey"]["content"])), signed)


def _hashedrekord2(spec: dict[str, Any], signed: Signed) -> None:
    fields = spec["hashedRekordV002"]
    _digest2(fields["data"], signed.message_digests)
    _signature2(fields["signature"], signed)


def _dsse(spec: dict[str, Any], signed: Signed) -> None:
    _payload_hash(spec["payloadHash"], signed)
    (stated,) = spec["signatures"]
    need(decode(stated["signature"]) == signed.signature, "logged signature")
    _same_key(_pem(decode(stated["verifier"])), signed)


def _dsse2(spec: dict[str, Any], signed: Signed) -> None:
    fields = spec["dsseV002"]
    _digest2(fields["payloadHash"], signed.digests)
    (stated,) = fields["signatures"]
    _signature2(stated, signed)


def _intoto(spec: dict[str, Any], signed: Signed) -> None:
    content = spec["content"]
    _payload_hash(content["payloadHash"], signed)
    envelope = content["envelope"]
    (stated,) = envelope["signatures"]
    need(_unwrapped(stated["sig"]) == signed.signature, "logged signature")
    _same_key(_pem(decode(stated["publicKey"])), signed)
    if "payload" in envelope:
        need(_unwrapped(envelope["payload"]) == signed.payload, "logged payload")


def _unwrapped(text: str) -> bytes:
    """This kind wraps the base64 of the envelope in base64 once more, mostly."""
    once = decode(text)
    try:
        return decode(once.decode("ascii"))
    except (UnicodeDecodeError, Refused):
        return once


def _payload_hash(stated: dict[str, str], signed: Signed) -> None:
    need(signed.payload is not None, "the entry is of an envelope")
    digest = bytes.fromhex(stated["value"])
    need(signed.digests.get(stated["algorithm"]) == digest, "logged payload digest")


def _digest2(stated: dict[str, str], digests: dict[str, bytes]) -> None:
    name = stated["algorithm"].replace("SHA2_", "sha")
    need(digests.get(name) == decode(stated["digest"]), "logged digest")


def _signature2(stated: dict[str, Any], signed: Signed) -> None:
    need(decode(stated["content"]) == signed.signature, "logged signature")
    verifier = stated["verifier"]
    found = verifier.get("x509Certificate") or verifier["publicKey"]
    _same_key(decode(found["rawBytes"]), signed)


def _pem(data: bytes) -> bytes:
    if b"BEGIN CERTIFICATE" in data:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    return load_pem_public_key(data).public_bytes(*_SPKI)


def _same_key(der: bytes, signed: Signed) -> None:
    need(der == signed.verifier, "logged certificate or key")


_READERS = {
    ("hashedrekord", "0.0.1"): _hashedrekord,
    ("hashedrekord", "0.0.2"): _hashedrekord2,
    ("dsse", "0.0.1"): _dsse,
    ("dsse", "0.0.2"): _dsse2,
    ("intoto", "0.0.2"): _intoto,
}
