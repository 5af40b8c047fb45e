"""How time authorities answered: for the pause before the next try, for health."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from integrity.store.db import writing
from receipts.stamp_tables import TimeAuthority
from receipts.stamp_times import retry_after
from receipts.time_authority import Obtained, Trouble

log = structlog.get_logger()


def remember(
    engine: Engine,
    obtained: Sequence[Obtained],
    troubles: Sequence[Trouble],
    at: dt.datetime,
) -> None:
    """Note at `at` who gave a stamp and who did not, and until when to wait."""
    with writing(engine) as session:
        for one in obtained:
            row = _state(session, one.authority.service, at)
            row.failed, row.trouble, row.detail = 0, None, None
            row.answered_at, row.next_at = at, None
        for trouble in troubles:
            row = _state(session, trouble.service, at)
            row.failed += 1
            row.trouble, row.detail = trouble.kind.value, trouble.detail
            row.next_at = at + retry_after(row.failed)
            log.warning(
                "stamp.failed", service=trouble.service, why=trouble.kind.value,
                detail=trouble.detail,
            )  # fmt: skip


def _state(session: Session, service: str, at: dt.datetime) -> TimeAuthority:
    row = session.get(TimeAuthority, service)
    if row is None:
        row = TimeAuthority(service=service, failed=0)
        session.add(row)
    row.asked_at = at
    return row
