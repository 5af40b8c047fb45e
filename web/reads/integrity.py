"""The integrity plate: what was proven just now, and what was not."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from intake.services import Services, now
from intake.tables import Exhibit
from intake.verify import prove_receipt_of
from integrity.canonical import time_text
from integrity.errors import CustodyError, VerificationError
from integrity.proof import Proof, proven_entry
from integrity.statement import Event, leaf_text, open_statement
from integrity.store.blobs import blob_name, digest_of
from integrity.store.custody_log import CustodyLog
from integrity.store.objects import ObjectStore
from receipts.tables import Receipt


class Found(enum.Enum):
    """The state of one copy, or of the whole plate."""

    PROVEN = "proven"
    ALTERED = "altered"
    MISSING = "missing"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CopyState:
    """One of the two copies, re-read now."""

    place: str
    found: Found


@dataclass(frozen=True, slots=True)
class Plate:
    """The answer of "verify now"; green exactly when `found` is PROVEN."""

    found: Found
    at: dt.datetime
    copies: tuple[CopyState, ...]
    checkpoint_size: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where an exhibit stands in the log, as recorded; nothing is proven by it."""

    leaf: int
    checkpoint_size: int | None


def position_of(services: Services, exhibit: Exhibit) -> Position:
    """The recorded place in the log."""
    try:
        proof = services.log.prove(exhibit.leaf)
        size = _covered(services.log, proof)
    except CustodyError:
        return Position(exhibit.leaf, None)
    return Position(exhibit.leaf, size)


def verify_now(services: Services, exhibit: Exhibit) -> Plate:
    """Prove statement, place in the log and checkpoint, and re-read both copies."""
    copies = tuple(
        CopyState(store.place, _copy(store, exhibit.sha256))
        for store in services.log.stores
    )
    try:
        proof, _ = prove_receipt_of(services.log, exhibit)
    except CustodyError as error:
        return Plate(Found.UNCLEAR, now(), copies, None, str(error))
    size = _covered(services.log, proof)
    return Plate(_worst(copies), now(), copies, size, "")


def receipt_is_proven(log: CustodyLog, receipt: Receipt) -> bool:
    """Prove now that the log holds this receipt, as it stands in the table."""
    try:
        proof = log.prove(receipt.leaf)
        event = _proven_event(log, proof, receipt.leaf)
        _compare(event, receipt)
    except CustodyError:
        return False
    return True


def _covered(log: CustodyLog, proof: Proof) -> int:
    """Number of entries, of all logs, up to the end of the proof's checkpoint."""
    keys = log.keys
    return keys.trusted.covered(keys.open_checkpoint(proof.checkpoint))


def _proven_event(log: CustodyLog, proof: Proof, leaf: int) -> Event:
    event = open_statement(proof.extra, log.keys.statement_keys)
    if proven_entry(proof, leaf_text(proof.extra), log.keys.trusted) != leaf:
        raise VerificationError("statement", "it stands elsewhere in the log")
    return event


def _compare(event: Event, receipt: Receipt) -> None:
    stated = {
        "receipt": receipt.id,
        "number": receipt.number,
        "code": receipt.code,
        "direction": receipt.direction,
        "counterparty": receipt.counterparty,
        "expires_at": time_text(receipt.expires_at),
        "token_sha256": receipt.token_sha256,
        "content": receipt.content,
    }
    same = all(event.facts.get(name) == value for name, value in stated.items())
    if event.kind != "receipt.issued" or event.time != receipt.issued_at or not same:
        raise VerificationError("statement", "it says something else than the row")


def _copy(store: ObjectStore, sha256: str) -> Found:
    name = blob_name(sha256)
    try:
        store.check_identity()
        if not store.exists(name):
            return Found.MISSING
        same = digest_of(store, name) == sha256
    except CustodyError:
        return Found.UNCLEAR
    return Found.PROVEN if same else Found.ALTERED


def _worst(copies: tuple[CopyState, ...]) -> Found:
    found = {copy.found for copy in copies}
    for worst in (Found.ALTERED, Found.MISSING, Found.UNCLEAR):
        if worst in found:
            return worst
    return Found.PROVEN
