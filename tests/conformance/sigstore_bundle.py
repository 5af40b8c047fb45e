"""Judge of a case folder of sigstore-conformance, by the rules of its client spec.

In order: the form of the bundle; each log entry by proof, checkpoint and promise;
the times that logs and time-stamp authorities vouch for; certificate, authority,
certificate log and identity at those times (or the key that the case brings); the
signature over the artifact or envelope; and that each entry is about all of this.

What no part here can judge is undecided with its reason, and never accepted.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from integrity.canonical import pae
from integrity.certificates import serialise_chain
from integrity.errors import IntegrityError
from integrity.timestamp import judge as judge_stamp
from integrity.timestamp_token import read_response
from tests.conformance import sigstore_entry
from tests.conformance.sigstore_entry import Signed
from tests.conformance.sigstore_root import (
    PUBLIC_GOOD,
    Authority,
    Refused,
    TrustedRoot,
    Undecided,
    check_signature,
    decode,
    need,
    read_root,
)
from tests.conformance.sigstore_signer import check_signer

MAX_ENTRIES = MAX_STAMPS = 32
IDENTITY = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
    "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER = "https://token.actions.githubusercontent.com"
_MEDIA_TYPE = re.compile(
    r"application/vnd\.dev\.sigstore\.bundle"
    r"(?:\+json;version=(0\.[1-3])|\.v(0\.[3-9])\+json)"
)
_IN_TOTO = "application/vnd.in-toto+json"
_ALGORITHMS = ("sha256", "sha384", "sha512")


class Answer(enum.Enum):
    """What the judge says of a case."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer, and why it is not `accepted`."""

    answer: Answer
    reason: str = ""


def judge_case(folder: Path) -> Judgement:
    """Judge the bundle in `folder` with what the folder brings along."""
    try:
        _judge(folder)
    except Undecided as error:
        return Judgement(Answer.UNDECIDED, str(error))
    except (Refused, IntegrityError) as error:
        return Judgement(Answer.REFUSED, str(error))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        # A field is missing or of another type than the schema says.
        return Judgement(Answer.REFUSED, f"malformed: {error!r}")
    return Judgement(Answer.ACCEPTED)


def _judge(folder: Path) -> None:
    bundle = json.loads((folder / "bundle.sigstore.json").read_bytes())
    version = _version(bundle)
    root_file = folder / "trusted_root.json"
    root = read_root(root_file if root_file.exists() else PUBLIC_GOOD)
    material = bundle["verificationMaterial"]
    chain, key, verifier = _verifier(material, folder)
    signed, message = _signed(bundle, verifier, _artifact(folder))
    times = _times_of_entries(material, root, proof_needed=version != "0.1")
    times += _times_of_stamps(material, root, signed.signature)
    if chain:
        identity = _text(folder / "identity", IDENTITY)
        check_signer(chain, root, times, identity, _text(folder / "issuer", ISSUER))
    check_signature(key, signed.signature, message)
    for entry in material["tlogEntries"]:
        sigstore_entry.check_about(entry, signed)


def _version(bundle: dict[str, Any]) -> str:
    found = _MEDIA_TYPE.fullmatch(bundle["mediaType"])
    if found is None:
        raise Refused("another media type")
    return str(found[1] or found[2])


def _text(path: Path, default: str) -> str:
    return path.read_text("utf-8").strip() if path.exists() else default


def _artifact(folder: Path) -> bytes:
    own = folder / "artifact"
    return (own if own.exists() else folder.parent / "a.txt").read_bytes()


def _verifier(
    material: dict[str, Any], folder: Path
) -> tuple[list[x509.Certificate], Any, bytes]:
    """Certificates of the bundle, the key that should have signed, and its DER."""
    given = folder / "key.pub"
    kinds = {"certificate", "x509CertificateChain", "publicKey"} & material.keys()
    need(len(kinds) == 1, "not exactly one kind of key material")
    if given.exists() or "publicKey" in material:
        need("publicKey" in material, "a key was given and the bundle has none")
        need(given.exists(), "signed by a key, and no key was given")
        key = load_pem_public_key(given.read_bytes())
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return [], key, der
    if "certificate" in material:
        stated = [material["certificate"]]
    else:
        stated = material["x509CertificateChain"]["certificates"]
    chain = [x509.load_der_x509_certificate(decode(c["rawBytes"])) for c in stated]
    need(chain, "no certificate")
    return chain, chain[0].public_key(), chain[0].public_bytes(Encoding.DER)


def _digests(data: bytes) -> dict[str, bytes]:
    return {name: hashlib.new(name, data).digest() for name in _ALGORITHMS}


def _signed(
    bundle: dict[str, Any], verifier: bytes, artifact: bytes
) -> tuple[Signed, bytes]:
    """What was signed, and the bytes that the signature covers."""
    need(("messageSignature" in bundle) != ("dsseEnvelope" in bundle), "one content")
    digests = _digests(artifact)
    if "messageSignature" in bundle:
        stated = bundle["messageSignature"]
        hint = stated.get("messageDigest")
        if hint:
            name = hint["algorithm"].replace("SHA2_", "sha")
            need(digests.get(name) == decode(hint["digest"]), "stated digest")
        return Signed(decode(stated["signature"]), verifier, digests, digests), artifact
    envelope = bundle["dsseEnvelope"]
    (stated,) = envelope["signatures"]
    need(envelope["payloadType"] == _IN_TOTO, "no in-toto statement")
    payload = decode(envelope["payload"])
    _check_subject(payload, digests)
    message = pae(envelope["payloadType"], payload)
    signature = decode(stated["sig"])
    return (
        Signed(signature, verifier, _digests(payload), _digests(message), payload),
        message,
    )


def _check_subject(payload: bytes, digests: dict[str, bytes]) -> None:
    statement = json.loads(payload)
    need(statement["_type"].startswith("https://in-toto.io/Statement/v"), "its type")
    named = [subject["digest"] for subject in statement["subject"]]
    need(
        any(
            digest.get(name) == value.hex()
            for digest in named
            for name, value in digests.items()
        ),
        "the artifact is no subject of the statement",
    )


def _times_of_entries(
    material: dict[str, Any], root: TrustedRoot, *, proof_needed: bool
) -> list[dt.datetime]:
    entries = material["tlogEntries"]
    need(0 < len(entries) <= MAX_ENTRIES, "no log entry, or too many")
    places = {(each["logId"]["keyId"], str(each.get("logIndex"))) for each in entries}
    need(len(places) == len(entries), "an entry stands there twice")
    times = []
    for entry in entries:
        log = sigstore_entry.log_of(entry, root)
        sigstore_entry.check_logged(entry, log, proof_needed=proof_needed)
        at = sigstore_entry.promised_time(entry, log)
        need(proof_needed or at is not None, "no promise in a bundle of version 0.1")
        if at is not None:
            times.append(at)
    return times


def _times_of_stamps(
    material: dict[str, Any], root: TrustedRoot, signature: bytes
) -> list[dt.datetime]:
    data = material.get("timestampVerificationData") or {}
    stamps = [
        decode(each["signedTimestamp"]) for each in data.get("rfc3161Timestamps") or ()
    ]
    need(len(stamps) <= MAX_STAMPS, "too many time stamps")
    need(len(set(stamps)) == len(stamps), "a time stamp stands there twice")
    times = []
    for stamp in stamps:
        at = _stamped(stamp, signature, root.time_authorities)
        if at is not None:
            times.append(at)
    return times


def _stamped(
    stamp: bytes, signature: bytes, authorities: Sequence[Authority]
) -> dt.datetime | None:
    imprint = hashlib.new(read_response(stamp).algorithm, signature).digest()
    for authority in authorities:
        pem = serialise_chain(authority.chain)
        try:
            found = judge_stamp(None, stamp, pem, imprint)
        except IntegrityError:
            continue
        if authority.valid.holds(found.time):
            return found.time
    return None
