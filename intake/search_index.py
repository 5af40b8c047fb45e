"""The index of a search: which pages may hold a term, and which do.

SQLite and PostgreSQL each find the pages that have all tokens of a term (FTS5; a GIN
index over an array). Tokens are checksums, so that is too many rather than too few;
then both look for the term in the text of those pages. Hence both find the same.

Of what is removed nothing stays in the files: see `compact`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Engine,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Session

from intake.search_terms import Term, joined, tokens_of
from intake.tables import SearchPage
from integrity.store.db import scrub, writing

TABLES = ("search_pages", "search_tokens")
_MERGE_PAGES = 500  # of an index in SQLite at a time, so that nobody waits for long
_ADD = {
    "sqlite": "INSERT INTO search_tokens (rowid, tokens) VALUES (:page, :tokens)",
    "postgresql": "INSERT INTO search_tokens (page_id, tokens) VALUES (:page, :tokens)",
}
# PostgreSQL removes them with the page.
_REMOVE = (
    "INSERT INTO search_tokens (search_tokens, rowid, tokens)"
    " VALUES ('delete', :page, :tokens)"
)
_CANDIDATES = {
    "sqlite": "SELECT rowid FROM search_tokens WHERE search_tokens MATCH :tokens",
    "postgresql": "SELECT page_id FROM search_tokens"
    " WHERE tokens @> CAST(:tokens AS integer[])",
}
# PostgreSQL's sums leave out what it costs to unpack long values, which are nearly all
# of these tables: it would read them from end to end, and first compile how.
_BY_INDEX = (
    "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
)
_CLEAR = {
    "sqlite": "INSERT INTO search_tokens (search_tokens) VALUES ('delete-all')",
    "postgresql": "TRUNCATE search_tokens",
}
_MERGE = "INSERT INTO search_tokens (search_tokens, rank) VALUES ('merge', :pages)"


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """A page as the index keeps it; made before the database is locked."""

    page: int
    text: str
    units: str
    tokens: tuple[int, ...]

    @classmethod
    def of(cls, page: int, parts: Sequence[str]) -> IndexedPage:
        """Page `page`, whose text is `parts`; no term is found across two of them."""
        units = joined(parts)
        tokens = tuple(sorted(tokens_of(units)))
        return cls(page, "\n".join(parts), units, tokens)


def replace_pages(
    session: Session, exhibit_id: str, pages: Iterable[IndexedPage]
) -> None:
    """Let these be the pages of the exhibit in the index."""
    remove_pages(session, [exhibit_id])
    for page in pages:
        row = {"exhibit_id": exhibit_id, "page": page.page, "units": page.units}
        made = insert(SearchPage).values(**row, text=page.text)
        number = session.execute(made.returning(SearchPage.id)).scalar_one()
        adding = text(_ADD[_dialect(session)])
        tokens = _as_kept(session, page.tokens)
        session.execute(adding, {"page": number, "tokens": tokens})


def remove_pages(session: Session, exhibit_ids: Sequence[str]) -> None:
    """Take the pages of these exhibits out of the index."""
    mine = SearchPage.exhibit_id.in_(exhibit_ids)
    if _dialect(session) == "sqlite":
        rows = session.execute(select(SearchPage.id, SearchPage.units).where(mine))
        for number, units in rows.all():
            tokens = _as_kept(session, sorted(tokens_of(units)))
            session.execute(text(_REMOVE), {"page": number, "tokens": tokens})
    session.execute(delete(SearchPage).where(mine))


def clear(session: Session) -> None:
    """Empty the index."""
    session.execute(text(_CLEAR[_dialect(session)]))
    session.execute(delete(SearchPage))


def prepare(session: Session) -> None:
    """Let this transaction look into the index before it looks into texts."""
    if _dialect(session) == "postgresql":
        session.execute(text(_BY_INDEX))


def holds(session: Session, term: Term) -> ColumnElement[bool]:
    """The condition that a page in the index holds `term`."""
    dialect, tokens = _dialect(session), sorted(term.tokens())
    if not tokens:
        return contains(session, term)
    wanted = _as_query(tokens) if dialect == "sqlite" else tokens
    query = text(_CANDIDATES[dialect])
    candidates = query.bindparams(bindparam("tokens", wanted, unique=True))
    by_index = SearchPage.id.in_(candidates.columns(SearchPage.id))
    if dialect == "postgresql":  # asks once for all of them; makes no join of this
        by_index = by_index.is_(True)
    return by_index & contains(session, term)


def contains(session: Session, term: Term) -> ColumnElement[bool]:
    """The same without the index: by looking through every page."""
    find = func.instr if _dialect(session) == "sqlite" else func.strpos
    return find(SearchPage.units, term.needle) > 0


def compact(engine: Engine) -> None:
    """Let nothing of removed pages stay in the database's files.

    FTS5 writes that a row was removed and keeps it until it merges; so all is merged,
    in short steps between which others write.
    """
    if engine.dialect.name == "sqlite":
        pages, changed = -_MERGE_PAGES, 2
        while changed > 1:  # so SQLite's documentation of 'merge'
            with writing(engine) as session:
                changed = _merge(session, pages)
            pages = _MERGE_PAGES
    for table in TABLES:
        scrub(engine, table)


def _merge(session: Session, pages: int) -> int:
    before = _changes(session)
    session.execute(text(_MERGE), {"pages": pages})
    return _changes(session) - before


def _changes(session: Session) -> int:
    return int(session.scalar(text("SELECT total_changes()")) or 0)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _as_kept(session: Session, tokens: Sequence[int]) -> str | list[int]:
    if _dialect(session) == "sqlite":
        return " ".join(f"{token:x}" for token in tokens)
    return list(tokens)


def _as_query(tokens: Sequence[int]) -> str:
    return " AND ".join(f'"{token:x}"' for token in tokens)
