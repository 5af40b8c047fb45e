"""One value, one spelling: JSON, base64, times, and DSSE's encoding."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from integrity.canonical import (
    _MAX_PLAIN_VALUES,
    MAX_CANONICAL_BYTES,
    MAX_CANONICAL_DEPTH,
    _is_plain,
    base64_text,
    canonical_json,
    pae,
    parse_base64,
    parse_canonical,
    parse_time,
    time_text,
)
from integrity.errors import MalformedError

EARLIEST = dt.datetime(1000, 1, 2)  # noqa: DTZ001  # bounds carry no zone
SAFE_INTEGER = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(values)
def test_value_survives_the_round_trip(value: object) -> None:
    """What is written is read back as the same value."""
    assert parse_canonical(canonical_json(value)) == value


@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_whatever_parses_has_these_bytes(data: bytes) -> None:
    """Every byte string that parses is the canonical one of its value."""
    try:
        value = parse_canonical(data)
    except MalformedError:
        return
    assert canonical_json(value) == data


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats()
    | st.text(max_size=8)
    | st.characters(min_codepoint=0xD7F0),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.characters(), inner, max_size=4)
        | st.dictionaries(st.none() | st.integers() | st.text(max_size=2), inner)
    ),
    max_leaves=12,
)


@given(anything)
def test_fast_way_writes_what_the_full_implementation_writes(value: object) -> None:
    """Whatever the value, the bytes or the refusal are those of RFC 8785's author."""
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        with pytest.raises(MalformedError):
            canonical_json(value)
    else:
        assert canonical_json(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"\ue000": 1, "\U0001f600": 2},  # sorted by UTF-16, not by code point
        ['\x7f\u2028\u0000\u001f\b\f\n\r\t"\\/<'],
        {"a": (1, -1, SAFE_INTEGER, -SAFE_INTEGER), "": True, "0": None},
        [1.0, -0.0, 1e21, 0.1],
        [0] * 120_000,
    ],
)
def test_both_ways_agree_where_they_could_differ(value: object) -> None:
    """Escapes, order of keys, numbers, and values too many for the fast way."""
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": (1, [True, "x", None]), "b": {}}, True),
        ([SAFE_INTEGER, -SAFE_INTEGER], True),
        (SAFE_INTEGER + 1, False),
        (-SAFE_INTEGER - 1, False),
        (1.0, False),
        ({1: 2}, False),
        ({1: 2, "a": 2}, False),
        ([0] * (_MAX_PLAIN_VALUES - 1), True),
        ([0] * _MAX_PLAIN_VALUES, False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_values_of_the_fast_way(value: object, *, plain: bool) -> None:
    """Text, whole numbers and what is made of them go the fast way, nothing else."""
    assert _is_plain(value) is plain


def test_value_inside_itself_is_refused() -> None:
    """A list that holds itself ends in a refusal and not in a loop."""
    value: list[object] = []
    value.append(value)
    with pytest.raises(MalformedError):
        canonical_json(value)


def test_rfc_8785_example() -> None:
    """The sample of RFC 8785, section 3.2.2, but its floats, prints as it says."""
    value = {"string": '€$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = (
        '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(value) == expected.encode()


def test_rfc_8785_key_order() -> None:
    """Keys sort by UTF-16 code units (RFC 8785, section 3.2.3)."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = json.loads(canonical_json(dict.fromkeys(keys, 0)))
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(written) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cannot be parsed"),
        (b"{", "cannot be parsed"),
        (b'"\xff"', "cannot be parsed"),
        (b"\xef\xbb\xbf{}", "cannot be parsed"),
        (b"9" * 5000, "cannot be parsed"),
        (b"{} ", "canonical form"),
        (b'{"b":1,"a":2}', "canonical form"),
        (b'{"a":1,"a":1}', "canonical form"),
        (b"1.0", "canonical form"),
        (b"-0", "canonical form"),
        (b"1E2", "canonical form"),
        (b'"\\u0041"', "canonical form"),
        (b'"\\/"', "canonical form"),
        (b'"\\ud800"', "non-UTF-8 codepoints"),
        (b"NaN", "not representable"),
        (b"1e999", "not representable"),
    ],
)
def test_other_spelling_is_refused(data: bytes, reason: str) -> None:
    """A second spelling of a value is malformed, and so is what is no JSON."""
    with pytest.raises(MalformedError, match=reason):
        parse_canonical(data)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, b""],
)
def test_value_outside_json_is_refused(value: object) -> None:
    """Only what every JSON reader understands alike is written."""
    with pytest.raises(MalformedError):
        canonical_json(value)


def test_endless_value_is_refused() -> None:
    """A list that holds itself is refused and does not exhaust the stack."""
    value: list[object] = []
    value.append(value)
    with pytest.raises(MalformedError, match="too deep"):
        canonical_json(value)


def test_plain_value_that_nests_too_deep_is_refused() -> None:
    """Deeper than any encoder goes, and made of nothing but lists."""
    value: list[object] = []
    for _ in range(50_000):
        value = [value]
    with pytest.raises(MalformedError, match="too deep"):
        canonical_json(value)


def test_length_bound() -> None:
    """A document of exactly the bound is read, one byte more is not."""
    longest = b'"' + b"a" * (MAX_CANONICAL_BYTES - 2) + b'"'
    assert len(parse_canonical(longest)) == MAX_CANONICAL_BYTES - 2
    with pytest.raises(MalformedError, match="longer than"):
        parse_canonical(longest[:-1] + b'a"')


def test_depth_bound() -> None:
    """Nesting up to the bound is read, one level more is not; strings do not count."""
    deepest = b"[" * MAX_CANONICAL_DEPTH + b"]" * MAX_CANONICAL_DEPTH
    parse_canonical(deepest)
    parse_canonical(b'["' + b"[{" * 100 + b'\\"[["]')
    with pytest.raises(MalformedError, match="nested deeper"):
        parse_canonical(b"[" + deepest + b"]")
    with pytest.raises(MalformedError, match="nested deeper"):
        parse_canonical(b"[" + b"[]," * MAX_CANONICAL_DEPTH + deepest + b"]")


@pytest.mark.parametrize("piece", [b"[", b'"', b'\\"', b'"\\', b"[]"])
def test_hostile_document_is_refused_quickly(piece: bytes) -> None:
    """The check before parsing takes one pass, whatever the document is made of."""
    started = time.monotonic()
    with pytest.raises(MalformedError):
        parse_canonical(b'"' + piece * (MAX_CANONICAL_BYTES // len(piece) - 1))
    assert time.monotonic() - started < 10


def test_pae_counts_bytes() -> None:
    """DSSE counts bytes and not characters."""
    assert pae("类", "案件".encode()) == "DSSEv1 3 类 6 案件".encode()


@given(st.binary(max_size=100))
def test_base64_round_trip(data: bytes) -> None:
    """Bytes survive base64."""
    assert parse_base64("field", base64_text(data)) == data


@pytest.mark.parametrize(
    "text",
    ["A", "AA", "AA=", "AAA", "AA==\n", " AA==", "A-==", "AB==", "AA==AA==", "é"],
)
def test_other_base64_is_refused(text: str) -> None:
    """Missing padding, spaces, other alphabets and left-over bits are malformed."""
    with pytest.raises(MalformedError, match=r"The field is malformed: .*base64"):
        parse_base64("field", text)


@given(st.datetimes(EARLIEST, timezones=st.timezones()))
def test_time_round_trip(moment: dt.datetime) -> None:
    """A time is read back in UTC, without its parts of a second."""
    read = parse_time("field", time_text(moment))
    assert read == moment.astimezone(dt.UTC).replace(microsecond=0)
    assert read.tzinfo is dt.UTC


def test_time_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the clock on the wall shows another time, the text is the same."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        moment = dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC)
        assert time_text(moment) == "2025-08-29T06:03:22Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2025-08-29T06:03:22+00:00", "not like"),
        ("2025-08-29T06:03:22.0Z", "not like"),
        ("2025-08-29 06:03:22Z", "not like"),
        ("2025-08-29t06:03:22z", "not like"),
        ("２025-08-29T06:03:22Z", "not like"),
        ("2025-08-29T06:03:22Z\n", "not like"),
        ("2025-02-30T06:03:22Z", "no date and time"),
        ("2025-08-29T24:00:00Z", "no date and time"),
        ("2025-08-29T23:59:60Z", "no date and time"),
        ("0000-01-01T00:00:00Z", "no date and time"),
    ],
)
def test_other_time_is_refused(text: str, reason: str) -> None:
    """Only one spelling of a time is read, and only of times that exist."""
    with pytest.raises(MalformedError, match=reason):
        parse_time("field", text)
