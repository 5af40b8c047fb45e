"""The query to a time authority: TimeStampReq (RFC 3161, 2.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1crypto import tsp  # type: ignore[import-untyped]  # no types

from integrity.der import parsing, require_der
from integrity.errors import MalformedError

MAX_QUERY_BYTES = 1 << 10  # ours are 70 bytes; a policy and an extension add little
QUERY = "time-stamp query"
# Digest name by length in bytes: each length of ours stands for one function.
DIGEST_OF_LENGTH = {32: "sha256", 48: "sha384", 64: "sha512"}


@dataclass(frozen=True, slots=True)
class Query:
    """A TimeStampReq (RFC 3161, 2.4.1)."""

    algorithm: str
    imprint: bytes
    policy: str | None
    nonce: int | None
    certificates_wanted: bool


def build_query(imprint: bytes, nonce: int) -> bytes:
    """The TimeStampReq for a digest: version 1, nonce, certificates asked for.

    `imprint` is a SHA-256, SHA-384 or SHA-512 digest; its length says which.

    Raises:
        MalformedError: another length, or a nonce that is not positive.
    """
    algorithm = digest_name(imprint)
    if nonce <= 0:
        raise MalformedError(QUERY, "its nonce is not positive")
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": algorithm},
                "hashed_message": imprint,
            },
            "nonce": nonce,
            "cert_req": True,
        }
    )
    query: bytes = request.dump()
    return query


def digest_name(imprint: bytes) -> str:
    """`sha256`, `sha384` or `sha512` by the length of a digest.

    Raises:
        MalformedError: it has another length.
    """
    if len(imprint) not in DIGEST_OF_LENGTH:
        raise MalformedError(QUERY, "its imprint is no SHA-256, SHA-384 or SHA-512")
    return DIGEST_OF_LENGTH[len(imprint)]


def read_query(untrusted: bytes) -> Query:
    """The TimeStampReq in `untrusted`.

    Raises:
        MalformedError: it is none, or not written in DER.
    """
    require_der(QUERY, untrusted, MAX_QUERY_BYTES)
    with parsing(QUERY, "it is not a TimeStampReq"):
        request = tsp.TimeStampReq.load(untrusted, strict=True)
        if request["version"].native != "v1" or request["extensions"].native:
            raise MalformedError(QUERY, "it is not of version 1 without extensions")
        imprint = request["message_imprint"]
        return Query(
            algorithm=imprint["hash_algorithm"]["algorithm"].native,
            imprint=imprint["hashed_message"].native,
            policy=_optional_oid(request["req_policy"]),
            nonce=request["nonce"].native,
            certificates_wanted=request["cert_req"].native,
        )


def _optional_oid(value: Any) -> str | None:
    return value.dotted if value.native is not None else None
