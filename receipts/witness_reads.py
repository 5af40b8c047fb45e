"""What is known of the firm's witnesses without asking them: for the health page.

Asking is done by the scheduler (witnesses.py); here the kept checkpoints are read for
the lines that they brought.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake.settings import Settings
from integrity.cosignature import Cosignature, cosignatures
from integrity.errors import IntegrityError
from integrity.note import VerifierKey
from integrity.policy import Role, TrustedKeys
from integrity.store.tables import LogCheckpoint

# They are asked every half minute; a checkpoint that waits longer was not cosigned.
BEHIND_AFTER = dt.timedelta(minutes=5)
SCANNED = 1000  # checkpoints, the newest first, in which a last line is looked for
PAGE = 100


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """One witness of the list in force, by its lines on the firm's checkpoints.

    Attributes:
        name: as it signs.
        size: number of events, of all logs, that its last cosigned checkpoint covers;
            None when it cosigned none of those looked at.
        time: when it cosigned that, by its own clock.
        asked: whether its address is set.
        behind: a later checkpoint has waited for it longer than BEHIND_AFTER.
    """

    name: str
    size: int | None
    time: dt.datetime | None
    asked: bool
    behind: bool

    @property
    def good(self) -> bool:
        """It is asked, and cosigned what there was to cosign."""
        return self.asked and not self.behind


@dataclass(frozen=True, slots=True)
class Vouching:
    """All witnesses, and how many of them the rule in force wants; 0 without one."""

    witnesses: tuple[WitnessSeen, ...]
    wanted: int

    @property
    def current(self) -> int:
        """How many witnesses are not behind."""
        return sum(1 for each in self.witnesses if not each.behind)

    @property
    def enough(self) -> bool:
        """As many as the rule wants are not behind."""
        return self.current >= self.wanted

    @property
    def good(self) -> bool:
        """Every witness is good, and there are as many as the rule wants."""
        return self.enough and all(each.good for each in self.witnesses)


def vouching(
    session: Session, trusted: TrustedKeys, settings: Settings, at: dt.datetime
) -> Vouching:
    """The witnesses at `at`; a line in whose name does not hold counts for nothing."""
    listed = [e for e in trusted.keys(Role.WITNESS) if e.to_size is None]
    keys = {e.key.public_key: (e.key, e.from_size) for e in listed}
    newest = session.scalar(select(func.max(LogCheckpoint.size))) or 0
    seen = tuple(
        _seen(session, key, first, at, asked=key.name in settings.witnesses)
        for key, first in keys.values()
    )
    return Vouching(seen, trusted.witnesses_needed(newest))


def _seen(
    session: Session, key: VerifierKey, first: int, at: dt.datetime, *, asked: bool
) -> WitnessSeen:
    last = _last(session, key)
    size = None if last is None else last[0]
    due = select(func.min(LogCheckpoint.size)).where(
        LogCheckpoint.size > (size or 0), LogCheckpoint.size >= first
    )
    waiting = select(LogCheckpoint.signed_at).where(
        LogCheckpoint.size == due.scalar_subquery()
    )
    since = session.scalar(waiting)
    behind = since is not None and at - since > BEHIND_AFTER
    time = None if last is None else last[1].time
    return WitnessSeen(key.name, size, time, asked, behind)


def _last(session: Session, key: VerifierKey) -> tuple[int, Cosignature] | None:
    """Size and line of the newest kept checkpoint that a witness cosigned."""
    name = key.name.encode("utf-8")
    newest_first = select(LogCheckpoint.size, LogCheckpoint.note).order_by(
        LogCheckpoint.size.desc()
    )
    rows = session.execute(
        newest_first.limit(SCANNED).execution_options(yield_per=PAGE)
    )
    with rows:
        for size, note in rows:
            found = _line(note, key) if name in note else None
            if found is not None:
                return size, found
    return None


def _line(note: bytes, key: VerifierKey) -> Cosignature | None:
    try:
        return next(iter(cosignatures(note, [key])), None)
    except IntegrityError:
        return None
