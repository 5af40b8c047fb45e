"""Are these bytes in custody? Three honest answers, and one for "cannot tell".

`match` is said only after the statement, its place in the log and the signature of
the published checkpoint were verified just now; a fault on that way is
`indeterminate`, never a match and never an accusation.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from intake.access import visible_matters
from intake.services import Services
from intake.tables import Exhibit, ExhibitName, Matter
from integrity.digest import Digests
from integrity.errors import CustodyError, VerificationError
from integrity.proof import Proof, proven_entry
from integrity.statement import Event, leaf_text, open_statement
from integrity.store.custody_log import CustodyLog


class VerdictKind(enum.Enum):
    """What can be said of a file."""

    MATCH = "match"
    ALTERED = "altered"
    UNKNOWN = "unknown"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one file; `exhibit` is the one it was compared with."""

    kind: VerdictKind
    exhibit_id: str | None = None
    name: str | None = None
    leaf: int | None = None
    received_at: dt.datetime | None = None
    reason: str = ""


def verify_digests(
    services: Services,
    login: str | None,
    claimed_name: str,
    digests: Digests,
    matter_id: str | None = None,
) -> Verdict:
    """Compare a file with the exhibits `login` may see (in one matter, if given).

    `altered`: no exhibit has these bytes, but one bears or came with this name.
    """
    with services.log.session() as session:
        held = _with_digest(session, login, matter_id, digests)
        if held is not None:
            return _proven(services, held, digests)
        named = _with_name(session, login, matter_id, claimed_name)
    if named is not None:
        return _verdict(VerdictKind.ALTERED, named)
    return Verdict(VerdictKind.UNKNOWN)


def prove_receipt_of(log: CustodyLog, exhibit: Exhibit) -> tuple[Proof, Event]:
    """Prove now that the log holds this exhibit's bytes as received.

    Raises:
        CustodyError: what of statement, inclusion or checkpoint does not hold.
    """
    proof = log.prove(exhibit.leaf)
    event = open_statement(proof.extra, log.keys.statement_keys)
    entry = proven_entry(proof, leaf_text(proof.extra), log.keys.trusted)
    if entry != exhibit.leaf:
        raise VerificationError("statement", "it stands elsewhere in the log")
    recorded = [subject.digests for subject in event.subjects]
    if recorded != [Digests(exhibit.sha256, exhibit.sm3)]:
        raise VerificationError("statement", "it names other digests than the row")
    if event.facts.get("exhibit") != exhibit.id:
        raise VerificationError("statement", "it is of another exhibit")
    return proof, event


def _proven(services: Services, exhibit: Exhibit, digests: Digests) -> Verdict:
    try:
        if digests.sm3 and digests.sm3 != exhibit.sm3:
            raise VerificationError("digest", "SHA-256 agrees and SM3 does not")
        prove_receipt_of(services.log, exhibit)
    except CustodyError as error:
        return _verdict(VerdictKind.INDETERMINATE, exhibit, str(error))
    return _verdict(VerdictKind.MATCH, exhibit)


def _verdict(kind: VerdictKind, exhibit: Exhibit, reason: str = "") -> Verdict:
    name = exhibit.name or exhibit.original_name
    return Verdict(kind, exhibit.id, name, exhibit.leaf, exhibit.received_at, reason)


def _with_digest(
    session: Session, login: str | None, matter_id: str | None, digests: Digests
) -> Exhibit | None:
    query = _visible(login, matter_id).where(Exhibit.sha256 == digests.sha256)
    return session.scalar(query.order_by(Exhibit.leaf).limit(1))


def _with_name(
    session: Session, login: str | None, matter_id: str | None, claimed_name: str
) -> Exhibit | None:
    given = select(ExhibitName.exhibit_id).where(ExhibitName.name == claimed_name)
    same = or_(Exhibit.id.in_(given), Exhibit.original_name == claimed_name)
    query = _visible(login, matter_id).where(same)
    return session.scalar(query.order_by(Exhibit.leaf.desc()).limit(1))


def _visible(login: str | None, matter_id: str | None) -> Select[Exhibit]:
    visible = visible_matters(login).with_only_columns(Matter.id).order_by(None)
    query = select(Exhibit).where(Exhibit.matter_id.in_(visible))
    return query if matter_id is None else query.where(Exhibit.matter_id == matter_id)
