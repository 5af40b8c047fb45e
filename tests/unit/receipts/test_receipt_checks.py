"""Checks 11, 12 and 13: what a receipt says against the event that issued it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrity.canonical import time_text
from integrity.digest import digest_bytes
from integrity.statement import Event, Subject, open_statement
from receipts.checks import Check, Result
from receipts.claim import Claim, sign_claim
from receipts.format import CONTENT_FILE, ReceiptContent
from receipts.paper import render_receipt
from receipts.qr import QrText
from receipts.qr_drawing import draw_svg
from receipts.receipt_checks import (
    check_claim,
    check_content,
    check_items,
    stated_items,
)
from receipts.token import encode
from tests.receipt_examples import (
    STATEMENTS,
    STRANGER,
    TOKEN,
    content,
    envelope,
    evidence,
    trusted_keys,
)

CONTENT = content()
KEYS = trusted_keys().statement_keys()
EVENT = open_statement(envelope(CONTENT), KEYS)
OTHER_ADDRESS = "https://elsewhere.example.org"


def of(check: Check, number: int, subject: str, result: Result) -> Check:
    """The check, which is this one, of this subject, with this answer."""
    assert (check.number, check.subject, check.result) == (number, subject, result)
    assert check.reason
    assert check.reason_zh
    return check


def with_facts(**changed: Any) -> Event:
    """The event with other facts; None takes one away."""
    facts = {n: v for n, v in (EVENT.facts | changed).items() if v is not None}
    return replace(EVENT, facts=facts)


def both(check: Check, *words: str) -> None:
    """Either language has these words."""
    for word in words:
        assert word in check.reason
        assert word in check.reason_zh


def test_the_content_is_what_was_issued() -> None:
    """Number and version are told."""
    check = of(check_content(CONTENT, EVENT), 11, CONTENT_FILE, Result.PASSED)
    both(check, CONTENT.number)
    assert "version 1 has" in check.reason
    assert "第 1 版" in check.reason_zh


def test_an_event_of_another_kind_issued_nothing() -> None:
    """The kind is told."""
    other = replace(EVENT, kind="receipt.voided")
    check = of(check_content(CONTENT, other), 11, CONTENT_FILE, Result.FAILED)
    both(check, "receipt.voided")


OTHER = digest_bytes(b"other")


@pytest.mark.parametrize(
    "subjects",
    [
        (),
        (Subject(CONTENT_FILE, OTHER),),
        (Subject("other.json", CONTENT.digests()),),
        (*EVENT.subjects, Subject("other.json", OTHER)),
    ],
)
def test_the_event_is_about_this_content_alone(subjects: tuple[Subject, ...]) -> None:
    """Name and digests, and nothing beside."""
    other = replace(EVENT, subjects=subjects)
    check = of(check_content(CONTENT, other), 11, CONTENT_FILE, Result.FAILED)
    assert "digests" in check.reason


REPEATED = (
    "receipt",
    "number",
    "version",
    "direction",
    "matter",
    "counterparty",
    "code",
    "pin_required",
    "expires_at",
)


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize("value", ["something else", None])
def test_what_the_event_repeats_is_the_same(name: str, value: object) -> None:
    """Missing or different, the fact is named."""
    assert name in EVENT.facts
    other = with_facts(**{name: value})
    check = of(check_content(CONTENT, other), 11, CONTENT_FILE, Result.FAILED)
    both(check, name)


def test_the_facts_are_those_of_the_content() -> None:
    """In the form that other readers of the log know."""
    assert {name: EVENT.facts[name] for name in REPEATED} == {
        "receipt": CONTENT.receipt,
        "number": CONTENT.number,
        "version": 1,
        "direction": CONTENT.direction.value,
        "matter": CONTENT.matter.id,
        "counterparty": CONTENT.counterparty,
        "code": CONTENT.code.text(),
        "pin_required": True,
        "expires_at": time_text(CONTENT.expires_at) if CONTENT.expires_at else "",
    }


def test_a_receipt_without_end_says_nothing_of_it() -> None:
    """Then the event need not either."""
    endless = content(expires_at=None)
    event = open_statement(envelope(endless), KEYS)
    of(check_content(endless, event), 11, CONTENT_FILE, Result.PASSED)


def test_the_items_are_those_issued() -> None:
    """Exhibit, name, digest and leaf of each, in their order."""
    check = of(check_items(CONTENT, EVENT), 12, CONTENT_FILE, Result.PASSED)
    both(check, str(len(CONTENT.items)))
    items = stated_items(CONTENT)
    assert [set(item) for item in items] == [{"exhibit", "name", "sha256", "leaf"}] * 3
    for listed in (
        None,
        items[:2],
        items[::-1],
        [*items, items[0]],
        [{**items[0], "name": "x"}, *items[1:]],
        [{**items[0], "leaf": 99}, *items[1:]],
    ):
        other = with_facts(items=listed)
        of(check_items(CONTENT, other), 12, CONTENT_FILE, Result.FAILED)


def paper_with(drawing: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The paper of the receipt, with another drawing in place of its code."""
    monkeypatch.setattr("receipts.paper_data.draw_svg", lambda _: drawing)
    return render_receipt(CONTENT, evidence(CONTENT))


@pytest.fixture(scope="module")
def paper() -> bytes:
    """The paper as it is issued."""
    return render_receipt(CONTENT, evidence(CONTENT))


def text_of(
    receipt: ReceiptContent = CONTENT,
    *,
    by: Any = STATEMENTS,
    token: str = TOKEN,
    address: str = CONTENT.base_url,
) -> str:
    """What a code says."""
    return QrText(address, token, sign_claim(Claim.of(receipt), by)).text


def test_the_code_is_that_of_the_receipt(paper: bytes) -> None:
    """Its address is told."""
    check = check_claim(paper, CONTENT, EVENT, KEYS)
    both(of(check, 13, "page 1", Result.PASSED), CONTENT.base_url)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (text_of(by=STRANGER), ""),
        (text_of(content(number="R20250829-0008")), "of another receipt"),
        (text_of(address=OTHER_ADDRESS), f"another address, {OTHER_ADDRESS}"),
        (text_of(token=encode(bytes(16))), "not the one issued"),
        ("something else", ""),
    ],
    ids=["stranger", "receipt", "address", "token", "no code of ours"],
)
def test_another_code_fails(
    text: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signature, receipt, address and token, each by itself."""
    other = paper_with(draw_svg(text), monkeypatch)
    check = check_claim(other, CONTENT, EVENT, KEYS)
    assert reason in of(check, 13, "page 1", Result.FAILED).reason


def test_a_token_that_the_event_does_not_name_fails(paper: bytes) -> None:
    """The event must name it."""
    other = with_facts(token_sha256=None)
    check = check_claim(paper, CONTENT, other, KEYS)
    assert "not the one issued" in of(check, 13, "page 1", Result.FAILED).reason


def test_what_is_no_picture_has_no_code() -> None:
    """Bytes that cannot be drawn are an answer, not an exception."""
    of(check_claim(b"%PDF-1.7", CONTENT, EVENT, KEYS), 13, "page 1", Result.FAILED)


def codes(*texts: str) -> str:
    """A drawing of several codes beside each other."""
    placed = [
        draw_svg(text).replace("<svg ", f'<svg x="{60 * n}" width="50" height="50" ', 1)
        for n, text in enumerate(texts)
    ]
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120">'
    return f"{head}{''.join(placed)}</svg>"


@pytest.mark.parametrize("texts", [(), ("one", "two")])
def test_there_is_one_code(
    texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None, or a second one, is told by its number."""
    other = paper_with(codes(*texts), monkeypatch)
    check = check_claim(other, CONTENT, EVENT, KEYS)
    found = of(check, 13, "page 1", Result.FAILED)
    assert found.reason.endswith(f"has {len(texts)}")
    assert f"{len(texts)} 个" in found.reason_zh
