"""Passkeys in the browser: where they work, and enrolling one.

The relying party is the host of the firm's own address (CUSTODY_BASE_URL); browsers
offer passkeys for host names only, over https, or on localhost.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import cbor2
from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import (
    generate_registration_options,
    options_to_json,
    verify_registration_response,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from intake.errors import Refused
from intake.settings import Settings
from intake.tables import Passkey as PasskeyRow
from intake.tables import User
from intake.two_persons import keyids_of
from integrity.errors import MalformedError
from integrity.vkey import PASSKEY, VerifierKey
from integrity.webauthn import Passkey
from web.context import services

ES256 = COSEAlgorithmIdentifier.ECDSA_SHA_256
COORDINATE_BYTES = 32  # of a P-256 point
_LIBRARY_FAULTS = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError),
    *(ValueError, cbor2.CBORError, struct.error),
)
_X, _Y = -2, -3  # COSE_Key labels, RFC 9053, section 7.1.1


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made, as the firm's keys will name it."""

    key: VerifierKey
    credential_id: bytes


def passkeys_work(settings: Settings) -> bool:
    """Whether a browser would offer passkeys at the firm's address."""
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def rp_id(settings: Settings) -> str:
    """The relying party's id: the host of the firm's address."""
    return urlsplit(settings.base_url).hostname or ""


def creation_options(settings: Settings, user: User, known: list[bytes]) -> str:
    """What the browser is asked to make, as JSON; its challenge is a fresh one."""
    if not passkeys_work(settings):
        raise Refused("passkey_address")
    options = generate_registration_options(
        rp_id=rp_id(settings),
        rp_name=settings.firm_name,
        user_name=user.login,
        user_id=hashlib.sha256(f"person {user.login}".encode()).digest(),
        user_display_name=user.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        supported_pub_key_algs=[ES256],
    )
    return options_to_json(options)


def challenge_of(options: str) -> str:
    """The challenge of `creation_options`, as the browser sends it back."""
    return str(json.loads(options)["challenge"])


def new_passkey(
    settings: Settings, login: str, claimed: dict[str, Any], challenge: str
) -> NewPasskey:
    """The passkey that the browser made for `login`.

    Raises:
        Refused: it does not answer our question, or is not of the one kind we take.
    """
    parts = urlsplit(settings.base_url)
    try:
        verified = verify_registration_response(
            credential=claimed,
            expected_challenge=_from_base64url(challenge),
            expected_rp_id=rp_id(settings),
            expected_origin=f"{parts.scheme}://{parts.netloc}",
            require_user_verification=True,
            supported_pub_key_algs=[ES256],
        )
        point = _point(verified.credential_public_key)
        host = hashlib.sha256(rp_id(settings).encode()).digest()
        passkey = Passkey(host, point)
        key = VerifierKey.of(login, PASSKEY, passkey.material())
    except WebAuthnException as error:
        raise Refused("passkey_refused", reason=str(error)[:200]) from error
    except MalformedError as error:
        raise Refused("passkey_refused", reason=error.reason) from error
    except _LIBRARY_FAULTS as error:
        # py_webauthn lets these through for attestations of odd shapes.
        raise Refused("passkey_refused", reason="malformed attestation") from error
    return NewPasskey(key, verified.credential_id)


def credentials_of(session: Session, login: str) -> list[bytes]:
    """Ids of the passkeys of `login` that this home knows of."""
    query = select(PasskeyRow.credential_id).where(PasskeyRow.login == login)
    return list(session.scalars(query))


def enrolled_credentials(session: Session, login: str) -> list[bytes]:
    """Of these the ones whose key counts: no second key is made beside them."""
    counting = keyids_of(services(), session, login)
    query = select(PasskeyRow.credential_id).where(PasskeyRow.keyid.in_(counting))
    return list(session.scalars(query))


def base64_credentials(session: Session, login: str) -> str:
    """The same for the page's script: base64, with spaces between."""
    ids = credentials_of(session, login)
    return " ".join(base64.b64encode(each).decode() for each in ids)


def _point(cose_key: bytes) -> bytes:
    """SEC 1 uncompressed point of a COSE EC2 key (RFC 9053, section 7.1.1)."""
    key = cbor2.loads(cose_key)
    x, y = key.get(_X), key.get(_Y)
    for part in (x, y):
        if not isinstance(part, bytes) or len(part) != COORDINATE_BYTES:
            raise MalformedError("passkey", "it is no point of P-256")
    return b"\x04" + bytes(x) + bytes(y)


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
