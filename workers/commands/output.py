"""What commands print: one JSON object a line, or a line for people."""

from __future__ import annotations

import getpass
import json
import os
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import user_for
from intake.legal_date import parse_compact
from intake.review import open_half
from intake.services import Services, actor_of
from intake.settings import Settings
from intake.tables import CustodyEvent, Exhibit, ExhibitName, PersonCheck
from integrity.canonical import time_text
from integrity.statement import Actor
from receipts.checks import Language
from receipts.opening import open_services

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line."
)
as_option = click.option(
    "--as", "login", metavar="LOGIN", required=True, help="The person who does it."
)


def services(*, complete: bool = True) -> Services:
    """The home that the environment names, opened.

    Commands that only look pass `complete=False`: they must work on a home that
    would refuse to sign.
    """
    return open_services(Settings.from_env(os.environ), complete=complete)


def console() -> Actor:
    """The agent of what is done on the machine itself."""
    return Actor("console", f"console ({getpass.getuser()})", "console")


def person(services: Services, login: str) -> Actor:
    """The agent of what a named person does."""
    with services.log.session() as session:
        return actor_of(user_for(session, login))


def emit(record: dict[str, Any], line: str, *, as_json: bool) -> None:
    """Print `record` as JSON, or `line` for people."""
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else line)


def language() -> Language:
    """The language of what is printed for people."""
    chosen = os.environ.get("CUSTODY_LANG", "zh-CN")
    return "zh" if chosen.startswith("zh") else "en"


def exhibit_record(services: Services, exhibit: Exhibit) -> dict[str, Any]:
    """The documented fields of one exhibit."""
    kind = services.types.by_code(exhibit.type) if exhibit.type else None
    confidence = exhibit.type_confidence
    date = parse_compact(exhibit.date) if exhibit.date else None
    return {
        "file": exhibit.original_name,
        "exhibit": exhibit.id,
        "name": exhibit.name,
        "sha256": exhibit.sha256,
        "sm3": exhibit.sm3,
        "size": exhibit.size,
        "state": exhibit.state,
        "type": kind.zh if kind else None,
        "type_code": kind.code if kind else None,
        "type_confidence": None if confidence is None else confidence / 1000,
        "date": date.iso() if date else None,
        "date_basis": exhibit.date_basis,
        "leaf": exhibit.leaf,
        "duplicate_of": exhibit.duplicate_of,
        "media_type": exhibit.media_type,
        "parent": exhibit.parent_id,
        "reason": exhibit.reason,
    }


def exhibit_detail(
    services: Services, session: Session, exhibit: Exhibit
) -> dict[str, Any]:
    """The fields of `custody show`: the record, history, checks, earlier names."""
    events = session.scalars(
        select(CustodyEvent)
        .where(CustodyEvent.exhibit_id == exhibit.id)
        .order_by(CustodyEvent.leaf)
    )
    names = session.scalars(
        select(ExhibitName.name)
        .where(ExhibitName.exhibit_id == exhibit.id)
        .order_by(ExhibitName.leaf)
    )
    checks = session.scalars(
        select(PersonCheck)
        .where(PersonCheck.exhibit_id == exhibit.id)
        .order_by(PersonCheck.leaf)
    )
    waiting = open_half(session, exhibit.id) if exhibit.state == "reviewed" else None
    return exhibit_record(services, exhibit) | {
        "pages": exhibit.pages,
        "paper": exhibit.paper,
        "names": list(names),
        "findings": exhibit.findings,
        "waiting_for_second": waiting is not None,
        "history": [_history(event) for event in events],
        "checks": [_check(row) for row in checks],
    }


def exhibit_line(record: dict[str, Any]) -> str:
    """One exhibit for people."""
    name = record["name"] or "—"
    reason = f"  {record['reason']}" if record["reason"] else ""
    return (
        f"{record['exhibit']}  {record['state']:<10}  {name}  {record['file']}{reason}"
    )


def _history(event: CustodyEvent) -> dict[str, Any]:
    return {
        "leaf": event.leaf,
        "time": time_text(event.time),
        "kind": event.kind,
        "actor": event.login,
        "actor_name": event.actor_name,
    }


def _check(row: PersonCheck) -> dict[str, Any]:
    return {
        "login": row.login,
        "time": time_text(row.time),
        "pages": row.pages,
        "paper": row.paper,
        "condition": row.condition,
        "open": row.open,
    }
