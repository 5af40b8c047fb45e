"""People of the firm: adding one, one-time links, passwords, signing in.

Name and role are custody events; password and link are a working table that is
not in the log and can be reset. Passwords are kept as Argon2id hashes, links as
SHA-256 of 128 random bits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.matters import plain_text
from intake.services import Services, now
from intake.tables import Credential, User
from integrity.statement import Actor
from integrity.store.db import writing

ROLES = ("paralegal", "lawyer", "admin")
LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{1,31}")
PASSWORD_LEAST = 10
PASSWORD_MOST = 1024
LINK_LIFE = dt.timedelta(days=2)
TRIES = 8
LOCK = dt.timedelta(minutes=5)

_hasher = PasswordHasher()
# Verified against when there is no such user, so that both answers take as long.
_NOBODY = _hasher.hash(secrets.token_hex(16))


def add_user(services: Services, actor: Actor, login: str, name: str, role: str) -> str:
    """Add a person; returns the login. A password comes later, by link or form.

    Raises:
        Refused: a bad or taken login, an unknown role.
    """
    if not LOGIN.fullmatch(login) or login in ("system", "console"):
        raise Refused("login_bad", login=login[:40])
    if role not in ROLES:
        wanted = " | ".join(ROLES)
        raise Refused("choice_bad", field="role", value=role[:40], wanted=wanted)
    facts = {"login": login, "name": plain_text("name", name, 60), "role": role}
    with services.log.transaction() as tx:
        if tx.session.get(User, login) is not None:
            raise Refused("user_exists", login=login)
        tx.record("user.added", actor, facts)
    return login


def new_link(services: Services, login: str) -> str:
    """A one-time token with which `login` sets a password; earlier ones end."""
    token = secrets.token_urlsafe(16)
    with writing(services.log.engine) as session:
        row = _credential(session, login)
        row.link_sha256 = _digest(token)
        row.link_expires = now() + LINK_LIFE
    return token


def link_owner(services: Services, token: str) -> str:
    """The login a one-time link belongs to; Refused when used or expired."""
    with services.log.session() as session:
        return _by_link(session, token).login


def use_link(services: Services, token: str, password: str) -> str:
    """Set the first or a new password by one-time link; returns the login."""
    password_hash = hash_password(link_owner(services, token), password)
    with writing(services.log.engine) as session:
        row = _by_link(session, token)
        _store_password(row, password_hash)
        row.link_sha256 = row.link_expires = None
        return row.login


def set_password(services: Services, login: str, password: str) -> None:
    """Set the password of `login` and end all of its sign-ins."""
    password_hash = hash_password(login, password)
    with writing(services.log.engine) as session:
        _store_password(_credential(session, login), password_hash)


def hash_password(login: str, password: str) -> str:
    """The hash to keep; takes a tenth of a second, so hold no lock.

    Raises:
        Refused: too short, too long, or the login itself.
    """
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST or password == login:
        raise Refused("password_weak", least=PASSWORD_LEAST)
    return _hasher.hash(password)


def authenticate(services: Services, login: str, password: str) -> tuple[User, int]:
    """The user and the generation of their sign-ins, if the password is right.

    Raises:
        Refused: wrong, with the same words and effort for unknown logins; or too
            many tries, which are counted per login.
    """
    with services.log.session() as session:
        row = session.get(Credential, login)
        if row is not None and row.locked_until and row.locked_until > now():
            raise Refused("sign_in_locked", minutes=LOCK.seconds // 60)
        kept = row.password_hash if row is not None else None
    # Argon2 is slow on purpose: it must not run while a lock keeps others waiting.
    good = _matches(kept, password)
    with writing(services.log.engine) as session:
        row, user = session.get(Credential, login), session.get(User, login)
        if row is not None and user is not None:
            _count_try(row, good=good)
        if row is None or user is None or not good or row.password_hash != kept:
            user = None
        generation = 0 if row is None else row.generation
    if user is None:
        raise Refused("sign_in")
    return user, generation


def signed_in(session: Session, login: str, generation: int) -> User | None:
    """The user of a sign-in cookie, unless it was ended meanwhile."""
    row = session.get(Credential, login)
    if row is None or row.generation != generation:
        return None
    return session.get(User, login)


def end_sign_ins(services: Services, login: str) -> None:
    """Make every sign-in cookie of `login` worthless."""
    with writing(services.log.engine) as session:
        _credential(session, login).generation += 1


def anyone_has_password(services: Services) -> bool:
    """Tell whether the first password was set."""
    with services.log.session() as session:
        query = select(Credential.login).where(Credential.password_hash.is_not(None))
        return session.scalar(query.limit(1)) is not None


def _credential(session: Session, login: str) -> Credential:
    if session.get(User, login) is None:
        raise Refused("user_unknown", login=login)
    row = session.get(Credential, login)
    if row is None:
        row = Credential(login=login, failed=0, generation=0)
        session.add(row)
    return row


def _by_link(session: Session, token: str) -> Credential:
    query = select(Credential).where(Credential.link_sha256 == _digest(token))
    row = session.scalar(query)
    if row is None or row.link_expires is None or row.link_expires <= now():
        raise Refused("setup_link")
    return row


def _store_password(row: Credential, password_hash: str) -> None:
    row.password_hash = password_hash
    row.failed, row.locked_until = 0, None
    row.generation += 1


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(password_hash or _NOBODY, password[:PASSWORD_MOST])
    except VerifyMismatchError:
        return False
    return password_hash is not None


def _count_try(row: Credential, *, good: bool) -> None:
    row.failed = 0 if good else row.failed + 1
    if row.failed >= TRIES:
        row.failed, row.locked_until = 0, now() + LOCK


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
