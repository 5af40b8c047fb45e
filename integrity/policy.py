"""Which public keys count, for what, and when: `trust/keys` and `trust/policy`.

`trust/keys` is ours. One key a line, six fields with one space between them:

    <role> <vkey> <from-size> <to-size or -> <from-time> <to-time or ->

A log key is judged by the size and date of the checkpoint it signed, never by
today's; both ends are included and `-` means still valid. A statement key is
judged by its leaf: what it signed is in the log, and the log says when.

`trust/policy` says the same of the log keys in the words of c2sp.org/tlog-policy,
for other people's tools; it knows no validity, so our verifiers read `trust/keys`.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import re
from dataclasses import dataclass

from integrity.canonical import parse_time, time_text
from integrity.errors import MalformedError
from integrity.keys import key_id
from integrity.merkle import MAX_TREE_SIZE
from integrity.note import MAX_VKEY_CHARACTERS, VerifierKey, parse_vkey

MAX_KEYS = 256  # yearly rotation of both keys for more than a century
MAX_LINE_BYTES = 4 * MAX_VKEY_CHARACTERS + 128  # names may be Chinese
MAX_FILE_BYTES = MAX_KEYS * MAX_LINE_BYTES

_NO_WITNESSES = "quorum none\n"  # we ask for no cosignatures yet
_OPEN = "-"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_FIELDS = 6


class Role(enum.Enum):
    """What a key signs."""

    LOG = "log"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key, its role, and the sizes and times at which it counts.

    Times are kept in UTC with whole seconds. Both ends are included; None as an
    end means that the key is still in use.

    Raises:
        MalformedError: a time without zone, or an end before its beginning.
    """

    role: Role
    key: VerifierKey
    from_size: int
    to_size: int | None
    from_time: dt.datetime
    to_time: dt.datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "from_time", _whole_utc(self.from_time))
        if self.to_time is not None:
            object.__setattr__(self, "to_time", _whole_utc(self.to_time))
            if self.to_time < self.from_time:
                raise MalformedError("trusted key", "its times end before they begin")
        last_size = MAX_TREE_SIZE if self.to_size is None else self.to_size
        if not 0 <= self.from_size <= last_size <= MAX_TREE_SIZE:
            raise MalformedError("trusted key", "its sizes are no range of sizes")

    def covers(self, size: int, at: dt.datetime | None) -> bool:
        """Whether the key counts at this tree size and, when known, this time."""
        if size < self.from_size or (self.to_size is not None and size > self.to_size):
            return False
        if at is None:
            return True
        return self.from_time <= at and (self.to_time is None or at <= self.to_time)

    def line(self) -> str:
        """The line of the file, without its newline."""
        to_size = _OPEN if self.to_size is None else str(self.to_size)
        to_time = _OPEN if self.to_time is None else time_text(self.to_time)
        fields = [self.role.value, self.key.text(), str(self.from_size), to_size]
        return " ".join([*fields, time_text(self.from_time), to_time])


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The keys of one firm, in the order of their file.

    Raises:
        MalformedError: none, too many, or the same key twice in one role.
    """

    entries: tuple[TrustedKey, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.entries) <= MAX_KEYS:
            raise MalformedError("trusted keys", f"not 1 to {MAX_KEYS} keys")
        seen = {(entry.role, entry.key) for entry in self.entries}
        if len(seen) != len(self.entries):
            raise MalformedError("trusted keys", "a key is listed twice in one role")

    def log_keys(self, size: int, at: dt.datetime | None) -> tuple[VerifierKey, ...]:
        """Keys that may have signed the checkpoint of `size` at the time `at`.

        Args:
            size: tree size of the checkpoint.
            at: aware time of the checkpoint; None when nothing proves one, and
                then only the size is judged.
        """
        return tuple(
            entry.key
            for entry in self.entries
            if entry.role is Role.LOG and entry.covers(size, at)
        )

    def statement_keys(self) -> dict[str, bytes]:
        """Key id -> raw public key of every key that ever signed statements."""
        return {
            key_id(entry.key.public_key): entry.key.public_key
            for entry in self.entries
            if entry.role is Role.STATEMENT
        }

    def serialise(self) -> bytes:
        """The content of the file `trust/keys`."""
        return "".join(f"{entry.line()}\n" for entry in self.entries).encode("utf-8")

    def log_policy(self) -> bytes:
        """The content of the file `trust/policy`: every log key, no witnesses."""
        keys = {e.key.public_key: e.key for e in self.entries if e.role is Role.LOG}
        lines = [f"log {key.text()}\n" for key in keys.values()]
        return "".join([*lines, _NO_WITNESSES]).encode("utf-8")

    def fingerprint(self) -> str:
        """SHA-256 of the file in hex: what every paper we issue prints."""
        return hashlib.sha256(self.serialise()).hexdigest()


def parse_trusted_keys(data: bytes) -> TrustedKeys:
    """The keys whose `serialise()` is exactly `data`.

    Raises:
        MalformedError: anything else.
    """
    if len(data) > MAX_FILE_BYTES:
        raise MalformedError("trusted keys", f"longer than {MAX_FILE_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("trusted keys", "they are not UTF-8") from error
    if not text.endswith("\n"):
        raise MalformedError("trusted keys", "they do not end in a newline")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_KEYS:
        raise MalformedError("trusted keys", f"not 1 to {MAX_KEYS} keys")
    return TrustedKeys(tuple(_parse_line(line) for line in lines))


def _parse_line(line: str) -> TrustedKey:
    fields = line.split(" ")
    if len(fields) != _FIELDS:
        raise MalformedError("trusted key", f"it has not {_FIELDS} fields")
    role, vkey, from_size, to_size, from_time, to_time = fields
    return TrustedKey(
        _role(role),
        parse_vkey(vkey),
        _size(from_size),
        None if to_size == _OPEN else _size(to_size),
        parse_time("trusted key", from_time),
        None if to_time == _OPEN else parse_time("trusted key", to_time),
    )


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise MalformedError("trusted key", "its role is unknown") from error


def _size(text: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise MalformedError("trusted key", "a size is not a decimal number")
    return int(text)


def _whole_utc(time: dt.datetime) -> dt.datetime:
    if time.tzinfo is None:
        raise MalformedError("trusted key", "a time has no time zone")
    return time.astimezone(dt.UTC).replace(microsecond=0)
