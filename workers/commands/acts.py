"""`custody act`: what waits for the signatures of two persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from intake.acts import Act, find, waiting_acts
from intake.acts import cancel as cancel_act
from intake.acts import sign as sign_act
from integrity.canonical import parse_canonical, time_text
from receipts.act_kinds import HANDLERS
from receipts.next_log import announced_in
from workers.commands.keys_signing import tell_next_log
from workers.commands.output import as_option, emit, json_option, person, services
from workers.person_key import key_options, sign_with


@click.group()
def act() -> None:
    """Acts that two persons sign 双人签名."""


@act.command("list")
@click.option("--as", "login", default=None, metavar="LOGIN")
@json_option
def list_(login: str | None, as_json: bool) -> None:
    """What waits for signatures."""
    home = services(complete=False)
    with home.log.session() as session:
        waiting = waiting_acts(session, login)
    for each in waiting:
        show_act(each, as_json=as_json)


@act.command("show")
@click.argument("act_id", metavar="ACT")
@json_option
def show(act_id: str, as_json: bool) -> None:
    """The statement to be signed, word for word, and who has signed it."""
    home = services(complete=False)
    found = find(home, None, act_id)
    show_act(found, as_json=as_json)
    if not as_json:
        tell_next_log(announced_in(home.log.keys.trusted, found.event))
        click.echo(found.payload.decode())


@act.command("sign")
@click.argument("act_id", metavar="ACT")
@as_option
@key_options
@json_option
def sign(
    act_id: str,
    login: str,
    key_file: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Sign as LOGIN; the last signature that was missing carries the act out."""
    home = services()
    person(home, login)
    if key_file is None:
        raise click.UsageError("--key is needed")
    waiting = find(home, login, act_id)
    signature = sign_with(login, key_file, passphrase_file)(waiting.payload)
    show_act(sign_act(home, login, act_id, signature, HANDLERS), as_json=as_json)


@act.command("cancel")
@click.argument("act_id", metavar="ACT")
@as_option
@json_option
def cancel(act_id: str, login: str, as_json: bool) -> None:
    """Take an act off the waiting list."""
    home = services()
    person(home, login)
    cancel_act(home, login, act_id)
    show_act(find(home, login, act_id), as_json=as_json)


def show_act(found: Act, *, as_json: bool) -> None:
    """Print one act."""
    record: dict[str, Any] = {
        "act": found.id,
        "kind": found.event.kind,
        "state": found.state,
        "subject": found.subject,
        "matter": found.matter,
        "facts": found.event.facts,
        "proposed_by": found.proposed_by,
        "proposed_at": time_text(found.proposed_at),
        "expires_at": time_text(found.expires_at),
        "signed": list(found.signed),
        "missing": found.missing if found.state == "pending" else 0,
        "leaf": found.leaf,
        "statement": parse_canonical(found.payload),
    }
    signed = ", ".join(found.signed) or "—"
    line = f"{found.id}  {found.state:<9}  {found.event.kind}  {found.subject}"
    emit(record, f"{line}  {signed}", as_json=as_json)
