"""Which keys count, for what, and when: `trust/keys` and `trust/policy`.

`trust/keys` is ours: one key, certificate or rule a line (trust_entry.py). What was
signed is judged by its place in the log and the time of the proof, never by today's.

`trust/policy` says what it can of the same in the words of c2sp.org/tlog-policy, for
other people's tools; it knows no validity, so our verifiers read `trust/keys`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrity.errors import MalformedError
from integrity.keys import key_id
from integrity.tlog_policy import (
    NONE,
    LogPolicy,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
)
from integrity.trust_entry import (
    CertificateEntry,
    Role,
    RuleEntry,
    TrustedKey,
    TrustEntry,
    parse_entry,
)
from integrity.trust_rule import (
    DEFAULT_TWO_PERSON_KINDS,
    MAX_WITNESSES,
    Rule,
    TwoPersons,
    Witnesses,
    parse_rule,
    two_persons,
)
from integrity.vkey import MAX_VKEY_CHARACTERS, VerifierKey

__all__ = [  # a file of keys and what its lines are made of
    "DEFAULT_TWO_PERSON_KINDS",
    "MAX_FILE_BYTES",
    "MAX_KEYS",
    "MAX_WITNESSES",
    "CertificateEntry",
    "PersonKey",
    "Role",
    "Rule",
    "RuleEntry",
    "TrustEntry",
    "TrustedKey",
    "TrustedKeys",
    "TwoPersons",
    "Witnesses",
    "parse_rule",
    "parse_trusted_keys",
    "two_persons",
]

MAX_KEYS = 256  # yearly rotation of both keys for more than a century
MAX_LINE_BYTES = 4 * MAX_VKEY_CHARACTERS + 128  # names may be Chinese
MAX_FILE_BYTES = MAX_KEYS * MAX_LINE_BYTES

_WITNESS_GROUP = "witnesses"


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A key that one person alone can use: whose sign-in name, and the key."""

    login: str
    key: VerifierKey


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The keys and rules of one firm, in the order of their file.

    Raises:
        MalformedError: none, too many, a key twice in one role, a person's key that
            is somebody else's too, or more witnesses wanted than there are.
    """

    entries: tuple[TrustEntry, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.entries) <= MAX_KEYS:
            raise MalformedError("trusted keys", f"not 1 to {MAX_KEYS} keys")
        if len({_identity(entry) for entry in self.entries}) != len(self.entries):
            raise MalformedError("trusted keys", "a key is listed twice in one role")
        self._check_persons()
        if self._open_witnesses_needed() > len(self._open_witnesses()):
            reason = "more witnesses are wanted than are listed"
            raise MalformedError("trusted keys", reason)

    def keys(self, *roles: Role) -> tuple[TrustedKey, ...]:
        """The lines with a verifier key, of all or of these roles, in file order."""
        return tuple(
            entry
            for entry in self.entries
            if isinstance(entry, TrustedKey) and (not roles or entry.role in roles)
        )

    def log_keys(self, size: int, at: dt.datetime | None) -> tuple[VerifierKey, ...]:
        """Keys that may have signed the checkpoint of `size` at the time `at`.

        Args:
            size: tree size of the checkpoint.
            at: aware time of the checkpoint; None when nothing proves one, and
                then only the size is judged.
        """
        return tuple(e.key for e in self.keys(Role.LOG) if e.covers(size, at))

    def statement_keys(self, leaf: int | None = None) -> dict[str, bytes]:
        """Key id -> raw public key of the keys that may have signed leaf `leaf`.

        None: of every key that ever signed statements.
        """
        return {
            key_id(entry.key.public_key): entry.key.public_key
            for entry in self.keys(Role.STATEMENT)
            if leaf is None or entry.covers_leaf(leaf)
        }

    def pdf_certificates(
        self, leaf: int, founding: str | None = None
    ) -> frozenset[str]:
        """Hex SHA-256 of the certificates that may seal a paper or bundle.

        Args:
            leaf: leaf number of the sealing, or the size of the bundle's checkpoint.
            founding: the certificate that leaf 0 names. In a log begun before such
                lines were written it counts until the first of them.
        """
        entries = [e for e in self.entries if isinstance(e, CertificateEntry)]
        found = {entry.sha256 for entry in entries if entry.covers_leaf(leaf)}
        if founding is not None and all(leaf < entry.from_size for entry in entries):
            found.add(founding)
        return frozenset(found)

    def person_keys(self, leaf: int) -> dict[str, PersonKey]:
        """Key id -> person and key, of the persons' keys that count for `leaf`."""
        return {
            key_id(entry.key.public_key): PersonKey(entry.key.name, entry.key)
            for entry in self.keys(Role.PERSON)
            if entry.covers_leaf(leaf)
        }

    def witness_keys(self, size: int) -> tuple[VerifierKey, ...]:
        """Keys of the witnesses of a checkpoint of `size`, no public key twice."""
        covering = [e.key for e in self.keys(Role.WITNESS) if e.covers(size, None)]
        return tuple({key.public_key: key for key in covering}.values())

    def two_person_kinds(self, leaf: int) -> frozenset[str]:
        """Kinds of event that want two persons' signatures at `leaf`."""
        return frozenset(
            kind
            for entry, rule in self._rules()
            if isinstance(rule, TwoPersons) and entry.covers_leaf(leaf)
            for kind in rule.kinds
        )

    def witnesses_needed(self, size: int) -> int:
        """How many witnesses a checkpoint of `size` wants; 0 without a rule."""
        counts = [
            rule.count
            for entry, rule in self._rules()
            if isinstance(rule, Witnesses) and entry.covers(size, None)
        ]
        return max(counts, default=0)

    def with_entries(self, entries: Sequence[TrustEntry]) -> TrustedKeys:
        """The same keys and rules, and `entries` after them.

        Raises:
            MalformedError: see TrustedKeys.
        """
        return TrustedKeys((*self.entries, *entries))

    def serialise(self) -> bytes:
        """The content of the file `trust/keys`."""
        return "".join(f"{entry.line()}\n" for entry in self.entries).encode("utf-8")

    def log_policy(self) -> bytes:
        """The content of the file `trust/policy`.

        Every log key, each once; the witnesses that are still in use as `w1`, `w2`
        … in file order; and the number of them that the rule in use wants.
        """
        logs = {e.key.public_key: e.key for e in self.keys(Role.LOG)}
        witnesses = tuple(
            PolicyWitness(f"w{number}", key)
            for number, key in enumerate(self._open_witnesses(), start=1)
        )
        needed = self._open_witnesses_needed()
        names = tuple(witness.name for witness in witnesses)
        groups = (PolicyGroup(_WITNESS_GROUP, needed, names),) if needed else ()
        return LogPolicy(
            tuple(PolicyLog(key) for key in logs.values()),
            witnesses,
            groups,
            _WITNESS_GROUP if needed else NONE,
        ).serialise()

    def fingerprint(self) -> str:
        """SHA-256 of the file in hex: what every paper we issue prints."""
        return hashlib.sha256(self.serialise()).hexdigest()

    def _rules(self) -> Iterator[tuple[RuleEntry, Rule]]:
        for entry in self.entries:
            if isinstance(entry, RuleEntry):
                yield entry, entry.rule

    def _open_witnesses(self) -> list[VerifierKey]:
        lasting = [e.key for e in self.keys(Role.WITNESS) if e.to_size is None]
        return list({key.public_key: key for key in lasting}.values())

    def _open_witnesses_needed(self) -> int:
        counts = [
            rule.count
            for entry, rule in self._rules()
            if isinstance(rule, Witnesses) and entry.to_size is None
        ]
        return max(counts, default=0)

    def _check_persons(self) -> None:
        """A person's key that the service has, or two persons, proves nothing."""
        times_listed = Counter(entry.key.public_key for entry in self.keys())
        for entry in self.keys(Role.PERSON):
            if times_listed[entry.key.public_key] > 1:
                reason = f"the key of {entry.key.name} is somebody else's too"
                raise MalformedError("trusted keys", reason)


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
    return TrustedKeys(tuple(parse_entry(line) for line in lines))


def _identity(entry: TrustEntry) -> tuple[Role, str, int]:
    """A key or certificate comes once in a role; a rule may come back later."""
    begin = entry.from_size if isinstance(entry, RuleEntry) else 0
    return entry.role, entry.what(), begin
