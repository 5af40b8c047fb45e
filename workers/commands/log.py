"""`custody log`: the public parts of the custody log, as C2SP text."""

from __future__ import annotations

from pathlib import Path

import click

from integrity.canonical import base64_text
from integrity.store import sql_log
from integrity.tiles import entries_path, tile_path, tiles_for
from receipts.witnesses import gather
from workers.commands.output import emit, json_option, services


@click.group()
def log() -> None:
    """Checkpoint and proofs of the custody log."""


@log.command()
def checkpoint() -> None:
    """The newest signed checkpoint."""
    click.echo(services(complete=False).log.checkpoint(), nl=False)


@log.command()
@click.argument("leaf", type=click.IntRange(min=0))
def prove(leaf: int) -> None:
    """The `.tlog-proof` of one leaf."""
    click.echo(services(complete=False).log.prove(leaf).serialise(), nl=False)


@log.command()
@json_option
def witnesses(as_json: bool) -> None:
    """Ask the witnesses now, and tell who has cosigned the newest checkpoint."""
    for state in gather(services()):
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
def consistency(old: int, new: int) -> None:
    """The proof that the log of size NEW continues that of size OLD, in base64."""
    for value in services(complete=False).log.consistency(old, new):
        click.echo(base64_text(value))


@log.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def tiles(folder: Path) -> None:
    """Publish the log as static files (C2SP tlog-tiles); digests only."""
    home = services(complete=False)
    with home.log.session() as session:
        newest = sql_log.latest_checkpoint(session)
        if newest is None:
            return
        for tile in tiles_for(newest.size):
            name = tile_path(tile.level, tile.index, tile.width)
            _write(folder / name, sql_log.hash_tile(session, tile))
            if tile.level == 0:
                name = entries_path(tile.index, tile.width)
                data = sql_log.entry_bundle(session, tile.index, tile.width)
                _write(folder / name, data)
        # Last: a checkpoint must never promise tiles that are not there yet.
        _write(folder / "checkpoint", newest.note)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
