"""The client's side of a receipt: open the link, confirm, object.

The link is a bearer secret printed on paper, so it is never enough by itself where
a PIN is set; wrong PINs are counted and lock the link until the firm reopens it.
"""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.errors import NotFound, Refused
from intake.matters import plain_text
from intake.services import Services, now
from intake.zone import ZONE
from integrity.errors import MalformedError
from integrity.statement import Actor
from integrity.store.db import writing
from receipts.tables import Receipt, ReceiptAccess, ReceiptAct
from receipts.token import decode, token_sha256

PIN_DIGITS = 6
PIN_TRIES = 5
TEXT_LIMIT = 1000

_hasher = PasswordHasher()


def new_pin() -> str:
    """Six random digits; told to the client apart from the paper."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def checked_pin(pin: str) -> str:
    """`pin` if it is six digits; Refused otherwise."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise Refused("pin_bad")
    return pin


def hash_pin(pin: str) -> str:
    """The Argon2id hash of a PIN; takes a tenth of a second, so hold no lock."""
    return _hasher.hash(pin)


def pin_access(receipt_id: str, pin_hash: str | None) -> ReceiptAccess:
    """The working row of a new link."""
    return ReceiptAccess(receipt_id=receipt_id, pin_hash=pin_hash, failed=0)


def receipt_by_token(session: Session, claimed_token: str) -> Receipt:
    """The sealed receipt a link token belongs to; NotFound otherwise."""
    try:
        digest = token_sha256(decode(claimed_token))
    except MalformedError:
        raise NotFound("receipt_unknown", receipt="") from None
    receipt = session.scalar(select(Receipt).where(Receipt.token_sha256 == digest))
    if receipt is None or receipt.state == "issued":
        raise NotFound("receipt_unknown", receipt="")
    return receipt


def require_open(receipt: Receipt) -> None:
    """Refuse a link that is void or expired."""
    if receipt.state == "void":
        raise Refused("link_void")
    if receipt.expires_at <= now():
        expired = receipt.expires_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
        raise Refused("link_expired", expired=expired)


def open_link(services: Services, claimed_token: str, claimed_pin: str) -> str:
    """Open a receipt's scans; the view is logged. Returns the receipt id.

    Raises:
        NotFound, Refused: no such link, void, expired, locked or a wrong PIN.
    """
    with services.log.session() as session:
        receipt = receipt_by_token(session, claimed_token)
        require_open(receipt)
    if receipt.pin_required:
        _require_pin(services, receipt.id, claimed_pin)
    facts = {"receipt": receipt.id, "matter": receipt.matter_id}
    with services.log.transaction() as tx:
        tx.record("receipt.viewed", counterparty(receipt), facts)
    return receipt.id


def confirm(services: Services, receipt_id: str, signer_name: str) -> None:
    """签收确认: the counterparty says that the list is what changed hands."""
    with services.log.transaction() as tx:
        receipt = _open_receipt(tx.session, receipt_id)
        if _has_act(tx.session, receipt_id, "confirmed"):
            return  # a form sent twice is one confirmation
        facts = {
            "receipt": receipt.id,
            "matter": receipt.matter_id,
            "signer_name": plain_text("name", signer_name, 60),
            "content_sha256": receipt.content_sha256,
        }
        tx.record("receipt.confirmed", counterparty(receipt), facts)


def object_to(services: Services, receipt_id: str, text: str) -> None:
    """The counterparty disagrees, in words that the firm sees."""
    with services.log.transaction() as tx:
        receipt = _open_receipt(tx.session, receipt_id)
        said = plain_text("text", text, TEXT_LIMIT)
        if _has_act(tx.session, receipt_id, "objected", said):
            return
        facts = {"receipt": receipt.id, "matter": receipt.matter_id, "text": said}
        tx.record("receipt.objected", counterparty(receipt), facts)


def reopen(services: Services, receipt_id: str, pin: str) -> None:
    """Give a locked link new tries and a new PIN."""
    pin_hash = hash_pin(checked_pin(pin))
    with writing(services.log.engine) as session:
        session.merge(pin_access(receipt_id, pin_hash))


def counterparty(receipt: Receipt) -> Actor:
    """The agent of events that happen on the client page."""
    return Actor("client", receipt.counterparty, "counterparty")


def _open_receipt(session: Session, receipt_id: str) -> Receipt:
    receipt = session.get(Receipt, receipt_id)
    if receipt is None:
        raise NotFound("receipt_unknown", receipt=receipt_id)
    require_open(receipt)
    return receipt


def _has_act(
    session: Session, receipt_id: str, kind: str, text: str | None = None
) -> bool:
    query = select(ReceiptAct.leaf).where(
        ReceiptAct.receipt_id == receipt_id, ReceiptAct.kind == kind
    )
    if text is not None:
        query = query.where(ReceiptAct.text == text)
    return session.scalar(query.limit(1)) is not None


def _require_pin(services: Services, receipt_id: str, claimed_pin: str) -> None:
    # A Chinese keyboard gives full-width digits; what is no PIN at all is not a guess.
    claimed_pin = unicodedata.normalize("NFKC", claimed_pin[:64]).strip()
    checked_pin(claimed_pin)
    with writing(services.log.engine) as session:
        access = session.get(ReceiptAccess, receipt_id)
        # After a restore the working table is empty: closed until reopened.
        if access is None or access.pin_hash is None or access.failed >= PIN_TRIES:
            raise Refused("pin_locked")
        # Counted before the comparison: parallel guesses cannot share one try.
        access.failed += 1
        left = PIN_TRIES - access.failed
        pin_hash = access.pin_hash
    if not _pin_matches(pin_hash, claimed_pin):
        raise Refused("pin_wrong", left=left) if left else Refused("pin_locked")
    with writing(services.log.engine) as session:
        session.merge(ReceiptAccess(receipt_id=receipt_id, failed=0))


def _pin_matches(pin_hash: str, claimed_pin: str) -> bool:
    try:
        return _hasher.verify(pin_hash, claimed_pin[:64])
    except VerifyMismatchError:
        return False
