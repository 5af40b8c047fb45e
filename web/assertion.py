"""What a browser answers when somebody signs with a passkey."""

from __future__ import annotations

import base64
import binascii

from flask import request
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.two_persons import keyids_of, signer_of
from integrity.errors import MalformedError
from integrity.persons import PersonSignature, assertion_signature
from web.context import services

PARTS = ("authenticatorData", "clientDataJSON", "signature")


def claimed_answer() -> dict[str, object]:
    """The JSON that the page's script sent; {} for anything else."""
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else {}


def person_signature(
    session: Session, login: str, payload: bytes, claimed: dict[str, object]
) -> PersonSignature:
    """The answer as a signature of `payload` by a key of `login`.

    Which of their keys made it is for the signature to say, not for the browser.

    Raises:
        Refused: no key that counts, or it is the signature of none.
    """
    keyids = keyids_of(services(), session, login)
    if not keyids:
        raise Refused("person_key_absent", login=login)
    problem = Refused("person_signature", reason="it is empty")
    for keyid in keyids:
        signature = _signature(keyid, claimed)
        try:
            signer_of(services(), session, payload, signature)
        except Refused as refusal:
            problem = refusal
        else:
            return signature
    raise problem


def from_base64(claimed: object) -> bytes:
    """The bytes of a base64 text; Refused when it is none."""
    try:
        return base64.b64decode(claimed if isinstance(claimed, str) else "?")
    except (binascii.Error, ValueError) as error:
        raise Refused("person_signature", reason="it is not base64") from error


def _signature(keyid: str, claimed: dict[str, object]) -> PersonSignature:
    try:
        parts = [from_base64(claimed.get(name)) for name in PARTS]
        return assertion_signature(keyid, *parts)
    except MalformedError as error:
        raise Refused("person_signature", reason=error.reason) from error
