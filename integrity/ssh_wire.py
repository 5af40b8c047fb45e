"""Strings and numbers as SSH writes them (RFC 4251, section 5), read strictly."""

from __future__ import annotations

from integrity.errors import MalformedError

_LENGTH_BYTES = 4


def wire_string(data: bytes) -> bytes:
    """Length as big-endian uint32, and the bytes."""
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data


class WireReader:
    """Takes one value after the other from the front of some bytes.

    Each method raises MalformedError when the bytes hold no such value.
    """

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > len(self._rest):
            raise MalformedError("SSH value", "it ends too early")
        data = bytes(self._rest[:count])
        self._rest = self._rest[count:]
        return data

    def uint32(self) -> int:
        """A big-endian number of four bytes."""
        return int.from_bytes(self.take(_LENGTH_BYTES), "big")

    def string(self) -> bytes:
        """A length and as many bytes."""
        return self.take(self.uint32())

    def mpint(self) -> int:
        """A number that is not negative, in its shortest form."""
        data = self.string()
        number = int.from_bytes(data, "big")
        if data != _shortest(number):
            raise MalformedError("SSH value", "a number is negative or too long")
        return number

    def end(self) -> None:
        """Nothing is left."""
        if self._rest:
            raise MalformedError("SSH value", "bytes follow its end")


def _shortest(number: int) -> bytes:
    """Two's complement, so a number whose first bit is set has a zero before it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b""
