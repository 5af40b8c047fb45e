"""`custody log`: the public parts of the custody log, as C2SP text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from intake.services import Services
from integrity.canonical import base64_text
from integrity.store import sql_log
from integrity.tiles import entries_path, tile_path, tiles_for
from receipts.logs import LogState, log_called, logs_of
from receipts.witnesses import gather
from workers.commands.output import emit, json_option, services

_LOG = click.option(
    "--log", "name", default="", metavar="NAME",
    help="Which log, as custody log list names it; by default the newest.",
)  # fmt: skip


@click.group()
def log() -> None:
    """Checkpoint and proofs of the custody log."""


@log.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The firm's logs, oldest first: where each begins, how long it is, its end."""
    home = services(complete=False)
    for each in _logs(home):
        record = _record(each)
        emit(record, _line(record), as_json=as_json)


@log.command()
@_LOG
def checkpoint(name: str) -> None:
    """The newest signed checkpoint; of a closed log the last one."""
    click.echo(log_called(_logs(services(complete=False)), name).note or b"", nl=False)


@log.command()
@click.argument("leaf", type=click.IntRange(min=0))
def prove(leaf: int) -> None:
    """The `.tlog-proof` of one event, by its number."""
    click.echo(services(complete=False).log.prove(leaf).serialise(), nl=False)


@log.command()
@_LOG
@json_option
def witnesses(name: str, as_json: bool) -> None:
    """Ask the witnesses now, and tell who has cosigned the newest checkpoint."""
    home = services()
    for state in gather(home, log_called(_logs(home), name).origin):
        record = {
            "witness": state.name,
            "cosigned": state.cosigned,
            "problem": state.problem,
        }
        word = "cosigned" if state.cosigned else f"not cosigned: {state.problem}"
        emit(record, f"{state.name}  {word}", as_json=as_json)


@log.command()
@click.argument("old", type=click.IntRange(min=0))
@click.argument("new", type=click.IntRange(min=0))
@_LOG
def consistency(old: int, new: int, name: str) -> None:
    """The proof that the log of size NEW continues that of size OLD, in base64.

    Sizes are those of the checkpoints of one log.
    """
    home = services(complete=False)
    first = log_called(_logs(home), name).origin.first
    for value in home.log.consistency(first + old, first + new):
        click.echo(base64_text(value))


@log.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def tiles(folder: Path) -> None:
    """Publish the logs as static files (C2SP tlog-tiles); digests only.

    The first log lies in DIR, each later one in a folder of its own in there.
    """
    home = services(complete=False)
    with home.log.session() as session:
        for each in logs_of(session, home.log.keys.trusted):
            _write_log(session, each, folder / each.segment)


def _write_log(session: Session, log: LogState, folder: Path) -> None:
    if log.note is None or log.checkpoint is None:
        return
    for tile in tiles_for(log.checkpoint.size):
        name = tile_path(tile.level, tile.index, tile.width)
        _write(folder / name, sql_log.hash_tile(session, tile, log.origin))
        if tile.level == 0:
            name = entries_path(tile.index, tile.width)
            data = sql_log.entry_bundle(session, tile.index, tile.width, log.origin)
            _write(folder / name, data)
    # Last: a checkpoint must never promise tiles that are not there yet.
    _write(folder / "checkpoint", log.note)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _logs(home: Services) -> tuple[LogState, ...]:
    with home.log.session() as session:
        return logs_of(session, home.log.keys.trusted)


def _record(log: LogState) -> dict[str, Any]:
    return {
        "log": log.origin.name,
        "name": log.segment,
        "state": log.state,
        "first": log.origin.first,
        "next": log.origin.end,
        "entries": log.entries,
        "root": log.frozen and base64_text(log.frozen.root),
    }


def _line(record: dict[str, Any]) -> str:
    words = [
        f"{record['log']}  {record['state']:<9}",
        f"from event {record['first']}  {record['entries']} entries",
    ]
    if record["next"] is not None:
        words.append(f"next log from event {record['next']}")
    if record["root"] is not None:
        words.append(f"root {record['root']}")
    return "  ".join(words)
