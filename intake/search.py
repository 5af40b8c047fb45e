"""Full-text search: the exhibits a person may see that hold all terms of a query.

A term may stand on any page of the exhibit, or in what is known of it (names, type,
date, notes). Each exhibit found comes with the lines that hold a term.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from intake.access import matter_for, visible_matter_ids
from intake.search_follow import ERASED, behind, keep_up
from intake.search_index import contains, holds, prepare
from intake.search_lines import FoundLine, lines_of
from intake.search_terms import Term, looks
from intake.services import Services
from intake.tables import Exhibit, Matter, SearchPage

PAGE = 20  # exhibits shown at a time
MOST_LINES = 3  # of one exhibit
MOST_FOUND = (
    1000  # exhibits that are looked for; a word that is everywhere finds no end
)
# A word that is everywhere has its first page among the newest exhibits; left alone,
# databases look through all of them and sort. PostgreSQL makes no join of what has an
# offset, but asks for one exhibit after the other.
_ONE_BY_ONE = 0


@dataclass(frozen=True, slots=True)
class Places:
    """Where in an exhibit: the first lines, and on how many pages there are such."""

    lines: tuple[FoundLine, ...] = ()
    pages: int = 0


@dataclass(frozen=True, slots=True)
class FoundExhibit:
    """An exhibit that holds all terms."""

    exhibit: Exhibit
    matter: Matter
    places: Places


@dataclass(frozen=True, slots=True)
class Found:
    """One part of what was found, newest exhibits first.

    `total` counts the exhibits found, up to MOST_FOUND, `behind` those that are not
    indexed yet. They are `loose` where nothing holds the terms but within longer words
    or numbers.
    """

    exhibits: tuple[FoundExhibit, ...] = ()
    total: int = 0
    behind: int = 0
    loose: bool = False

    @property
    def more(self) -> bool:
        """Whether there may be exhibits that were not even looked for."""
        return self.total >= MOST_FOUND


def search(
    services: Services,
    login: str | None,
    words: str,
    matter_key: str | None = None,
    page: int = 1,
) -> Found:
    """Search in the matters that `login` may see, or in one of them.

    Raises:
        NotFound: no such matter, or not a member.
    """
    keep_up(services)
    with services.log.session() as session:
        among = _visible(session, login, matter_key)
        terms, ids = found_ids(session, among, words)
        shown = ids[(page - 1) * PAGE : page * PAGE]
        return Found(
            tuple(_found(session, terms, shown)),
            total=len(ids),
            behind=behind(session),
            loose=any(term.loose for term in terms),
        )


def found_ids(
    session: Session, among: ColumnElement[bool], words: str
) -> tuple[tuple[Term, ...], list[str]]:
    """The terms in `words` as they find something, and the exhibits, newest first."""
    prepare(session)
    wanted = looks(words)
    for terms in wanted:
        query = select(Exhibit.id).where(among, *conditions(session, terms))
        newest = query.order_by(Exhibit.leaf.desc()).limit(MOST_FOUND)
        ids = list(session.scalars(newest))
        if ids:
            return terms, ids
    return wanted[0], []


def in_matters(ids: Select[str] | Sequence[str]) -> ColumnElement[bool]:
    """The condition that an exhibit is in one of these matters.

    It is one that no index answers: the only one left is that of the newest first.
    """
    return (Exhibit.matter_id + "").in_(ids)


def conditions(session: Session, terms: Sequence[Term]) -> list[ColumnElement[bool]]:
    """What holds for exhibits that hold all `terms`; without terms for none."""
    mine = select(SearchPage.id).where(SearchPage.exhibit_id == Exhibit.id)
    found = [
        mine.where(holds(session, term)).offset(_ONE_BY_ONE).exists() for term in terms
    ]
    return [*found, Exhibit.state != ERASED] if found else [false()]


def places_of(
    session: Session, terms: Sequence[Term], exhibit_ids: Sequence[str]
) -> dict[str, Places]:
    """Where in each of the exhibits a term stands."""
    if not terms or not exhibit_ids:
        return {}
    places = select(SearchPage.exhibit_id, SearchPage.id, SearchPage.page).where(
        SearchPage.exhibit_id.in_(exhibit_ids),
        or_(*(contains(session, term) for term in terms)),
    )
    pages: dict[str, list[int]] = {}
    for exhibit_id, number, _ in session.execute(places.order_by(SearchPage.page)):
        pages.setdefault(exhibit_id, []).append(number)
    shown = [n for numbers in pages.values() for n in numbers[:MOST_LINES]]
    rows = session.scalars(select(SearchPage).where(SearchPage.id.in_(shown)))
    by_number = {row.id: row for row in rows}
    return {
        exhibit_id: Places(
            _lines([by_number[n] for n in numbers[:MOST_LINES]], terms), len(numbers)
        )
        for exhibit_id, numbers in pages.items()
    }


def _visible(
    session: Session, login: str | None, matter_key: str | None
) -> ColumnElement[bool]:
    if matter_key is not None:
        return in_matters([matter_for(session, login, matter_key).id])
    return in_matters(visible_matter_ids(login))


def _found(
    session: Session, terms: Sequence[Term], ids: Sequence[str]
) -> Iterator[FoundExhibit]:
    query = select(Exhibit, Matter).join(Matter, Matter.id == Exhibit.matter_id)
    rows = session.execute(query.where(Exhibit.id.in_(ids))).all()
    places = places_of(session, terms, ids)
    for exhibit, matter in sorted(rows, key=lambda row: -row[0].leaf):
        yield FoundExhibit(exhibit, matter, places.get(exhibit.id, Places()))


def _lines(rows: Iterable[SearchPage], terms: Sequence[Term]) -> tuple[FoundLine, ...]:
    found = (line for row in rows for line in lines_of(row, terms))
    return tuple(islice(found, MOST_LINES))
