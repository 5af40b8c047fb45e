"""The search follows the log: whatever happened to an exhibit, it is indexed anew.

Everything that the index holds changes by an event, so one number says how far it
is. Whoever comes by brings it on, one exhibit a transaction: the worker after each
reading, the scheduler, a search. A home that was restored or is older than the
search begins at the first event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import structlog
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from intake.errors import Refused
from intake.evidence_types import EvidenceTypes
from intake.legal_date import parse_compact
from intake.read_text import ReadPage, read_pages
from intake.search_index import IndexedPage, clear, compact, remove_pages, replace_pages
from intake.services import Services
from intake.tables import (
    CustodyEvent,
    Derivative,
    Exhibit,
    ExhibitName,
    PersonCheck,
    SearchState,
)
from integrity.errors import CustodyError, StoreUnavailable
from integrity.store.db import writing

FORM = 1  # of what is in the index: a greater number makes every home fill it anew
FACTS = 0  # the page of what is known of an exhibit
STEP = 20  # exhibits at a time where somebody waits
ERASED = "erased"
# `scan0001.png` is found by scan and by 0001, too.
_LETTERS_AND_DIGITS = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Next:
    """The exhibit whose last event is the oldest that the index does not know."""

    exhibit_id: str
    leaf: int
    followed: int


def follow(services: Services, most: int = STEP) -> int:
    """Index at most `most` exhibits; returns how many are left.

    Raises:
        StoreUnavailable, StoreIdentityError: the stores or the database are away.
    """
    _require_form(services)
    with services.log.session() as session:
        left = behind(session)
    if left:
        services.log.stores.check_identity()
    for _ in range(min(left, most)):
        if not _follow_one(services):
            break
    with services.log.session() as session:
        return behind(session)


def keep_up(services: Services, most: int = STEP) -> None:
    """Index what happened lately; if that cannot be now, somebody will come by."""
    try:
        follow(services, most)
    except CustodyError as error:
        log.warning("search.behind", code=error.code)


def reindex(services: Services) -> int:
    """Empty the index and fill it from the stores; returns the number of exhibits."""
    with writing(services.log.engine) as session:
        _begin(session)
    done = 0
    while _follow_one(services):
        done += 1
    return done


def behind(session: Session) -> int:
    """How many exhibits the index does not know as they are now."""
    followed = _followed(session)
    late = select(func.count(CustodyEvent.exhibit_id.distinct()))
    return session.scalar(late.where(CustodyEvent.leaf >= followed)) or 0


def forget_erased(services: Services) -> None:
    """Remove what the index holds of exhibits that are erased, for good."""
    engine = services.log.engine
    with writing(engine) as session:
        erased = select(Exhibit.id).where(Exhibit.state == ERASED)
        remove_pages(session, session.scalars(erased).all())
    compact(engine)


def _require_form(services: Services) -> None:
    """Begin anew where nothing was indexed, or in another form."""
    with services.log.session() as session:
        if _form(session) == FORM:
            return
    with writing(services.log.engine) as session:
        if _form(session) != FORM:
            _begin(session)


def _form(session: Session) -> int | None:
    state = session.get(SearchState, 1)
    return None if state is None else state.form


def _begin(session: Session) -> None:
    clear(session)
    session.merge(SearchState(id=1, leaf=0, form=FORM))


def _follow_one(services: Services) -> bool:
    """Index one exhibit; False when there is none to do."""
    with services.log.session() as session:
        due = _next(session)
        exhibit = None if due is None else session.get(Exhibit, due.exhibit_id)
        if due is None or exhibit is None:
            return False
        facts = _facts(session, exhibit, services.types)
        made = session.get(Derivative, (exhibit.id, "text", 0))
    read = _read(services, exhibit.id, None if made is None else made.sha256)
    pages = [IndexedPage.of(FACTS, facts)] if exhibit.state != ERASED else []
    pages += [IndexedPage.of(page.number, [page.text]) for page in read]
    with writing(services.log.engine, lazily=True) as session:
        state = session.get(SearchState, 1)
        # Somebody else may have done it; an erasure may have come between.
        if state is not None and _next(session) == due:
            replace_pages(session, exhibit.id, pages)
            state.leaf = due.leaf + 1
    return True


def _next(session: Session) -> _Next | None:
    """At the last of an exhibit's events all of them are indexed together."""
    followed = _followed(session)
    later = aliased(CustodyEvent)
    is_last = ~exists().where(
        later.exhibit_id == CustodyEvent.exhibit_id, later.leaf > CustodyEvent.leaf
    )
    due = select(CustodyEvent.exhibit_id, CustodyEvent.leaf).where(
        CustodyEvent.leaf >= followed, CustodyEvent.exhibit_id.is_not(None), is_last
    )
    row = session.execute(due.order_by(CustodyEvent.leaf).limit(1)).one_or_none()
    return None if row is None else _Next(str(row[0]), row[1], followed)


def _followed(session: Session) -> int:
    state = session.get(SearchState, 1)
    return 0 if state is None else state.leaf


def _read(
    services: Services, exhibit_id: str, sha256: str | None
) -> tuple[ReadPage, ...]:
    if sha256 is None:
        return ()
    try:
        return read_pages(services.log.stores, sha256)
    except StoreUnavailable as error:
        # One lost file must not keep all others from being found; fsck names it.
        log.warning("search.no_text", exhibit=exhibit_id, code=error.code)
        return ()


def _facts(session: Session, exhibit: Exhibit, types: EvidenceTypes) -> list[str]:
    """What is known of an exhibit in words, each part by itself."""
    names = select(ExhibitName.name).where(ExhibitName.exhibit_id == exhibit.id)
    notes = select(PersonCheck.condition).where(PersonCheck.exhibit_id == exhibit.id)
    parts = [
        exhibit.name or "",
        *session.scalars(names.order_by(ExhibitName.leaf.desc())),
        exhibit.original_name,
        _LETTERS_AND_DIGITS.sub(" ", exhibit.original_name),
        *_type_names(types, exhibit.type),
        *_dates(exhibit.date),
        *session.scalars(notes.order_by(PersonCheck.leaf)),
        exhibit.reason_detail or "",
    ]
    return list(dict.fromkeys(part for part in parts if part))


def _type_names(types: EvidenceTypes, code: str | None) -> tuple[str, ...]:
    if code is None:
        return ()
    try:
        kind = types.by_code(code)
    except Refused:  # the firm has changed its list
        return (code,)
    return (kind.zh, kind.en)


def _dates(compact_date: str | None) -> tuple[str, ...]:
    date = parse_compact(compact_date) if compact_date else None
    return () if date is None else (date.iso(), date.zh())
