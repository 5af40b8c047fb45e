"""`custody erase`: an exhibit goes under the privacy law."""

from __future__ import annotations

from pathlib import Path

import click

from intake.acts import find, sign
from intake.services import Services
from receipts.act_kinds import HANDLERS
from receipts.erasure import Erased, erase_exhibit, erased_of, propose_erasure
from workers.commands.acts import show_act
from workers.commands.output import console, emit, json_option, person, services
from workers.person_key import key_options, sign_with

ONE_PERSON = "未设双人规则：由一人执行，没有第二人签名。 No rule asks for two persons:"
ONE_PERSON += " one person did this and no second signature was made."


@click.command()
@click.argument("exhibit", metavar="EXHIBIT")
@click.option("--reason", required=True)
@click.option("--basis", required=True, help="The law that asks for it.")
@click.option("--as", "login", default=None, metavar="LOGIN")
@key_options
@json_option
def erase(
    exhibit: str,
    reason: str,
    basis: str,
    login: str | None,
    key_file: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Erase an exhibit for good; with --key, as the first of two who sign it."""
    home = services()
    actor = person(home, login) if login else console()
    if login is not None and key_file is not None:
        signed = sign_with(login, key_file, passphrase_file)
        act_id = propose_erasure(home, actor, login, exhibit, reason, basis)
        signature = signed(find(home, login, act_id).payload)
        show_act(sign(home, login, act_id, signature, HANDLERS), as_json=as_json)
        return
    done = erase_exhibit(home, actor, login, exhibit, reason, basis)
    _show(home, done, as_json=as_json)


def _show(home: Services, done: Erased, *, as_json: bool) -> None:
    click.echo(ONE_PERSON, err=True)
    with home.log.session() as session:
        found = erased_of(session, done.exhibit)
    record = {
        "exhibit": found.exhibit,
        "state": "erased",
        "leaf": found.leaf,
        "statements": found.statements,
        "blobs": found.blobs,
        "second_signature": False,
        "named_on_receipts": list(found.receipts),
    }
    line = f"{found.exhibit}  erased  leaf {found.leaf}  {found.statements} statements"
    line += f", {found.blobs} files"
    if found.receipts:
        line += f"\nstill named on: {', '.join(found.receipts)}"
    emit(record, line, as_json=as_json)
