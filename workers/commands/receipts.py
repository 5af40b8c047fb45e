"""`custody receipt`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.acts import find, sign
from intake.errors import IntakeError, words
from intake.services import Services
from integrity.canonical import time_text
from receipts.act_kinds import HANDLERS
from receipts.export import require_new
from receipts.issue import (
    DEFAULT_EXPIRY_DAYS,
    DIRECTIONS,
    IssueForm,
    issue_receipt,
    propose_void,
    receipt_for,
    void_receipt,
)
from receipts.tables import Receipt, ReceiptAct, ReceiptItemRow
from workers.commands.acts import show_act
from workers.commands.output import console, emit, json_option, person, services
from workers.person_key import key_options, sign_with


@click.group()
def receipt() -> None:
    """Handover receipts 交接确认书."""


@receipt.command("issue")
@click.option("--matter", required=True, metavar="NUMBER")
@click.option("--direction", required=True, type=click.Choice(DIRECTIONS))
@click.option("--to", "counterparty", required=True, metavar="NAME")
@click.option("--pin", default="", help="Six digits; made at random by default.")
@click.option("--no-pin", is_flag=True)
@click.option("--expires", default=DEFAULT_EXPIRY_DAYS, metavar="DAYS")
@click.option("--as", "login", default=None, metavar="LOGIN")
@click.option("--out", type=click.Path(path_type=Path), help="Where to put the PDF.")
@json_option
@click.argument("exhibits", nargs=-1, required=True)
def issue(
    matter: str,
    direction: str,
    counterparty: str,
    pin: str,
    no_pin: bool,
    expires: int,
    login: str | None,
    out: Path | None,
    as_json: bool,
    exhibits: tuple[str, ...],
) -> None:
    """Issue a receipt for exhibits."""
    if out is not None:
        require_new(out)
    home = services()
    actor = person(home, login) if login else console()
    chosen_pin = None if no_pin else pin
    form = IssueForm(matter, direction, counterparty, exhibits, chosen_pin, expires)
    issued = issue_receipt(home, actor, login, form)
    # Link and PIN are kept nowhere: they are printed even if the file cannot be saved.
    pdf = _save_pdf(home, issued.pdf_sha256, out or _default_out(home, issued.number))
    record = {
        "receipt": issued.number,
        "url": issued.url,
        "code": issued.code,
        "pdf": None if pdf is None else str(pdf),
        "sha256": issued.pdf_sha256,
        "pin": issued.pin,
    }
    line = (
        f"{issued.number}  {issued.code}  {issued.url}  PIN {issued.pin or '—'}\n{pdf}"
    )
    emit(record, line, as_json=as_json)


@receipt.command("show")
@click.argument("number", metavar="RECEIPT")
@json_option
def show(number: str, as_json: bool) -> None:
    """State, items and views of a receipt."""
    home = services(complete=False)
    with home.log.session() as session:
        _emit_receipt(session, receipt_for(session, None, number), as_json=as_json)


@receipt.command("void")
@click.argument("number", metavar="RECEIPT")
@click.option("--reason", required=True)
@click.option("--as", "login", default=None, metavar="LOGIN")
@key_options
@json_option
def void(
    number: str,
    reason: str,
    login: str | None,
    key_file: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Void a receipt with a reason; with --key, as the first of two who sign it."""
    home = services()
    actor = person(home, login) if login else console()
    if login is not None and key_file is not None:
        signed = sign_with(login, key_file, passphrase_file)
        act_id = propose_void(home, actor, login, number, reason)
        signature = signed(find(home, login, act_id).payload)
        show_act(sign(home, login, act_id, signature, HANDLERS), as_json=as_json)
        return
    receipt_id = void_receipt(home, actor, login, number, reason)
    with home.log.session() as session:
        _emit_receipt(session, receipt_for(session, None, receipt_id), as_json=as_json)


def _emit_receipt(session: Session, row: Receipt, *, as_json: bool) -> None:
    items = session.scalars(
        select(ReceiptItemRow)
        .where(ReceiptItemRow.receipt_id == row.id)
        .order_by(ReceiptItemRow.position)
    )
    acts = session.scalars(
        select(ReceiptAct)
        .where(ReceiptAct.receipt_id == row.id)
        .order_by(ReceiptAct.leaf)
    )
    record: dict[str, Any] = {
        "receipt": row.number,
        "code": row.code,
        "state": row.state,
        "direction": row.direction,
        "to": row.counterparty,
        "expires_at": time_text(row.expires_at),
        "sha256": row.pdf_sha256,
        "items": [
            {"exhibit": i.exhibit_id, "name": i.name, "sha256": i.sha256} for i in items
        ],
    }
    done = [_act(act) for act in acts]
    record["views"] = [act for act in done if act["kind"] == "viewed"]
    record["confirmations"] = [act for act in done if act["kind"] != "viewed"]
    emit(record, f"{row.number}  {row.state}  {row.counterparty}", as_json=as_json)


def _act(act: ReceiptAct) -> dict[str, Any]:
    return {
        "kind": act.kind,
        "time": time_text(act.time),
        "name": act.signer_name,
        "text": act.text,
        "leaf": act.leaf,
    }


def _default_out(home: Services, number: str) -> Path:
    folder = home.settings.home / "papers"
    folder.mkdir(exist_ok=True)
    return folder / f"{number}.pdf"


def _save_pdf(home: Services, sha256: str, out: Path) -> Path | None:
    try:
        with home.log.stores.open_blob(sha256) as stream:
            out.write_bytes(stream.read())
    except OSError as error:
        reason = error.strerror or "error"
        refusal = IntakeError("file_unwritable", path=str(out), reason=reason)
        click.echo(words(refusal, home.settings.lang), err=True)
        return None
    return out.absolute()
