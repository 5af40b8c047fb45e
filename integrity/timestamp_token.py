"""An RFC 3161 response taken apart.

Two readers: rfc3161-client, which is somebody else's code, and ours on asn1crypto,
which also reaches the signed attributes. rfc3161-client refuses a set of certificates
that is not in DER's order; real authorities send such sets, so there ours reads alone,
and `Token.readers` says which did. Nothing here is verified; see `timestamp`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import rfc3161_client
from asn1crypto import cms, core, tsp  # type: ignore[import-untyped]  # no types

from integrity.der import parsing, require_der
from integrity.errors import MalformedError, VerificationError

MAX_RESPONSE_BYTES = 64 << 10  # a token with a chain of four certificates has 8 kB
MAX_CERTIFICATES = 16
MAX_SERIAL_BITS = 160  # RFC 3161, 2.4.2
MAX_POLICY_CHARACTERS = 200

RESPONSE = "time stamp"
OUTSIDE_READER, OWN_READER = "rfc3161-client", "asn1crypto"

_GENERALIZED_TIME = re.compile(r"([0-9]{14})(?:\.([0-9]{0,20}[1-9]))?Z")


class _Response(core.Sequence):  # type: ignore[misc]  # no types
    """TimeStampResp (RFC 3161, 2.4.2); one that is refused holds no token."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class Binding:
    """An ESSCertID or ESSCertIDv2: which certificate the signer says is its own."""

    algorithm: str
    digest: bytes
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True, slots=True)
class Token:
    """A granted TimeStampToken, read and not yet verified.

    `time` is UTC, parts below a microsecond dropped. `signed_attributes` are the bytes
    under the signature, `info` the TSTInfo whose digest they hold.
    """

    algorithm: str
    imprint: bytes
    time: dt.datetime
    serial: int
    policy: str
    nonce: int | None
    accuracy: dt.timedelta | None
    info: bytes
    signed_attributes: bytes
    message_digest: bytes
    bindings: tuple[Binding, ...]
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    signer_issuer: bytes
    signer_serial: int
    certificates: tuple[bytes, ...]
    readers: tuple[str, ...]


def read_response(untrusted: bytes) -> Token:
    """The token in a TimeStampResp whose status is granted.

    Raises:
        MalformedError: it is none, or in a form that we do not read.
        VerificationError: the authority did not grant it, or the readers differ.
    """
    require_der(RESPONSE, untrusted, MAX_RESPONSE_BYTES)
    with parsing(RESPONSE, "it is not a TimeStampResp"):
        response = _Response.load(untrusted, strict=True)
        _require_granted(response["status"])
        content = response["time_stamp_token"]
        if (
            isinstance(content, core.Void)
            or content["content_type"].native != "signed_data"
        ):
            raise MalformedError(RESPONSE, "its token is not signed data")
        token = _token(content["content"], _outside_readers(untrusted, content))
        _require_one_reading(token, untrusted)
    return token


def outside_reading(response: bytes) -> rfc3161_client.TimeStampResponse | None:
    """What rfc3161-client reads, or None where it refuses."""
    try:
        return rfc3161_client.decode_timestamp_response(response)
    except (ValueError, TypeError):
        return None


def _outside_readers(response: bytes, content: Any) -> tuple[str, ...]:
    """The readers; ours alone only where the set of certificates is out of order."""
    if outside_reading(response) is not None:
        return OUTSIDE_READER, OWN_READER
    certificates = _certificates(content["content"])
    if sorted(certificates) == list(certificates):
        raise MalformedError(RESPONSE, f"{OUTSIDE_READER} cannot read it")
    return (OWN_READER,)


def _require_granted(status: Any) -> None:
    if status["status"].native != "granted":
        said = status["fail_info"].native or status["status"].native
        told = ", ".join(sorted(said)) if isinstance(said, set) else said
        raise VerificationError(RESPONSE, f"the authority did not grant it ({told})")


def _token(signed: Any, readers: tuple[str, ...]) -> Token:
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise MalformedError(RESPONSE, "its token signs something else")
    info_bytes = encapsulated["content"].contents
    require_der(RESPONSE, info_bytes, MAX_RESPONSE_BYTES)
    info = tsp.TSTInfo.load(info_bytes, strict=True)
    if info["version"].native != "v1":
        raise MalformedError(RESPONSE, "its version is not 1")
    if any(extension["critical"].native for extension in info["extensions"] or ()):
        raise MalformedError(RESPONSE, "it holds a critical extension")
    (signer,) = signed["signer_infos"]
    attributes = _attributes(signer["signed_attrs"])
    if attributes["content_type"].native != "tst_info":
        raise MalformedError(RESPONSE, "its signed content type is another one")
    identifier = signer["sid"]
    if identifier.name != "issuer_and_serial_number":
        raise MalformedError(RESPONSE, "its signer is not named by issuer and serial")
    imprint = info["message_imprint"]
    serial, policy = info["serial_number"].native, info["policy"].dotted
    if serial.bit_length() > MAX_SERIAL_BITS or len(policy) > MAX_POLICY_CHARACTERS:
        raise MalformedError(RESPONSE, "its number or policy is too long")
    return Token(
        algorithm=imprint["hash_algorithm"]["algorithm"].native,
        imprint=imprint["hashed_message"].native,
        time=_time(info["gen_time"].contents.decode("ascii")),
        serial=serial,
        policy=policy,
        nonce=info["nonce"].native,
        accuracy=_accuracy(info["accuracy"].native),
        info=info_bytes,
        signed_attributes=_as_set(signer["signed_attrs"].dump()),
        message_digest=attributes["message_digest"].native,
        bindings=tuple(_bindings(attributes)),
        digest_algorithm=signer["digest_algorithm"]["algorithm"].dotted,
        signature_algorithm=signer["signature_algorithm"]["algorithm"].dotted,
        signature=signer["signature"].native,
        signer_issuer=identifier.chosen["issuer"].dump(),
        signer_serial=identifier.chosen["serial_number"].native,
        certificates=_certificates(signed),
        readers=readers,
    )


def _attributes(signed_attributes: Any) -> dict[str, Any]:
    """The one value of each signed attribute (RFC 5652, 11: each stands once)."""
    found: dict[str, Any] = {}
    for attribute in signed_attributes:
        name = attribute["type"].native
        (value,) = attribute["values"]
        if name in found:
            raise MalformedError(RESPONSE, "a signed attribute stands twice")
        found[name] = value
    return found


def _bindings(attributes: dict[str, Any]) -> Iterator[Binding]:
    """The first identifier of each attribute: it names the signer (RFC 5035, 3)."""
    for name in ("signing_certificate", "signing_certificate_v2"):
        if name in attributes:
            first = attributes[name]["certs"][0]
            newer = name.endswith("v2")
            algorithm = first["hash_algorithm"]["algorithm"].native if newer else "sha1"
            issuer, serial = _issuer_serial(first["issuer_serial"])
            yield Binding(algorithm, first["cert_hash"].native, issuer, serial)


def _issuer_serial(issuer_serial: Any) -> tuple[bytes | None, int | None]:
    if not issuer_serial.native:
        return None, None
    (name,) = issuer_serial["issuer"]
    return name.chosen.untag().dump(), issuer_serial["serial_number"].native


def _certificates(signed: cms.SignedData) -> tuple[bytes, ...]:
    certificates = [choice.chosen.dump() for choice in signed["certificates"] or ()]
    if len(certificates) > MAX_CERTIFICATES:
        raise MalformedError(RESPONSE, f"over {MAX_CERTIFICATES} certificates")
    return tuple(certificates)


def _as_set(attributes: bytes) -> bytes:
    """The signature covers them as a SET OF, not under tag [0] (RFC 5652, 5.4)."""
    return b"\x31" + attributes[1:]


def _time(text: str) -> dt.datetime:
    match = _GENERALIZED_TIME.fullmatch(text)
    if match is None:
        raise MalformedError(RESPONSE, "its time is not a GeneralizedTime in UTC")
    whole = dt.datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    return whole.replace(microsecond=int((match[2] or "0")[:6].ljust(6, "0")))


def _accuracy(native: dict[str, int | None] | None) -> dt.timedelta | None:
    if native is None:
        return None
    return dt.timedelta(
        seconds=native["seconds"] or 0,
        milliseconds=native["millis"] or 0,
        microseconds=native["micros"] or 0,
    )


def _require_one_reading(token: Token, response: bytes) -> None:
    other = outside_reading(response)
    if other is None:
        return
    info = other.tst_info
    ours = (token.imprint, token.nonce, token.serial, token.policy)
    theirs = (
        info.message_imprint.message,
        info.nonce,
        info.serial_number,
        info.policy.dotted_string,
    )
    seconds = abs(info.gen_time - token.time)
    if ours != theirs or seconds >= dt.timedelta(seconds=1):
        raise VerificationError(RESPONSE, "two readers find different values in it")
