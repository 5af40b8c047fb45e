"""`custody add`, `list`, `show`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from intake.access import exhibit_for, matter_for
from intake.errors import ERRORS, FAILED, UNKNOWN, USAGE, Refused, words
from intake.fields import read_fields
from intake.queue import connect_redis
from intake.receive import UploadClaims, receive_file
from intake.services import Services
from intake.spool import spooled
from intake.tables import Exhibit
from integrity.errors import CustodyError
from workers.commands.fields import field_line, fields_record
from workers.commands.output import (
    console,
    emit,
    exhibit_detail,
    exhibit_line,
    exhibit_record,
    json_option,
    services,
)

POLL_S = 0.3
# A service that is down outweighs a refused file: the command is to be run again.
WORST_FIRST = (UNKNOWN, FAILED, USAGE, 0)
WAIT_LIMIT_S = 1800


@click.command()
@click.option("--matter", "matter_number", required=True, metavar="NUMBER")
@click.option("--wait", is_flag=True, help="Wait until each file has been read.")
@json_option
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
def add(matter_number: str, wait: bool, as_json: bool, paths: tuple[str, ...]) -> None:
    """Take files, folders and ZIPs into custody."""
    home = services()
    with home.log.session() as session:
        matter_id = matter_for(session, None, matter_number).id
    worst = 0
    taken: list[str] = []
    for path in _files(paths):
        try:
            taken.append(_add_one(home, matter_id, path))
        except CustodyError as error:
            worst = min(worst, exit_code_of(error), key=WORST_FIRST.index)
            _emit_refusal(home, path, error, as_json=as_json)
            continue
        if not wait:
            _emit_exhibit(home, taken[-1], as_json=as_json)
    if wait:
        for exhibit_id in taken:
            _emit_read(home, exhibit_id, as_json=as_json)
    if worst:
        raise click.exceptions.Exit(worst)


@click.command("list")
@click.option("--matter", "matter_number", required=True, metavar="NUMBER")
@json_option
def list_(matter_number: str, as_json: bool) -> None:
    """What is in a matter."""
    home = services(complete=False)
    with home.log.session() as session:
        matter = matter_for(session, None, matter_number)
        query = select(Exhibit).where(Exhibit.matter_id == matter.id)
        for exhibit in session.scalars(query.order_by(Exhibit.leaf)):
            record = exhibit_record(home, exhibit)
            emit(record, exhibit_line(record), as_json=as_json)


@click.command()
@click.option("--full", is_flag=True, help="Show personal numbers unmasked.")
@json_option
@click.argument("exhibit")
def show(full: bool, as_json: bool, exhibit: str) -> None:
    """One exhibit by id, current or earlier name, or digest."""
    show_exhibit(services(complete=False), exhibit, full=full, as_json=as_json)


def show_exhibit(
    home: Services, key: str, *, full: bool = False, as_json: bool
) -> None:
    """Print what is known of one exhibit."""
    with home.log.session() as session:
        row = exhibit_for(session, None, key)
        record = exhibit_detail(home, session, row)
        record["fields"] = fields_record(read_fields(home, session, row.id), full=full)
    lines = [
        exhibit_line(record),
        f"SHA-256 {record['sha256']}",
        f"SM3     {record['sm3']}",
    ]
    lines += [field_line(each, home.settings.lang) for each in record["fields"]]
    lines += [f"{e['leaf']:>6}  {e['time']}  {e['kind']}  {e['actor_name']}"
              for e in record["history"]]  # fmt: skip
    emit(record, "\n".join(lines), as_json=as_json)


def _files(paths: tuple[str, ...]) -> Iterator[Path]:
    """Every file named, folders walked in order; links are not followed."""
    for name in paths:
        path = Path(name)
        if path.is_dir():
            for folder, folders, files in os.walk(path):
                folders.sort()
                for file in sorted(files):
                    found = Path(folder) / file
                    if found.is_file() and not found.is_symlink():
                        yield found
        else:
            yield path


def _add_one(home: Services, matter_id: str, path: Path) -> str:
    if not path.is_file():
        raise Refused("file_missing", path=str(path))
    try:
        stream = path.open("rb")
    except OSError as error:
        reason = error.strerror or "error"
        raise Refused("file_unreadable", path=str(path), reason=reason) from error
    claims = UploadClaims(path.name, via="console")
    limit = home.settings.max_upload_bytes
    with stream, spooled(stream, home.spool, path.name, limit) as file:
        return receive_file(home, console(), matter_id, file, claims).exhibit_id


def exit_code_of(error: CustodyError) -> int:
    """The code of an error's row in the table; "could not tell" without one."""
    row = ERRORS.get(error.code)
    return UNKNOWN if row is None else row.exit


def _emit_refusal(
    home: Services, path: Path, error: CustodyError, *, as_json: bool
) -> None:
    message = words(error, home.settings.lang)
    record = {"file": str(path), "refused": error.code, "message": message}
    if not as_json:
        click.echo(message, err=True)
        return
    emit(record, message, as_json=True)


def _emit_exhibit(home: Services, exhibit_id: str, *, as_json: bool) -> list[str]:
    """Print an exhibit; returns the ids of what was packed inside it."""
    with home.log.session() as session:
        record = exhibit_record(home, exhibit_for(session, None, exhibit_id))
        members = select(Exhibit.id).where(Exhibit.parent_id == exhibit_id)
        inside = list(session.scalars(members.order_by(Exhibit.member)))
    emit(record, exhibit_line(record), as_json=as_json)
    return inside


def _emit_read(home: Services, exhibit_id: str, *, as_json: bool) -> None:
    _wait_until_read(home, exhibit_id)
    for member in _emit_exhibit(home, exhibit_id, as_json=as_json):
        _emit_read(home, member, as_json=as_json)


def _wait_until_read(home: Services, exhibit_id: str) -> None:
    """Wait for a worker; where none runs, read the file here and now."""
    from workers.jobs import process_exhibit  # noqa: PLC0415 (only to wait)

    started = time.monotonic()
    while _is_due(home, exhibit_id):
        if not _worker_listens(home):
            process_exhibit(home, exhibit_id)
        if time.monotonic() - started > WAIT_LIMIT_S:
            raise Refused("wait_timeout")
        time.sleep(POLL_S)


def _is_due(home: Services, exhibit_id: str) -> bool:
    with home.log.session() as session:
        row: Any = session.get(Exhibit, exhibit_id)
        return bool(row.reading_due)


def _worker_listens(home: Services) -> bool:
    from redis.exceptions import RedisError  # noqa: PLC0415 (only to wait)
    from rq import Worker  # noqa: PLC0415 (as above)

    try:
        return Worker.count(connection=connect_redis(home.settings.redis_url)) > 0
    except (RedisError, OSError):
        return False
