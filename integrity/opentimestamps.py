"""OpenTimestamps proofs (detached, version 1): what would have to be in which block.

A proof leads from the digest of a file, over operations that anyone can repeat, to
attestations: "this value is the Merkle root in the header of Bitcoin block N", or
"ask this calendar later". What the operations give is computed here; whether a block
holds it is for somebody with that block's header, so a proof alone proves no time.

Format: python-opentimestamps, `opentimestamps.core` (the reference implementation
is the specification). Numbers are LEB128, read in their shortest form only.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from integrity.errors import MalformedError

HEADER = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
MAX_PROOF_BYTES = 1 << 20  # real ones are below 10 kB
MAX_MESSAGE_BYTES = 4096  # of a value, and of the argument of an operation
MAX_ATTESTATION_BYTES = 8192
MAX_ADDRESS_BYTES = 1000
MAX_DEPTH = 256  # operations on one path
MAX_ATTESTATIONS = 1000

_WHAT = "OpenTimestamps proof"
_VERSION = 1
_MAX_NUMBER_BYTES = 9  # 63 bits
_TAG_BYTES = 8
_ATTESTATION, _FORK = 0x00, 0xFF
_APPEND, _PREPEND, _REVERSE, _HEXLIFY = 0xF0, 0xF1, 0xF2, 0xF3
_KECCAK256 = 0x67
# Digest of the file, and operation on a value: tag, function, bytes. Keccak-256 is
# not among the functions here, so what follows it is known by its form only.
_HASHES = {
    0x02: ("sha1", 20),
    0x03: ("ripemd160", 20),
    0x08: ("sha256", 32),
    _KECCAK256: ("keccak256", 32),
}
_ADDRESS = re.compile(rb"[A-Za-z0-9._/:-]*")


class AttestationKind(enum.Enum):
    """Who is said to vouch."""

    BITCOIN = "bitcoin"
    LITECOIN = "litecoin"
    PENDING = "pending"
    UNKNOWN = "unknown"


_KINDS = {
    bytes.fromhex("0588960d73d71901"): AttestationKind.BITCOIN,
    bytes.fromhex("06869a0d73d71b45"): AttestationKind.LITECOIN,
    bytes.fromhex("83dfe30d2ef90c8e"): AttestationKind.PENDING,
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """A claim at the end of a path; nothing about it is checked.

    Attributes:
        kind: who is said to vouch.
        commitment: the value there; None behind an operation that is not known here.
        height: of the block, for the two chains.
        address: of the calendar that was asked, for a pending one.
        tag: the eight bytes that name the kind, in hex.
    """

    kind: AttestationKind
    commitment: bytes | None
    height: int | None
    address: str
    tag: str

    def root_text(self) -> str:
        """The commitment as block explorers print a Merkle root: bytes reversed."""
        return "" if self.commitment is None else self.commitment[::-1].hex()


@dataclass(frozen=True, slots=True)
class DetachedProof:
    """A proof about a file: the function and its digest, and all attestations."""

    algorithm: str
    digest: bytes
    attestations: tuple[Attestation, ...]


def parse_opentimestamps(data: bytes) -> DetachedProof:
    """The proof in `data`, with every operation carried out.

    Raises:
        MalformedError: another version, an unknown operation, a bound, or bytes
            left over: nothing of it is to be believed.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise MalformedError(_WHAT, f"longer than {MAX_PROOF_BYTES} bytes")
    reader = _Reader(data)
    if reader.take(len(HEADER)) != HEADER:
        raise MalformedError(_WHAT, "it does not begin as one")
    if reader.number() != _VERSION:
        raise MalformedError(_WHAT, f"its version is not {_VERSION}")
    known = _HASHES.get(reader.byte())
    if known is None:
        raise MalformedError(_WHAT, "its digest is by an unknown function")
    algorithm, size = known
    digest = reader.take(size)
    attestations = _walk(reader, digest)
    if not reader.at_end():
        raise MalformedError(_WHAT, "bytes follow its end")
    return DetachedProof(algorithm, digest, attestations)


class _Reader:
    """Bytes from front to back, never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._place : self._place + count]
        if len(taken) != count:
            raise MalformedError(_WHAT, "it is cut off")
        self._place += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        value = 0
        for place in range(_MAX_NUMBER_BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:  # noqa: PLR2004  # the top bit says that more follow
                if place and not byte:
                    raise MalformedError(_WHAT, "a number is not in its shortest form")
                return value
        raise MalformedError(_WHAT, "a number is too large")

    def block(self, least: int, most: int) -> bytes:
        size = self.number()
        if not least <= size <= most:
            raise MalformedError(_WHAT, "a part has no fitting length")
        return self.take(size)

    def at_end(self) -> bool:
        return self._place == len(self._data)


def _walk(reader: _Reader, digest: bytes) -> tuple[Attestation, ...]:
    """Follow every path; what forks waits, one value a step of the path at most."""
    found = list[Attestation]()
    waiting = list[tuple[bytes | None, int]]()
    value: bytes | None = digest
    depth = 0
    while True:
        tag = reader.byte()
        if tag == _FORK:
            waiting.append((value, depth))
            tag = reader.byte()
        if tag == _ATTESTATION:
            found.append(_attestation(reader, value))
            if len(found) > MAX_ATTESTATIONS:
                raise MalformedError(_WHAT, f"over {MAX_ATTESTATIONS} attestations")
            if not waiting:
                return tuple(found)
            value, depth = waiting.pop()
            continue
        value, depth = _operate(reader, tag, value), depth + 1
        if depth > MAX_DEPTH:
            raise MalformedError(_WHAT, f"a path of more than {MAX_DEPTH} operations")


def _operate(reader: _Reader, tag: int, value: bytes | None) -> bytes | None:
    argument = b""
    if tag in {_APPEND, _PREPEND}:
        argument = reader.block(1, MAX_MESSAGE_BYTES)
    elif tag not in _HASHES and tag not in {_REVERSE, _HEXLIFY}:
        raise MalformedError(_WHAT, f"an unknown operation (0x{tag:02x})")
    if value is None or tag == _KECCAK256:
        return None
    result = _result(tag, value, argument)
    if len(result) > MAX_MESSAGE_BYTES:
        raise MalformedError(_WHAT, "a value grows too long")
    return result


def _result(tag: int, value: bytes, argument: bytes) -> bytes:
    plain: dict[int, Callable[[], bytes]] = {
        _APPEND: lambda: value + argument,
        _PREPEND: lambda: argument + value,
        _REVERSE: lambda: value[::-1],
        _HEXLIFY: lambda: value.hex().encode("ascii"),
    }
    if tag in plain:
        return plain[tag]()
    # Proofs pass through SHA-1 and RIPEMD-160 where old scripts of a chain do; what a
    # file's digest by one of them is worth, the caller says.
    return hashlib.new(_HASHES[tag][0], value, usedforsecurity=False).digest()


def _attestation(reader: _Reader, value: bytes | None) -> Attestation:
    tag = reader.take(_TAG_BYTES)
    payload = _Reader(content := reader.block(0, MAX_ATTESTATION_BYTES))
    kind = _KINDS.get(tag, AttestationKind.UNKNOWN)
    height, address = None, ""
    if kind is AttestationKind.UNKNOWN:
        payload.take(len(content))
    elif kind is AttestationKind.PENDING:
        address = _address(payload.block(0, MAX_ADDRESS_BYTES))
    else:
        height = payload.number()
    if not payload.at_end():
        raise MalformedError(_WHAT, "bytes follow the end of an attestation")
    return Attestation(kind, value, height, address, tag.hex())


def _address(raw: bytes) -> str:
    if not _ADDRESS.fullmatch(raw):
        raise MalformedError(_WHAT, "the address of a calendar holds other characters")
    return raw.decode("ascii")
