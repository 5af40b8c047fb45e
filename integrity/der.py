"""DER (ITU-T X.690) before a parser sees it: bounds, and one way to write a length.

Parsers of ASN.1 read BER: several byte strings for one value, and lengths that are
only found at the end. What we keep as evidence has definite, shortest lengths, whole
strings, and nothing behind its end. The order of a SET OF is left alone: real time
authorities write it in the order they please.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from integrity.errors import MalformedError

MAX_DEPTH = 32  # a time-stamp token with certificates nests about fifteen deep

_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_UNIVERSAL_END = 0x40
_LONG_LENGTH = 0x80
# Universal types that DER writes in pieces: SEQUENCE and SET, and nothing else.
_MADE_OF_PARTS = {0x30, 0x31}


def require_der(what: str, data: bytes, limit: int) -> None:
    """Refuse `data` unless it is one DER value of at most `limit` bytes.

    Raises:
        MalformedError: about `what`.
    """
    if not 0 < len(data) <= limit:
        raise MalformedError(what, f"it is not 1 to {limit} bytes long")
    pending = [(0, len(data), 0)]
    while pending:
        start, end, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise MalformedError(what, f"it nests deeper than {MAX_DEPTH} levels")
        while start < end:
            tag, content, after = _element(what, data, start, end)
            if tag & _CONSTRUCTED:
                pending.append((content, after, depth + 1))
            if depth == 0 and after != end:
                raise MalformedError(what, "bytes follow its end")
            start = after


@contextmanager
def parsing(what: str, reason: str) -> Iterator[None]:
    """Turn whatever a parser raises on hostile bytes into one MalformedError."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
            AssertionError, RecursionError, NotImplementedError) as error:  # fmt: skip
        raise MalformedError(what, reason) from error


def _element(what: str, data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Tag, first byte of the content, and the byte after it."""
    tag = data[start]
    if tag & _LONG_TAG == _LONG_TAG:
        raise MalformedError(what, "it holds a tag of several bytes")
    if tag < _UNIVERSAL_END and bool(tag & _CONSTRUCTED) != (
        (tag | _CONSTRUCTED) in _MADE_OF_PARTS
    ):
        raise MalformedError(what, "a plain value is written in pieces")
    content, length = _length(what, data, start + 1, end)
    if content + length > end:
        raise MalformedError(what, "it ends too early")
    return tag, content, content + length


def _length(what: str, data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the content begins, and its length."""
    if at >= end:
        raise MalformedError(what, "it ends too early")
    first = data[at]
    if first < _LONG_LENGTH:
        return at + 1, first
    octets = data[at + 1 : min(at + 1 + (first - _LONG_LENGTH), end)]
    length = int.from_bytes(octets, "big")
    shortest = max(1, (length.bit_length() + 7) // 8)
    if (
        len(octets) != first - _LONG_LENGTH
        or len(octets) != shortest
        or length < _LONG_LENGTH
    ):
        raise MalformedError(what, "a length is not in its shortest form")
    return at + 1 + len(octets), length
