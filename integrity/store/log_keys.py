"""The keys of a firm: which of them signs what, and how they follow its events.

One object for a whole process. Other processes change keys too, so what counts is
asked of the log itself, inside the transaction that is about to sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from integrity.checkpoint import Checkpoint
from integrity.envelope import parse_envelope
from integrity.errors import SigningRefused, VerificationError
from integrity.key_history import stages
from integrity.keys import NamedSigner, Signer
from integrity.policy import TrustedKeys
from integrity.statement import Event, event_of
from integrity.store import sql_log
from integrity.store.erasure import verified_event
from integrity.store.tables import LogKeyChange
from integrity.trust_entry import Role

FindSigners = Callable[[TrustedKeys], Sequence[Signer]]


class KeysAbsent(SigningRefused):
    """This home was restored without its private keys, or lacks the one in use."""

    code = "keys_absent"

    def __init__(self) -> None:
        super().__init__("the private keys are not in this home")


class LogKeys:
    """Signers of a firm (None: not in this home) and its public keys.

    Args:
        origin: name of its first log, which event 0 and the home are called by.
        trusted: the public keys as the home lists them.
        log: signer of checkpoints.
        statement: signer of statements.
        more: further signers, such as those of a rotation to come.
        find_signers: asked once more for signers when none here may sign.
    """

    def __init__(
        self,
        origin: str,
        trusted: TrustedKeys,
        log: Signer | None,
        statement: Signer | None,
        more: Sequence[Signer] = (),
        find_signers: FindSigners | None = None,
    ) -> None:
        self.origin = origin
        self.trusted = trusted
        self.find_signers = find_signers
        self._signers = _by_key([log, statement, *more])
        self._change: int | None = None
        self._opened: tuple[bytes, TrustedKeys, Checkpoint] | None = None

    @property
    def log(self) -> Signer | None:
        """The signer of checkpoints that is in use now."""
        return self._in_use(Role.LOG)

    @property
    def statement(self) -> Signer | None:
        """The signer of statements that is in use now."""
        return self._in_use(Role.STATEMENT)

    @property
    def statement_keys(self) -> dict[str, bytes]:
        """Key id to public key of every key that may have signed a statement."""
        return self.trusted.statement_keys()

    def replace_trusted(
        self, trusted: TrustedKeys, signers: Iterable[Signer | None]
    ) -> None:
        """Go on with other public keys and signers, everywhere in this process."""
        self._signers = _by_key(signers)
        self.trusted = trusted

    def log_signer(self, size: int, trusted: TrustedKeys | None = None) -> Signer:
        """The signer that may sign the checkpoint over `size` entries of all logs.

        It bears the name of that checkpoint's log, under whatever name it was opened.

        Raises:
            KeysAbsent: no such key is in this home.
        """
        chosen = trusted or self.trusted
        name = chosen.origin_covering(size).name
        keys = [key for key in chosen.log_keys(size, None) if key.name == name]
        signer = self._first([key.public_key for key in keys], chosen)
        return signer if signer.name == name else NamedSigner(signer, name)

    def statement_signer(self, leaf: int, trusted: TrustedKeys | None = None) -> Signer:
        """The signer that may sign the statement of `leaf`.

        Raises:
            KeysAbsent: no such key is in this home.
        """
        chosen = trusted or self.trusted
        return self._first(list(chosen.statement_keys(leaf).values()), chosen)

    def forget(self, signer: Signer) -> None:
        """Look for this signer again before it is used again: it failed."""
        if self.find_signers is not None:
            self._signers = {
                key: each
                for key, each in self._signers.items()
                if key != signer.public_key
            }

    def open_checkpoint(self, note: bytes) -> Checkpoint:
        """The checkpoint in `note`, signed by a key that counts for its log and size.

        Raises:
            MalformedError, VerificationError: it is not one of this firm's logs.
        """
        seen, trusted = self._opened, self.trusted
        if seen is not None and seen[0] == note and seen[1] is trusted:
            return seen[2]
        opened = trusted.open_checkpoint(note)
        self._opened = (note, trusted, opened)
        return opened

    def follow(self, session: Session, newest: int | None) -> TrustedKeys:
        """The public keys in force after every change that the log holds; kept.

        Args:
            session: a session on the log.
            newest: leaf of the newest change in the log (`sql_log.state`).

        Raises:
            MalformedError, VerificationError: the changes in the log do not lead
                from or to the keys of this home.
        """
        self.trusted = self.in_force(session, newest)
        self._change = newest
        return self.trusted

    def in_force(self, session: Session, newest: int | None) -> TrustedKeys:
        """As `follow`, but nothing is kept."""
        if newest in {None, self._change}:
            return self.trusted
        found = history(session)
        if self.trusted not in [trusted for trusted, _ in found]:
            raise VerificationError(
                "key history", "the keys of this home are not those of its log"
            )
        return found[-1][0]

    def _in_use(self, role: Role) -> Signer | None:
        lasting = [e.key for e in self.trusted.keys(role) if e.to_size is None]
        return next(
            (
                self._signers[key.public_key]
                for key in reversed(lasting)
                if key.public_key in self._signers
            ),
            None,
        )

    def _first(self, public_keys: list[bytes], trusted: TrustedKeys) -> Signer:
        """The newest of these keys that is here; looked for again if none is."""
        if not any(key in self._signers for key in public_keys) and self.find_signers:
            found = self.find_signers(trusted)
            self._signers = self._signers | _by_key(found)
        for public_key in reversed(public_keys):
            if public_key in self._signers:
                return self._signers[public_key]
        raise KeysAbsent


def history(session: Session) -> list[tuple[TrustedKeys, int]]:
    """Every content of the public keys with the leaf from which on it counts.

    Empty without a change; each change is verified by the keys before it.

    Raises:
        MalformedError, VerificationError: a change is not a good one.
        StoreUnavailable, LeafErased: a statement is missing.
    """
    query = select(LogKeyChange.leaf).order_by(LogKeyChange.leaf)
    leaves = list(session.scalars(query))
    envelopes = {leaf: sql_log.statement(session, leaf) for leaf in [0, *leaves]}
    claimed = {leaf: _claimed_event(envelopes[leaf]) for leaf in envelopes}
    found = stages(claimed[0], [(leaf, claimed[leaf]) for leaf in leaves])
    for stage, leaf in zip(found, leaves, strict=False):
        verified_event(envelopes[leaf], stage.trust, leaf)
    return [(stage.trust, stage.from_leaf) for stage in found]


def _claimed_event(envelope: bytes) -> Event:
    return event_of(parse_envelope(envelope).payload)


def _by_key(signers: Iterable[Signer | None]) -> dict[bytes, Signer]:
    return {signer.public_key: signer for signer in signers if signer is not None}
