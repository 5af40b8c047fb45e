"""The monthly certificate of a matter: every original read and hashed again, now.

It says what was done and no more: that on this day both stored copies of each
original had the digests which the log has for it. A single deviation, and there is
no certificate but a refusal that names the items. Items are named by id and leaf
only, so that a certificate stays whole when one of them is erased later.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import matter_for
from intake.errors import Refused
from intake.services import SYSTEM, Services, now, today
from intake.tables import Exhibit, Matter
from integrity.canonical import canonical_json
from integrity.digest import CHUNK_BYTES, DigestReader, Digests, digest_bytes
from integrity.errors import StoreUnavailable
from integrity.statement import Actor, Subject, open_statement
from integrity.store.blobs import blob_name
from integrity.store.objects import ObjectStore
from receipts.care_projection import ERASED_STATE, MATTER_CERTIFIED
from receipts.care_tables import Certificate
from receipts.certificate_paper import (
    CertificateFacts,
    CertifiedItem,
    render_certificate,
)
from receipts.key_settling import current_pdf_key
from receipts.seal import sign_pdf

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
FIRST_DAYS = 7  # of a month: when the scheduler makes those that are not there yet
LONGEST_REST = 5.0  # seconds
NAMED = 20  # deviations named in a refusal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate in custody; `leaf` is that of its event."""

    matter: str
    month: str
    items: int
    bytes: int
    leaf: int
    pdf_sha256: str


@dataclass(frozen=True, slots=True)
class _Item:
    """An original, as the log has it."""

    exhibit: str
    leaf: int
    size: int
    digests: Digests
    withdrawn: bool


def certificate_of(
    services: Services, login: str | None, matter_key: str, month: str = ""
) -> Made | None:
    """The newest certificate of a month ("": this one), if there is one.

    Raises:
        NotFound, Refused: no such matter, no such month.
    """
    wanted = _month(month)
    with services.log.session() as session:
        matter = matter_for(session, login, matter_key)
        return _newest(session, matter.id, wanted)


def certify(
    services: Services,
    actor: Actor,
    login: str | None,
    matter_key: str,
    month: str = "",
    rest: Callable[[float], object] = lambda _seconds: None,
) -> Made:
    """Hash every original of a matter in both stores; seal and log the result.

    Raises:
        NotFound, Refused: no such matter, nothing in it, a month that is not this
            one, or a copy that deviates (each is named).
        StoreUnavailable, StoreIdentityError, SigningRefused: it could not be told.

    `rest` is called after each original with the seconds it took.
    """
    if _month(month) != _month(""):
        raise Refused("certificate_month", month=month)
    services.log.stores.check_identity()
    with services.log.session() as session:
        matter = matter_for(session, login, matter_key)
        exhibits = _originals(session, matter.id)
    if not exhibits:
        raise Refused("certificate_empty", matter=matter.number)
    items = [_logged(services, exhibit) for exhibit in exhibits]
    began = now()
    _require_intact(services, matter, items, rest)
    facts = _facts(services, matter, items, began)
    pdf = sign_pdf(render_certificate(facts), current_pdf_key(services))
    return _record(services, actor, matter, items, pdf)


class MonthlyCertificates:
    """Makes this month's certificates in the first days of a month; for the scheduler.

    A matter that was refused is left to the daily check to mend, and tried again
    the next day, because every try reads all its originals.
    """

    def __init__(self) -> None:
        self._tried: dict[str, dt.date] = {}

    def __call__(self, services: Services) -> int:
        """Make those that are due; returns how many were made."""
        if today().day > FIRST_DAYS:
            return 0
        with services.log.session() as session:
            due = [
                matter.id
                for matter in session.scalars(select(Matter).order_by(Matter.leaf))
                if _originals(session, matter.id, limit=1)
                and _newest(session, matter.id, _month("")) is None
            ]
        return sum(self._make(services, matter) for matter in due)

    def _make(self, services: Services, matter: str) -> int:
        if self._tried.get(matter) == today():
            return 0
        self._tried[matter] = today()
        try:
            certify(services, SYSTEM, None, matter, rest=time.sleep)
        except Refused as error:
            log.warning("certificate.refused", matter=matter, code=error.code)
            return 0
        return 1


def certificates_of(session: Session, matter_id: str) -> list[Certificate]:
    """Certificates of a matter, the newest first."""
    query = select(Certificate).where(Certificate.matter_id == matter_id)
    return list(session.scalars(query.order_by(Certificate.leaf.desc())))


def _month(claimed: str) -> str:
    if not claimed:
        return f"{today():%Y-%m}"
    if MONTH.fullmatch(claimed) is None:
        raise Refused("choice_bad", field="month", value=claimed[:20], wanted="YYYY-MM")
    return claimed


def _newest(session: Session, matter_id: str, month: str) -> Made | None:
    query = select(Certificate).where(
        Certificate.matter_id == matter_id, Certificate.month == month
    )
    row = session.scalar(query.order_by(Certificate.leaf.desc()).limit(1))
    if row is None:
        return None
    return Made(
        row.matter_id, row.month, row.items, row.bytes, row.leaf, row.pdf_sha256
    )


def _originals(
    session: Session, matter_id: str, limit: int | None = None
) -> Sequence[Exhibit]:
    """Everything that is in custody; what was withdrawn is kept and counts."""
    query = select(Exhibit).where(
        Exhibit.matter_id == matter_id, Exhibit.state != ERASED_STATE
    )
    return session.scalars(query.order_by(Exhibit.leaf).limit(limit)).all()


def _logged(services: Services, exhibit: Exhibit) -> _Item:
    """Size and digests by the signed statement: a row can be edited."""
    keys = services.log.keys.trusted.statement_keys(exhibit.leaf)
    event = open_statement(services.log.statement(exhibit.leaf), keys)
    return _Item(
        exhibit.id,
        exhibit.leaf,
        event.facts["size"],
        event.subjects[0].digests,
        exhibit.state == "withdrawn",
    )


def _require_intact(
    services: Services,
    matter: Matter,
    items: Sequence[_Item],
    rest: Callable[[float], object],
) -> None:
    bad = []
    for item in items:
        began = time.monotonic()
        found = _deviations(services, item)
        bad += [f"{item.exhibit} ({place}: {state})" for place, state in found]
        rest(min(time.monotonic() - began, LONGEST_REST))
    if bad:
        named = "; ".join(bad[:NAMED]) + (" …" if len(bad) > NAMED else "")
        raise Refused(
            "certificate_deviates", matter=matter.number, count=len(bad), items=named
        )


def _deviations(services: Services, item: _Item) -> Iterator[tuple[str, str]]:
    for store in services.log.stores:
        state = _state(store, item)
        if state:
            yield store.place, state


def _state(store: ObjectStore, item: _Item) -> str:
    """Nothing when the copy is whole, else what is wrong with it."""
    try:
        with store.open(blob_name(item.digests.sha256)) as stream:
            reader = DigestReader(stream)
            for _ in iter(partial(reader.read, CHUNK_BYTES), b""):
                pass
    except (StoreUnavailable, OSError):
        return "missing"
    whole = (reader.size, reader.digests()) == (item.size, item.digests)
    return "" if whole else "altered"


def _facts(
    services: Services, matter: Matter, items: Sequence[_Item], began: dt.datetime
) -> CertificateFacts:
    head = services.log.keys.open_checkpoint(services.log.checkpoint())
    listed = [
        {"exhibit": i.exhibit, "leaf": i.leaf, **i.digests.as_dict()} for i in items
    ]
    return CertificateFacts(
        firm=services.settings.firm_name,
        matter=matter.id,
        matter_number=matter.number,
        matter_title=matter.title,
        month=_month(""),
        began=began,
        ended=now(),
        bytes=sum(item.size for item in items),
        items=tuple(CertifiedItem(i.exhibit, i.leaf, i.size) for i in items),
        withdrawn=sum(item.withdrawn for item in items),
        list_sha256=digest_bytes(canonical_json(listed)).sha256,
        checkpoint=head,
        covered=services.log.keys.trusted.covered(head),
        fingerprint=services.log.keys.trusted.fingerprint(),
    )


def _record(
    services: Services,
    actor: Actor,
    matter: Matter,
    items: Sequence[_Item],
    pdf: bytes,
) -> Made:
    digests, month = digest_bytes(pdf), _month("")
    services.log.stores.keep_bytes(pdf, digests.sha256)
    size = sum(item.size for item in items)
    facts = {
        "matter": matter.id,
        "month": month,
        "items": len(items),
        "bytes": size,
        "pdf_bytes": len(pdf),
    }
    with services.log.transaction() as tx:
        for item in items:
            state = tx.session.get_one(Exhibit, item.exhibit).state
            if state == ERASED_STATE:
                raise Refused("exhibit_erased", exhibit=item.exhibit)
        subject = Subject("certificate.pdf", digests)
        leaf = tx.record(MATTER_CERTIFIED, actor, facts, (subject,))
    return Made(matter.id, month, len(items), size, leaf, digests.sha256)
