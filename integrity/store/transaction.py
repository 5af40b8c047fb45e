"""A unit of work: a session, and `record` for its custody events.

Where the next entry is the first of a log, an event `log.continued` is written before
it: leaf 0 of each log after the first holds the frozen checkpoint of the one before.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from integrity.canonical import canonical_json
from integrity.checkpoint import Checkpoint
from integrity.digest import digest_bytes
from integrity.envelope import wrap
from integrity.errors import SigningRefused, VerificationError
from integrity.key_change import KEYS_CHANGED, read_facts
from integrity.origins import LOG_CONTINUED, Origin, continued_facts
from integrity.persons import PersonSignature, check_two_persons, verified_logins
from integrity.policy import TrustedKeys
from integrity.statement import Actor, Event, Subject, event_of, prepare
from integrity.store import sql_log
from integrity.store.log_keys import LogKeys
from integrity.store.nodes import Nodes

SERVICE = Actor("system", "存证保管服务", "service")

Clock = Callable[[], dt.datetime]
Projector = Callable[[Session, int, Event], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the log stands; the next event is written after that.

    Attributes:
        size: number of leaves, of all logs.
        last: hash of the last leaf; None when there is none, or its node is lost.
        peaks: the nodes that make the root.
        trusted: the keys in force.
        root: of the newest log; None where nobody has computed it.
    """

    size: int
    last: bytes | None
    peaks: Nodes
    trusted: TrustedKeys
    root: bytes | None = None


class TwoPersonsNeeded(SigningRefused):
    """The rule in force wants two persons' own keys for this kind of event."""

    code = "two_persons_needed"

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.facts["kind"] = kind


class LastKeyAbsent(SigningRefused):
    """A log is about to close, and the key of its last checkpoint is not here.

    Whatever were recorded would use up the entries that the log still has, and in
    which a change of keys can name another key for its end.
    """

    code = "log_key_absent"

    def __init__(self, origin: Origin, reason: str) -> None:
        super().__init__(f"nobody here can sign the end of {origin.name}: {reason}")
        self.facts |= {"log": origin.name, "end": origin.end}


class Transaction:
    """What a unit of work sees: a session, and `record` for its custody events.

    The caller holds the writer lock, from before the log was read to the commit.
    """

    def __init__(
        self,
        session: Session,
        keys: LogKeys,
        appender: sql_log.Appender,
        project: Projector,
        clock: Clock,
    ) -> None:
        self.session = session
        self.now = clock()
        self._keys = keys
        self._trusted = appender.trusted
        self._appender = appender
        self._began = appender.size
        self._project = project
        self.changed_log = False  # the keys, or which of the logs is written to

    @property
    def size(self) -> int:
        """Number of leaves, the ones recorded here included."""
        return self._appender.size

    @property
    def recorded(self) -> bool:
        """Whether an event was recorded here."""
        return self.size > self._began

    def standing(self) -> Standing:
        """Where the log stands after what was recorded here, which was something."""
        appender = self._appender
        last = appender.leaf_hash(self.size - 1)
        peaks, root = appender.peaks(), appender.root()
        return Standing(self.size, last, peaks, self._trusted, root)

    def record(
        self,
        kind: str,
        actor: Actor,
        facts: dict[str, Any],
        subjects: Sequence[Subject] = (),
        tools: Mapping[str, str] | None = None,
        persons: Sequence[PersonSignature] = (),
    ) -> int:
        """Sign one custody event, append its leaf, project its rows.

        Returns:
            The leaf number.

        Raises:
            TwoPersonsNeeded: the rule in force wants persons' signatures; prepare
                the statement, let them sign, and use `record_prepared`.
        """
        self._begin_log(kind)
        salt = secrets.token_hex(32)
        about = tuple(subjects) or (_facts_subject(facts),)
        event = Event(kind, actor, self.now, facts, about, dict(tools or {}), salt)
        return self._append(prepare(event), event, persons)

    def record_prepared(
        self, payload: bytes, persons: Sequence[PersonSignature] = ()
    ) -> int:
        """Record the event that `statement.prepare` made and `persons` have signed.

        Whether the payload still fits the rows, and was not recorded before, is the
        caller's question.

        Returns:
            The leaf number.

        Raises:
            MalformedError: `payload` is no statement of ours.
            TwoPersonsNeeded: not signed by those whom the rule wants, or a person's
                signature does not hold.
        """
        event = event_of(payload)
        self._begin_log(event.kind)
        return self._append(payload, event, persons)

    def _begin_log(self, kind: str) -> None:
        """Write the first entry of a log, if that is next and not what is recorded."""
        if kind == LOG_CONTINUED:
            raise SigningRefused("a log begins by itself")
        while self._appender.size in self._firsts():
            self._continue()

    def _firsts(self) -> set[int]:
        return {origin.first for origin in self._trusted.origins()[1:]}

    def _continue(self) -> None:
        first = self._appender.size
        origin = self._trusted.origin_at(first)
        closed = self._trusted.origin_covering(first)
        root = self._appender.root()
        frozen = Checkpoint(closed.name, closed.leaf(first), root)
        facts = continued_facts(origin, frozen)
        about = (_facts_subject(facts),)
        salt = secrets.token_hex(32)
        event = Event(LOG_CONTINUED, SERVICE, self.now, facts, about, {}, salt)
        self._append(prepare(event), event, ())

    def _append(
        self, payload: bytes, event: Event, persons: Sequence[PersonSignature]
    ) -> int:
        leaf = self._appender.size
        self._require_last_key(event, leaf)
        signer = self._keys.statement_signer(leaf, self._trusted)
        ordered = sorted(persons, key=lambda signature: signature.keyid)
        envelope = wrap(payload, signer, ordered)
        self._require_persons(event, envelope, leaf, signed=bool(ordered))
        self._appender.append(envelope)
        self._project(self.session, leaf, event)
        self.session.flush()
        self.changed_log |= event.kind in (KEYS_CHANGED, LOG_CONTINUED)
        if event.kind == KEYS_CHANGED:
            # What follows in this transaction is signed by the keys after it.
            sql_log.note_key_change(self.session, leaf)
            self._trusted = self._keys.in_force(self.session, leaf)
            self._appender.trusted = self._trusted
        return leaf

    def _require_last_key(self, event: Event, leaf: int) -> None:
        """Nothing is recorded in a closing log that nobody here could close.

        Except the change of keys that names somebody who can.
        """
        changes = event.kind == KEYS_CHANGED
        trusted = read_facts(event.facts).trust if changes else self._trusted
        origin = trusted.origin_at(leaf)
        if origin.end is None:
            return
        try:
            self._keys.log_signer(origin.end, trusted)
        except SigningRefused as error:
            raise LastKeyAbsent(origin, error.reason) from error

    def _require_persons(
        self, event: Event, envelope: bytes, leaf: int, *, signed: bool
    ) -> None:
        if not signed and event.kind not in self._trusted.two_person_kinds(leaf):
            return
        try:
            logins = verified_logins(envelope, self._trusted, leaf)
            check_two_persons(event, logins, self._trusted, leaf)
        except VerificationError as error:
            raise TwoPersonsNeeded(event.kind, error.reason) from error


def _facts_subject(facts: dict[str, Any]) -> Subject:
    """An in-toto statement needs a subject: without bytes it is the facts."""
    return Subject("facts", digest_bytes(canonical_json(facts)))
