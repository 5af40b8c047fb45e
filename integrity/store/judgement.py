"""What the log is, chosen from all copies, and how sure that choice is.

The judge is a signed checkpoint, never a row: whoever can write to the database can
edit a node as easily as a statement. Where copies differ the choice is made one way
and then the other, until the root of the newest signed checkpoint comes out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.errors import CustodyError, IntegrityError
from integrity.store.copies import Preference
from integrity.store.custody_log import CustodyLog
from integrity.store.erasure import Erasures
from integrity.store.finding import Finding
from integrity.store.key_check import KeyCheck
from integrity.store.log_keys import LogKeys, history
from integrity.store.replay import Replay, empty_database
from integrity.store.tables import LogCheckpoint
from integrity.store.transaction import Projector
from integrity.store.walk import Head, KeysThen, Walk, Walked

PAGE = 100  # rows looked at in one go


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one run of the checker holds for true.

    Attributes:
        log: the log.
        leaves: number of entries that the database has.
        published: number of entries that the newest signed checkpoint covers.
        walked: what the walk over the chosen statements found.
        erasures: what the events among them have erased.
        proven: the chosen statements are what a signed checkpoint commits to.
        keys: by whose keys that was judged, and whether they are in doubt.
    """

    log: CustodyLog
    leaves: int
    published: int
    walked: Walked
    erasures: Erasures
    proven: bool
    keys: KeyCheck

    @property
    def doubtful(self) -> bool:
        """Whether it is doubtful which keys are in force."""
        return self.keys.doubtful

    @property
    def sure(self) -> bool:
        """Whether anything may be mended by the chosen statements."""
        return self.proven and not self.doubtful

    def opened(self, note: object) -> Head | None:
        """The head in a note, when it is a checkpoint of ours."""
        return open_head(self.log.keys, note)

    def confirms(self, head: Head | None) -> bool:
        """Whether this head is one of this history."""
        return head is not None and self.walked.roots.get(head.size) == head.root

    def unless_doubtful(self, finding: Finding) -> Finding:
        """The finding, without its mend while the keys are in doubt."""
        return replace(finding, mend=None) if self.doubtful else finding


class Judge:
    """Chooses one envelope a leaf so that the root of a signed checkpoint comes out.

    Args:
        log: the log.
        project: what makes rows of an event.
        folder: where the log is replayed into a private file.
        stack: closes and removes that file at its end.
    """

    def __init__(
        self, log: CustodyLog, project: Projector, folder: Path, stack: ExitStack
    ) -> None:
        self._log = log
        self._project = project
        self._folder = folder
        self._stack = stack
        self._erasures = Erasures()

    def judge(
        self, session: Session, leaves: int, notes: Sequence[bytes | None]
    ) -> tuple[Judgement, Session]:
        """Walk the log, by the newest signed checkpoint that is found anywhere.

        Args:
            session: one snapshot of the database.
            leaves: number of entries in it.
            notes: what each place had for the newest checkpoint.

        Returns:
            The judgement, and the database into which the chosen statements were
            replayed.
        """
        found = [open_head(self._log.keys, note) for note in notes]
        heads = [head for head in (*found, self._newest_row(session)) if head]
        anchor = max(heads, key=lambda head: head.size, default=None)
        keys = self._keys_then(session)
        sizes = {head.size for head in heads}
        sizes |= {one.end for one in keys.now.origins() if one.end is not None}
        walked, replayed, proven = self._choose(session, leaves, keys, sizes, anchor)
        published = 0 if anchor is None else anchor.size
        check = KeyCheck(self._log, walked, published)
        judgement = Judgement(
            self._log, leaves, published, walked, self._erasures, proven, check
        )
        return judgement, replayed

    def _choose(
        self,
        session: Session,
        leaves: int,
        keys: KeysThen,
        sizes: Collection[int],
        anchor: Head | None,
    ) -> tuple[Walked, Session, bool]:
        preferences: list[Preference] = ["node", "majority"]
        while True:
            prefer = preferences.pop()
            replayed = self._empty()
            stores, erasures = self._log.stores, self._erasures
            walk = Walk(session, stores, keys, prefer, erasures, self._opened)
            walked = walk.run(leaves, sizes, Replay(replayed, self._project))
            proven = anchor is not None and _confirmed_by(anchor, walked)
            if proven or anchor is None or not preferences:
                return walked, replayed, proven

    def _opened(self, note: object) -> Head | None:
        return open_head(self._log.keys, note)

    def _newest_row(self, session: Session) -> Head | None:
        """The newest row that holds a checkpoint of ours."""
        columns = select(
            LogCheckpoint.size, type_coerce(LogCheckpoint.note, NullType())
        )
        newest_first = columns.order_by(LogCheckpoint.size.desc()).limit(PAGE)
        rows = list(session.execute(newest_first))
        while rows:
            for _, note in rows:
                if (found := self._opened(note)) is not None:
                    return found
            older = newest_first.where(LogCheckpoint.size < rows[-1][0])
            rows = list(session.execute(older))
        return None

    def _empty(self) -> Session:
        within = TemporaryDirectory(prefix="fsck-", dir=self._folder)
        engine = empty_database(Path(self._stack.enter_context(within)))
        self._stack.callback(engine.dispose)
        return self._stack.enter_context(Session(engine))

    def _keys_then(self, session: Session) -> KeysThen:
        """The keys that counted at each leaf; those of now where it cannot be told."""
        try:
            return KeysThen(self._log.keys.trusted, history(session))
        except CustodyError:
            return KeysThen(self._log.keys.trusted, [])


def open_head(keys: LogKeys, note: object) -> Head | None:
    """The head in a note, when it is a checkpoint that a key of its log signed."""
    if not isinstance(note, bytes):
        return None
    try:
        opened = keys.open_checkpoint(note)
        return Head(keys.trusted.covered(opened), opened.root)
    except IntegrityError:
        return None


def _confirmed_by(anchor: Head, walked: Walked) -> bool:
    """Those of earlier logs as well, of which the first entry of each log tells."""
    if any(leaf < anchor.size for leaf, _ in walked.links):
        return False
    return walked.roots.get(anchor.size) == anchor.root
