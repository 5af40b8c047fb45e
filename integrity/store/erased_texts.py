"""Which statements may be erased now: those that published events name rightly."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from integrity.errors import VerificationError
from integrity.policy import TrustedKeys
from integrity.store import sql_log
from integrity.store.erasure import named_by

SCANNED = 256  # statements looked at in one go


def erased_texts(
    session: Session, trusted: TrustedKeys, published: int, leaves: Collection[int]
) -> dict[int, bytes]:
    """The leaf text of each of `leaves`, from the events that erase them.

    Args:
        session: a session on the log.
        trusted: the keys in force.
        published: number of leaves that a published checkpoint covers.
        leaves: the statements to be erased.

    Raises:
        VerificationError: no event below `published` names one of them, or it names
            another statement.
    """
    wanted, found, end = set(leaves), dict[int, bytes](), published
    while wanted and end > min(wanted):
        first = max(0, end - SCANNED)
        rows = sql_log.statements(session, first, end)
        for leaf in sorted(rows, reverse=True):
            envelope, _ = rows[leaf]
            if envelope is None or not wanted:
                continue
            named = named_by(envelope, trusted, leaf)
            found.update({each: named[each] for each in wanted & named.keys()})
            wanted -= named.keys()
        end = first
    if wanted:
        reason = f"no event erases statement {min(wanted)}"
        raise VerificationError("erasure", reason)
    for leaf, text in found.items():
        (kept,) = sql_log.leaf_texts(session, leaf, leaf + 1)
        if kept != text:
            reason = f"the event names another statement {leaf}"
            raise VerificationError("erasure", reason)
    return found
