"""Strict reading of one JSON object: exact keys, exact types, bounds, one reason."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from integrity.canonical import parse_time
from integrity.errors import MalformedError
from integrity.shape import read_array, read_object, read_text
from receipts.printable import is_visible

_Value = TypeVar("_Value")
_Choice = TypeVar("_Choice", bound=enum.Enum)

# Canonical JSON numbers are IEEE doubles (RFC 8785): larger integers are not exact.
MAX_INTEGER = (1 << 53) - 1
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")


def whole_seconds(moment: dt.datetime) -> dt.datetime:
    """The moment in UTC, fraction of a second dropped: what our formats carry."""
    return moment.astimezone(dt.UTC).replace(microsecond=0)


class StrictFields:
    """One JSON object whose keys are exactly `keys`; each getter checks one field.

    Every getter raises MalformedError naming the object (`what`) and the field.
    """

    def __init__(self, claimed: Any, keys: Collection[str], what: str) -> None:
        """Refuse anything but an object with exactly `keys`."""
        self._what = what
        self._claimed = read_object(what, claimed, *keys)

    def text(self, key: str, most: int, least: int = 1) -> str:
        """A visible text of `least` to `most` characters."""
        value = self._claimed[key]
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise self._wrong(key, f"a text of {least} to {most} characters")
        if not is_visible(value):
            raise self._wrong(key, "free of control and bidirectional characters")
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        """A text the whole of which fits `pattern`."""
        value = self._claimed[key]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._wrong(key, f"of the form {pattern.pattern}")
        return value

    def sha256(self, key: str) -> str:
        """64 lower-case hexadecimal digits (SHA-256 and SM3 look the same)."""
        return self.matching(key, _HEX64)

    def integer(self, key: str, least: int, most: int = MAX_INTEGER) -> int:
        """A whole number within bounds; true and false are not numbers."""
        value = self._claimed[key]
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(key, f"a whole number from {least} to {most}")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._claimed[key]
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def choice(self, key: str, kind: type[_Choice]) -> _Choice:
        """A member of the closed set `kind`, by its value."""
        try:
            return kind(self._claimed[key])
        except ValueError:
            raise self._wrong(key, "one of the known words") from None

    def time(self, key: str) -> dt.datetime:
        """A UTC time that prints back to the same text."""
        return parse_time(self._what, read_text(self._what, self._claimed[key]))

    def date(self, key: str) -> dt.date:
        """A date that prints back to the same text, `2025-08-29`."""
        value = self._claimed[key]
        try:
            day = dt.date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self._wrong(key, "a date") from None
        if day.isoformat() != value:
            raise self._wrong(key, "a date")
        return day

    def optional(self, key: str, read: Callable[[str], _Value]) -> _Value | None:
        """None for null, else what `read` makes of the field."""
        return None if self._claimed[key] is None else read(key)

    def rows(self, key: str, most: int) -> list[Any]:
        """A list of 1 to `most` members, unread."""
        members = read_array(self._what, self._claimed[key], most)
        if not members:
            raise self._wrong(key, "a list of at least one")
        return members

    def raw(self, key: str) -> Any:
        """The field unread, for a parser of its own."""
        return self._claimed[key]

    def _wrong(self, key: str, wanted: str) -> MalformedError:
        return MalformedError(self._what, f"{key} is not {wanted}")
