"""Strict reading of one JSON object: what each getter takes, and its bounds."""

from __future__ import annotations

import datetime as dt
import enum
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrity.errors import MalformedError
from receipts.strict_fields import MAX_INTEGER, StrictFields, whole_seconds

DIGEST = "0123456789abcdef" * 4


class Way(enum.Enum):
    """A closed set of words."""

    POST = "post"


def fields(value: Any) -> StrictFields:
    """An object whose one field has this value."""
    return StrictFields({"key": value}, ("key",), "example")


@pytest.mark.parametrize("claimed", [{}, {"key": 1, "more": 2}, {"other": 1}, [], None])
def test_an_object_has_exactly_its_keys(claimed: Any) -> None:
    """A key more or less, or no object at all, is refused by the object's name."""
    with pytest.raises(MalformedError, match="The example is malformed"):
        StrictFields(claimed, ("key",), "example")


Read = Callable[[StrictFields], Any]
READS: list[tuple[Read, list[Any], list[Any], str]] = [
    (
        lambda one: one.text("key", 3),
        ["a", "abc", "合同书"],
        ["", "abcd", 7, None, ["a"]],
        "key is not a text of 1 to 3 characters",
    ),
    (
        lambda one: one.text("key", 3, 2),
        ["ab", "abc"],
        ["a", "abcd"],
        "key is not a text of 2 to 3 characters",
    ),
    (
        lambda one: one.text("key", 3, 0),
        [""],
        ["abcd"],
        "key is not a text of 0 to 3 characters",
    ),
    (
        lambda one: one.text("key", 3),
        [],
        ["a\nb", "a\u202eb"],
        "key is not free of control and bidirectional characters",
    ),
    (
        lambda one: one.matching("key", re.compile("[ab]")),
        ["a", "b"],
        ["", "ab", "c", 7, b"a"],
        "key is not of the form [ab]",
    ),
    (
        lambda one: one.sha256("key"),
        [DIGEST],
        [DIGEST[1:], f"{DIGEST}0", DIGEST.upper(), f"{DIGEST}\n", None],
        "key is not of the form",
    ),
    (
        lambda one: one.integer("key", 1, 3),
        [1, 3],
        [0, 4, 2.0, True, "2", None],
        "key is not a whole number from 1 to 3",
    ),
    (
        lambda one: one.integer("key", 0),
        [0, MAX_INTEGER],
        [-1, MAX_INTEGER + 1],
        f"key is not a whole number from 0 to {MAX_INTEGER}",
    ),
    (
        lambda one: one.flag("key"),
        [True, False],
        [0, 1, None, "true"],
        "key is not true or false",
    ),
    (
        lambda one: one.raw("key"),
        [7, None, "text"],
        [],
        "",
    ),
    (
        lambda one: one.rows("key", 2),
        [[1], [1, None]],
        [[]],
        "key is not a list of at least one",
    ),
    (
        lambda one: one.rows("key", 2),
        [],
        [[1, 2, 3], "ab", {}],
        "The example is malformed",
    ),
    (
        lambda one: one.optional("key", one.flag),
        [None, True, False],
        ["true"],
        "key is not true or false",
    ),
]


@pytest.mark.parametrize(("read", "taken", "refused", "reason"), READS)
def test_a_field_is_given_as_it_is_or_refused(
    read: Read, taken: list[Any], refused: list[Any], reason: str
) -> None:
    """Type and bounds, on each side; the refusal names object and field."""
    for value in taken:
        found = read(fields(value))
        assert (type(found), found) == (type(value), value)
    for value in refused:
        with pytest.raises(MalformedError, match=re.escape(reason)) as caught:
            read(fields(value))
        assert caught.value.what == "example"


def test_a_word_of_a_closed_set() -> None:
    """A known word is its member; anything else is refused."""
    assert fields("post").choice("key", Way) is Way.POST
    for value in ("POST", "", None, 7):
        with pytest.raises(MalformedError, match="key is not one of the known words"):
            fields(value).choice("key", Way)


def test_times() -> None:
    """A time has one spelling, in UTC."""
    at = dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC)
    assert fields("2025-08-29T06:03:22Z").time("key") == at
    for value in ("2025-08-29T06:03:22+00:00", "2025-08-29", 7, None):
        with pytest.raises(MalformedError, match="The example is malformed"):
            fields(value).time("key")


def test_dates() -> None:
    """A date has one spelling, and is a day of the calendar."""
    assert fields("2025-08-29").date("key") == dt.date(2025, 8, 29)
    for value in ("20250829", "2025-W35-5", "2025-02-30", "", 7, None):
        with pytest.raises(MalformedError, match="key is not a date"):
            fields(value).date("key")


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time is eight hours ahead."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XXX-8")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_whole_seconds() -> None:
    """The same moment in UTC, wherever the machine is, without its fraction."""
    zone = dt.timezone(dt.timedelta(hours=5))
    at = dt.datetime(2025, 8, 29, 11, 3, 22, 999_999, tzinfo=zone)
    found = whole_seconds(at)
    assert found.isoformat() == "2025-08-29T06:03:22+00:00"
