"""Whom a case of sigstore-conformance trusts: logs, authorities, and for how long.

Read from a trusted root in JSON (dev.sigstore.trustroot.v1). Periods are closed
intervals. Nothing is asked over the network.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

# The root of the public instance, as its own client carries it in the package.
PUBLIC_GOOD = Path(
    str(
        distribution("sigstore").locate_file(
            "sigstore/_store/https%3A%2F%2Ftuf-repo-cdn.sigstore.dev/trusted_root.json"
        )
    )
)
_LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
_CURVE_HASHES: dict[str, tuple[type[hashes.HashAlgorithm], ...]] = {
    "secp256r1": (hashes.SHA256,),
    "secp384r1": (hashes.SHA384, hashes.SHA256),
    "secp521r1": (hashes.SHA512, hashes.SHA256),
}


class Refused(Exception):
    """The case does not hold, for the reason it says."""


class Undecided(Exception):
    """The case uses something that nothing here can judge."""


def need(holds: object, reason: str) -> None:
    """Refuse unless `holds`."""
    if not holds:
        raise Refused(reason)


def decode(text: object) -> bytes:
    """Strict, padded base64."""
    need(isinstance(text, str), "base64 is no text")
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError as error:
        raise Refused(f"not base64: {error}") from error


def check_signature(key: Any, signature: bytes, message: bytes) -> None:
    """Refuse unless `key` signed `message`, by an algorithm that fits the key."""
    if not any(_holds(key, signature, message, each) for each in _choices(key)):
        raise Refused("a signature does not match")


def _choices(key: Any) -> Sequence[Any]:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVE_HASHES.get(key.curve.name, ())
    if isinstance(key, rsa.RSAPublicKey):
        return (hashes.SHA256,)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return (None,)
    raise Undecided(f"a key of a kind not read here: {type(key).__name__}")


def _holds(key: Any, signature: bytes, message: bytes, digest: Any) -> bool:
    try:
        if digest is None:
            key.verify(signature, message)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), digest())
        else:
            key.verify(signature, message, ec.ECDSA(digest()))
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, both inside."""

    start: dt.datetime
    end: dt.datetime

    @classmethod
    def of(cls, fields: dict[str, Any] | None) -> Period:
        fields = fields or {}
        start, end = fields.get("start"), fields.get("end")
        first = dt.datetime.fromisoformat(start) if start else _LAST.replace(year=1)
        return cls(first, dt.datetime.fromisoformat(end) if end else _LAST)

    def holds(self, at: dt.datetime) -> bool:
        return self.start <= at <= self.end


@dataclass(frozen=True, slots=True)
class Log:
    """A transparency log (of artifacts or of certificates) and its key."""

    host: str
    key_id: bytes
    key: Any
    valid: Period


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority for certificates or for time: its chain, root last."""

    chain: tuple[x509.Certificate, ...]
    valid: Period


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """All of them."""

    logs: tuple[Log, ...]
    certificate_logs: tuple[Log, ...]
    certificate_authorities: tuple[Authority, ...]
    time_authorities: tuple[Authority, ...]


def read_root(path: Path) -> TrustedRoot:
    """The trusted root in `path`."""
    fields = json.loads(path.read_bytes())
    return TrustedRoot(
        logs=tuple(map(_log, fields.get("tlogs") or ())),
        certificate_logs=tuple(map(_log, fields.get("ctlogs") or ())),
        certificate_authorities=_authorities(fields.get("certificateAuthorities")),
        time_authorities=_authorities(fields.get("timestampAuthorities")),
    )


def _log(fields: dict[str, Any]) -> Log:
    public = fields["publicKey"]
    raw, details = decode(public["rawBytes"]), public["keyDetails"]
    # Some logs state RSA keys in PKCS #1 form; none of them signed a case so far.
    key = None if "PKCS1" in details else load_der_public_key(raw)
    host = fields.get("baseUrl", "").removeprefix("https://").rstrip("/")
    key_id = decode(fields["logId"]["keyId"])
    return Log(host, key_id, key, Period.of(public.get("validFor")))


def _authorities(found: list[dict[str, Any]] | None) -> tuple[Authority, ...]:
    return tuple(
        Authority(
            tuple(
                x509.load_der_x509_certificate(decode(each["rawBytes"]))
                for each in fields["certChain"]["certificates"]
            ),
            Period.of(fields.get("validFor")),
        )
        for fields in found or ()
    )
