"""One line of `trust/keys`: a key, a certificate or a rule, and when it counts.

    <role> <what> <from-size> <to-size or -> <from-time> <to-time or ->

`log` and `witness` lines count for a checkpoint whose size is from from-size to
to-size, both included. `statement`, `pdf` and `person` lines and the rule of two
persons count for leaf n when from-size <= n < to-size. `-` means still in use.
"""

from __future__ import annotations

import abc
import datetime as dt
import enum
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from integrity.canonical import parse_time, time_text
from integrity.errors import MalformedError
from integrity.merkle import MAX_TREE_SIZE
from integrity.trust_rule import Rule, parse_rule
from integrity.vkey import COSIGNATURE, ED25519, PASSKEY, VerifierKey, parse_vkey

_OPEN = "-"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CERTIFICATE = re.compile(r"sha256:([0-9a-f]{64})")
_FIELDS = 6


class Role(enum.Enum):
    """What a line is about."""

    LOG = "log"
    STATEMENT = "statement"
    PDF = "pdf"
    PERSON = "person"
    WITNESS = "witness"
    RULE = "rule"


_ALGORITHMS = {
    Role.LOG: frozenset({ED25519}),
    Role.STATEMENT: frozenset({ED25519}),
    Role.PERSON: frozenset({ED25519, PASSKEY}),
    Role.WITNESS: frozenset({COSIGNATURE}),
}


class _Lasting(abc.ABC):
    """The validity that every line has, and the questions about it."""

    __slots__ = ()

    role: Role
    from_size: int
    to_size: int | None
    from_time: dt.datetime
    to_time: dt.datetime | None

    @abc.abstractmethod
    def what(self) -> str:
        """The second field of the line."""

    def covers(self, size: int, at: dt.datetime | None) -> bool:
        """Whether the line counts at this tree size and, when known, this time."""
        if size < self.from_size or (self.to_size is not None and size > self.to_size):
            return False
        if at is None:
            return True
        return self.from_time <= at and (self.to_time is None or at <= self.to_time)

    def covers_leaf(self, leaf: int) -> bool:
        """Whether the line counts for what is done at leaf number `leaf`."""
        return self.from_size <= leaf and (self.to_size is None or leaf < self.to_size)

    def line(self) -> str:
        """The line of the file, without its newline."""
        to_size = _OPEN if self.to_size is None else str(self.to_size)
        to_time = _OPEN if self.to_time is None else time_text(self.to_time)
        fields = [self.role.value, self.what(), str(self.from_size), to_size]
        return " ".join([*fields, time_text(self.from_time), to_time])

    def _settle(self) -> None:
        """Times in UTC with whole seconds; no end before its beginning."""
        object.__setattr__(self, "from_time", _whole_utc(self.from_time))
        if self.to_time is not None:
            object.__setattr__(self, "to_time", _whole_utc(self.to_time))
            if self.to_time < self.from_time:
                raise MalformedError("trusted key", "its times end before they begin")
        last_size = MAX_TREE_SIZE if self.to_size is None else self.to_size
        if not 0 <= self.from_size <= last_size <= MAX_TREE_SIZE:
            raise MalformedError("trusted key", "its sizes are no range of sizes")


@dataclass(frozen=True, slots=True)
class TrustedKey(_Lasting):
    """A key of the log, of statements, of a person (its name: the login), a witness.

    Times are kept in UTC with whole seconds; None as an end: still in use.

    Raises:
        MalformedError: a time without zone, an end before its beginning, or a key of
            a type that the role cannot have.
    """

    role: Role
    key: VerifierKey
    from_size: int
    to_size: int | None
    from_time: dt.datetime
    to_time: dt.datetime | None

    def __post_init__(self) -> None:
        if self.key.algorithm not in _ALGORITHMS.get(self.role, frozenset()):
            raise MalformedError("trusted key", "its key is of another role's type")
        self._settle()

    def what(self) -> str:
        """The vkey."""
        return self.key.text()


@dataclass(frozen=True, slots=True)
class CertificateEntry(_Lasting):
    """The certificate, by the hex SHA-256 of its DER, that seals PDFs and bundles.

    Raises:
        MalformedError: as TrustedKey; or not 64 lower-case hex digits.
    """

    sha256: str
    from_size: int
    to_size: int | None
    from_time: dt.datetime
    to_time: dt.datetime | None
    role: Role = field(default=Role.PDF, init=False)

    def __post_init__(self) -> None:
        if not _CERTIFICATE.fullmatch(self.what()):
            raise MalformedError("trusted certificate", "not 64 lower-case hex digits")
        self._settle()

    def what(self) -> str:
        """`sha256:` and the digest."""
        return f"sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class RuleEntry(_Lasting):
    """A rule of the firm about who must sign.

    Raises:
        MalformedError: as TrustedKey.
    """

    rule: Rule
    from_size: int
    to_size: int | None
    from_time: dt.datetime
    to_time: dt.datetime | None
    role: Role = field(default=Role.RULE, init=False)

    def __post_init__(self) -> None:
        self._settle()

    def what(self) -> str:
        """The rule's words."""
        return self.rule.text()


TrustEntry: TypeAlias = TrustedKey | CertificateEntry | RuleEntry


def parse_entry(line: str) -> TrustEntry:
    """The entry whose `line()` is exactly `line`.

    Raises:
        MalformedError: anything else.
    """
    fields = line.split(" ")
    if len(fields) != _FIELDS:
        raise MalformedError("trusted key", f"it has not {_FIELDS} fields")
    claimed_role, what, from_size, to_size, from_time, to_time = fields
    role = _role(claimed_role)
    lasting = (
        _size(from_size),
        None if to_size == _OPEN else _size(to_size),
        parse_time("trusted key", from_time),
        None if to_time == _OPEN else parse_time("trusted key", to_time),
    )
    if role is Role.PDF:
        return CertificateEntry(_certificate(what), *lasting)
    if role is Role.RULE:
        return RuleEntry(parse_rule(what), *lasting)
    return TrustedKey(role, parse_vkey(what), *lasting)


def _certificate(what: str) -> str:
    match = _CERTIFICATE.fullmatch(what)
    if match is None:
        raise MalformedError("trusted certificate", "not sha256: and 64 hex digits")
    return match[1]


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
