"""The page of one matter: its exhibits by state, receipts, people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from intake.access import matter_for, members_of
from intake.search import Places, conditions, found_ids, in_matters, places_of
from intake.search_terms import Term
from intake.tables import Derivative, Exhibit, Matter, User
from receipts.care_tables import Certificate, Tombstone
from receipts.certificate import certificates_of
from receipts.tables import Receipt, ReceiptAct

STATES = (
    "received", "to_review", "reviewed", "checked", "unreadable", "withdrawn", "erased",
)  # fmt: skip
NOT_IN_USE = ("withdrawn", "erased")
PAGE = 100
STATUS_LIMIT = 200
CERTIFICATES = 12  # of the last months


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a matter is shown; it stands in the address."""

    state: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class ExhibitLine:
    """A row of the table; `thumbnail` tells whether there is a small picture."""

    exhibit: Exhibit
    thumbnail: bool


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt with what the counterparty did last."""

    receipt: Receipt
    last_act: str | None


@dataclass(frozen=True, slots=True)
class MatterPage:
    """Everything the page of a matter shows."""

    matter: Matter
    counts: Counter[str]
    lines: tuple[ExhibitLine, ...]
    found: int
    receipts: tuple[ReceiptLine, ...]
    members: tuple[tuple[User, str], ...]
    others: tuple[User, ...]
    stones: dict[str, Tombstone]
    certificates: tuple[Certificate, ...]
    places: dict[str, Places]
    loose: bool

    @property
    def total(self) -> int:
        """Exhibits in use."""
        return self.counts.total() - sum(self.counts[each] for each in NOT_IN_USE)


def matter_page(session: Session, login: str, key: str, show: Filter) -> MatterPage:
    """The page of a matter; NotFound unless `login` is on it."""
    matter = matter_for(session, login, key)
    members = tuple(members_of(session, matter.id))
    terms = _terms(session, matter.id, show.words)
    query = _filtered(matter.id, show.state)
    if show.words:
        query = query.where(*conditions(session, terms))
    found = session.scalar(query.with_only_columns(func.count()).order_by(None)) or 0
    rows = session.scalars(query.limit(PAGE).offset((show.page - 1) * PAGE)).all()
    return MatterPage(
        matter=matter,
        counts=counts_of(session, matter.id),
        lines=tuple(lines_of(session, rows)),
        found=found,
        receipts=tuple(receipts_of(session, matter.id)),
        members=members,
        others=_others(session, {user.login for user, _ in members}),
        stones=_stones(session, rows),
        certificates=tuple(certificates_of(session, matter.id)[:CERTIFICATES]),
        places=places_of(session, terms, [exhibit.id for exhibit in rows]),
        loose=any(term.loose for term in terms),
    )


def counts_of(session: Session, matter_id: str) -> Counter[str]:
    """Number of exhibits per state."""
    query = select(Exhibit.state, func.count()).where(Exhibit.matter_id == matter_id)
    rows = session.execute(query.group_by(Exhibit.state))
    return Counter({row[0]: row[1] for row in rows})


def lines_of(session: Session, exhibits: Sequence[Exhibit]) -> list[ExhibitLine]:
    """Rows of the table for `exhibits`."""
    ids = [exhibit.id for exhibit in exhibits]
    query = select(Derivative.exhibit_id).where(
        Derivative.exhibit_id.in_(ids), Derivative.role.in_(("thumbnail", "still"))
    )
    small = set(session.scalars(query))
    return [ExhibitLine(exhibit, exhibit.id in small) for exhibit in exhibits]


def receipts_of(session: Session, matter_id: str) -> list[ReceiptLine]:
    """Receipts of a matter, newest first."""
    query = select(Receipt).where(Receipt.matter_id == matter_id)
    receipts = session.scalars(query.order_by(Receipt.leaf.desc())).all()
    acts = select(ReceiptAct).where(ReceiptAct.receipt_id.in_([r.id for r in receipts]))
    last = {
        a.receipt_id: a.kind for a in session.scalars(acts.order_by(ReceiptAct.leaf))
    }
    return [ReceiptLine(receipt, last.get(receipt.id)) for receipt in receipts]


def statuses_of(session: Session, login: str, key: str) -> list[ExhibitLine]:
    """The newest exhibits of a matter, for a page that waits for their reading."""
    matter = matter_for(session, login, key)
    query = _filtered(matter.id, "").limit(STATUS_LIMIT)
    return lines_of(session, session.scalars(query).all())


def choosable(session: Session, matter_id: str) -> list[Exhibit]:
    """Exhibits that a receipt may list, in the order of their names."""
    query = select(Exhibit).where(
        Exhibit.matter_id == matter_id,
        Exhibit.state != "withdrawn",
        Exhibit.name.is_not(None),
    )
    return list(session.scalars(query.order_by(Exhibit.name, Exhibit.leaf)))


def next_to_review(session: Session, matter_id: str, after_leaf: int) -> Exhibit | None:
    """The next exhibit of the matter that waits for review, going round."""
    query = select(Exhibit).where(
        Exhibit.matter_id == matter_id, Exhibit.state == "to_review"
    )
    return session.scalar(
        query.order_by(Exhibit.leaf <= after_leaf, Exhibit.leaf).limit(1)
    )


def _terms(session: Session, matter_id: str, words: str) -> tuple[Term, ...]:
    """What to look for, as it finds something in this matter."""
    if not words:
        return ()
    return found_ids(session, in_matters([matter_id]), words)[0]


def _filtered(matter_id: str, state: str) -> Select[Exhibit]:
    query = select(Exhibit).where(Exhibit.matter_id == matter_id)
    if state:
        query = query.where(Exhibit.state == state)
    return query.order_by(Exhibit.leaf.desc())


def _others(session: Session, logins: set[str]) -> tuple[User, ...]:
    query = select(User).where(User.login.not_in(logins)).order_by(User.name)
    return tuple(session.scalars(query))


def _stones(session: Session, exhibits: Sequence[Exhibit]) -> dict[str, Tombstone]:
    """By whom and when the erased ones of `exhibits` were erased."""
    erased = [exhibit.id for exhibit in exhibits if exhibit.state == "erased"]
    query = select(Tombstone).where(Tombstone.exhibit_id.in_(erased))
    return {stone.exhibit_id: stone for stone in session.scalars(query)}
