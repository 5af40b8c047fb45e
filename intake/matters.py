"""Matters: opening one and its people."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import select

from intake.access import matter_for, user_for
from intake.date_input import parse_typed_date
from intake.errors import Refused
from intake.ids import looks_like_id, new_id
from intake.services import Services, today
from intake.tables import Matter
from integrity.statement import Actor

NUMBER_LIMIT = 60
TEXT_LIMIT = 200
MEMBER_ROLES = ("lead", "assistant")


@dataclass(frozen=True, slots=True)
class MatterForm:
    """What a person typed to open a matter."""

    number: str
    title: str
    client: str
    opponents: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    assistants: tuple[str, ...] = ()
    evidence_deadline: str = ""
    hearing: str = ""


def open_matter(services: Services, actor: Actor, form: MatterForm) -> str:
    """Open a matter and return its id.

    Raises:
        Refused: a bad number, text or date, an unknown member, a number in use.
    """
    number = _number(form.number)
    facts = {
        "matter": new_id("m"),
        "number": number,
        "title": plain_text("title", form.title),
        "client": plain_text("client", form.client),
        "opponents": [plain_text("opponent", name) for name in form.opponents],
        "evidence_deadline": _day(form.evidence_deadline),
        "hearing": _day(form.hearing),
    }
    with services.log.transaction() as tx:
        taken = select(Matter.id).where(Matter.number == number)
        if tx.session.scalar(taken) is not None:
            raise Refused("matter_exists", matter=number)
        logins = [(login, "lead") for login in form.leads]
        logins += [(login, "assistant") for login in form.assistants]
        for login, _ in logins:
            user_for(tx.session, login)
        members = [{"login": a, "role": b} for a, b in dict(reversed(logins)).items()]
        tx.record("matter.opened", actor, facts | {"members": members})
    return str(facts["matter"])


def add_member(
    services: Services, actor: Actor, matter_key: str, login: str, role: str
) -> None:
    """Put a user on a matter, or change the role there."""
    if role not in MEMBER_ROLES:
        wanted = " | ".join(MEMBER_ROLES)
        raise Refused("choice_bad", field="role", value=role, wanted=wanted)
    with services.log.transaction() as tx:
        matter = matter_for(tx.session, None, matter_key)
        user = user_for(tx.session, login)
        facts = {"matter": matter.id, "login": user.login, "role": role}
        tx.record("matter.joined", actor, facts)


def plain_text(field: str, claimed: str, limit: int = TEXT_LIMIT) -> str:
    """One line of text a person typed: NFC, no control or direction characters.

    Raises:
        Refused: empty or longer than `limit` characters.
    """
    kept = "".join(c for c in claimed if unicodedata.category(c)[0] != "C")
    text = unicodedata.normalize("NFC", kept).strip()
    if not text or len(text) > limit:
        raise Refused("text_needed", field=field, limit=limit)
    return text


def _number(claimed: str) -> str:
    try:
        number = plain_text("number", claimed, NUMBER_LIMIT)
    except Refused:
        raise Refused("matter_number", matter=claimed[:NUMBER_LIMIT]) from None
    if "/" in number or "\\" in number or number != claimed.strip():
        raise Refused("matter_number", matter=number)
    if looks_like_id(number) or unicodedata.normalize("NFKC", number) != number:
        raise Refused("matter_number", matter=number)
    return number


def _day(claimed: str) -> str | None:
    """A complete date as YYYY-MM-DD, or None when nothing was typed."""
    if not claimed.strip():
        return None
    date = parse_typed_date(claimed, today())
    if date is None or date.day is None:
        raise Refused("date_bad", date=claimed)
    return date.iso()
