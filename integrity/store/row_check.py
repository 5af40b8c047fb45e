"""The checker's look at projected rows: each is what the replayed log makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Table
from sqlalchemy.orm import Session

from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding
from integrity.store.judgement import Judgement
from integrity.store.replay import RowDifference, compare_rows, mend_row
from integrity.store.walk import DATABASE


def row_findings(
    judgement: Judgement, session: Session, replayed: Session, tables: Sequence[Table]
) -> Iterator[Finding]:
    """Where `tables` differ between the database and the replayed log."""
    if judgement.walked.replay is not None:
        yield Finding("replay", DATABASE, f"leaf {judgement.walked.replay}")
        return
    for difference in compare_rows(session, replayed, tables):
        mend = partial(_mend, judgement.log, difference) if judgement.sure else None
        yield Finding("row", DATABASE, difference.subject, mend=mend)


def _mend(log: CustodyLog, difference: RowDifference) -> None:
    with writing(log.engine) as session:
        mend_row(session, difference)
