"""The one spelling of a value: JSON (RFC 8785), base64, times; and DSSE's PAE.

One value has one byte string. What we sign, hash and compare is that string, so
reading refuses every other spelling of the same value: white space, another key
order, duplicate keys, `1.0` for `1`, escapes that are not needed.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import re
from typing import Any, TypeAlias

import rfc8785

from integrity.errors import MalformedError

JsonValue: TypeAlias = Any
"""null, bool, int, float, str, and lists and str-keyed dicts of these."""

# Four times the largest envelope (statement.py): nothing canonical is larger.
MAX_CANONICAL_BYTES = 4 << 20
# Ours nest about six deep; the parser recurses, so the stack is what this guards.
MAX_CANONICAL_DEPTH = 32

# The closing quote is optional and nothing is given back, so that an unfinished
# string costs one pass and not one for every quote in it.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_BRACKET = re.compile(rb"[][{}]")

# The encoder of the standard library writes plain values as RFC 8785 does, ten times
# as fast. Not so floats, and it sorts keys by code points and not by UTF-16: these
# and all that is not JSON are left to the full implementation.
_PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_MAX_PLAIN_VALUES = 100_000  # also ends the search in a value that holds itself
_MAX_INTEGER = 2**53 - 1
_ASTRAL = re.compile(rb"[\xf0-\xf4]")  # first byte of a character beyond U+FFFF


def canonical_json(value: JsonValue) -> bytes:
    """The one RFC 8785 byte string of `value`.

    Raises:
        MalformedError: the value is not JSON: NaN, an integer beyond 2**53 - 1, a
            lone surrogate, a key that is no string, another type, too deep.
    """
    if _is_plain(value):
        with contextlib.suppress(RecursionError, UnicodeEncodeError):
            data = _PLAIN.encode(value).encode("utf-8")
            if not _ASTRAL.search(data):
                return data
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise MalformedError("JSON value", str(error)) from error
    except RecursionError as error:
        raise MalformedError("JSON value", "it nests too deep") from error


def parse_canonical(data: bytes) -> JsonValue:
    """The value whose canonical JSON is exactly `data`.

    Raises:
        MalformedError: too long, too deep, not JSON, or not in canonical form.
    """
    if len(data) > MAX_CANONICAL_BYTES:
        raise MalformedError("JSON", f"longer than {MAX_CANONICAL_BYTES} bytes")
    _check_depth(data)
    try:
        value = json.loads(data.decode("utf-8"))
    except ValueError as error:  # also covers bad UTF-8 and absurdly long numbers
        raise MalformedError("JSON", "it cannot be parsed") from error
    if canonical_json(value) != data:
        raise MalformedError("JSON", "not in canonical form (RFC 8785)")
    return value


def pae(payload_type: str, payload: bytes) -> bytes:
    """What a DSSE v1 signature covers (DSSE protocol.md, "PAE")."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def base64_text(data: bytes) -> str:
    """Standard padded base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def parse_base64(what: str, text: str) -> bytes:
    """The bytes whose `base64_text` is exactly `text`.

    Raises:
        MalformedError: about `what`: not base64, or bits or padding left over.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise MalformedError(what, "it is not base64") from error
    if base64_text(data) != text:
        raise MalformedError(what, "its base64 is not in canonical form")
    return data


def time_text(time: dt.datetime) -> str:
    """RFC 3339 in UTC with whole seconds: `2025-08-29T06:03:22Z`.

    `time` is aware; parts of a second are dropped.
    """
    # Not strftime: it writes the year 25 as "25", and the reader wants four digits.
    whole = time.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None)
    return f"{whole.isoformat()}Z"


def parse_time(what: str, text: str) -> dt.datetime:
    """The time in UTC whose `time_text` is exactly `text`.

    Raises:
        MalformedError: about `what`: another form, or no such date or time.
    """
    if not _TIME.fullmatch(text):
        raise MalformedError(what, "its time is not like 2025-08-29T06:03:22Z")
    try:
        return dt.datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise MalformedError(what, "its time is no date and time") from error


def _is_plain(value: JsonValue) -> bool:
    """Whether `value` is made of nothing but text, whole numbers, true, false, null."""
    pending, seen = [value], 0
    while pending:
        seen += 1
        if seen > _MAX_PLAIN_VALUES:
            return False
        one = pending.pop()
        kind = type(one)
        if kind is str or kind is bool or one is None:
            continue
        if kind is int and -_MAX_INTEGER <= one <= _MAX_INTEGER:
            continue
        if kind is dict and all(type(key) is str for key in one):
            pending.extend(one.values())
        elif kind is list or kind is tuple:
            pending.extend(one)
        else:
            return False
    return True


def _check_depth(data: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > MAX_CANONICAL_DEPTH:
            reason = f"nested deeper than {MAX_CANONICAL_DEPTH} levels"
            raise MalformedError("JSON", reason)
