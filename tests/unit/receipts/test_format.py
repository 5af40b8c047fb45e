"""receipts.format: one value, one byte string, and no other one accepted."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrity.canonical import canonical_json
from integrity.errors import MalformedError
from receipts.format import (
    MAX_CONTENT_BYTES,
    MAX_ITEMS,
    MAX_NAME,
    Direction,
    parse_content,
)
from tests.receipt_examples import content, digest_of, item, returned

CONTENT = content()


def changed(path: str, value: Any) -> bytes:
    """The canonical content with one field, `a` or `items.0.a`, set to `value`."""
    fields = json.loads(CONTENT.canonical())
    at: Any = fields
    *parents, last = path.split(".")
    for name in parents:
        at = at[int(name) if name.isdigit() else name]
    at[last] = value
    return canonical_json(fields)


@pytest.mark.parametrize("receipt", [CONTENT, returned()])
def test_content_round_trips(receipt: Any) -> None:
    """What we write parses to an equal value and the same bytes."""
    assert parse_content(receipt.canonical()) == receipt
    assert parse_content(receipt.canonical()).canonical() == receipt.canonical()


def test_the_bytes_never_change() -> None:
    """The golden digest of the example: receipts out there are named by theirs."""
    assert digest_of(CONTENT.canonical()) == GOLDEN
    assert CONTENT.digests().sha256 == GOLDEN


GOLDEN = "6de443a458284fda7c23dcc3079b06adea8b4966f41930919115fd7e60aa6e11"

BAD: list[tuple[str, Any]] = [
    ("format", "custody-receipt/2"),
    ("receipt", "x0123456789ab"),
    ("receipt", "r0123456789aU"),
    ("receipt", "r0123456789ab\n"),
    ("number", "R20250829-7"),
    ("version", 0),
    ("version", 1000),
    ("version", True),
    ("version", "1"),
    ("replaces", "00" * 32),
    ("direction", "sideways"),
    ("direction", None),
    ("direction", []),
    ("language", "fr"),
    ("firm", ""),
    ("firm", "x" * 121),
    ("firm", "甲\u202e乙"),
    ("firm", "甲\n乙"),
    ("firm", 5),
    ("matter", None),
    ("matter.id", "r0123456789ab"),
    ("matter.more", "x"),
    ("second_person", "李明"),
    ("second_person", ""),
    ("handed_at", "2025-08-29T06:03:22+00:00"),
    ("handed_at", "2025-02-30T06:03:22Z"),
    ("issued_at", 0),
    ("expires_at", "2025-08-29"),
    ("retention_until", "20350829"),
    ("retention_until", 5),
    ("pin_required", 1),
    ("base_url", "https://Custody.example.org"),
    ("base_url", "https://custody.example.org/"),
    ("base_url", "https://a@b.example"),
    ("base_url", "https://a.example:99999"),
    ("base_url", "https://a.example:0"),
    ("base_url", "javascript:x"),
    ("seal_certificate_sha256", "5A" * 32),
    ("seal_certificate_sha256", "5a" * 31),
    ("items", []),
    ("items", {}),
    ("items.0.form", "fax"),
    ("items.0.copies", -1),
    ("items.0.copies", 10_000),
    ("items.0.pages", 1_000_000),
    ("items.0.size", -1),
    ("items.0.leaf", -1),
    ("items.0.leaf", 1.5),
    ("items.0.sha256", "g" * 64),
    ("items.0.exhibit", "e000000000001"),
    ("items.0.original_returned", True),
    ("items.0.more", 1),
    ("more", 1),
]


@pytest.mark.parametrize(("path", "value"), BAD)
def test_every_bad_field_is_refused(path: str, value: Any) -> None:
    """Type, bound, form, unknown field and contradiction: each alone is enough."""
    with pytest.raises(MalformedError):
        parse_content(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("handed_at", "0001-01-01T00:00:00Z"),
        ("issued_at", "9999-12-31T23:59:59Z"),
        ("retention_until", "0001-01-01"),
        ("base_url", "http://[::1]:8000/a/b"),
        ("firm", "Cafe\u0301 & <b>\U00020000"),
        ("items.0.size", (1 << 53) - 1),
        ("items.0.copies", 0),
        ("items.0.condition", ""),
    ],
)
def test_values_at_the_bounds_come_back_as_they_were(path: str, value: Any) -> None:
    """What is read is never tidied: the bytes are the same again."""
    data = changed(path, value)
    assert data != CONTENT.canonical()
    assert parse_content(data).canonical() == data


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("firm", 120),
        ("counterparty", 120),
        ("staff", 120),
        ("second_person", 120),
        ("matter.number", 80),
        ("matter.title", MAX_NAME),
        ("matter.court_number", 80),
        ("items.0.title", MAX_NAME),
        ("items.0.type", 60),
        ("items.0.condition", MAX_NAME),
        ("items.0.name", MAX_NAME),
        ("items.0.original_name", MAX_NAME),
    ],
)
def test_a_text_may_be_so_long_and_no_longer(path: str, most: int) -> None:
    """Each text has a bound of its own, itself included; most may not be empty."""
    data = changed(path, "字" * most)
    assert parse_content(data).canonical() == data
    shortest = changed(path, "字")
    assert parse_content(shortest).canonical() == shortest
    with pytest.raises(MalformedError):
        parse_content(changed(path, "字" * (most + 1)))
    if path != "items.0.condition":
        with pytest.raises(MalformedError):
            parse_content(changed(path, ""))


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("items.0.copies", 0, 9999),
        ("items.0.pages", 0, 999_999),
        ("items.0.size", 0, (1 << 53) - 1),
        ("items.0.leaf", 0, (1 << 53) - 1),
    ],
)
def test_a_number_lies_between_its_bounds(path: str, least: int, most: int) -> None:
    """Both bounds are included; nothing beyond them is."""
    for value in (least, most):
        data = changed(path, value)
        assert parse_content(data).canonical() == data
    with pytest.raises(MalformedError):
        parse_content(changed(path, least - 1))


def test_a_version_lies_between_1_and_999() -> None:
    """The last version that is read is 999."""
    last = returned(version=999)
    assert parse_content(last.canonical()) == last
    with pytest.raises(MalformedError):
        parse_content(returned(version=1000).canonical())


@pytest.mark.parametrize("name", sorted(json.loads(CONTENT.canonical())))
def test_every_missing_field_is_refused(name: str) -> None:
    """No field has a default."""
    fields = json.loads(CONTENT.canonical())
    del fields[name]
    with pytest.raises(MalformedError):
        parse_content(canonical_json(fields))


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"{}", b'{"a":1,"a":1}', b"\xff", CONTENT.canonical() + b" ",
     b" " * (MAX_CONTENT_BYTES + 1)],
)  # fmt: skip
def test_other_bytes_are_refused(data: bytes) -> None:
    """Not an object, not canonical, too long."""
    with pytest.raises(MalformedError):
        parse_content(data)


def test_content_of_the_greatest_size_is_read() -> None:
    """MAX_CONTENT_BYTES are refused for what they say; one more, unread."""
    with pytest.raises(MalformedError, match="larger than"):
        parse_content(b" " * (MAX_CONTENT_BYTES + 1))
    with pytest.raises(MalformedError) as refusal:
        parse_content(b" " * MAX_CONTENT_BYTES)
    assert "larger than" not in str(refusal.value)


def test_a_version_2_names_what_it_replaces() -> None:
    """Without the digest of the version before, a later version is refused."""
    with pytest.raises(MalformedError, match="replaces"):
        replace(returned(), replaces=None)


def test_the_number_of_items_is_bounded() -> None:
    """MAX_ITEMS items parse, one more does not."""
    items = tuple(item(number) for number in range(MAX_ITEMS + 1))
    most = content(*items[:-1])
    assert parse_content(most.canonical()) == most
    with pytest.raises(MalformedError):
        parse_content(content(*items).canonical())


def test_the_short_code_follows_from_the_number() -> None:
    """The content carries no code of its own that could differ."""
    assert CONTENT.code.text() == "42M2-29L6"


@settings(max_examples=300)
@given(st.data())
def test_whatever_parses_is_what_was_written(data: st.DataObject) -> None:
    """One byte changed anywhere: refused, or another value with exactly those bytes."""
    original = bytearray(CONTENT.canonical())
    place = data.draw(st.integers(0, len(original) - 1))
    original[place] = data.draw(st.integers(0, 255))
    mutated = bytes(original)
    try:
        parsed = parse_content(mutated)
    except MalformedError:
        return
    assert parsed.canonical() == mutated
    assert (parsed == CONTENT) == (mutated == CONTENT.canonical())


def test_times_in_other_zones_are_the_same_time() -> None:
    """A local time is written in UTC."""
    zone = dt.timezone(dt.timedelta(hours=8))
    local = replace(CONTENT, issued_at=CONTENT.issued_at.astimezone(zone))
    assert local.canonical() == CONTENT.canonical()


def test_only_a_return_returns_originals() -> None:
    """The same item is fine in a return and refused in a receipt of material."""
    one = item(0, original_returned=True)
    assert content(one, direction=Direction.RETURNED).items == (one,)
    with pytest.raises(MalformedError, match="original is returned"):
        content(one)
