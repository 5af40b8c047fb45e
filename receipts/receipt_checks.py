"""Checks 11, 12 and 13: content, items and QR code against the issuing statement."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from integrity.canonical import time_text
from integrity.errors import IntegrityError
from integrity.statement import Event, Subject
from receipts.checks import (
    CLAIM,
    RECEIPT_CONTENT,
    RECEIPT_ITEMS,
    Check,
    Words,
    failed,
    passed,
)
from receipts.claim import Claim, open_claim
from receipts.format import CONTENT_FILE, ReceiptContent
from receipts.log_checks import refused
from receipts.page_image import first_page
from receipts.qr import QrText, parse_qr_text, read_codes
from receipts.token import token_sha256

KIND = "receipt.issued"
PAGE = "page 1"


def check_content(content: ReceiptContent, event: Event) -> Check:
    """Check 11: the statement issued exactly this content, and says the same of it."""
    fault = _content_fault(content, event)
    if fault is not None:
        return failed(RECEIPT_CONTENT, CONTENT_FILE, fault)
    reason = Words(
        f"收据 {content.number} 第 {content.version} 版的内容与出具事件登记的摘要相同",
        f"receipt {content.number} version {content.version} has the content that "
        "its issuing event names",
    )
    return passed(RECEIPT_CONTENT, CONTENT_FILE, reason)


def check_items(content: ReceiptContent, event: Event) -> Check:
    """Check 12: exhibit, name, digest and leaf of every item are those issued."""
    if event.facts.get("items") != stated_items(content):
        reason = Words(
            "所列证据与出具事件所列的不同", "the issuing event lists other items"
        )
        return failed(RECEIPT_ITEMS, CONTENT_FILE, reason)
    count = len(content.items)
    reason = Words(
        f"所列 {count} 项证据与出具事件一致",
        f"all {count} items are those of the issuing event",
    )
    return passed(RECEIPT_ITEMS, CONTENT_FILE, reason)


def check_claim(
    pdf: bytes, content: ReceiptContent, event: Event, keys: Mapping[str, bytes]
) -> Check:
    """Check 13: the one QR code printed on page 1 is this receipt's, and signed."""
    codes: tuple[str, ...] = ()
    try:
        codes = read_codes(first_page(pdf))
        if len(codes) != 1:
            return failed(CLAIM, PAGE, _other_count(len(codes)))
        qr = parse_qr_text(codes[0])
        claim = open_claim(qr.claim, keys)
    except IntegrityError as error:
        return refused(CLAIM, PAGE, error)
    fault = _claim_fault(qr, claim, content, event)
    if fault is not None:
        return failed(CLAIM, PAGE, fault)
    reason = Words(
        f"二维码指向 {content.base_url}，签名有效，与本收据相符",
        f"the code leads to {content.base_url}, is signed and names this receipt",
    )
    return passed(CLAIM, PAGE, reason)


def stated_items(content: ReceiptContent) -> list[dict[str, Any]]:
    """The items as the facts of `receipt.issued` name them."""
    return [
        {
            "exhibit": item.exhibit,
            "name": item.name,
            "sha256": item.sha256,
            "leaf": item.leaf,
        }
        for item in content.items
    ]


def _content_fault(content: ReceiptContent, event: Event) -> Words | None:
    if event.kind != KIND:
        return Words(
            f"所附声明是 {event.kind} 事件", f"the statement is of kind {event.kind}"
        )
    if event.subjects != (Subject(CONTENT_FILE, content.digests()),):
        return Words(
            "内容的摘要与出具事件登记的不同",
            "its digests are not those of the issuing event",
        )
    for name, value in _stated_facts(content).items():
        if event.facts.get(name) != value:
            return Words(
                f"出具事件的 {name} 与内容不同", f"the issuing event has another {name}"
            )
    return None


def _stated_facts(content: ReceiptContent) -> dict[str, Any]:
    """What the facts of `receipt.issued` must say where they repeat the content."""
    facts = {
        "receipt": content.receipt,
        "number": content.number,
        "version": content.version,
        "direction": content.direction.value,
        "matter": content.matter.id,
        "counterparty": content.counterparty,
        "code": content.code.text(),
        "pin_required": content.pin_required,
    }
    if content.expires_at is not None:
        facts["expires_at"] = time_text(content.expires_at)
    return facts


def _claim_fault(
    qr: QrText, claim: Claim, content: ReceiptContent, event: Event
) -> Words | None:
    if claim != Claim.of(content):
        return Words(
            "二维码的签名属于另一张收据", "the claim in the code is of another receipt"
        )
    if qr.base_url != content.base_url:
        return Words(
            f"二维码指向另一地址 {qr.base_url}",
            f"the code leads to another address, {qr.base_url}",
        )
    issued = str(event.facts.get("token_sha256"))
    if not hmac.compare_digest(token_sha256(qr.token).encode(), issued.encode()):
        return Words(
            "二维码的随机号不是出具时的", "the token in the code is not the one issued"
        )
    return None


def _other_count(count: int) -> Words:
    return Words(
        f"第 1 页应有一个二维码，读到 {count} 个",
        f"page 1 should have one readable QR code and has {count}",
    )
