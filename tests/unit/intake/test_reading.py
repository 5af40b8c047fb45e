"""The answer of a child is believed field by field, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from intake.reading import (
    MAX_JSON_BYTES,
    MAX_PAGES,
    Candidate,
    Derivative,
    Finding,
    Member,
    Reading,
    TextLine,
    Unreadable,
    UnreadableReason,
)
from intake.reading_words import (
    FINDINGS,
    UNREADABLE,
    finding_words,
    reason_words,
)
from integrity.errors import MalformedError

READING = Reading(
    media_type="application/pdf",
    pages=1,
    page_texts=("合同",),
    lines=(TextLine(1, "合同", 0.99, (0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 0.0, 9.0)),),
    engine="rapidocr",
    engine_version="3.10.0",
    tools={"pdfium": "1"},
    types=(Candidate("contract", 0.9, "合同", 1, "title"),),
    dates=(Candidate("2025-08-29", 0.9, "2025年8月29日", None, "label"),),
    date_basis="document",
    findings=(Finding("SIGNED", ""),),
    derivatives=(Derivative("page", 1, "page-0001.jpg", "image/jpeg", 10, 20),),
    members=(Member("../合同.pdf", "member-00001"),),
    seconds=1.5,
)


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(READING.to_json()) | fields).encode()


def row(name: str, **fields: Any) -> dict[str, Any]:
    """The first row of a list of the reading, changed."""
    return {name: [json.loads(READING.to_json())[name][0] | fields]}


def test_round_trip():
    """What `to_json` writes, `from_json` reads, and the values are equal."""
    assert Reading.from_json(READING.to_json()) == READING


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": 1},
        {"pages": -1},
        {"pages": True},
        {"pages": 1.0},
        {"pages": MAX_PAGES + 1},
        {"seconds": "1"},
        {"date_basis": "manual"},
        {"media_type": "x" * 121},
        {"page_texts": "text"},
        {"page_texts": ["a\0b"]},
        {"page_texts": ["\ud800"]},
        {"tools": {"a": 1}},
        {"tools": {str(i): "" for i in range(51)}},
        {"findings": [{"code": "x"}]},
        {"findings": [{"code": "x", "detail": "", "more": 1}]},
        row("lines", quad=[0] * 7),
        row("lines", score=1.01),
        row("types", confidence=-0.01),
        row("derivatives", role="program"),
        row("derivatives", path="../../etc/passwd"),
        row("derivatives", path="/etc/passwd"),
        row("derivatives", path=""),
        row("members", path="a/../../b"),
    ],
    ids=str,
)
def test_refused(fields):
    """Each field out of its shape or bound is refused."""
    with pytest.raises(MalformedError):
        Reading.from_json(changed(**fields))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"[" * 100_000,
        READING.to_json().replace(b"1.5", b"NaN"),
        READING.to_json().replace(b"1.5", b"Infinity"),
        b" " * (MAX_JSON_BYTES + 1),
    ],
    ids=["empty", "list", "null", "open", "deep", "nan", "infinity", "large"],
)
def test_no_reading_at_all(data):
    """What is not one bounded JSON object of finite numbers is refused."""
    with pytest.raises(MalformedError):
        Reading.from_json(data)


def test_missing_field():
    """A reading without one of its fields is refused."""
    fields = json.loads(READING.to_json())
    del fields["members"]
    with pytest.raises(MalformedError):
        Reading.from_json(json.dumps(fields).encode())


@pytest.mark.parametrize("reason", UnreadableReason)
def test_every_reason_has_words(reason):
    """Each reason has a sentence in both languages."""
    assert UNREADABLE[reason].zh.endswith("。")
    assert UNREADABLE[reason].en.endswith(".")
    assert reason_words(reason.value, "zh-CN") == UNREADABLE[reason].zh
    assert Unreadable(reason).reason is reason


def test_unknown_codes_are_shown_as_they_are():
    """A code of another version is shown rather than hidden."""
    assert reason_words("NEW_REASON", "en") == "NEW_REASON"
    assert finding_words("NEW_FINDING", "zh-CN") == "NEW_FINDING"
    assert all(each.zh and each.en for each in FINDINGS.values())
