"""Whole receipts for tests: content, log, evidence, seal, all with fixed keys."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.canonical import time_text
from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.digest import digest_bytes
from integrity.keys import Ed25519Signer
from integrity.merkle import inclusion_proof, leaf_hash, new_nodes, root_at
from integrity.note import VerifierKey
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.proof import Proof
from integrity.statement import Actor, Event, Subject, leaf_text, seal
from receipts.claim import Claim, sign_claim
from receipts.format import (
    Capacity,
    Comparison,
    Direction,
    Form,
    Language,
    MatterRef,
    ReceiptContent,
    ReceiptItem,
    Way,
)
from receipts.paper import ReceiptEvidence, render_receipt
from receipts.pdf_key import PdfKey, certificate_sha256, create_pdf_key
from receipts.qr import QrText
from receipts.receipt_checks import stated_items
from receipts.seal import sign_pdf
from receipts.token import encode, token_sha256

AT = dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC)
FIRM = "示例律师事务所"
ORIGIN = "example.org/custody"
TOKEN = encode(bytes(range(16)))
LEAVES_BEFORE = 5
MATTER = MatterRef(
    "m0123456789ab", "(2025)例民字第0118号", "甲公司诉乙公司买卖合同纠纷", None
)
_KINDS = (
    ("采购合同（2024年度框架）", "合同", "20240315_合同_{:03d}.pdf", "扫描件 0001.pdf"),
    ("增值税专用发票", "发票", "20240401_发票_{:03d}.pdf", "IMG_20240401.jpg"),
    ("微信聊天记录截图", "聊天记录", "20250212_聊天记录_{:03d}.png", "图片.png"),
)


def signer(name: str, seed: int) -> Ed25519Signer:
    """A signer whose private key is the byte `seed`, 32 times."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Ed25519Signer(name, key)


LOG = signer(ORIGIN, 1)
STATEMENTS = signer(f"{ORIGIN}/statements", 2)
STRANGER = signer(ORIGIN, 3)


def item(number: int = 0, **changes: Any) -> ReceiptItem:
    """The item with this number; every third is a contract, an invoice, a chat."""
    title, kind, name, original_name = _KINDS[number % 3]
    digests = digest_bytes(f"exhibit {number}".encode())
    one = ReceiptItem(
        exhibit=f"e{number:012d}",
        title=title,
        type=kind,
        form=tuple(Form)[number % 3],
        copies=1,
        pages=(12, 1, 3)[number % 3],
        condition=("完好，骑缝章齐全", "右下角折痕", "")[number % 3],
        name=name.format(number // 3 + 1),
        original_name=original_name,
        size=1000 + 77_777 * number,
        sha256=digests.sha256,
        sm3=digests.sm3,
        received_at=AT - dt.timedelta(minutes=20),
        leaf=number,
        original_returned=False,
    )
    return replace(one, **changes)


def content(*items: ReceiptItem, **changes: Any) -> ReceiptContent:
    """A receipt for `items` (three by default), any field changed by name."""
    fields: dict[str, Any] = {
        "receipt": "r0123456789ab",
        "number": "R20250829-0007",
        "version": 1,
        "replaces": None,
        "direction": Direction.RECEIVED,
        "language": Language.CHINESE,
        "firm": FIRM,
        "matter": MATTER,
        "counterparty": "王建国",
        "capacity": Capacity.HANDLER,
        "staff": "李明",
        "second_person": "赵敏",
        "way": Way.IN_PERSON,
        "comparison": Comparison.EVERY_PAGE,
        "handed_at": AT - dt.timedelta(minutes=12),
        "issued_at": AT,
        "expires_at": AT + dt.timedelta(days=90),
        "retention_until": None,
        "pin_required": True,
        "base_url": "https://custody.example.org",
        "seal_certificate_sha256": "5a" * 32,
        "items": items or (item(0), item(1), item(2)),
    }
    return ReceiptContent(**(fields | changes))


def returned(**changes: Any) -> ReceiptContent:
    """A second version of a return, much of it left to the pen."""
    fields: dict[str, Any] = {
        "direction": Direction.RETURNED,
        "version": 2,
        "replaces": "f8a391c20d4e77aa" * 4,
        "capacity": None,
        "second_person": None,
        "way": Way.POST,
        "comparison": None,
        "expires_at": None,
        "retention_until": dt.date(2035, 8, 29),
        "pin_required": False,
    }
    items = (item(0, original_returned=True, copies=None, pages=None), item(1))
    return content(*items, **(fields | changes))


def trusted_keys(statements: Ed25519Signer = STATEMENTS) -> TrustedKeys:
    """What `trust/keys` of the example firm says."""
    roles = ((Role.LOG, LOG), (Role.STATEMENT, statements))
    return TrustedKeys(
        tuple(
            TrustedKey(
                role, VerifierKey.ed25519(key.name, key.public_key), 0, None, AT, None
            )
            for role, key in roles
        )
    )


def issued_facts(receipt: ReceiptContent, /, **changes: Any) -> dict[str, Any]:
    """The facts of `receipt.issued`."""
    facts: dict[str, Any] = {
        "receipt": receipt.receipt,
        "number": receipt.number,
        "version": receipt.version,
        "direction": receipt.direction.value,
        "matter": receipt.matter.id,
        "counterparty": receipt.counterparty,
        "token_sha256": token_sha256(TOKEN),
        "code": receipt.code.text(),
        "expires_at": time_text(receipt.expires_at or AT),
        "pin_required": receipt.pin_required,
        "items": stated_items(receipt),
    }
    return facts | changes


def envelope(
    receipt: ReceiptContent,
    /,
    kind: str = "receipt.issued",
    by: Ed25519Signer = STATEMENTS,
    **facts: Any,
) -> bytes:
    """The statement that issued `receipt`; a fact changed by name."""
    actor = Actor("liming", receipt.staff, "lawyer")
    subject = Subject("receipt.json", receipt.digests())
    stated = issued_facts(receipt, **facts)
    event = Event(kind, actor, AT, stated, (subject,), {"custody": "1"}, "11" * 32)
    return seal(event, by)


def proof_of(statement: bytes) -> Proof:
    """The proof of a statement that is the last of six leaves."""
    nodes: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    texts = [b"leaf %d" % number for number in range(LEAVES_BEFORE)]
    for size, text in enumerate([*texts, leaf_text(statement)]):
        for level, index, value in new_nodes(size, leaf_hash(text), read):
            nodes[level, index] = value
    size = LEAVES_BEFORE + 1
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root_at(size, read)), LOG)
    path = tuple(inclusion_proof(LEAVES_BEFORE, size, read))
    return Proof(LEAVES_BEFORE, path, note, statement)


def evidence(
    receipt: ReceiptContent,
    statement: bytes | None = None,
    qr_text: str | None = None,
    keys: TrustedKeys | None = None,
) -> ReceiptEvidence:
    """The evidence for a receipt; any part of it can be another one."""
    stated = envelope(receipt) if statement is None else statement
    qr = QrText(receipt.base_url, TOKEN, sign_claim(Claim.of(receipt), STATEMENTS))
    return ReceiptEvidence(
        envelope=stated,
        proof=proof_of(stated).serialise(),
        trust_keys=(keys or trusted_keys()).serialise(),
        qr_text=qr.text if qr_text is None else qr_text,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """A firm's PDF key, and receipts sealed with it."""

    key: PdfKey

    @classmethod
    def at(cls, folder: Path) -> Desk:
        """The desk whose key lies in `folder`, made an hour before the receipts."""
        return cls(create_pdf_key(folder, FIRM, AT))

    def content(self, *items: ReceiptItem, **changes: Any) -> ReceiptContent:
        """A receipt that names this desk's certificate."""
        return content(
            *items, seal_certificate_sha256=certificate_sha256(self.key), **changes
        )

    def sealed(self, receipt: ReceiptContent, proofs: ReceiptEvidence) -> bytes:
        """The paper, drawn and signed."""
        return sign_pdf(render_receipt(receipt, proofs), self.key)


def digest_of(data: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data).hexdigest()
