"""The page of one exhibit: pictures, names, where it came from, where it went."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import exhibit_for
from intake.tables import Derivative, Exhibit, ExhibitName, Matter
from receipts.care_tables import Tombstone
from receipts.tables import Receipt, ReceiptItemRow

# What a browser may show in place; anything else is never sent as a picture.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class ExhibitPage:
    """Everything the page of an exhibit shows besides its history."""

    exhibit: Exhibit
    matter: Matter
    pictures: tuple[Derivative, ...]
    others: dict[str, Derivative]
    earlier_names: tuple[str, ...]
    receipts: tuple[Receipt, ...]
    parent: Exhibit | None
    members: tuple[Exhibit, ...]
    first: Exhibit | None
    stone: Tombstone | None

    @property
    def label(self) -> str:
        """The legal name, or the name it came with; the id when both are erased."""
        exhibit = self.exhibit
        return exhibit.name or exhibit.original_name or exhibit.id


def exhibit_page(session: Session, login: str, key: str) -> ExhibitPage:
    """The page of an exhibit; NotFound unless `login` is on its matter."""
    exhibit = exhibit_for(session, login, key)
    matter = session.get_one(Matter, exhibit.matter_id)
    made = _derivatives(session, exhibit.id)
    pictures = [d for d in made if d.role in ("page", "still")]
    return ExhibitPage(
        exhibit=exhibit,
        matter=matter,
        pictures=tuple(d for d in pictures if d.media_type in PICTURES),
        others={d.role: d for d in made if d.role not in ("page", "still")},
        earlier_names=_earlier_names(session, exhibit),
        receipts=_receipts(session, exhibit.id),
        parent=_of_same_matter(session, exhibit, exhibit.parent_id),
        members=_members(session, exhibit.id),
        first=_of_same_matter(session, exhibit, exhibit.duplicate_of),
        stone=session.get(Tombstone, exhibit.id),
    )


def picture_of(
    session: Session, exhibit_id: str, page: int | None
) -> Derivative | None:
    """The picture of `page`, or the thumbnail for None; only what may be shown."""
    roles = ("page", "still") if page else ("thumbnail", "still")
    query = select(Derivative).where(
        Derivative.exhibit_id == exhibit_id,
        Derivative.role.in_(roles),
        Derivative.media_type.in_(PICTURES),
    )
    if page:
        query = query.where(Derivative.page.in_((page, 0) if page == 1 else (page,)))
    preferred = Derivative.role == "still"  # false sorts first
    return session.scalar(query.order_by(preferred, Derivative.page).limit(1))


def pictures_of(session: Session, exhibit_id: str) -> list[Derivative]:
    """The pictures of all pages in order."""
    made = _derivatives(session, exhibit_id)
    shown = [d for d in made if d.role in ("page", "still")]
    return [d for d in shown if d.media_type in PICTURES]


def _derivatives(session: Session, exhibit_id: str) -> list[Derivative]:
    query = select(Derivative).where(Derivative.exhibit_id == exhibit_id)
    return list(session.scalars(query.order_by(Derivative.role, Derivative.page)))


def _earlier_names(session: Session, exhibit: Exhibit) -> tuple[str, ...]:
    query = select(ExhibitName.name).where(
        ExhibitName.exhibit_id == exhibit.id, ExhibitName.name != exhibit.name
    )
    return tuple(session.scalars(query.order_by(ExhibitName.leaf)))


def _receipts(session: Session, exhibit_id: str) -> tuple[Receipt, ...]:
    query = (
        select(Receipt)
        .join(ReceiptItemRow, ReceiptItemRow.receipt_id == Receipt.id)
        .where(ReceiptItemRow.exhibit_id == exhibit_id)
    )
    return tuple(session.scalars(query.order_by(Receipt.leaf.desc())))


def _members(session: Session, exhibit_id: str) -> tuple[Exhibit, ...]:
    query = select(Exhibit).where(Exhibit.parent_id == exhibit_id)
    return tuple(session.scalars(query.order_by(Exhibit.member)))


def _of_same_matter(
    session: Session, exhibit: Exhibit, other_id: str | None
) -> Exhibit | None:
    other = None if other_id is None else session.get(Exhibit, other_id)
    if other is None or other.matter_id != exhibit.matter_id:
        return None
    return other
