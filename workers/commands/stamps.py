"""`custody stamp` and `custody stamps`: time by other people's clocks."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from intake.access import exhibit_for
from integrity.canonical import time_text
from receipts.stamp_reads import (
    StampRecord,
    all_stamps,
    exhibit_stamps,
    logged_after,
)
from receipts.stamping import stamp_exhibit, stamp_log
from workers.commands.output import console, emit, json_option, services


@click.command()
@click.argument("exhibit", required=False)
@json_option
def stamp(exhibit: str | None, as_json: bool) -> None:
    """Have the log's checkpoint, or one exhibit, time-stamped now."""
    home = services()
    if exhibit is None:
        done = stamp_log(home)
    else:
        done = stamp_exhibit(home, console(), exhibit)
    for trouble in done.troubles:
        click.echo(str(trouble), err=True)
    with home.log.session() as session:
        for record in all_stamps(session):
            if record.leaf in done.leaves:
                _emit(session, record, as_json=as_json)


@click.command()
@click.argument("exhibit", required=False)
@json_option
def stamps(exhibit: str | None, as_json: bool) -> None:
    """List time stamps with what each of them shows."""
    home = services(complete=False)
    with home.log.session() as session:
        if exhibit is None:
            records = all_stamps(session)
        else:
            records = exhibit_stamps(session, exhibit_for(session, None, exhibit).id)
        for record in records:
            _emit(session, record, as_json=as_json)


def _emit(session: Session, stamp: StampRecord, *, as_json: bool) -> None:
    record = _fields(session, stamp)
    emit(record, _line(record), as_json=as_json)


def _fields(session: Session, stamp: StampRecord) -> dict[str, Any]:
    after = logged_after(session, stamp)
    return {
        "leaf": stamp.leaf,
        "checkpoint_size": stamp.size,
        "exhibit": stamp.exhibit_id,
        "existed_before": time_text(stamp.time),
        "logged_after": None if after is None else time_text(after),
        "authority": stamp.authority,
        "service": stamp.service,
        "root_sha256": stamp.root_sha256,
        "serial": stamp.serial,
        "policy": stamp.policy,
        "good_until": time_text(stamp.good_until),
        "logged_at": time_text(stamp.logged_at),
    }


def _line(record: dict[str, Any]) -> str:
    """Two moments, never mixed: what was there before, what came after."""
    leaf, time = record["leaf"], record["existed_before"]
    if record["exhibit"] is None:
        covered = record["checkpoint_size"]
        shows = f"leaves below {covered} existed before {time}; "
        shows += f"leaves above {leaf} were logged after {time}"
    else:
        after = record["logged_after"]
        shows = f"exhibit {record['exhibit']} existed before {time}; "
        shows += f"it was logged after {after}" if after else "no stamp before it"
    return f"{leaf:>6}  {shows}  {record['authority']}"
