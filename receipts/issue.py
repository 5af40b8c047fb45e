"""Issuing and voiding a receipt.

Two events, because a paper may promise only what is already proven: first
`receipt.issued` goes into the log; once a published checkpoint covers it, the paper
is drawn with that proof inside, sealed, kept twice, and `receipt.sealed` logs the
digest of the final file. In between nobody can open the link; a receipt left there
by a crash is voided at start, because its link token died with the process.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import exhibit_for, matter_for
from intake.acts import ActHandler, Proposal, propose, waiting_about
from intake.errors import NotFound, Refused
from intake.ids import derived_id, new_id
from intake.matters import plain_text
from intake.services import SYSTEM, Services, now
from intake.tables import Exhibit
from intake.two_persons import needs_two, require_no_rule
from intake.zone import ZONE
from integrity.canonical import parse_canonical, time_text
from integrity.digest import digest_bytes
from integrity.errors import VerificationError
from integrity.statement import Actor, Event, Subject
from integrity.store.custody_log import Transaction
from receipts.checks import WITNESSES, Result
from receipts.claim import Claim, sign_claim
from receipts.client import checked_pin, hash_pin, new_pin, pin_access
from receipts.compose import Terms, compose_content
from receipts.format import Direction, ReceiptContent
from receipts.key_settling import current_pdf_key
from receipts.paper import ReceiptEvidence, check_printable, render_receipt
from receipts.qr import QrText
from receipts.seal import sign_pdf
from receipts.short_code import ShortCode
from receipts.tables import Receipt, ReceiptCounter
from receipts.token import new_token, token_sha256
from receipts.verify_receipt import verify_receipt_pdf
from receipts.witnesses import gather_for_paper

DEFAULT_EXPIRY_DAYS = 30
MAX_EXPIRY_DAYS = 3650
DIRECTIONS = ("received", "returned")
VOIDED = "receipt.voided"
INTERRUPTED = "出具过程中断，未完成签章"


@dataclass(frozen=True, slots=True)
class IssueForm:
    """What a person chose for a receipt. `pin` "" asks for a random one."""

    matter: str
    direction: str
    counterparty: str
    exhibits: tuple[str, ...]
    pin: str | None = ""
    expires_days: int = DEFAULT_EXPIRY_DAYS
    second_person: str | None = None
    # Named by whoever sends the form; the same name never issues twice.
    once: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A sealed receipt. Token (in `url`) and PIN are shown once and kept nowhere."""

    receipt_id: str
    number: str
    url: str
    code: str
    pin: str | None
    pdf_sha256: str


def issue_receipt(
    services: Services, actor: Actor, login: str | None, form: IssueForm
) -> Issued:
    """Issue, seal and log a receipt for the chosen exhibits.

    Raises:
        NotFound, Refused: unknown matter or exhibit, bad choice; nothing was issued.
        StoreUnavailable, SigningRefused: not acknowledged.
    """
    pin = _chosen_pin(form)
    # Hashed before the transaction: Argon2 is slow on purpose, and a lock is not.
    pin_hash = None if pin is None else hash_pin(pin)
    token = new_token()
    with services.log.transaction() as tx:
        _require_first(tx.session, form)
        content = _content(services, tx, actor, login, form)
        check_printable(content)
        leaf = _record_issue(tx, actor, content, token)
        tx.session.add(pin_access(content.receipt, pin_hash))
    qr = _qr(services, content, leaf, token)
    pdf_sha256 = _seal(services, content, leaf, qr)
    return Issued(
        content.receipt,
        content.number,
        qr.address,
        content.code.text(),
        pin,
        pdf_sha256,
    )


def void_receipt(
    services: Services, actor: Actor, login: str | None, number: str, reason: str
) -> str:
    """Void a receipt with a reason; it stays readable for the firm. Returns its id.

    Raises:
        NotFound, Refused: no such receipt, void already, or the firm's rule wants
            two persons' signatures (see propose_void).
    """
    with services.log.transaction() as tx:
        receipt = receipt_for(tx.session, login, number)
        require_no_rule(services, tx.session, VOIDED)
        _require_not_void(receipt)
        tx.record(VOIDED, actor, _void_facts(receipt, reason))
        return receipt.id


def propose_void(
    services: Services, actor: Actor, login: str | None, number: str, reason: str
) -> str:
    """Ask two persons to sign that a receipt is void. Returns the id of the act.

    Raises:
        NotFound, Refused: no such receipt, void already, or asked for already.
    """
    with services.log.session() as session:
        receipt = receipt_for(session, login, number)
        _require_not_void(receipt)
    return propose(services, actor, _void_proposal(receipt, reason), VOID_ACTS)


def void_unsealed(services: Services, older: dt.timedelta) -> int:
    """Void receipts whose sealing was interrupted; returns how many.

    Where the firm's rule wants two persons for it, they are asked instead.
    """
    query = select(Receipt).where(
        Receipt.state == "issued", Receipt.issued_at < now() - older
    )
    with services.log.session() as session:
        left = list(session.scalars(query))
        two = needs_two(services, session, VOIDED)
        asked = {r.id for r in left if waiting_about(session, VOIDED, r.id)}
    if not left:
        return 0
    if two:
        for receipt in left:
            if receipt.id not in asked:
                proposal = _void_proposal(receipt, INTERRUPTED)
                propose(services, SYSTEM, proposal, VOID_ACTS)
        return 0
    with services.log.transaction() as tx:
        left = list(tx.session.scalars(query))
        for receipt in left:
            tx.record(VOIDED, SYSTEM, _void_facts(receipt, INTERRUPTED))
        return len(left)


def receipt_for(session: Session, login: str | None, number: str) -> Receipt:
    """The receipt with this number, short code or id, if `login` may see it."""
    key = number.strip()
    receipt = session.scalar(
        select(Receipt).where(
            (Receipt.number == key)
            | (Receipt.code == key.upper())
            | (Receipt.id == key)
        )
    )
    if receipt is None:
        raise NotFound("receipt_unknown", receipt=key[:40])
    try:
        matter_for(session, login, receipt.matter_id)
    except NotFound:
        raise NotFound("receipt_unknown", receipt=key[:40]) from None
    return receipt


def _chosen_pin(form: IssueForm) -> str | None:
    if form.pin is None:
        return None
    return checked_pin(form.pin) if form.pin else new_pin()


def _require_first(session: Session, form: IssueForm) -> None:
    earlier = session.get(Receipt, derived_id("r", form.once)) if form.once else None
    if earlier is not None:
        raise Refused("receipt_repeated", receipt=earlier.number)


def _content(
    services: Services,
    tx: Transaction,
    actor: Actor,
    login: str | None,
    form: IssueForm,
) -> ReceiptContent:
    if form.direction not in DIRECTIONS:
        wanted = " | ".join(DIRECTIONS)
        raise Refused(
            "choice_bad", field="direction", value=form.direction[:40], wanted=wanted
        )
    if not 1 <= form.expires_days <= MAX_EXPIRY_DAYS:
        raise Refused(
            "choice_bad", field="expires", value=form.expires_days, wanted="1–3650"
        )
    matter = matter_for(tx.session, login, form.matter)
    exhibits = _chosen(tx.session, login, matter.id, form.exhibits)
    terms = Terms(
        receipt_id=derived_id("r", form.once) if form.once else new_id("r"),
        number=_next_number(tx).number,
        direction=Direction(form.direction),
        counterparty=plain_text("to", form.counterparty, 120),
        staff=actor.name,
        second_person=form.second_person,
        issued_at=tx.now,
        expires_at=tx.now + dt.timedelta(days=form.expires_days),
        pin_required=form.pin is not None,
    )
    key = current_pdf_key(services)
    return compose_content(services, matter, exhibits, terms, key)


def _chosen(
    session: Session, login: str | None, matter_id: str, keys: Sequence[str]
) -> list[Exhibit]:
    if not keys:
        raise Refused("receipt_empty")
    found: dict[str, Exhibit] = {}
    for key in keys:
        exhibit = exhibit_for(session, login, key)
        if exhibit.matter_id != matter_id:
            raise Refused("receipt_matter", exhibit=key, matter=matter_id)
        # Without a legal name the paper could not say which file it means.
        if exhibit.state == "withdrawn" or exhibit.name is None:
            raise Refused("exhibit_state", exhibit=key, state=exhibit.state)
        found[exhibit.id] = exhibit
    return list(found.values())


def _next_number(tx: Transaction) -> ShortCode:
    day = tx.now.astimezone(ZONE).date()
    counter = tx.session.get(ReceiptCounter, day.isoformat())
    return ShortCode(day, 1 if counter is None else counter.last + 1)


def _record_issue(
    tx: Transaction, actor: Actor, content: ReceiptContent, token: str
) -> int:
    canonical = content.canonical()
    facts: dict[str, Any] = {
        "receipt": content.receipt,
        "number": content.number,
        "version": content.version,
        "direction": content.direction.value,
        "matter": content.matter.id,
        "counterparty": content.counterparty,
        "token_sha256": token_sha256(token),
        "code": content.code.text(),
        "expires_at": time_text(content.expires_at or tx.now),
        "pin_required": content.pin_required,
        "items": [
            {"exhibit": i.exhibit, "name": i.name, "sha256": i.sha256, "leaf": i.leaf}
            for i in content.items
        ],
        "content": parse_canonical(canonical),
    }
    subject = Subject("receipt.json", digest_bytes(canonical))
    return tx.record("receipt.issued", actor, facts, (subject,))


def _qr(services: Services, content: ReceiptContent, leaf: int, token: str) -> QrText:
    signer = services.log.keys.statement_signer(leaf)
    return QrText(content.base_url, token, sign_claim(Claim.of(content), signer))


def _seal(services: Services, content: ReceiptContent, leaf: int, qr: QrText) -> str:
    gather_for_paper(services)
    evidence = ReceiptEvidence(
        envelope=services.log.statement(leaf),
        proof=services.log.prove(leaf).serialise(),
        trust_keys=services.log.keys.trusted.serialise(),
        qr_text=qr.text,
    )
    key = current_pdf_key(services, content.seal_certificate_sha256)
    pdf = sign_pdf(render_receipt(content, evidence), key)
    _require_verified(services, pdf)
    digests = digest_bytes(pdf)
    services.log.stores.keep_bytes(pdf, digests.sha256)
    facts = {"receipt": content.receipt, "matter": content.matter.id, "size": len(pdf)}
    with services.log.transaction() as tx:
        subject = Subject("receipt.pdf", digests)
        tx.record("receipt.sealed", SYSTEM, facts, (subject,))
    return digests.sha256


def _require_verified(services: Services, pdf: bytes) -> None:
    """What leaves the house was verified by the verifier that outsiders use.

    Only witnesses may be missing: they hold nobody up, and the verifier says so.
    """
    report = verify_receipt_pdf(pdf, services.log.keys.trusted)
    for check in report.checks:
        if check.number == WITNESSES.number and check.result is Result.INDETERMINATE:
            continue
        if check.result is not Result.PASSED:
            raise VerificationError(check.number, check.reason)


def _void_facts(receipt: Receipt, reason: str) -> dict[str, Any]:
    text = plain_text("reason", reason, 500)
    return {"receipt": receipt.id, "matter": receipt.matter_id, "reason": text}


def _void_proposal(receipt: Receipt, reason: str) -> Proposal:
    # The number too: it is what the two who sign know the receipt by.
    facts = _void_facts(receipt, reason) | {"number": receipt.number}
    return Proposal(VOIDED, facts, receipt.id, receipt.matter_id)


def _require_not_void(receipt: Receipt) -> None:
    if receipt.state == "void":
        raise Refused("receipt_state", receipt=receipt.number, state="void")


def _check_void(_services: Services, session: Session, event: Event) -> None:
    receipt = receipt_for(session, None, str(event.facts["receipt"]))
    _require_not_void(receipt)
    if event.facts.get("number") != receipt.number:
        raise Refused("statement_stale")


VOID = ActHandler(_check_void)
VOID_ACTS = {VOIDED: VOID}
