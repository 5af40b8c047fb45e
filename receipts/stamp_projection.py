"""From `log.stamped` and `exhibit.stamped` to rows, and which kinds are stamps."""

from __future__ import annotations

from sqlalchemy.orm import Session

from intake.projection import Handler, keep_blob
from integrity.errors import MalformedError
from integrity.statement import Event
from integrity.store.db import parse_time
from receipts.stamp_tables import StampRow

LOG_STAMPED, EXHIBIT_STAMPED = "log.stamped", "exhibit.stamped"
# The subjects of a stamp: what was stamped, then the files of the proof.
FILES = ("query", "response", "chain")


def _stamped(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    stamped, *files = event.subjects
    if tuple(subject.name for subject in files) != FILES:
        raise MalformedError("event", f"{event.kind} without its files")
    kept = files if event.kind == EXHIBIT_STAMPED else event.subjects
    for subject in kept:
        digests = subject.digests
        size = facts["bytes"][subject.name]
        keep_blob(session, leaf, digests.sha256, digests.sm3, size)
    query, response, chain = (subject.digests.sha256 for subject in files)
    session.add(
        StampRow(
            leaf=leaf,
            size=facts.get("size"),
            exhibit_id=facts.get("exhibit"),
            service=facts["service"],
            authority=facts["authority"],
            root_sha256=facts["root_sha256"],
            serial=facts["serial"],
            policy=facts["policy"],
            time=parse_time(facts["time"]),
            good_until=parse_time(facts["good_until"]),
            logged_at=event.time,
            stamped_sha256=stamped.digests.sha256,
            query_sha256=query,
            response_sha256=response,
            chain_sha256=chain,
        )
    )


HANDLERS: dict[str, Handler] = {LOG_STAMPED: _stamped, EXHIBIT_STAMPED: _stamped}
