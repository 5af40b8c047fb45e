"""What every operation needs, built once at the entry point and passed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from intake.evidence_types import EvidenceTypes
from intake.queue import JobQueue
from intake.settings import Settings
from intake.tables import User
from intake.zone import ZONE
from integrity.statement import Actor
from integrity.store.custody_log import CustodyLog
from integrity.store.transaction import SERVICE

SYSTEM = SERVICE


@dataclass(frozen=True, slots=True)
class Services:
    """The open parts of one home."""

    settings: Settings
    log: CustodyLog
    types: EvidenceTypes
    queue: JobQueue

    @property
    def spool(self) -> Path:
        """Folder for bytes on their way in; emptied at start."""
        return self.settings.home / "spool"

    @property
    def keys(self) -> Path:
        """Folder of the private keys."""
        return self.settings.home / "keys"


def actor_of(user: User) -> Actor:
    """The agent of a custody event when `user` acts."""
    return Actor(user.login, user.name, user.role)


def now() -> dt.datetime:
    """The machine's clock, to the second, in UTC."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def today() -> dt.date:
    """The day it is for the firm."""
    return dt.datetime.now(ZONE).date()
