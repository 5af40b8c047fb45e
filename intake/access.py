"""Who may see what: the one place that answers, closed by default.

A login of None is the console of the machine itself, which holds the home folder
and needs no membership. Everyone else sees the matters they are members of, and
nothing tells "not there" from "not yours".
"""

from __future__ import annotations

import string

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from intake.errors import NotFound, Refused
from intake.tables import Exhibit, ExhibitName, Matter, Member, User

HEX = frozenset(string.hexdigits)
HEX_DIGITS = 64  # of SHA-256 and of SM3


def user_for(session: Session, login: str) -> User:
    """The user `login`; NotFound when there is none."""
    user = session.get(User, login) if _is_text(login) else None
    if user is None:
        raise NotFound("user_unknown", login=login[:40])
    return user


def visible_matters(login: str | None) -> Select[Matter]:
    """A query for the matters that `login` may see, newest first."""
    query = select(Matter).order_by(Matter.leaf.desc())
    if login is not None:
        mine = select(Member.matter_id).where(Member.login == login)
        query = query.where(Matter.id.in_(mine))
    return query


def matter_for(session: Session, login: str | None, key: str) -> Matter:
    """The matter whose id or number is `key`, if `login` may see it.

    Raises:
        NotFound: no such matter, or not a member; the answer is the same.
    """
    matter = None
    if _is_text(key):
        # The id first: a number is typed by people, and may be typed to deceive.
        for named in (Matter.id == key, Matter.number == key):
            matter = matter or session.scalar(visible_matters(login).where(named))
    if matter is None:
        raise NotFound("matter_unknown", matter=key)
    return matter


def visible_matter_ids(login: str | None) -> Select[str]:
    """A query for the ids of the matters that `login` may see."""
    return visible_matters(login).with_only_columns(Matter.id).order_by(None)


def exhibit_for(session: Session, login: str | None, key: str) -> Exhibit:
    """The exhibit that an id, a current or earlier name, or a digest names.

    Raises:
        NotFound: none that `login` may see.
        Refused: the name or digest fits several.
    """
    query = select(Exhibit).where(Exhibit.matter_id.in_(visible_matter_ids(login)))
    named = query.where(_named(key)).limit(2)
    found = session.scalars(named).all() if _is_text(key) else []
    if not found:
        raise NotFound("exhibit_unknown", exhibit=key)
    if len(found) > 1:
        raise Refused("exhibit_ambiguous", exhibit=key)
    return found[0]


def members_of(session: Session, matter_id: str) -> list[tuple[User, str]]:
    """Members of a matter with their role on it."""
    query = (
        select(User, Member.role)
        .join(Member, Member.login == User.login)
        .where(Member.matter_id == matter_id)
        .order_by(Member.role, User.name)
    )
    return [(user, role) for user, role in session.execute(query)]


def _is_text(key: str) -> bool:
    """Whether a database can be asked for `key` at all (no NUL, no half characters)."""
    return "\0" not in key and key.isprintable()


def _named(key: str) -> ColumnElement[bool]:
    if len(key) == HEX_DIGITS and set(key) <= HEX:
        return or_(Exhibit.sha256 == key.lower(), Exhibit.sm3 == key.lower())
    named = select(ExhibitName.exhibit_id).where(ExhibitName.name == key)
    return or_(Exhibit.id == key, Exhibit.id.in_(named))
