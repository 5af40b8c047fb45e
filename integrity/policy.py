"""Which keys count, for what, and when: `trust/keys` and `trust/policy`.

`trust/keys` is ours: one key, certificate or rule a line (trust_entry.py). What was
signed is judged by its place in the log and the time of the proof, never by today's.

`trust/policy` says what it can of the same in the words of c2sp.org/tlog-policy, for
other people's tools; it knows no validity, so our verifiers read `trust/keys`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

from integrity.checkpoint import Checkpoint, claimed_checkpoint, open_checkpoint
from integrity.errors import MalformedError, VerificationError
from integrity.keys import key_id
from integrity.origins import Origin, origins_of
from integrity.tlog_policy import firm_policy
from integrity.trust_check import (
    MAX_KEYS,
    check_entries,
    open_witnesses,
    open_witnesses_needed,
    rules_of,
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

MAX_LINE_BYTES = 4 * MAX_VKEY_CHARACTERS + 128  # names may be Chinese
MAX_FILE_BYTES = MAX_KEYS * MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A key that one person alone can use: whose sign-in name, and the key."""

    login: str
    key: VerifierKey


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The keys and rules of one firm, in the order of their file.

    Raises:
        MalformedError: lines that cannot stand together (trust_check.py), or log
            keys that are no sequence of logs (origins.py).
    """

    entries: tuple[TrustEntry, ...]
    _origins: tuple[Origin, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_entries(self.entries)
        object.__setattr__(self, "_origins", origins_of(self.keys(Role.LOG)))

    def origins(self) -> tuple[Origin, ...]:
        """The logs of the firm, oldest first; the last may not have begun yet."""
        return self._origins

    def origin_at(self, entry: int) -> Origin:
        """The log in which entry number `entry` is, or would be, a leaf.

        Raises:
            MalformedError: no log is listed.
        """
        for origin in self._origins:
            if origin.holds(entry):
                return origin
        raise MalformedError("trusted keys", "no log is listed")

    def origin_covering(self, size: int) -> Origin:
        """The log of the checkpoint over `size` entries of all logs.

        Where a log ends, that is the frozen one: the next has no empty checkpoint.

        Raises:
            MalformedError: no log is listed.
        """
        return self.origin_at(max(size - 1, 0))

    def origin_named(self, name: str) -> Origin:
        """The log called `name`.

        Raises:
            VerificationError: the firm has none of that name.
        """
        for origin in self._origins:
            if origin.name == name:
                return origin
        raise VerificationError("checkpoint origin", "it is of another log")

    def next_entry(self, size: int) -> int:
        """The number that the next event of a caller gets when there are `size`.

        Not always `size`: a log after the first begins with an event of its own.
        """
        for origin in self._origins[1:]:
            if origin.first == size:
                size += 1
        return size

    def keys(self, *roles: Role) -> tuple[TrustedKey, ...]:
        """The lines with a verifier key, of all or of these roles, in file order."""
        return tuple(
            entry
            for entry in self.entries
            if isinstance(entry, TrustedKey) and (not roles or entry.role in roles)
        )

    def log_keys(self, size: int, at: dt.datetime | None) -> tuple[VerifierKey, ...]:
        """Keys that may have signed the checkpoint over `size` entries at `at`.

        Args:
            size: number of entries it covers, those of earlier logs included.
            at: aware time of the checkpoint; None when nothing proves one, and
                then only the size is judged.
        """
        return tuple(e.key for e in self.keys(Role.LOG) if e.covers(size, at))

    def open_checkpoint(self, note: bytes, at: dt.datetime | None = None) -> Checkpoint:
        """The checkpoint in `note`, signed by a key that counts for its log and size.

        Args:
            note: a signed note.
            at: aware time of the checkpoint; None when nothing proves one.

        Raises:
            MalformedError: it is no checkpoint.
            VerificationError: it is of another log, covers no entry of it, or its
                signature does not hold.
        """
        claimed = claimed_checkpoint(note)
        if claimed.size == 0:
            # Every empty tree has the same root, so it vouches for no history.
            raise VerificationError("checkpoint", "it covers no event")
        origin = self.origin_named(claimed.origin)
        keys = self.log_keys(origin.covered(claimed), at)
        named = [key for key in keys if key.name == origin.name]
        return open_checkpoint(note, named, origin.name)

    def covered(self, checkpoint: Checkpoint) -> int:
        """Number of entries, of all logs, up to the end of `checkpoint`.

        Raises:
            VerificationError: it is of another log.
        """
        return self.origin_named(checkpoint.origin).covered(checkpoint)

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
            for entry, rule in rules_of(self.entries)
            if isinstance(rule, TwoPersons) and entry.covers_leaf(leaf)
            for kind in rule.kinds
        )

    def witnesses_needed(self, size: int) -> int:
        """How many witnesses a checkpoint of `size` wants; 0 without a rule."""
        counts = [
            rule.count
            for entry, rule in rules_of(self.entries)
            if isinstance(rule, Witnesses) and entry.covers(size, None)
        ]
        return max(counts, default=0)

    def serialise(self) -> bytes:
        """The content of the file `trust/keys`."""
        return "".join(f"{entry.line()}\n" for entry in self.entries).encode("utf-8")

    def log_policy(self) -> bytes:
        """The content of the file `trust/policy`.

        Every log key, each once; the witnesses that are still in use as `w1`, `w2`
        … in file order; and the number of them that the rule in use wants.
        """
        logs = {e.key.public_key: e.key for e in self.keys(Role.LOG)}
        return firm_policy(
            tuple(logs.values()),
            open_witnesses(self.entries),
            open_witnesses_needed(self.entries),
        ).serialise()

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
    return TrustedKeys(tuple(parse_entry(line) for line in lines))
