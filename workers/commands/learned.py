"""`custody learned`: what corrections of types taught, and how to forget it."""

from __future__ import annotations

import click
from sqlalchemy import select

from intake.learning import examples, forget, forget_all
from intake.tables import Exhibit
from integrity.canonical import time_text
from workers.commands.output import emit, json_option, language, services


@click.group()
def learned() -> None:
    """What your corrections of types taught; forget it again."""


@learned.command("list")
@json_option
def list_learned(as_json: bool) -> None:
    """One line an example: exhibit, proposed type, type given by a person."""
    home = services(complete=False)
    known = examples(home)
    with home.log.session() as session:
        ids = [each.exhibit_id for each in known]
        query = select(Exhibit.id, Exhibit.name).where(Exhibit.id.in_(ids))
        names = {row.id: row.name for row in session.execute(query)}
    for each in known:
        name = names.get(each.exhibit_id) or each.exhibit_id
        record = {
            "exhibit": each.exhibit_id,
            "name": name,
            "proposed": each.proposed,
            "type": each.type,
            "learned_at": time_text(each.learned_at),
        }
        line = f"{each.exhibit_id}  {each.proposed or '-'} → {each.type}  {name}"
        emit(record, line, as_json=as_json)


@learned.command("forget")
@click.argument("exhibit", required=False)
@click.option("--all", "everything", is_flag=True, help="Forget every example.")
def forget_learned(exhibit: str | None, everything: bool) -> None:
    """Forget the example of EXHIBIT, or all of them."""
    if (exhibit is None) == (not everything):
        raise click.UsageError("EXHIBIT or --all")
    home = services(complete=False)
    count = 1
    if exhibit is None:
        count = forget_all(home)
    else:
        forget(home, exhibit)
    zh = language() == "zh"
    click.echo(f"已忘记 {count} 个样本。" if zh else f"Forgot {count} example(s).")
